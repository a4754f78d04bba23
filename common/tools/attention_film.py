"""A film of one sentence: its attention weights at several moments of the training."""

import numpy as np

from common.checks import check_array
from common.tools.answers import NotFinite, answer_with_attention
from common.tools.run_folder import FILM
from common.tools.safe_files import check_replaceable, read_arrays, refusing, write_arrays

FIRST_EPOCH = (0.05, 0.1, 0.2, 0.4)  # most of it happens before the first epoch ends
EVERY_EPOCH = 16  # a frame each up to here, every second epoch up to twice as many, and so on
LONGEST = 200  # tokens read and written: no more could be drawn
DRAWN = 12  # frames of a film strip; more would make too large a page


class Film:
    """Records how a model reads one test sentence while it is trained.

    Frames are taken at the steps of `frame_steps`, closer together at the beginning, where more
    happens; each costs one generation of one sentence. The sentence is the longest of the first
    test pairs, which has most to look at.

    Args:
        trainer: a Trainer of an AttentionSeq2Seq; if it has not begun, the first frame is taken
            at once. path: the .npz file to write.

    Raises:
        OSError: a folder is in the place of the file.
    """

    def __init__(self, trainer, path):
        check_replaceable(path)
        self.trainer, self.path = trainer, path
        vocabulary = trainer.dataset.codec.source_vocabulary
        # As plot_attention takes it: a text, or a list of words.
        self.source = max((vocabulary.split(vocabulary.as_read(source))[:LONGEST]
                           for source, _ in trainer.dataset.test[:20]), key=len)
        self.marks = frame_steps(trainer.epochs, trainer.steps_per_epoch)
        self.frames = {}  # from the step to (caption, source, labels, weights)
        if trainer.step == 0:
            self.take(0)

    def on_step(self, step, total, loss):
        """Called after each training step; takes a frame if it is time for one."""
        if step in self.marks:
            self.take(step)

    def take(self, step):
        """Take a frame of the model as it is after this step."""
        dataset = self.trainer.dataset
        try:
            text = dataset.codec.source_vocabulary.join(self.source)
            (answer,) = answer_with_attention(self.trainer.model, dataset.codec, [text],
                                              min(dataset.max_target_length, LONGEST))
        except NotFinite:
            return  # the training diverges, which it says itself in a moment
        when = f"after {step / self.trainer.steps_per_epoch:.2f} epochs" if step else "untrained"
        caption = f"{when}: {answer.text or '(nothing)'}"
        self.frames[step] = (caption, self.source, answer.labels, answer.weights)

    def save(self):
        """Write the frames so far."""
        arrays = {"source": self.source, "steps": list(self.frames)}
        for k, (caption, _, labels, weights) in enumerate(self.frames.values()):
            arrays |= {f"caption/{k}": caption, f"labels/{k}": labels, f"weights/{k}": weights}
        write_arrays(self.path, arrays)

    def resume(self):
        """Take over the frames of the run that is being resumed, up to its last checkpoint.

        A film is worth no run: where the file is not there, is damaged, or is of another sentence,
        the film goes on without what is lost.

        Returns:
            None, or one line that says how much is lost, and why.
        """
        # Without the untrained model, of which some films have no frame, a film lacks nothing.
        wanted = sorted(mark for mark in self.marks if 0 < mark <= self.trainer.step)
        if not wanted:
            return None  # a fresh run: an older film in the folder is none of its own
        reason = "it is of another run"
        try:
            stored = read_film(self.path)
        except ValueError as error:
            stored, reason = {}, error
        self.frames = {step: stored[step] for step in (0, *wanted)
                       if step in stored and stored[step][1] == self.source}
        lost = len(set(wanted) - set(self.frames))
        if lost:
            return f"{self.path}: {lost} of the {len(wanted)} frames so far are lost: {reason}"


def films_of(run):
    """The film of a run as a list, empty if its model does not attend.

    Frames of a run that is resumed are taken over, and how many are lost is said.
    """
    films = [Film(run.trainer, run.out / FILM)] if run.trainer.model.decoder.attends else []
    for lost in filter(None, (film.resume() for film in films)):
        run.progress.say(lost)
    return films


def frame_steps(epochs, steps_per_epoch):
    """The steps after which a frame is taken: a set that depends on the plan of the run alone.

    The untrained model (step 0), a few moments of the first epoch, each of the first epochs, then
    ever fewer, and the last one: a film of a million epochs has 150 frames.
    """
    marks = {0} | {max(1, round(share * steps_per_epoch)) for share in FIRST_EPOCH}
    epoch, stride = 0, 1
    while epoch < epochs:
        if epoch == EVERY_EPOCH * stride:
            stride *= 2
        epoch = min(epoch + stride, epochs)
        marks.add(epoch * steps_per_epoch)
    return marks


def spread(frames, count=DRAWN):
    """At most `count` of the frames, as evenly spaced as can be, the first and the last too."""
    if len(frames) <= count:
        return frames
    return [frames[round(k * (len(frames) - 1) / (count - 1))] for k in range(count)]


def load_film(path):
    """Frames as examples for attention_maps.plot_attention; ValueError if there is no film."""
    return list(read_film(path).values())


def read_film(path):
    """A film as Film.frames has it: dict from step to (caption, source, labels, weights)."""
    if not path.is_file():
        raise ValueError(f"there is no film {path}: train_date.py writes one")
    arrays = read_arrays(path, "a film")
    with refusing(path, "a film"):
        source = arrays["source"].tolist()  # a text, or a list of words
        if not all(isinstance(label, str) for label in source):
            raise ValueError("expected a text or a list of words")
        frames = {}
        for k, step in enumerate(arrays["steps"].tolist()):
            labels = [str(label) for label in arrays[f"labels/{k}"]]
            weights = arrays[f"weights/{k}"]
            check_array("weights", weights, (len(labels), len(source)))
            if not np.isfinite(weights).all():
                raise ValueError("expected finite weights")
            frames[step] = (str(arrays[f"caption/{k}"].item()), source, labels, weights)
        if not frames:
            raise ValueError("expected at least one frame")
    return frames
