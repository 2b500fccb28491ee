"""What `nnrun --help` and `nnrun --version` print, without loading anything."""

from __future__ import annotations

from nnrun import __version__
from nnrun.shipped import config_directory

_HELP = """\
nnrun: train, record and compare small neural networks from configuration files

usage: nnrun [GROUP=NAME | KEY=VALUE]... [-m] [-q] [Hydra's own flags]      trains
       nnrun parts [GROUP [NAME]]    what can be picked, with formulas, keys and defaults
       nnrun open [RUN]              a run's picture in the system's viewer
       nnrun trace [OVERRIDES]       one training step with all its numbers
       nnrun grad EXPRESSION x=1,2   the gradient of a formula, three ways

{groups}

often set:  seed=0  epochs=100  batch_size=32  val_fraction=0.2  optim.lr=0.1  model.hidden=20x20
            name=TITLE  output=DIR  early_stopping.patience=20  plots.format=svg

examples:
  nnrun                                                  a line bent through noisy points
  nnrun dataset=quadratic model=mlp optim.lr=0.5         the same, spelled out
  nnrun dataset=function "dataset.expression=sin(3*x)"   any function of x
  nnrun experiment=random_mnist epochs=5                 a tutorial, with one change
  nnrun -m optim.lr=0.1,0.5 seed=1,2,3                   every combination

flags:
  -m                several values per key: one run for each combination
  -q, --quiet       errors alone
  --cfg job         print the configuration and train nothing (--resolve: with interpolations resolved)
  --config-dir DIR  take configuration files of your own from DIR as well
  --version         print the version; --hydra-help: Hydra's own flags

Each run leaves a directory under outputs/: metrics.csv, summary.json, fit.png, curves.png, weights.
"""

_GROUPS = ("dataset", "model", "loss", "optim", "schedule", "device", "engine", "experiment")


def help_text() -> str:
    """The help page; its choices are the shipped configuration files."""
    lines = [f"  {group:<11} {', '.join(_choices(group))}" for group in _GROUPS]
    return _HELP.format(groups="\n".join(["pick with GROUP=NAME:", *lines])).rstrip()


def version_text() -> str:
    """Such as `nnrun 0.1.0`."""
    return f"nnrun {__version__}"


def _choices(group: str) -> list[str]:
    return sorted(path.stem for path in (config_directory() / group).glob("*.yaml"))
