"""What can go wrong with a diagram so that it cannot be read: for the tests of each chapter."""

from itertools import combinations

import numpy as np
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path
from matplotlib.transforms import Bbox

from common.tools.figures import DPI

PAGE = 850  # pixels across, as GitHub shows a page
LEAST = 9  # points of the smallest text, there; a pixel of a page is 1/96 inch
WIDEST = 1200  # pixels of a file
TOUCH = 0.01  # units: as far as that two things may overlap and only touch


def faults(diagram):
    """What a reader would stumble over, one line each; an empty list if there is nothing."""
    figure = diagram.figure
    figure.draw_without_rendering()
    across = figure.get_size_inches()[0] * DPI
    found = [f"the file is {across:.0f} pixels wide"] if across > WIDEST else []
    texts = {text: text.get_window_extent() for text in [*diagram.axes.texts, diagram.axes.title]
             if text.get_text()}
    outlines = [(patch, outline(patch)) for patch in diagram.axes.patches]
    for text, extent in texts.items():
        name = repr(text.get_text())
        shown = text.get_fontsize() * DPI / 72 * PAGE / across * 72 / 96
        if shown < LEAST:
            found.append(f"{name} is {shown:.2f} points high")
        # The layout would make room for a text off the page, by making all else smaller.
        if text is not diagram.axes.title and not inside(extent, diagram.axes.bbox):
            found.append(f"{name} is off the page")
        for patch, drawn in outlines:
            if is_line(patch):
                if any(part.intersects_bbox(extent, filled=False) for part in drawn):
                    found.append(f"{name} lies on an arrow")
            elif crosses_frame(patch, drawn, extent):
                found.append(f"{name} lies on a frame")
    for (one, first), (other, second) in combinations(texts.items(), 2):
        if first.overlaps(second):
            found.append(f"{one.get_text()!r} lies on {other.get_text()!r}")
    return found + off_page(diagram.axes) + overlaps(diagram.axes) + crossings(diagram.axes)


def outline(patch):
    """Where a patch is, in pixels: the paths of a line, the extent of anything else."""
    if not is_line(patch):
        return patch.get_window_extent()
    path = patch.get_path().transformed(patch.get_transform())
    return [Path(part) for part in path.to_polygons(closed_only=False)]


def off_page(axes):
    """Boxes, frames, lines and arrows that run off the page."""
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    page = Bbox.from_extents(x0 - TOUCH, y0 - TOUCH, x1 + TOUCH, y1 + TOUCH)
    return [f"{kind} from {corner(extent)} runs off the page"
            for kind, found in (("a box", solids(axes)), ("a frame", frames(axes)),
                                ("a line", [path.get_extents() for path in lines(axes)]))
            for extent in found if not inside(extent, page)]


def overlaps(axes):
    """Boxes that overlap another one, or that lie half in a frame; cells may share an edge."""
    boxes, around = solids(axes), frames(axes)
    found = [f"the box from {corner(one)} overlaps the one from {corner(other)}"
             for one, other in combinations(boxes, 2) if shrunk(one).overlaps(other)]
    return found + [f"the box from {corner(box)} lies half in a frame"
                    for box in boxes for frame in around
                    if shrunk(box).overlaps(frame) and not inside(shrunk(box), frame)]


def crossings(axes):
    """Lines and arrows that pass through a box, that at their own end among them."""
    boxes = [(box, shrunk(box)) for box in solids(axes)]
    return [f"a line from {tuple(np.round(path.vertices[0], 2).tolist())} passes through the box "
            f"from {corner(box)}"
            for path in lines(axes) for box, within in boxes
            if within.width > 0 and path.intersects_bbox(within, filled=False)]


def solids(axes):
    """The extents, in units of the page, of boxes, cells, bars and signs; not of dots."""
    return [extent_of(patch) for patch in axes.patches if not is_line(patch)
            and not is_frame(patch) and not is_dot(patch)]


def frames(axes):
    """The extents of frames, which stand around boxes."""
    return [extent_of(patch) for patch in axes.patches if is_frame(patch)]


def lines(axes):
    """The paths of lines and of arrows without their heads, in units of the page."""
    paths = [patch.get_path() for patch in axes.patches if is_line(patch)]
    return [path for path in paths if path.codes is None or Path.CLOSEPOLY not in path.codes]


def is_line(patch):
    """Is it a line, with or without the head of an arrow?"""
    return isinstance(patch, FancyArrowPatch)


def is_frame(patch):
    """A frame is not filled: other boxes stand in it."""
    return not is_line(patch) and patch.get_facecolor()[3] == 0


def is_dot(patch):
    """A dot is filled with the ink of its outline, and lies on lines."""
    return isinstance(patch, Circle) and patch.get_facecolor() == patch.get_edgecolor()


def extent_of(patch):
    """The smallest box around it, in units of the page."""
    return patch.get_path().transformed(patch.get_patch_transform()).get_extents()


def shrunk(extent):
    """The inside of a box, without what only touches it; of no width if there is none."""
    width, height = max(extent.width - 2 * TOUCH, 0), max(extent.height - 2 * TOUCH, 0)
    return Bbox.from_bounds(extent.x0 + TOUCH, extent.y0 + TOUCH, width, height)


def corner(extent):
    """Where a box is, for a message."""
    return round(float(extent.x0), 2), round(float(extent.y0), 2)


def inside(box, frame):
    """Does a box lie in another?"""
    return (frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0
            and box.y1 <= frame.y1)


def crosses_frame(patch, frame, extent):
    """Does a text lie half in a box? A sign fills its circle, so it need only lie in its square."""
    if isinstance(patch, Circle):
        return frame.overlaps(extent) and not inside(extent, frame.expanded(1.1, 1.3))
    return frame.overlaps(extent) and not inside(extent, frame)
