"""What of a sweep is done already, in its own directory or elsewhere, so that only the rest is trained."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnrun.errors import Refused
from nnrun.experiment import Outcome
from nnrun.experiment.resuming import TRAINED, recorded
from nnrun.runs.checkpoints import POPULATIONS, runs_of
from nnrun.runs.files import explaining, write_atomically
from nnrun.runs.writing import METRICS
from nnrun.spec import Spec
from nnrun.sweep.planning import Planned

_COMPOSITION = "populations.json"


@dataclass(frozen=True)
class Known:
    """What need not be trained.

    Attributes:
        directory: of a sweep that is resumed; None where a new one begins.
        failed: whether its failed runs are to be trained again.
        elsewhere: hash of a configuration -> directory of a completed run that has the answer.
    """

    directory: Path | None = None
    failed: bool = False
    elsewhere: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    def __reduce__(self) -> tuple[Any, ...]:
        return Known, (self.directory, self.failed, dict(self.elsewhere))

    def copied(self, spec: Spec) -> Outcome | None:
        """The run elsewhere that has a job's answer."""
        place = self.elsewhere.get(spec.config_hash)
        return None if place is None else Outcome(place, recorded(place))

    def ended(self, directory: Path, spec: Spec) -> Outcome | None:
        """The run in a job's own directory, if it has ended; None where it has to be trained.

        Raises:
            Refused: the directory holds a run of another configuration.
        """
        if self.directory is None:
            return None
        summary = recorded(directory)
        status = summary.get("status")
        if not summary.get("resumed") and summary.get("config_hash", spec.config_hash) != spec.config_hash:
            raise Refused(
                f"{directory}: was begun with another configuration than the sweep's command gives now;"
                " were files in conf changed?"
            )
        trained = status in TRAINED and (directory / METRICS).is_file()
        ended = trained or (status == "failed" and not self.failed)
        return Outcome(directory, summary) if ended else None


def note_populations(root: Path, populations: Sequence[Sequence[Planned]]) -> None:
    """Records which runs train together, before any of them does: resumed, they meet the same company.

    Raises:
        EnvironmentFault: the disk is in the way.
    """
    place = root / POPULATIONS / _COMPOSITION
    with explaining(place):
        place.parent.mkdir(exist_ok=True)
    known = [*_noted(place), *([job.place for job in population] for population in populations)]
    write_atomically(place, json.dumps(known).encode())


def _noted(place: Path) -> list[list[str]]:
    try:
        content = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return []
    return [[str(run) for run in group] for group in content if isinstance(group, list)]


def regrouped(
    root: Path, jobs: Sequence[Planned], populations: Sequence[Sequence[Planned]]
) -> list[tuple[Planned, ...]]:
    """The populations in which jobs trained before: as checkpoints have them, then as they were planned.

    Args:
        root: of the sweep.
        jobs: that can be trained.
        populations: how they would be grouped today, for those of which nothing is known.
    """
    places = {job.place: job for job in jobs}
    checkpoints = map(runs_of, sorted((root / POPULATIONS).glob("*.npz")))
    before = [*checkpoints, *_noted(root / POPULATIONS / _COMPOSITION)]
    groups: list[list[Planned]] = []
    taken: set[str] = set()
    for group in [*before, *([job.place for job in population] for population in populations)]:
        found = [places[place] for place in group if place in places and place not in taken]
        # Copies are no members: they follow the run that they equal.
        found += _equals(found, [job for job in jobs if job.place not in taken])
        taken |= {job.place for job in found}
        groups.append(found)
    return [tuple(group) for group in groups if group]


def _equals(group: Sequence[Planned], others: Sequence[Planned]) -> list[Planned]:
    own = {job.place for job in group}
    hashes = {_hash(job) for job in group}
    return [job for job in others if job.place not in own and _hash(job) in hashes]


def _hash(job: Planned) -> str:
    assert job.binding is not None
    return job.binding.spec.config_hash
