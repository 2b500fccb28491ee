"""What a sweep shows on the terminal when it has ended: its best settings and the commands to go on with."""

from __future__ import annotations

import math
import shutil
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nnrun.characters import number, padded, visible
from nnrun.commands.console import Console
from nnrun.plots.axis import short_names
from nnrun.runs.extending import EXTENDED
from nnrun.sweep.answer import Answer, Ranking, Setting
from nnrun.words import words

LABEL_WIDTH = 10

MOST_ROWS, FEWEST_ROWS = 10, 3
"""Of the tables of all problems together, and of each."""

WIDTH = 80
"""Columns that every terminal has."""

NARROWEST = 6
"""Columns of a value that is cut short, at least."""

GAP = "  "


def show(answer: Answer, console: Console, language: str) -> None:
    """Tells `answer` on `console`."""
    view = _View(answer, console, language)
    view.overview()
    for ranking in answer.rankings:
        view.table(ranking)
    view.notes()
    for ranking in answer.rankings:
        view.best(ranking)
    view.edges()
    view.saved()


class _View:
    def __init__(self, answer: Answer, console: Console, language: str) -> None:
        self._answer, self._console, self._say = answer, console, words(language)
        self._width = max(shutil.get_terminal_size().columns, WIDTH) if console.live else WIDTH

    def overview(self) -> None:
        """How many ended how, in which time."""
        counts = [
            self._say["sweep.count"].format(
                count=f"{count:,}", status=self._say[f"sweep.status.{_key(status)}"]
            )
            for status, count in self._answer.counts.items()
        ]
        rate = self._answer.rate
        timing = {"seconds": self._duration(self._answer.sweep.seconds), "rate": _rate(rate)}
        key = "sweep.overview" if rate is not None else "sweep.overview.instant"
        self._line("sweep", self._say[key].format(counts=self._say["sweep.comma"].join(counts), **timing))

    def table(self, ranking: Ranking) -> None:
        """The best settings, one line each; the rank stands where other lines have their label.

        A single run of a single setting has nothing to be compared with: its objective is named, no more.
        """
        self._line("objective", self._objective(ranking))
        if not self._answer.keys and all(len(setting.runs) < 2 for setting in ranking.settings):
            return
        rows = max(FEWEST_ROWS, MOST_ROWS // len(self._answer.rankings))
        shown = ranking.settings[:rows]
        cells = [self._headers(), *map(self._row, shown)]
        keys = len(self._answer.keys)
        widths = [max(_columns(row[column]) for row in cells) for column in range(len(cells[0]))]
        widths[:keys] = _narrowed(widths[:keys], self._width - LABEL_WIDTH - sum(widths[keys:]), len(widths))
        for rank, row in enumerate(cells):
            text = GAP.join(
                padded(_cut(cell, width), width) if column < keys else " " * (width - _columns(cell)) + cell
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            label = self._say["sweep.label.rank"] if rank == 0 else f"{rank:>4}"
            self._console.line(padded(label, LABEL_WIDTH), text)
        if len(ranking.settings) > rows:
            self._line("", self._say["sweep.more"].format(count=f"{len(ranking.settings) - rows:,}"))

    def notes(self) -> None:
        """What must be known to read the tables."""
        if len(self._answer.rankings) > 1:
            self._line("note", self._say["sweep.problems"])
        for key in self._answer.distorting:
            self._line("note", self._say["sweep.distorting"].format(key=key))
        extended = [run.directory for run in self._answer.results if run.status == EXTENDED]
        if extended:
            named = ", ".join(extended[:5]) + ", ..." * (len(extended) > 5)
            self._line("note", self._say["sweep.extended"].format(runs=named))

    def best(self, ranking: Ranking) -> None:
        """The best setting, and the command of its typical run."""
        setting = ranking.best
        if setting is None or setting.typical is None:
            self._line("best", self._label(ranking) + self._say["sweep.none"], emphasis=True)
            return
        label = self._label(ranking, dict(zip(self._answer.keys, setting.values, strict=True)))
        fields = {"setting": self._named(setting), "median": number(setting.median)}
        alone = len(setting.runs) == 1
        named = ("sweep.best.run" if alone else "sweep.best") if setting.values else None
        key = named or ("sweep.best.alone" if alone else "sweep.best.seeds")
        text = self._say[key].format(runs=len(setting.runs), **fields)
        self._line("best", label + text)
        self._line("", self._answer.command(setting.typical))

    def edges(self) -> None:
        """Where a wider sweep might find better settings."""
        told = []
        for edge in self._answer.edges:
            text = self._say[f"sweep.edge.{edge.side}"].format(key=edge.key, value=edge.value)
            labels = [self._label(self._answer.rankings[place]) for place in edge.problems] or [""]
            told += [label + text for label in labels]
        for place, text in enumerate(told):
            self._line("" if place else "edge", text)
        if self._answer.wider is not None:
            self._line("", f"{self._say['sweep.edge.try']} {self._answer.wider}")

    def saved(self) -> None:
        """Where everything is."""
        label = padded(self._say["sweep.label.saved"], LABEL_WIDTH)
        self._console.path(label, self._answer.sweep.directory)

    def _line(self, label: str, text: str, emphasis: bool = False) -> None:
        name = self._say[f"sweep.label.{label}"] if label else ""
        self._console.line(padded(name, LABEL_WIDTH), text, emphasis)

    def _headers(self) -> list[str]:
        statistics = [self._say[f"sweep.{name}"] for name in ("median", "lowest", "highest", "runs")]
        lost = [self._say["sweep.lost"]] if self._any_lost else []
        return [*short_names(self._answer.keys), *statistics, *lost]

    def _row(self, setting: Setting) -> list[str]:
        known = [_number(setting.lowest), _number(setting.highest), str(len(setting.runs))]
        lost = [str(setting.lost or "-")] if self._any_lost else []
        return [*map(visible, setting.values), self._median(setting), *known, *lost]

    def _median(self, setting: Setting) -> str:
        """The number, or how the run in the middle ended."""
        if math.isfinite(setting.median) or not setting.runs:
            return _number(setting.median)
        return self._say[f"sweep.status.{_key(setting.runs[len(setting.runs) // 2].status)}"]

    @property
    def _any_lost(self) -> bool:
        return any(setting.lost for ranking in self._answer.rankings for setting in ranking.settings)

    def _objective(self, ranking: Ranking) -> str:
        if ranking.problem is None:
            return self._say["sweep.no_objective"]
        direction = self._say["sweep.greater" if ranking.greater_is_better else "sweep.less"]
        text = self._say["sweep.objective"].format(name=ranking.problem.objective, direction=direction)
        return self._label(ranking) + text

    def _label(self, ranking: Ranking, known: Mapping[str, str] = MappingProxyType({})) -> str:
        """Which problem is meant, where there are several and what is `known` does not tell it already."""
        label = self._answer.label(ranking).items()
        said = label & known.items()
        alike = [other for other in self._answer.rankings if said <= self._answer.label(other).items()]
        told = ", ".join(f"{name}={value}" for name, value in sorted(label - said))
        return self._say["sweep.within"].format(problem=told) if told and len(alike) > 1 else ""

    def _named(self, setting: Setting) -> str:
        return " ".join(
            f"{key}={value}" for key, value in zip(self._answer.keys, setting.values, strict=True)
        )

    def _duration(self, seconds: float) -> str:
        if seconds < 120:
            return self._say["sweep.seconds"].format(seconds=number(seconds))
        minutes, rest = divmod(round(seconds), 60)
        return self._say["sweep.minutes"].format(minutes=minutes, seconds=rest)


def _narrowed(widths: Sequence[int], room: int, columns: int) -> list[int]:
    """Widths that fit into `room` with the gaps of all columns, the widest cut first."""
    widths = list(widths)
    while widths and sum(widths) + len(GAP) * (columns - 1) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _cut(text: str, width: int) -> str:
    while _columns(text) > width:
        text = text.removesuffix("…")[:-1] + "…"
    return text


def _number(value: float) -> str:
    return number(value) if math.isfinite(value) else "-"


def _rate(rate: float | None) -> str:
    return f"{rate:,.0f}" if rate is not None and rate >= 100 else number(rate)


def _key(status: str) -> str:
    return status.replace(" ", "_")
