"""What an ended run or sweep is without, its pictures and its page: made when it is resumed."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from nnrun.commands.console import Console
from nnrun.errors import BadInput
from nnrun.interruption import Interruption
from nnrun.runs.entry import Entry, read_entry, regular_bytes
from nnrun.runs.extending import EXTENDED
from nnrun.runs.finding import MOST_BYTES, RESULTS, elsewhere
from nnrun.runs.marks import is_sweep, within
from nnrun.spec import Settings

if TYPE_CHECKING:
    from nnrun.plots.process import Failure
    from nnrun.sweep.answer import Answer

_KEYS = ("language", "plots", "sweep")
"""Of a recorded configuration, what says which pictures there are to be, and how they look."""


@dataclass(frozen=True)
class _Lack:
    """A run without some of its pictures: nnrun's own kinds, and names of the user's."""

    directory: Path
    settings: Settings
    kinds: tuple[str, ...]
    own: tuple[str, ...]


@dataclass(frozen=True)
class Finished:
    """What came of it.

    Attributes:
        made: what is there now and was not, in words; empty: nothing.
        left: what is still not there, and why, one line each.
        signal: that ended it early; None where none did.
    """

    made: str
    left: Sequence[str]
    signal: int | None


def finish_run(directory: Path, settings: Settings, allow_code: bool) -> Finished:
    """Draws what a run that has ended is without; of a sweep's run only where each is to have pictures."""
    member = any(map(is_sweep, directory.absolute().parents))
    lack = None if member and settings.sweep.plots != "all" else _lack_of(directory, settings)
    with Interruption() as interruption:
        left = _draw([] if lack is None else [lack], [], settings, interruption, allow_code)
    return Finished(_counted([] if lack is None else [lack], alone=True), left, interruption.signal)


def finish_sweep(entry: Entry, console: Console, allow_code: bool) -> Finished:
    """Draws what a sweep whose runs have all ended is without, and makes its page.

    Raises:
        ValueError: its table is damaged.
        OSError: it cannot be read.
        csv.Error: it is none.
    """
    from nnrun.commands.multirun import OF_BEST, best_runs, leave_report
    from nnrun.commands.report import REPORT

    directory, told = entry.directory, _answer(entry)
    places = [directory / run.directory for run in told.results if within(directory, run.directory)]
    settings = next((known for place in places if (known := _settings_of(place)) is not None), None)
    if settings is None:
        return Finished("", (), None)
    wanted = settings.sweep.plots
    best = best_runs(told) if wanted == "best" else ()
    lacks = [
        lack
        for place in places
        if (wanted == "all" or place in best)
        and (own := _settings_of(place)) is not None
        and (lack := _lack_of(place, own, OF_BEST if best else None)) is not None
    ]
    sheets = [name for name in ("sweep", "fits") if settings.plots.save and not _has(directory, name)]
    with Interruption() as interruption:
        left = _draw(lacks, [(directory, sheet) for sheet in sheets], settings, interruption, allow_code)
    made = [*filter(None, [_counted(lacks)])]
    made += [path.name for sheet in sheets for path in directory.glob(f"{sheet}.*")]
    if settings.sweep.report and not interruption and not (directory / REPORT).exists():
        leave_report(directory, console, settings.language)
        made += [REPORT] if (directory / REPORT).exists() else []
    return Finished(", ".join(made), left, interruption.signal)


def _draw(
    lacks: Sequence[_Lack],
    sheets: Sequence[tuple[Path, str]],
    settings: Settings,
    interruption: Interruption,
    allow_code: bool,
) -> list[str]:
    """Draws until it is interrupted; returns what could not be drawn, one line each."""
    if not lacks and not sheets:
        return []
    from nnrun.plots.pool import DrawingPool
    from nnrun.sweep.task import picture_options

    drawing = DrawingPool.start()
    try:
        for lack in lacks:
            if lack.kinds:
                drawing.draw(lack.directory, lack.kinds, **picture_options(lack.settings))
        for place, sheet in sheets:
            drawing.draw(place, (sheet,), **picture_options(settings))
        failures = drawing.wait(lambda: bool(interruption))
        drawing.forget()
    finally:
        drawing.cancel()
    own = {name: lack for lack in lacks for name in lack.own}
    if own and not allow_code:
        return [*map(_line, failures), f"{', '.join(own)}: code of somebody's, drawn with --allow-code"]
    for lack in lacks:
        failures += [] if interruption or not lack.own else _drawn_own(lack)
    return list(map(_line, failures))


