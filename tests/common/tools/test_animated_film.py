"""The film as an animated picture: what a browser shows of it, frame by frame."""

import numpy as np
import pytest
from PIL import Image

from common.tools import animated_film
from common.tools.animated_film import EACH, LAST, draw_film
from common.tools.figures import DPI

SOURCE = "abcdef"


def frames(*answers):
    """Frames in which each written character looks at another place."""
    return [(f"frame {k}: {answer}", SOURCE, list(answer), np.eye(len(answer), len(SOURCE)))
            for k, answer in enumerate(answers)]


def shown(path):
    """What a browser shows: (array (height, width, 3), milliseconds) of each frame."""
    with Image.open(path) as film:
        assert film.format == "GIF" and film.info["loop"] == 0  # again and again
        pictures = []
        for k in range(film.n_frames):
            film.seek(k)
            pictures.append((np.asarray(film.convert("RGB")), film.info["duration"]))
    return pictures


def test_every_frame_is_shown_and_the_last_one_longer(tmp_path):
    path = tmp_path / "film.gif"
    assert draw_film(path, frames("x", "xyz", "zy"), "title") is None
    pictures = shown(path)
    assert [duration for _, duration in pictures] == [EACH, EACH, LAST] and LAST > 2 * EACH
    assert all((a != b).any() for (a, _), (b, _) in zip(pictures, pictures[1:]))
    assert [entry.name for entry in tmp_path.iterdir()] == ["film.gif"]


def test_the_heatmap_has_the_same_place_in_every_frame(tmp_path):
    path = tmp_path / "film.gif"
    draw_film(path, frames("x", "xyz", "zyx"), "title")
    (first, _), (second, _), (third, _) = shown(path)
    assert first.shape == second.shape == third.shape
    # The second and the third differ in their answers alone, at the left and in the caption.
    changed = (second != third).any(axis=(0, 2))
    assert changed.any() and not changed[changed.size // 2 :].any()
    # The first row and the lower edge, with the bar, are those of the first frame as well.
    same = (first == second).all(axis=(1, 2))
    assert same[-int(0.4 * DPI) :].all()


def test_the_page_is_white_and_the_colours_are_those_of_the_heatmaps(tmp_path):
    path = tmp_path / "film.gif"
    draw_film(path, frames("x", "xyz"), "title")
    for picture, _ in shown(path):
        assert (picture[:3] == 255).all()
        colours, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
        common = [tuple(map(int, colour)) for colour in colours[counts > 300]]
        for wanted in ((68, 1, 84), (253, 231, 37)):  # weights 0 and 1
            assert min(max(abs(a - b) for a, b in zip(wanted, c)) for c in common) <= 4


def test_rows_below_a_short_answer_stay_white(tmp_path):
    path = tmp_path / "film.gif"
    draw_film(path, frames("x", "xyzxyz"), "title")
    (short, _), (long, _) = shown(path)
    assert (short == 255).all(axis=2).sum() > (long == 255).all(axis=2).sum() + 10_000


def test_the_same_film_is_the_same_file(tmp_path):
    for name in ("a.gif", "b.gif"):
        draw_film(tmp_path / name, frames("xy", "xyz"), "title")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


@pytest.mark.parametrize("limit, pixels, count", [
    (4, 10**9, 4), (40, 10**9, 9), (40, 300_000, 3), (40, 1, 2),
])
def test_a_long_film_is_shortened_to_some_of_its_frames(limit, pixels, count, tmp_path,
                                                        monkeypatch):
    monkeypatch.setattr(animated_film, "MOST_FRAMES", limit)
    monkeypatch.setattr(animated_film, "MOST_PIXELS", pixels)
    path = tmp_path / "film.gif"
    draw_film(path, frames(*"xyzxyzxyz"), "title")
    assert len(shown(path)) == count


def test_a_film_that_is_too_large_is_one_line_and_no_file(tmp_path):
    path = tmp_path / "film.gif"
    long = [("c", "a" * 9000, ["b"], np.zeros((1, 9000)))]
    said = draw_film(path, long, "title")
    assert said.startswith(f"{path}: not drawn, sentences of up to 9,000 characters")
    assert not path.exists()


def test_what_no_font_has_is_marked_in_every_frame(tmp_path, monkeypatch):
    monkeypatch.setattr("common.tools.figures.FALLBACK", ())
    examples = [("\uac00", "\uac01b", ["\uac02"], np.ones((1, 2))) for _ in range(2)]
    assert draw_film(tmp_path / "film.gif", examples, "\uac03") is None  # no warning, no error
