"""What can go wrong with a diagram so that it cannot be read: for the tests of each chapter."""

from itertools import combinations

from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path

from common.tools.figures import DPI

PAGE = 850  # pixels across, as GitHub shows a page
LEAST = 9  # points of the smallest text, there; a pixel of a page is 1/96 inch
WIDEST = 1200  # pixels of a file


def faults(diagram):
    """What a reader would stumble over, one line each; an empty list if there is nothing."""
    figure = diagram.figure
    figure.draw_without_rendering()
    across = figure.get_size_inches()[0] * DPI
    found = [f"the file is {across:.0f} pixels wide"] if across > WIDEST else []
    texts = {text: text.get_window_extent() for text in [*diagram.axes.texts, diagram.axes.title]
             if text.get_text()}
    for text, extent in texts.items():
        name = repr(text.get_text())
        shown = text.get_fontsize() * DPI / 72 * PAGE / across * 72 / 96
        if shown < LEAST:
            found.append(f"{name} is {shown:.2f} points high")
        # The layout would make room for a text off the page, by making all else smaller.
        if text is not diagram.axes.title and not inside(extent, diagram.axes.bbox):
            found.append(f"{name} is off the page")
        for patch in diagram.axes.patches:
            if isinstance(patch, FancyArrowPatch):
                path = patch.get_path().transformed(patch.get_transform())
                if any(Path(part).intersects_bbox(extent, filled=False)
                       for part in path.to_polygons(closed_only=False)):
                    found.append(f"{name} lies on an arrow")
            elif crosses_frame(patch, extent):
                found.append(f"{name} lies on a frame")
    for (one, first), (other, second) in combinations(texts.items(), 2):
        if first.overlaps(second):
            found.append(f"{one.get_text()!r} lies on {other.get_text()!r}")
    return found


def inside(box, frame):
    """Does a box lie in another?"""
    return (frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0
            and box.y1 <= frame.y1)


def crosses_frame(patch, extent):
    """Does a text lie half in a box? A sign fills its circle, so it need only lie in its square."""
    frame = patch.get_window_extent()
    if isinstance(patch, Circle):
        return frame.overlaps(extent) and not inside(extent, frame.expanded(1.1, 1.3))
    return frame.overlaps(extent) and not inside(extent, frame)
