"""Everything that a page is told, as plain types: its runs, in what they differ, and their arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

import nnrun
from nnrun.plots.axis import Axis, is_seed, short_names
from nnrun.report.gathering import Gathered, named, prefix_of
from nnrun.report.packing import MOST_BYTES, Packing, rounded
from nnrun.report.record import Reader, columns_of
from nnrun.report.thinning import Limits
from nnrun.runs.entry import Entry

_Kind = tuple[str, bool, str, str]
MOST_NOTES = 20
MOST_PROBLEMS = 12

_PARTS = ("dataset", "model")
"""After which a page without a name is called."""


def payload(gathered: Gathered, most_bytes: int = MOST_BYTES) -> tuple[dict[str, Any], list[str]]:
    """The page's data, and what could not be read, a sentence each.

    Args:
        gathered: the runs.
        most_bytes: of arrays; runs that do not find room have no pictures.
    """
    members = gathered.members
    packing = Packing(most_bytes)
    columns = max((columns_of(member.entry.directory) for member in members[:20]), default=1)
    reader = Reader(packing, Limits.of(len(members), columns))
    runs, notes = [], list(gathered.notes)
    kinds = list(dict.fromkeys(_judged(member.entry.summary) for member in members))
    with np.errstate(over="ignore"):
        for member, place in zip(members, gathered.places, strict=True):
            record, wrong = reader.run(member.entry, member.label)
            notes += [f"{member.label}: {sentence}" for sentence in wrong]
            runs.append(record | {"place": list(place), "kind": kinds.index(_judged(member.entry.summary))})
    if packing.full:
        notes.append(
            "some pictures are left out to keep the page small; `nnrun report` of fewer runs has them"
        )
    content = {
        "title": title(gathered),
        "version": nnrun.__version__,
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "sources": [_source(source, gathered.sources) for source in gathered.sources],
        "axes": [_axis(line, name) for line, name in _named(gathered.axes)],
        "objective": _objective(members),
        "kinds": _kinds(kinds),
        "reference": _reference(members),
        "facts": reader.facts,
        "names": reader.names,
        "runs": runs,
        "notes": shortened(notes),
        "arrays": packing.arrays,
    }
    return content, notes


def title(gathered: Gathered) -> str:
    """What the page is called: the run's or the sweep's own name, or how many runs it shows."""
    if len(gathered.sources) > 1 or not gathered.members:
        count = len(gathered.members)
        return f"{count:,} {'run' if count == 1 else 'runs'}"
    summary = gathered.members[0].entry.summary
    if gathered.sources[0].kind == "run":
        return str(summary.get("name") or summary.get("title") or gathered.sources[0].directory.name)
    name = summary.get("name")
    swept = ", ".join(short_names([line.key for line in gathered.axes]))
    data, model = (_common([member.entry for member in gathered.members], part) for part in _PARTS)
    return str(
        name or " ".join(part for part in (data, model, f"over {swept}" if swept else "sweep") if part)
    )


def shortened(notes: Sequence[str]) -> list[str]:
    """The first of them, and how many more there are."""
    more = len(notes) - MOST_NOTES
    return [*notes[:MOST_NOTES], *([f"and {more:,} more"] if more > 0 else [])]


def _name(part: Any) -> str:
    return str(part.get("name") or "") if isinstance(part, dict) else ""


def _common(runs: Sequence[Entry], part: str) -> str:
    """The name of a part that all runs share; empty where they do not."""
    names = {_name(run.summary.get(part)) for run in runs}
    return names.pop() if len(names) == 1 else ""


def _named(axes: Sequence[Axis]) -> list[tuple[Axis, str]]:
    return list(zip(axes, short_names([line.key for line in axes]), strict=True))


def _axis(line: Axis, name: str) -> dict[str, Any]:
    """`numbers` is null where values are names; seeds have an order but are no quantity."""
    numbers = line.numbers
    return {
        "key": line.key,
        "name": name,
        "values": list(line.values),
        "numbers": None if numbers is None else [rounded(number) for number in numbers],
        "log": line.is_logarithmic,
        "seed": is_seed(line.key),
    }


def _source(source: Entry, sources: Sequence[Entry]) -> dict[str, Any]:
    """A run or sweep that was named, with a sweep's own answer."""
    summary = source.summary
    told: dict[str, Any] = {
        "name": named(source.directory, sources),
        "kind": source.kind,
        "status": source.status,
        "command": str(summary.get("command") or ""),
        "seconds": rounded(summary.get("seconds")),
        "bests": [],
    }
    if source.kind == "run":
        return told
    counts = summary.get("counts")
    return told | {
        "counts": {str(key): rounded(value) for key, value in counts.items()}
        if isinstance(counts, dict)
        else {},
        "bests": list(_bests(summary, prefix_of(source, sources))),
        "wider": str(summary.get("wider_command") or ""),
    }


