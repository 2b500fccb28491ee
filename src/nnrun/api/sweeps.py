"""`nnrun.sweep`: many runs from one call, trained together, as a sequence that knows which is best."""

from __future__ import annotations

import csv
import io
import signal
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, final, overload

from nnrun.api.asking import Word, arguments_of, console_of, invocation_of
from nnrun.api.complaints import named, pandas, refused
from nnrun.api.pictures import Look, first_picture
from nnrun.api.runs import Run
from nnrun.api.surroundings import explained, undisturbed
from nnrun.arguments.flags import MULTIRUN
from nnrun.characters import visible
from nnrun.errors import BadInput, Refused
from nnrun.runs.entry import read_entry, read_summary, regular_bytes
from nnrun.runs.finding import find_run
from nnrun.runs.marks import holds_run, natural, within
from nnrun.runs.writing import SUMMARY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from nnrun.api.explorer import Explorer

RESULTS = "results.csv"
KINDS = ("sweep", "fits")
MOST_BYTES = 256 * 1024 * 1024
"""Of a results.csv that is read at all."""


@final
class Sweep(Sequence[Run]):
    """The runs of one sweep, in the order of its jobs. Made by `nnrun.sweep` and `nnrun.load_run`.

    Jobs that left no run directory, because the sweep was ended before them, are not among them.

    Args:
        directory: of the sweep.
        own: this process has made it: its configurations may name code, and runs elsewhere.
    """

    def __init__(self, directory: Path, own: bool = False) -> None:
        self._directory, self._own = directory.absolute(), own

    @property
    def directory(self) -> Path:
        """Where it lies, absolute."""
        return self._directory

    @cached_property
    def summary(self) -> dict[str, Any]:
        """summary.json: the best setting, how many runs ended how, the command, and more.

        Raises:
            Refused: it is missing or damaged.
        """
        try:
            return read_summary(self._directory)
        except (OSError, ValueError, RecursionError) as error:
            raise refused(self._directory / SUMMARY, error) from error

    @property
    def best(self) -> Run:
        """The best run of all, which is `latest/best` on the command line.

        Raises:
            BadInput: it has none: every run diverged or failed, or they are judged by different things.
        """
        found = find_run(f"{self._directory}/best")
        return Run(found, self._own)

    def frame(self) -> pd.DataFrame:
        """results.csv: a row for each job, with the swept keys, the status, the objective and all metrics.

        A swept value `null` stays this text, for pandas leaves rows without a value out of groups.

        Raises:
            EnvironmentFault: pandas is not installed.
            Refused: the file is missing or damaged.
        """
        package = pandas("frame()")
        frame: pd.DataFrame = package.read_csv(
            io.StringIO(self._results),
            index_col="job",
            dtype={"directory": str},
            keep_default_na=False,
            na_values=["", "nan"],
        )
        return frame

    def figure(
        self,
        kind: str = "sweep",
        *,
        theme: str = "light",
        width: float | None = None,
        height: float | None = None,
        language: str = "auto",
    ) -> Figure:
        """A picture of the whole sweep; a cell that ends with it shows it.

        Args:
            kind: `sweep`, the objective over what was varied, or `fits`, what the networks learned.
            theme: as for `nnrun plot --theme`.
            width: inches; None: what the content needs.
            height: inches, likewise.
            language: of the words in it.

        Raises:
            BadInput: no such picture or look.
            Refused: there is no finished run to show, or none with a fit.
        """
        from nnrun.plots.silence import silence

        with silence():
            from nnrun.plots.fits import draw_fits
            from nnrun.plots.sweep import draw_sweep
        draw = draw_sweep if named(kind, KINDS, "kind") == "sweep" else draw_fits
        figure = draw(self._directory, **Look(theme, width, height, language).options)
        if figure is None:
            raise Refused(f"{self._directory}: no run of this sweep has recorded a fit")
        return figure

    def explore(self, height: int = 720) -> Explorer:
        """The Explore tab of the report, inline: a slider for each swept key and one for the epoch.

        Args:
            height: of the frame, in pixels.

        Raises:
            Refused: there is no run to show.
        """
        from nnrun.api.explorer import Explorer

        return Explorer((self._directory,), height)

    @cached_property
    def _results(self) -> str:
        """results.csv.

        Raises:
            Refused: it is missing or damaged.
        """
        try:
            return regular_bytes(self._directory / RESULTS, MOST_BYTES).decode("utf-8")
        except (OSError, ValueError) as error:
            raise refused(self._directory / RESULTS, error) from error

    @cached_property
    def _runs(self) -> tuple[Run, ...]:
        places = filter(None, map(self._place, self._named()))
        return tuple(Run(place, self._own) for place in places)

    def _named(self) -> list[str]:
        """The directories of its jobs, relative to its own, as results.csv has them, else as they lie."""
        try:
            rows = list(csv.DictReader(io.StringIO(self._results, newline="")))
            return [row["directory"] for row in rows if row.get("directory")]
        except (Refused, csv.Error):
            found = (path.name for path in self._directory.iterdir() if not path.name.startswith("."))
            return sorted((name for name in found if holds_run(self._directory / name)), key=natural)

    def _place(self, name: str) -> Path | None:
        """One of these directories; of a stranger's sweep none that lies elsewhere."""
        return (self._directory / name).resolve() if self._own else within(self._directory, name)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Run]: ...

    def __getitem__(self, index: int | slice) -> Run | Sequence[Run]:
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def __repr__(self) -> str:
        entry = read_entry(self._directory)
        return visible(f"<sweep {self._directory.name}: {entry.status}, {_counted(entry.summary)}>")

    def _repr_html_(self) -> str:
        from nnrun.api.cards import sweep_card

        return sweep_card(self._directory, first_picture(self._directory, "sweep", self.figure))


