"""The training loop alone, beside a plain PyTorch loop in one process; prints the pairs as JSON.

Run by `single_run.py`, in processes of its own because libraries read their thread counts when they load.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice

import torch

from measuring import interleaved
from nnrun.composing import Composer
from nnrun.config import bind
from nnrun.training.loop import Epoch, train
from nnrun.training.population import Population
from peers.plain_loops import full_batch_loop, loader_loop


def main() -> None:
    """Measures one case: `default ENGINE METRICS` per step, or `large ENGINE` per epoch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=("default", "large"))
    parser.add_argument("engine", choices=("autograd", "manual"))
    parser.add_argument("--metrics", default="")
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--size", type=int, required=True, help="steps of a block, or samples of an epoch")
    given = parser.parse_args()
    sides = (default if given.case == "default" else large)(
        given.engine, given.metrics, given.pairs, given.size
    )
    print(json.dumps(asdict(interleaved(*sides, given.pairs))))


def default(
    engine: str, metrics: str, pairs: int, steps: int
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Blocks of steps of the default network, full batch."""
    population, epochs = started(
        f"engine={engine}", f"metrics=[{metrics}]", "optim.lr=0.1", f"epochs={steps * (pairs + 1)}"
    )
    x, y = (torch.as_tensor(array[0]) for array in (population.train.x, population.train.y))
    return lambda: consume(epochs, steps), full_batch_loop(x, y, steps)


def large(
    engine: str, metrics: str, pairs: int, samples: int
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Epochs of 784-256-10 on random samples in batches of 32."""
    population, epochs = started(
        f"engine={engine}",
        f"metrics=[{metrics}]",
        "dataset=random_mnist",
        f"dataset.samples={samples}",
        "dataset.test_samples=0",
        "model.hidden=[256]",
        "batch_size=32",
        "optim.lr=0.01",
        f"epochs={pairs + 1}",
    )
    x = torch.as_tensor(population.train.x[0])
    labels = torch.as_tensor(population.datasets[0].train.y)
    return lambda: consume(epochs, 1), loader_loop(x, labels)


def started(*overrides: str) -> tuple[Population, Iterator[Epoch]]:
    """A population of one, as the command line makes it, and its epochs."""
    with Composer() as composer:
        spec = bind(composer.compose(overrides, {}), {}).spec
    population = Population([spec])
    return population, train(population)


def consume(epochs: Iterator[Epoch], count: int) -> None:
    """Trains for some epochs."""
    done = sum(1 for _ in islice(epochs, count))
    if done < count:
        raise RuntimeError(f"training ended after {done} of {count} epochs")


if __name__ == "__main__":
    main()
