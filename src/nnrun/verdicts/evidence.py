"""The recorded numbers of one run, as rules ask for them."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.verdicts.command import with_setting

Floats = npt.NDArray[np.float64]
WINDOWS = 8
"""Into how many equal parts a run's epochs are cut, so that single epochs do not decide."""


@dataclass(frozen=True)
class Evidence:
    """A finished run: what summary.json and metrics.csv say of it; NaN stands for a number that is not there.

    Attributes:
        summary: `diagnosis` included.
        metrics: column name -> values (epoch,).
    """

    summary: Mapping[str, Any]
    metrics: Mapping[str, npt.NDArray[Any]]

    @property
    def status(self) -> str:
        """As recorded."""
        return str(self.summary["status"])

    @property
    def epochs(self) -> int:
        """Complete ones."""
        return int(self.summary["epochs"])

    @property
    def optim(self) -> Mapping[str, Any]:
        """Name and settings of the optimizer."""
        optim: Mapping[str, Any] = self.summary["training"]["optim"]
        return optim

    @property
    def rate(self) -> float:
        """The configured learning rate."""
        return float(self.optim["lr"])

    @property
    def full_batch(self) -> bool:
        """Whether every update saw all training data."""
        size = self.summary["training"]["batch_size"]
        return size is None or size >= self.summary["dataset"]["samples"]["train"]

    @functools.cached_property
    def rates(self) -> Floats:
        """Learning rates by epoch."""
        return np.asarray(self.metrics["lr"], dtype=np.float64)

    @functools.cached_property
    def losses(self) -> Floats:
        """Training losses by epoch."""
        return np.asarray(self.metrics["train/loss"], dtype=np.float64)

    @functools.cached_property
    def validation(self) -> Floats | None:
        """Validation losses by epoch; None without validation."""
        column = self.metrics.get("val/loss")
        return None if column is None else np.asarray(column, dtype=np.float64)

    @functools.cached_property
    def levels(self) -> Floats:
        """Median training losses of eight equal windows; empty for fewer than 16 epochs."""
        return levels(self.losses)

    @property
    def loss(self) -> float:
        """On all training data, after the last update."""
        return _number(self.summary["final"]["train/loss"])

    @property
    def test_loss(self) -> float:
        """On data never trained on."""
        return _number(self.summary["test"].get("test/loss"))

    @property
    def floor(self) -> float:
        """The truth's loss on the training data."""
        return _number(self.summary["reference"]["truth"])

    @property
    def test_floor(self) -> float:
        """The truth's loss on the test data."""
        return _number(self.summary["diagnosis"]["floor"].get("test"))

    @property
    def constant(self) -> float:
        """The loss of always predicting the mean, or the classes' shares."""
        return _number(self.summary["reference"]["constant"])

    @property
    def truth_spread(self) -> float:
        """Largest distance between the truth at one training point and its mean over all."""
        return _number(self.summary["diagnosis"]["truth_spread"])

    @property
    def curvature(self) -> float:
        """The loss's largest curvature, where it is the same at all weights."""
        return _number(self.summary["diagnosis"]["curvature"])

    @property
    def sharpness(self) -> float:
        """The loss's largest curvature at the final weights."""
        return _number(self.summary["diagnosis"]["sharpness"])

    def limit(self, curvature: float) -> float:
        """The rate beyond which gradient descent diverges along a direction of this curvature h.

        2 (1 + m) / h with momentum m, 2 (1 + m) / (h (1 + 2 m)) with Nesterov's; NaN of other optimizers than
        `sgd`.
        """
        if self.optim["name"] != "sgd" or not curvature > 0:
            return math.nan
        momentum = float(self.optim["momentum"])
        limit = 2 * (1 + momentum) / curvature
        return limit / (1 + 2 * momentum) if self.optim["nesterov"] else limit

    @property
    def hidden(self) -> list[Mapping[str, int]]:
        """Counts of units, dead and saturated ones, per hidden layer that can have any."""
        hidden: list[Mapping[str, int]] = self.summary["diagnosis"]["hidden"]
        return hidden

    def command(self, key: str, value: float | int | str) -> str | None:
        """The run's own command with one change."""
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        return with_setting(str(self.summary["command"]), key, text)


def levels(values: Floats) -> Floats:
    """Medians of the last `8 * w` values in 8 windows of `w` each, w >= 2; empty for fewer than 16."""
    width = len(values) // WINDOWS
    if width < 2:
        return np.empty(0)
    ordered = np.sort(values[-WINDOWS * width :].reshape(WINDOWS, width), axis=1)
    # np.median takes ten times as long for so few numbers.
    return np.asarray((ordered[:, (width - 1) // 2] + ordered[:, width // 2]) / 2)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
