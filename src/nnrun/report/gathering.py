"""Which runs a page is about: those named and those of sweeps, with how each was told apart there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nnrun.plots.axis import Axis, axis, number_of
from nnrun.report.differing import ABSENT, differing
from nnrun.runs.entry import Entry, read_entry, reason_of, regular_bytes
from nnrun.runs.finding import MOST_BYTES, RESULTS, elsewhere
from nnrun.runs.marks import holds_run, is_sweep, natural, within

MOST_RUNS = 2000
"""On one page; of more, evenly chosen ones and those that their sweep calls best."""


@dataclass(frozen=True)
class Place:
    """Where one run lies; nothing of it has been read.

    Attributes:
        directory: of the run.
        label: what it is called: the job's number in a page of one sweep, else its directory's name.
        values: swept key -> value as people type it; empty where the sweep's table does not say.
    """

    directory: Path
    label: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Member:
    """One run of a page.

    Attributes:
        entry: what can be said of it without its arrays.
        label: as its place has it.
        values: as its place has them.
    """

    entry: Entry
    label: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Gathered:
    """The runs of a page.

    Attributes:
        sources: the runs and sweeps that were named.
        members: the runs, those of sweeps in order of their jobs.
        axes: in what they differ, each run having one value on each.
        places: of each member on each axis (member, axis).
        notes: what is left out, a sentence each.
    """

    sources: Sequence[Entry]
    members: Sequence[Member]
    axes: Sequence[Axis]
    places: Sequence[Sequence[int]]
    notes: list[str] = field(default_factory=list)


def gather(directories: Sequence[Path]) -> Gathered:
    """The readable runs in `directories`, which are runs or sweeps."""
    sources = [read_entry(directory) for directory in dict.fromkeys(directories)]
    found: list[Place] = []
    notes: list[str] = []
    for source in sources:
        if source.kind == "sweep":
            found += _of_sweep(source, prefix_of(source, sources), notes)
        else:
            found.append(Place(source.directory, named(source.directory, sources), {}))
    places = _distinct(found)
    if len(places) > MOST_RUNS:
        notes.append(f"{MOST_RUNS:,} of {len(places):,} runs are here, evenly chosen, the best among them")
        places = _chosen(places, sources)
    members = [Member(read_entry(place.directory), place.label, place.values) for place in places]
    notes += [
        f"{member.label} is left out: {member.entry.problem}" for member in members if member.entry.problem
    ]
    kept = [member for member in members if not member.entry.problem]
    return Gathered(sources, kept, *_axes(kept, sources), notes)


def prefix_of(source: Entry, sources: Sequence[Entry]) -> str:
    """What stands before the number of a sweep's job: nothing in a page of one sweep."""
    return "" if len(sources) == 1 else f"{named(source.directory, sources)}/"


def _distinct(places: Sequence[Place]) -> list[Place]:
    """Each run once, however often it was named."""
    first: dict[Path, Place] = {}
    for place in places:
        first.setdefault(place.directory.resolve(), place)
    return list(first.values())


def named(directory: Path, sources: Sequence[Entry]) -> str:
    """The directory's name, with the day where it is that of several."""
    alike = [source for source in sources if source.directory.name == directory.name]
    return directory.name if len(alike) == 1 else f"{directory.absolute().parent.name}/{directory.name}"


def _of_sweep(source: Entry, prefix: str, notes: list[str]) -> list[Place]:
    """Its runs by its table; without one, by the directories that it holds."""
    name = source.directory.name
    if source.problem:
        notes.append(f"{name}: {source.problem}")
    try:
        rows = _table(source.directory)
    except FileNotFoundError:
        rows = _untold(source.directory)
    except (OSError, ValueError, KeyError) as error:
        notes.append(f"{name}/{RESULTS}: {reason_of(error)}; its runs are taken as they lie there")
        rows = _untold(source.directory)
    found = [(job, _run_of(source.directory, inside), values) for job, inside, values in rows]
    started = [(job, path, values) for job, path, values in found if path is not None]
    if len(started) < len(rows):
        notes.append(f"{name}: {len(rows) - len(started)} of {len(rows)} jobs have no directory")
    return [Place(path, f"{prefix}{job}", values) for job, path, values in started]


