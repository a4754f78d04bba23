"""The diagrams of chapter 1: what they say, and that nothing in them overlaps."""

import pytest
from matplotlib.transforms import Bbox

from ch_seq2seq.demos import diagrams

ALL = {"professor_forcing": diagrams.professor_forcing}


def test_the_script_writes_every_diagram(tmp_path, capsys):
    diagrams.main(["--out", str(tmp_path / "new")])
    assert {path.stem for path in (tmp_path / "new").iterdir()} == set(ALL)
    assert capsys.readouterr().out.count("wrote ") == len(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_text_lies_on_the_page_and_on_no_other(name):
    figure = ALL[name]().figure
    figure.draw_without_rendering()
    texts = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    assert all(figure.bbox.containsx(box.x0) and figure.bbox.containsx(box.x1)
               and figure.bbox.containsy(box.y0) and figure.bbox.containsy(box.y1)
               for box in texts)
    for k, box in enumerate(texts):
        assert not any(Bbox.intersection(box, other) for other in texts[:k])


def test_professor_forcing_shows_both_ways_of_running_to_one_discriminator():
    texts = [text.get_text() for text in diagrams.professor_forcing().axes.texts]
    assert texts.count("<sos>") == 2 and texts.count("all $h_t$ and $o_t$") == 2
    assert sum("discriminator" in text for text in texts) == 1
