"""What of a sweep is done already, in its own directory or elsewhere, so that only the rest is trained."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnrun.errors import Refused
from nnrun.experiment import Outcome
from nnrun.experiment.resuming import TRAINED
from nnrun.runs.checkpoints import POPULATIONS, runs_of
from nnrun.runs.entry import known_summary
from nnrun.runs.extending import is_extended, length
from nnrun.runs.files import explaining, write_atomically
from nnrun.runs.writing import METRICS
from nnrun.spec import EarlyStopping, Spec
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
        return None if place is None else Outcome(place, known_summary(place))

    def ended(self, directory: Path, spec: Spec) -> Outcome | None:
        """The run in a job's own directory, if it has ended; None where it has to be trained.

        One that went on alone beyond what the sweep asks for has nothing left to do here.

        Raises:
            Refused: the directory holds a run of another configuration, or of other code.
        """
        if self.directory is None:
            return None
        summary = known_summary(directory)
        status = summary.get("status")
        trained = status in TRAINED and (directory / METRICS).is_file()
        if not _is_same(summary, spec):
            changed = _changed_code(summary, spec)
            # Asked for is another try of what failed; what was trained stays what it was.
            kept = trained and _is_same(summary, replace(spec, code=_code(summary)))
            if not changed or not self.failed or not (kept or status == "failed"):
                raise Refused(_of_another(directory, changed, status))
        extended = is_extended(summary, length(spec.config))
        ended = trained or extended or (status == "failed" and not self.failed)
        return Outcome(directory, summary) if ended else None

    def is_mended(self, directory: Path, spec: Spec) -> bool:
        """Whether a job is one that failed and that other code is to train now, from the beginning."""
        if self.directory is None or not self.failed:
            return False
        summary = known_summary(directory)
        return summary.get("status") == "failed" and not _is_same(summary, spec)

    def require_same(self, jobs: Sequence[Planned]) -> None:
        """Checks all jobs of a resumed sweep before anything is changed.

        Raises:
            Refused: as `ended` and `require_untrained`.
        """
        if self.directory is None:
            return
        for job in jobs:
            place = self.directory / job.place
            if job.binding is None:
                self.require_untrained(place, job.problems)
            elif self.copied(job.binding.spec) is None:
                self.ended(place, job.binding.spec)

    def require_untrained(self, directory: Path, problems: Sequence[str]) -> None:
        """Checks that recording a job as one that cannot be trained takes the place of no training.

        Raises:
            Refused: its directory holds a run that has trained.
        """
        status = known_summary(directory).get("status", "failed")
        if status != "failed":
            raise Refused(
                f"{directory}: is {status}, and cannot be trained as the sweep's command has it now:"
                f" {'; '.join(problems)}"
            )


def _is_same(summary: Mapping[str, Any], spec: Spec) -> bool:
    """Whether a run's summary tells of the job that `spec` is, however long it has trained."""
    return summary.get("config_hash") in (None, spec.config_hash, _as_recorded(spec, summary).config_hash)


def _changed_code(summary: Mapping[str, Any], spec: Spec) -> list[str]:
    """The user's files that are not what they were when a run was begun."""
    known = _code(summary)
    return sorted(name for name in {*known, *spec.code} if known.get(name) != spec.code.get(name))


def _code(summary: Mapping[str, Any]) -> dict[str, str]:
    """File -> SHA-256 of what a run executed."""
    code = summary.get("code")
    return {str(name): str(digest) for name, digest in code.items()} if isinstance(code, Mapping) else {}


def _as_recorded(spec: Spec, summary: Mapping[str, Any]) -> Spec:
    """The job with what a run may change while it goes on alone: its length, and its file's data."""
    config, changes = summary.get("config"), summary.get("data_changes")
    if not summary.get("resumed") or not isinstance(config, Mapping):
        return spec
    if isinstance(changes, list) and changes and isinstance(changes[0], Mapping):
        spec = spec.with_data(changes[0].get("from"))
    stopping = {field.name: config.get(f"early_stopping.{field.name}") for field in fields(EarlyStopping)}
    epochs = config.get("epochs")
    return replace(
        spec,
        epochs=epochs if isinstance(epochs, int) else spec.epochs,
        early_stopping=EarlyStopping(**stopping),  # type: ignore[arg-type]  # compared, and never trained
    )


def _of_another(directory: Path, files: Sequence[str], status: object) -> str:
    """What to say, and to do, where a run is another one than the sweep's command gives now.

    Args:
        directory: of the run.
        files: of code that have changed.
        status: how it ended.
    """
    if not files:
        return (
            f"{directory}: was begun with another configuration than the sweep's command gives now;"
            " were files in conf changed?"
        )
    verb, it = ("has", "it") if len(files) == 1 else ("have", "them")
    again = ", train the failed runs again as it is now with --failed," if status == "failed" else ","
    return (
        f"{directory}: {', '.join(files)} {verb} changed since this run was begun; put {it} back{again} or"
        " type the sweep's command again with sweep.skip_done=true"
    )


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