def _bests(summary: Mapping[str, Any], prefix: str) -> Iterator[dict[str, Any]]:
    """The best setting, or that of each problem where these are several, with more than one setting each."""
    if isinstance(summary.get("best"), dict):
        told = {"of": "", "objective": _objective_name(summary), "edges": _edges(summary, 0)}
        yield _best(summary["best"], prefix) | told
        return
    problems = summary.get("problems")
    for place, problem in enumerate(problems[:MOST_PROBLEMS] if isinstance(problems, list) else ()):
        if (
            isinstance(problem, dict)
            and isinstance(problem.get("best"), dict)
            and problem.get("settings") != 1
        ):
            values = problem.get("values")
            of = ", ".join(map(str, values.values())) if isinstance(values, dict) else ""
            told = {"of": of, "objective": _objective_name(problem), "edges": _edges(summary, place)}
            yield _best(problem["best"], prefix) | told


def _edges(summary: Mapping[str, Any], problem: int) -> list[str]:
    """Ends of what was tried at which the best setting of a problem lies, such as `optim.lr=1`."""
    found = []
    edges = summary.get("edges")
    for edge in edges if isinstance(edges, list) else ():
        if isinstance(edge, dict):
            places = edge.get("problems")
            if not isinstance(places, list) or problem in places:
                found.append(f"{edge.get('key')}={edge.get('value')}")
    return found


def _objective_name(summary: Mapping[str, Any]) -> str:
    return _name(summary.get("objective"))


def _best(best: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Its values, its median over seeds, and the command of its typical run."""
    typical, values = best.get("typical"), best.get("values")
    typical = typical if isinstance(typical, dict) else {}
    return {
        "values": {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {},
        **{name: rounded(best.get(name)) for name in ("median", "lowest", "highest", "runs")},
        "command": str(typical.get("command") or ""),
        "run": f"{prefix}{typical.get('job', '')}",
    }


def _objective(members: Sequence[Any]) -> dict[str, Any]:
    """What most runs are judged by, and how many are judged by something else."""
    found = Counter(filter(None, (_judged(member.entry.summary) for member in members)))
    if not found:
        return {"name": "", "greater": False, "others": 0}
    (name, greater, *_), count = found.most_common(1)[0]
    return {"name": name, "greater": greater, "others": sum(found.values()) - count}


def _kinds(kinds: Sequence[_Kind | None]) -> list[dict[str, Any]]:
    """What runs may be judged by: objective, direction, and what tells it from the others on the page."""
    known = [kind for kind in kinds if kind is not None]
    told = [place for place in (2, 3, 0) if len({kind[place] for kind in known}) > 1]
    return [
        {"name": "", "greater": False, "label": "nothing"}
        if kind is None
        else {"name": kind[0], "greater": kind[1], "label": ", ".join(str(kind[place]) for place in told)}
        for kind in kinds
    ]


def _judged(summary: Mapping[str, Any]) -> _Kind | None:
    """Objective, its direction, dataset and loss: what must agree for numbers to be compared."""
    objective = summary.get("objective")
    if not isinstance(objective, dict):
        return None
    greater = bool(objective.get("greater_is_better"))
    return str(objective.get("name")), greater, _name(summary.get("dataset")), str(summary.get("loss"))


def _reference(members: Sequence[Any]) -> dict[str, float]:
    """Losses to compare with, where all runs have the same: of the truth, and of one constant guess."""
    found = [member.entry.summary.get("reference") for member in members]
    first = found[0] if found else None
    if not isinstance(first, dict) or any(other != first for other in found if other is not None):
        return {}
    numbers = {str(name): rounded(value) for name, value in first.items()}
    return {name: value for name, value in numbers.items() if value is not None}