def _drawn_own(lack: _Lack) -> list[Failure]:
    """Draws the user's own pictures of a run, whose code is allowed; returns those that failed."""
    from nnrun.commands.running import own_pictures
    from nnrun.config.saved import recorded
    from nnrun.plugins.declaring import listed
    from nnrun.plugins.registering import allow_recorded, require_plugin

    content = recorded(lack.directory)
    allow_recorded(content)
    for name in listed(content.get("plugins")):
        require_plugin(name)
    return own_pictures([lack.directory], replace(lack.settings.plots, own=lack.own))


def _line(failure: Failure) -> str:
    where = "" if failure.directory is None else f"{failure.directory.name}: "
    return f"{where}{failure.kind} could not be drawn: {failure.message}"


def _lack_of(directory: Path, settings: Settings, most: Sequence[str] | None = None) -> _Lack | None:
    """What a run is without; None where that is nothing, or it did not end so that it has pictures.

    Args:
        directory: of the run.
        settings: its own.
        most: the kinds that it is to have at most; None: all that are asked for.
    """
    from nnrun.experiment.pictures import UNDRAWN, undrawn, undrawn_own

    if read_entry(directory).status in (*UNDRAWN, "unknown"):
        return None
    kinds, own = undrawn(directory, settings.plots), undrawn_own(directory, settings.plots)
    kinds = kinds if most is None else tuple(kind for kind in kinds if kind in most)
    return _Lack(directory, settings, kinds, own) if kinds or own else None


def _counted(lacks: Sequence[_Lack], alone: bool = False) -> str:
    """What is there now of what was not: names of the files of one run, or how many of how many runs."""
    from nnrun.experiment.pictures import picture_file, undrawn, undrawn_own

    made: dict[Path, list[str]] = {}
    for lack in lacks:
        plots = lack.settings.plots
        still = {*undrawn(lack.directory, plots), *undrawn_own(lack.directory, plots)}
        drawn = [picture_file(kind, plots.format) for kind in (*lack.kinds, *lack.own) if kind not in still]
        made |= {lack.directory: drawn} if drawn else {}
    if alone:
        return ", ".join(name for names in made.values() for name in names)
    count = sum(map(len, made.values()))
    runs = f"{len(made):,} run{'s' * (len(made) != 1)}"
    return f"{count:,} picture{'s' * (count != 1)} of {runs}" if made else ""


def _has(directory: Path, sheet: str) -> bool:
    """Whether a picture of a whole sweep is there, in whichever format."""
    return any(directory.glob(f"{sheet}.*"))


def _answer(entry: Entry) -> Answer:
    """What a sweep came to, as its table and its runs tell it."""
    from nnrun.sweep.answer import Sweep, SweptJob, judged

    directory, summary = entry.directory, entry.summary
    text = regular_bytes(directory / RESULTS, MOST_BYTES).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    swept = tuple(str(key) for key in summary.get("swept") or ())
    jobs = [
        SweptJob(
            int(row["job"]),
            {key: row[key] for key in swept if row.get(key)},
            None if row["status"] == EXTENDED else _place(directory, row["directory"]),
        )
        for row in rows
    ]
    return judged(Sweep(directory, str(summary.get("command")), (), swept, jobs, 0.0))


def _place(sweep: Path, name: str) -> Path | None:
    """The directory that a sweep's table names, if it is a place where runs of a sweep can be."""
    return within(sweep, name) or elsewhere(sweep, name)


def _settings_of(directory: Path) -> Settings | None:
    """What a run's recorded configuration says of pictures; None where it cannot be read."""
    from nnrun.config import saved

    try:
        lines = regular_bytes(directory / saved.CONFIG, saved.MOST_BYTES).decode("utf-8").splitlines()
    except (OSError, ValueError):
        return None
    wanted, kept = False, []
    for line in lines:
        if line[:1] not in ("", " ", "-", "#"):
            wanted = line.partition(":")[0] in _KEYS
        kept += [line] if wanted else []
    return _bound("\n".join(kept))


@functools.lru_cache(maxsize=64)
def _bound(text: str) -> Settings | None:
    """Settings out of a part of a configuration, which is the same for most runs of a sweep."""
    from omegaconf import OmegaConf
    from omegaconf._utils import get_yaml_loader

    from nnrun.config.binding import bind_settings

    try:
        content = yaml.load(text, Loader=get_yaml_loader())
        return bind_settings(OmegaConf.create({key: _plain(value) for key, value in content.items()}))
    except (BadInput, ValueError, AttributeError, RecursionError, yaml.YAMLError):
        return None


def _plain(value: object) -> object:
    """A value of a configuration without what refers elsewhere, or could unfold to more than was read."""
    if isinstance(value, dict):
        return {str(key): each for key, each in value.items() if _is_plain(each)}
    return value if _is_plain(value) else None


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) and "${" not in each for each in value)
    return not isinstance(value, dict) and not (isinstance(value, str) and "${" in value)