def _counted(summary: Mapping[str, Any]) -> str:
    jobs = summary.get("jobs")
    return f"{jobs} runs" if isinstance(jobs, int) else "not ended"


def sweep(*words: Word, quiet: bool | None = None) -> Sweep:
    """Trains every combination, runs of equal shape together, as `nnrun -m WORDS` does.

    Runs that fail or diverge are among the others. What `nnrun.run` says of the process and of Ctrl-C holds
    here too.

    Args:
        words: settings as on the command line, `"optim.lr=0.1,0.5"`, `"seed=0..4"`, or as mappings, in which
            a list means several values: `{"optim.lr": [0.1, 0.5], "seed": range(5)}`.
        quiet: nothing is said; None: unless somebody is watching, at a terminal or in a notebook.

    Raises:
        BadInput: with every problem, and the jobs that have it; nothing was created.
        EnvironmentFault: disk or memory is in the way.
        KeyboardInterrupt: it was interrupted; `nnrun.load_run("latest")` has the runs as far as they came.
    """
    from nnrun.commands.multirun import multirun
    from nnrun.commands.requests import request_of

    found: list[Path] = []
    with undisturbed(), explained():
        argv = arguments_of(words, sweeps=True)
        if not any(word in MULTIRUN for word in argv):
            argv.insert(0, "-m")
        invocation = invocation_of(argv)
        console = console_of(invocation.quiet or quiet)
        for warning in invocation.warnings:
            console.line("note      ", warning)
        request, _, flags = request_of(argv, invocation)
        if flags.cfg or flags.info or flags.hydra_help or flags.shell_completion:
            raise BadInput(f"{invocation.flags[0]}: belongs to the command line; leave it out")
        status = multirun(request, console, ended=found.append, guest=True)
    if status > 128:
        signal.raise_signal(status - 128)
    if not found:
        raise BadInput("sweep.dry_run=true: trains nothing, so there are no runs to return; leave it out")
    return Sweep(found[-1], own=True)
