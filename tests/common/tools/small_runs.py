"""Runs of a tiny model with three pairs, for the tests of what a run stores and says."""

from ch_attention.all_models import MODELS
from common.tools import run_folder
from common.tools.recipe import Recipe, make_trainer
from common.tools.run_folder import Run
from dataset.pairs import Codec, PairDataset
from dataset.vocabulary import Vocabulary

RECIPE = Recipe(D=2, H=4, batch_size=2, epochs=3, rate=0.01, warmup=1, max_norm=5.0)
TRAIN = [("ab", "x"), ("abba", "xy"), ("b", "yyyyy")]
TEST = [("aabba", "xyxyxyx")]


class Said:
    """A Progress that keeps what it is told."""

    def __init__(self):
        self.lines, self.epochs = [], []
        self.say = self.lines.append

    def epoch(self, trainer):
        self.epochs.append(trainer.epoch)


def make_run(out, epochs=0, train=TRAIN, test=TEST, seed=5, kind="attention", recipe=RECIPE,
             **options):
    """A Run in the folder out which has trained so many epochs and saved each."""
    dataset = PairDataset(train, test, Codec(Vocabulary("ab"), Vocabulary("xy"), True))
    trainer = make_trainer(MODELS[kind], dataset, recipe, seed)
    run = Run(trainer, kind, recipe, seed, "A title", "a mark", out, Said(), **options)
    for _, _ in zip(range(epochs), trainer.fit(), strict=False):
        run.save()
    return run


def draw_nothing(monkeypatch):
    """Let each picture be a short file, until the test ends -> list of what was to be drawn."""
    calls = []

    def plot(history, title, show):
        calls.append((len(history), title, show))
        return "figure"

    monkeypatch.setattr(run_folder, "plot_training", plot)
    monkeypatch.setattr(run_folder, "save_figure", lambda figure, path: path.write_text(figure))
    return calls
