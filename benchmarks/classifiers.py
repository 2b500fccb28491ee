"""Digits and irises against scikit-learn's MLPClassifier of the same architecture: accuracy and time of both.

    python benchmarks/classifiers.py [SEEDS]

Both train in this process on the same rows, one hidden layer of 64 (digits) or 10 (iris) units with Adam, the
same rate, batches, epochs and scheme of initial weights, in float32 on one thread. Accuracy is the mean over
seeds on rows never trained on; seconds are the median of one training, loading of libraries left out;
the difference is that of the accuracies, with its standard error over seeds.
"""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from statistics import mean, median, stdev

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from nnrun.composing import Composer
from nnrun.config import bind
from nnrun.datasets import Dataset
from nnrun.spec import Spec
from nnrun.training.loop import train
from nnrun.training.population import Population


@dataclass(frozen=True)
class Task:
    """One comparison: a data set and how it is trained on."""

    dataset: str
    hidden: int
    rate: float
    batch: int
    epochs: int


TASKS = (Task("digits", 64, 0.003, 64, 30), Task("iris", 10, 0.01, 32, 100))


def spec_of(task: Task, seed: int) -> Spec:
    words = [
        f"dataset={task.dataset}",
        f"dataset.seed={seed}",
        f"model.hidden=[{task.hidden}]",
        "model.init=xavier_uniform",
        "optim=adam",
        f"optim.lr={task.rate}",
        f"batch_size={task.batch}",
        f"epochs={task.epochs}",
        f"seed={seed}",
        "test_fraction=0.2",
        "metrics=[]",
    ]
    with Composer() as composer:
        return bind(composer.compose(words, {})).spec


def by_nnrun(spec: Spec) -> tuple[float, float, Dataset]:
    """Test accuracy, seconds, and the data."""
    begun = time.perf_counter()
    population = Population([spec])
    for _ in train(population):
        pass
    population.settle()
    seconds = time.perf_counter() - begun
    data = population.dataset(0)
    assert data.test is not None
    predicted = population.predict(data.test.x[None])[0].argmax(axis=1)
    return float((predicted == data.test.y).mean()), seconds, data


def by_scikit_learn(task: Task, data: Dataset, seed: int) -> tuple[float, float]:
    assert data.test is not None
    network = MLPClassifier(
        hidden_layer_sizes=(task.hidden,),
        solver="adam",
        alpha=0.0,
        learning_rate_init=task.rate,
        batch_size=task.batch,
        max_iter=task.epochs,
        n_iter_no_change=task.epochs + 1,
        random_state=seed,
    )
    x = data.train.x.astype(np.float32)
    begun = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(x, data.train.y)
    seconds = time.perf_counter() - begun
    return float(network.score(data.test.x.astype(np.float32), data.test.y)), seconds


def main(seeds: int = 10) -> None:
    head = ("nnrun", "seconds", "sklearn", "seconds", "difference")
    print(f"{'data':8}{''.join(f'{name:>12}' for name in head)}")
    for task in TASKS:
        own, theirs = [], []
        for seed in range(seeds):
            with threadpool_limits(1):
                accuracy, seconds, data = by_nnrun(spec_of(task, seed))
                theirs.append(by_scikit_learn(task, data, seed))
            own.append((accuracy, seconds))
        rows = [
            (mean(accuracy for accuracy, _ in found), median(seconds for _, seconds in found))
            for found in (own, theirs)
        ]
        gaps = [mine[0] - other[0] for mine, other in zip(own, theirs, strict=True)]
        error = stdev(gaps) / len(gaps) ** 0.5
        cells = "".join(f"{accuracy:>12.4f}{seconds:>12.3f}" for accuracy, seconds in rows)
        print(f"{task.dataset:8}{cells}  {mean(gaps):+.4f} +- {error:.4f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
