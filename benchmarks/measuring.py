"""How benchmarks measure: pairs of nnrun and a peer in turn, their medians, and the machine they ran on."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

# An installed package starts from its cached bytecode, as the peers' packages do; surroundings that forbid
# writing it would have nnrun alone compiled anew in every process.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@dataclass(frozen=True)
class Pairs:
    """Seconds of both sides, measured in turn: A B A B, so that a busy moment of the machine meets both."""

    nnrun: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median of the pairs' ratios; below 1 nnrun is faster."""
        return statistics.median(a / b for a, b in zip(self.nnrun, self.peer, strict=True))


@dataclass(frozen=True)
class Result:
    """One claim and what was measured.

    Attributes:
        claim: what is compared with what.
        scale: what the seconds are multiplied by for people, and the unit they have then.
        target: the largest ratio that keeps the claim.
    """

    claim: str
    pairs: Pairs
    scale: tuple[float, str]
    target: float

    @property
    def met(self) -> bool:
        """Whether the claim holds."""
        return self.pairs.ratio <= self.target

    @property
    def row(self) -> tuple[str, ...]:
        """For the table: claim, nnrun, peer, ratio, target, met."""
        factor, unit = self.scale
        sides = (statistics.median(side) * factor for side in (self.pairs.nnrun, self.pairs.peer))
        shown = (f"{value:.3g} {unit}" for value in sides)
        return (
            self.claim,
            *shown,
            f"{self.pairs.ratio:.2f}",
            f"{self.target:.2f}",
            "yes" if self.met else "NO",
        )


def interleaved(nnrun: Callable[[], object], peer: Callable[[], object], count: int) -> Pairs:
    """Measures `count` pairs after one of each that does not count."""
    nnrun()
    peer()
    seconds = [(_seconds(nnrun), _seconds(peer)) for _ in range(count)]
    ours, theirs = zip(*seconds, strict=True)
    return Pairs(ours, theirs)


def _seconds(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def machine() -> str:
    """Cores, system and versions, on one line."""
    names = ("nnrun", "torch", "numpy", "hydra-core", "matplotlib")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores{load}, {system}, Python {platform.python_version()}, {versions}"


def table(results: Sequence[Result]) -> str:
    """Columns with a head, numbers to the right."""
    rows = [("claim", "nnrun", "peer", "ratio", "target", "met"), *(result.row for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def write_json(path: Path, results: Sequence[Result]) -> None:
    """Everything that was measured."""
    claims = [asdict(result) | {"ratio": result.pairs.ratio, "met": result.met} for result in results]
    content = {"machine": machine(), "claims": claims}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
