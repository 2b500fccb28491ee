"""A sweep that has ended, as whoever ran it tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class SweptJob:
    """One job.

    Attributes:
        number: its place in the sweep, from 0.
        overrides: key -> value in Hydra's override grammar.
        directory: of its run; None where it never started.
        status: how it ended, where the run directory cannot say so itself.
        length: key -> value of what says how long it was to train; empty where that is not known.
    """

    number: int
    overrides: Mapping[str, str]
    directory: Path | None
    status: str | None = None
    length: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Sweep:
    """All jobs of one command.

    Attributes:
        directory: of the sweep.
        command: exactly as typed.
        base: the typed arguments that are the same for all jobs, without `-m`.
        swept: the keys that were varied, in the order typed.
        jobs: in order.
        seconds: from the first job's start to the last one's end.
        about: what else summary.json says of the command.
    """

    directory: Path
    command: str
    base: Sequence[str]
    swept: tuple[str, ...]
    jobs: Sequence[SweptJob]
    seconds: float
    about: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
