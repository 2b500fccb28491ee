"""What the header of a picture says about its run: title, how it ended, final losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnrun.plots.numerals import short
from nnrun.runs.reading import RunRecord
from nnrun.words import words

if TYPE_CHECKING:
    from nnrun.plots.sheet import Sheet


def title(record: RunRecord) -> str:
    """The run's name if it has one, else its short description."""
    return str(record.summary.get("name") or record.summary.get("title") or record.directory.name)


def about(record: RunRecord) -> str | None:
    """The run's short description, where the title is its name."""
    summary = record.summary
    return summary.get("title") if summary.get("name") else None


@dataclass(frozen=True)
class Ending:
    """How a run ended other than by its last epoch; stopping early alarms nobody."""

    text: str
    alarming: bool


def ending(record: RunRecord, language: str) -> Ending | None:
    """How the run ended, unless it completed."""
    status = record.summary.get("status", "completed")
    if status == "completed":
        return None
    say, stop = words(language), record.summary.get("stop") or {}
    epoch = divergence(record) if status == "diverged" else stop.get("epoch")
    text = say[f"plot.status.{status}"]
    if epoch is not None:
        text += say["plot.at_epoch"].format(epoch=epoch)
    kind = stop.get("kind")
    reason = say[f"stop.{kind}"].format(**stop) if f"stop.{kind}" in say else stop.get("reason")
    if reason:
        text = say["plot.ending"].format(ending=text, reason=reason)
    return Ending(text, alarming=status != "stopped")


def divergence(record: RunRecord) -> int | None:
    """The epoch at which a diverged run stopped being finite, where there is one."""
    if record.summary.get("status") != "diverged":
        return None
    loss = record.metrics["train/loss"]
    broken = np.flatnonzero(~np.isfinite(loss))
    if len(broken):
        return int(record.metrics["epoch"][broken[0]])
    epoch = (record.summary.get("stop") or {}).get("epoch")
    return None if epoch is None else int(epoch)


def heading(record: RunRecord, sheet: Sheet, language: str, *more: str) -> None:
    """Writes the header of a picture of a run; `more` stands before the losses."""
    told = [*more, *notes(record, language)]
    sheet.header(title(record), told, ending(record, language), about(record))


def notes(record: RunRecord, language: str) -> list[str]:
    """Final losses, the floor and the number of epochs, most telling first."""
    say, summary = words(language), record.summary
    losses: Mapping[str, float | None] = {**(summary.get("final") or {}), **(summary.get("test") or {})}
    told = [
        say[f"plot.final.{split}"].format(value=short(losses[f"{split}/loss"]))
        for split in ("train", "val", "test")
        if losses.get(f"{split}/loss") is not None
    ]
    epochs = int(summary.get("epochs", len(record.metrics["epoch"])))
    told.append(say["plot.epochs.one" if epochs == 1 else "plot.epochs.many"].format(epochs=epochs))
    return told
