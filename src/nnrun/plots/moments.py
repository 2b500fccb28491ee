"""The moments of a training that an animation shows, and the line above each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnrun.plots import captions
from nnrun.plots.numerals import short
from nnrun.runs.reading import RunRecord


@dataclass(frozen=True)
class Frame:
    """One moment of a training.

    Attributes:
        epoch: 0 before the first.
        loss: at that moment, on the training data.
        prediction: on the snapshots' grid (point, out); of classes in the plane their probabilities.
        about: what its caption says, `start`, `kept` or `diverged`; None of a moment on the way.
    """

    epoch: int
    loss: float
    prediction: Any
    about: str | None = None


def frames(record: RunRecord) -> list[Frame]:
    """The recorded moments of a run, in order, up to the weights that it ends with, as in `fit`."""
    names = ("snapshot_epochs", "snapshot_losses")
    epochs, losses = (record.plots[name].tolist() for name in names)
    shown = "snapshot_regions" if "snapshot_regions" in record.plots else "snapshot_predictions"
    moments = zip(epochs, losses, record.plots[shown], strict=True)
    found = [Frame(epoch, loss, prediction) for epoch, loss, prediction in moments]
    if found and (lost := captions.divergence(record)) is not None:
        found[-1] = replace(found[-1], epoch=lost, about="diverged")
    if "snapshot_kept" in record.plots:
        kept = int(record.plots["snapshot_kept"])
        found += [replace(frame, about="kept") for frame in found if frame.epoch == kept]
    return found


def caption(frame: Frame, say: Mapping[str, str]) -> str:
    """The line above a frame."""
    about = frame.about or ("start" if frame.epoch == 0 else None)
    key = "plot.frame" if about is None else f"plot.frame.{about}"
    return say[key].format(epoch=frame.epoch, loss=short(frame.loss))