def _run_of(sweep: Path, name: str) -> Path | None:
    """The run of a job: below its sweep, or an older one below the same output root that has its answer."""
    path = within(sweep, name)
    return elsewhere(sweep, name) if path is None else path if holds_run(path) else None


def _untold(directory: Path) -> list[tuple[str, str, dict[str, str]]]:
    """Rows without values, for the runs that lie in a sweep's directory."""
    return [(path.name, path.name, {}) for path in _below(directory)]


def _table(directory: Path) -> list[tuple[str, str, dict[str, str]]]:
    """Job, directory and swept values of each row of results.csv."""
    text = regular_bytes(directory / RESULTS, MOST_BYTES).decode("utf-8", "replace")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = list(reader.fieldnames or ())
    if "directory" not in header or header[:2] != ["job", "status"] or "objective" not in header:
        raise ValueError("has other columns than nnrun writes")
    swept = header[2 : header.index("objective")]
    return [
        (str(row["job"]), str(row["directory"] or ""), {key: str(row[key] or "") for key in swept})
        for row in reader
    ]


def _below(directory: Path) -> list[Path]:
    inside = (path for path in directory.iterdir() if path.is_dir() and not path.is_symlink())
    return sorted(
        (path for path in inside if holds_run(path) and not is_sweep(path)),
        key=lambda path: natural(path.name),
    )


def _chosen(places: Sequence[Place], sources: Sequence[Entry]) -> list[Place]:
    best = {directory for source in sources for directory in _best(source)}
    wanted = [index for index, place in enumerate(places) if place.directory in best]
    step = len(places) / (MOST_RUNS - len(wanted))
    kept = sorted({*wanted, *(int(number * step) for number in range(MOST_RUNS - len(wanted)))})
    return [places[index] for index in kept]


def _best(source: Entry) -> Iterable[Path]:
    """The best run of a sweep, and the typical one of its best setting."""
    best, setting = source.summary.get("best_run"), source.summary.get("best")
    for run in (best, setting.get("typical") if isinstance(setting, dict) else None):
        if isinstance(run, dict) and isinstance(run.get("directory"), str):
            yield source.directory / run["directory"]


def _axes(members: Sequence[Member], sources: Sequence[Entry]) -> tuple[list[Axis], list[list[int]]]:
    """In what the members differ, and the place of each on each axis (member, axis)."""
    keys, rows = _settings(members, sources)
    columns = dict(zip(keys, zip(*rows, strict=True), strict=True))
    columns = {key: values for key, values in columns.items() if len(set(values)) > 1}
    if len(set(zip(*columns.values(), strict=True))) < len(members) > 1:
        columns["run"] = tuple(member.label for member in members)
    found = [_ordered(key, values) for key, values in columns.items()]
    known = [{value: place for place, value in enumerate(line.values)} for line in found]
    places = [
        [place[columns[line.key][member]] for line, place in zip(found, known, strict=True)]
        for member in range(len(members))
    ]
    return found, places


def _settings(members: Sequence[Member], sources: Sequence[Entry]) -> tuple[list[str], list[list[str]]]:
    """What was swept, of one sweep whose table says so; else the settings in which runs differ."""
    if len(sources) == 1 and members and all(member.values for member in members):
        keys = list(members[0].values)
        return keys, [[member.values[key] or ABSENT for key in keys] for member in members]
    return differing([member.entry.config for member in members])


def _ordered(key: str, values: Sequence[str]) -> Axis:
    """The axis, ascending; seeds too, which have an order on a slider though none in a picture."""
    line = axis(key, values)
    if line.numbers is None and all(number_of(value) is not None for value in line.values):
        return Axis(key, tuple(sorted(line.values, key=lambda value: number_of(value) or 0.0)))
    return line
