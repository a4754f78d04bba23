"""The film of attention_film.py as an animated picture, which a browser plays by itself."""

import io

import numpy as np

from common.tools.attention_film import spread
from common.tools.attention_maps import COLOUR_MAP, Heatmap, plot_attention
from common.tools.figures import DPI, MOST_PIXELS, TooLarge, note_missing, without_tex
from common.tools.safe_files import write_atomically

MOST_FRAMES = 40  # half a minute
GREYS = 18  # of the 256 colours of a GIF file
EACH, LAST = 900, 3500  # milliseconds: the last frame is what the training led to


def draw_film(path, frames, title):
    """Write a GIF file of heatmaps in one place, which plays again and again.

    Args:
        frames: examples as plot_attention takes them, all of one source. title: above each.

    Returns:
        None, or one line that says why there is no picture.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        images = film_images(frames, title)
    except TooLarge as error:
        return f"{path}: not drawn, {error}"
    durations = [EACH] * (len(images) - 1) + [LAST]
    write_atomically(path, lambda file: images[0].save(
        file, format="GIF", save_all=True, append_images=images[1:], duration=durations, loop=0))


def film_images(frames, title):
    """The pictures of a film: one size, one place for the heatmap, one palette of colours."""
    captions, _, written, _ = zip(*frames)
    source, tallest = frames[-1][1], max(written, key=len)
    # The caption and the answer that need most room decide on the size of all.
    figure = plot_attention([(max(captions, key=len), source, tallest,
                              np.zeros((len(tallest), len(source))))], title)
    across, down = figure.get_size_inches() * DPI
    frames = spread(frames, max(2, min(MOST_FRAMES, int(MOST_PIXELS / (across * down)))))
    palette = make_palette()
    return [draw_frame(figure, frame, len(tallest)).quantize(palette=palette, dither=0)
            for frame in frames]


def make_palette():
    """An image with the 256 colours of a film: those of the heatmaps, and greys for the texts."""
    from matplotlib import colormaps
    from PIL import Image  # matplotlib needs it as well

    colours = 255 * colormaps[COLOUR_MAP](np.linspace(0, 1, 256 - GREYS))[:, :3]
    greys = np.linspace(0, 255, GREYS)[:, None] * np.ones(3)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([colours, greys]).round().astype(np.uint8).tobytes())
    return palette


def draw_frame(figure, frame, rows):
    """Put a frame in the place of the heatmap in a figure -> image.

    Args:
        rows: of the heatmap; those below the answer stay white.
    """
    from PIL import Image

    _, source, labels, weights = frame
    missing = set()
    axes = figure.axes[0]
    shown = np.full((rows, len(source)), np.nan)
    shown[: len(labels)] = weights
    axes.images[0].set_data(shown)
    Heatmap(*frame, missing).tell_answer(axes)
    note_missing(figure, missing)
    content = io.BytesIO()
    with without_tex([figure]):
        figure.savefig(content, format="png", dpi=DPI, backend="agg")
    return Image.open(content).convert("RGB")
