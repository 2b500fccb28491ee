"""Draws the pictures of a sweep's runs at once as dots, and each as a `Figure`; prints both and their ratio.

    python benchmarks/drawing.py [--runs N] [--pairs N] [--json FILE]

Every run of the invented sweep has its own rate, losses and prediction on common data: 100 points, 400 on the
grid, 100 epochs. A pair is one run drawn both ways, the next pair takes the next run; its record is read, the
pictures are drawn, compressed and written. Both together are what a sweep does for a run. Before measuring,
every run is drawn once, which is how a worker gets its words and numbers into memory.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from measuring import Result, interleaved, machine, table, write_json
from nnrun import plots
from nnrun.plots.fork import Request, failures_of
from nnrun.plots.rehearsal import rehearse
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT
from nnrun.runs.reading import read_run

KINDS = ("fit", "curves")


def invented(directory: Path, number: int) -> Path:
    """A run directory as far as pictures need one: a network that learned a parabola more or less well."""
    directory.mkdir()
    own, data = np.random.default_rng(number), np.random.default_rng(0)
    rate, knots = 0.01 * 1.005**number, own.normal(0, 0.15, 6)
    x, grid = np.linspace(-1, 1, 100), np.linspace(-1.16, 1.16, 400)

    def fitted(values: np.ndarray) -> np.ndarray:
        at = np.linspace(-1.16, 1.16, 6)
        return np.interp(values, at, at**2 + 0.1 + knots)

    arrays = {"train_x": x, "train_y": x**2 + data.uniform(0, 0.2, 100), "train_prediction": fitted(x)}
    arrays |= {"grid": grid, "grid_prediction": fitted(grid), "grid_truth": grid**2 + 0.1}
    np.savez(directory / "plots.npz", **{name: values[:, None] for name, values in arrays.items()})
    last = float(np.mean((arrays["train_y"] - arrays["train_prediction"]) ** 2))
    losses = last + own.uniform(0.1, 2) * np.exp(-np.linspace(0, own.uniform(3, 9), 100))
    rows = (f"{k + 1},{k + 1},{rate:.9g},{loss:.9g},{1 - loss:.9g},0.0001" for k, loss in enumerate(losses))
    lines = ["epoch,step,lr,train/loss,train/r2,seconds", *rows]
    (directory / "metrics.csv").write_text("\n".join(lines) + "\n")
    summary = {
        "schema": 1,
        "status": "completed",
        "title": f"quadratic, mlp 1-10-1 relu, sgd lr={rate:.4g}",
        "epochs": 100,
        "final": {"train/loss": float(losses[-1])},
        "best": {"epoch": 100, "name": "train/loss", "value": float(losses[-1])},
        "reference": {"truth": 0.0033},
    }
    (directory / "summary.json").write_text(json.dumps(summary))
    return directory


def at_once(runs: Iterator[Path], kinds: Sequence[str]) -> Callable[[], None]:
    def draw() -> None:
        assert failures_of(Request(str(next(runs))), kinds) == {}

    return draw


def as_figures(runs: Iterator[Path], kinds: Sequence[str]) -> Callable[[], None]:
    def draw() -> None:
        run = next(runs)
        for kind in kinds:
            plots.save(plots.draw(read_run(run), kind), run / f"{kind}.png", "png")

    return draw


def main(argv: Sequence[str] | None = None) -> None:
    """Prints one row for each picture and one for a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="of the sweep")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as directory, styled(LIGHT):
        runs = [invented(Path(directory) / str(number), number) for number in range(options.runs)]
        print(f"drawn at once as its figure, dot for dot: {'yes' if rehearse() else 'NO'}")
        for run in runs:
            failures_of(Request(str(run)), KINDS)
        results = []
        for kinds in (*((kind,) for kind in KINDS), KINDS):
            sides = (side(itertools.cycle(runs), kinds) for side in (at_once, as_figures))
            pairs = interleaved(*sides, options.pairs)
            results.append(Result(" and ".join(kinds), pairs, (1e3, "ms"), 0.2))
    print(machine())
    print(table(results))
    if options.json is not None:
        write_json(options.json, results)


if __name__ == "__main__":
    main()
