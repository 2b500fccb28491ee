"""What a sweep shows before it starts and while it runs: its populations, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnrun.arguments import command_line
from nnrun.characters import padded
from nnrun.commands.console import Bar, Console
from nnrun.sweep.cohorts import Cohort, differing, reasons_to_stay_alone
from nnrun.sweep.planning import Planned, counted
from nnrun.sweep.task import Progress
from nnrun.words import words

LABEL_WIDTH = 10
REFRESH_SECONDS = 0.1
LINE_SECONDS = 10.0
"""Between two lines of progress where there is no terminal."""


class PlanView(Progress):
    """The lines before the results, and the progress between.

    Args:
        console: where they go.
        language: of the words.
    """

    def __init__(self, console: Console, language: str) -> None:
        self._console, self._say = console, words(language)
        self._bar: Bar | None = None
        self._begun = self._shown = time.monotonic()
        self._jobs = self._epochs = self._runs_done = self._epochs_done = 0

    def plan(
        self, jobs: Sequence[Planned], cohorts: Sequence[Cohort], swept: Sequence[str], launcher: str
    ) -> None:
        """How many jobs there are, and what trains together."""
        valid = sum(job.binding is not None for job in jobs)
        text = self._say["plan.job" if len(jobs) == 1 else "plan.jobs"].format(jobs=f"{len(jobs):,}")
        reasons: Mapping[str, int] = {}
        if launcher == "vectorized":
            reasons = reasons_to_stay_alone(jobs) if valid > 1 else {}
            text += self._together(cohorts, [] if sum(reasons.values()) == valid else swept)
        else:
            text += self._say["plan.launcher"].format(launcher=launcher)
        self._line("sweep", text)
        for reason, count in reasons.items():
            self._line("note", self._say["plan.stays_alone"].format(count=f"{count:,}", reason=reason))
        if valid < len(jobs):
            self._line("note", self._say["plan.invalid"].format(count=f"{len(jobs) - valid:,}"))
        if not swept:
            self._line("note", self._say["plan.nothing_swept"])

    def dry(self, repeated: Sequence[tuple[int, int]], seconds: float) -> None:
        """What a dry run adds to the plan: which jobs are equal, and how long all would take."""
        if repeated:
            listed = ", ".join(f"{copy} = {original}" for copy, original in repeated[:5])
            more = ", ..." if len(repeated) > 5 else ""
            key = f"plan.repeated.{'one' if len(repeated) == 1 else 'many'}"
            text = self._say[key].format(count=len(repeated), listed=listed + more)
            self._line("note", text)
        self._line("time", self._say["plan.estimate"].format(seconds=self._duration(seconds)))

    def failures(self, messages: Mapping[str, Sequence[int]]) -> None:
        """Why runs failed, each reason once."""
        for message, numbers in messages.items():
            text = self._say["plan.failed"].format(jobs=counted(numbers), message=message)
            self._console.line(padded("", LABEL_WIDTH), text, emphasis=True)

    def planned(self, jobs: int, epochs: int) -> None:
        """How much there is to do."""
        self._jobs, self._epochs = jobs, epochs
        self._begun = self._shown = time.monotonic()

    def trained(self, epochs: int) -> None:
        """So many more epochs."""
        self._epochs_done += epochs
        self._show()

    def finished(self, runs: int) -> None:
        """So many more runs."""
        self._runs_done += runs
        self._show(last=self._runs_done == self._jobs)

    def drawing(self, done: int, asked: int) -> None:
        """Everything has trained, and of so many runs the pictures are done."""
        moment = time.monotonic()
        if self._bar is not None and (moment - self._shown > REFRESH_SECONDS or done == asked):
            self._shown = moment
            text = self._say["plan.drawing"].format(done=f"{done:,}", asked=f"{asked:,}")
            self._bar.move(self._epochs or 1, text)

    def picture_failed(self, directory: Path | None, kind: str, message: str) -> None:
        """One picture is missing."""
        fields = {"directory": "" if directory is None else directory.name, "kind": kind, "message": message}
        self._line("note", self._say["plan.picture_failed"].format(**fields))

    def skipped(self, jobs: int, of: int) -> None:
        """So many jobs have their answers from before."""
        self._console.line(padded("", LABEL_WIDTH), self._say["plan.skipped"].format(jobs=jobs, of=of))

    def interrupted(self, directory: Path) -> None:
        """The user wanted it to end."""
        command = command_line(["nnrun", "resume", str(directory)])
        text = self._say["plan.interrupted"].format(command=command)
        self._console.line(padded("", LABEL_WIDTH), text, emphasis=True)

    def close(self) -> None:
        """Leaves the terminal as it was."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _show(self, last: bool = False) -> None:
        moment = time.monotonic()
        if moment - self._shown < (REFRESH_SECONDS if self._console.live else LINE_SECONDS) and not last:
            return
        self._shown = moment
        if self._console.live:
            if self._bar is None:
                self._bar = self._console.bar(" " * LABEL_WIDTH, self._epochs or 1)
            self._bar.move(min(self._epochs_done, self._epochs), self._text(moment))
        elif not last:
            self._line("", self._text(moment))

    def _text(self, moment: float) -> str:
        """Runs, epochs, epochs per second and the time left."""
        elapsed = max(moment - self._begun, 1e-9)
        rate = self._epochs_done / elapsed
        left = max(self._epochs - self._epochs_done, 0) / rate if rate else 0.0
        return self._say["plan.progress"].format(
            runs=f"{self._runs_done:,}/{self._jobs:,}",
            epochs=f"{self._epochs_done:,}/{self._epochs:,}",
            rate=f"{rate:,.0f}",
            left=self._duration(left),
        )

    def _together(self, cohorts: Sequence[Cohort], swept: Sequence[str]) -> str:
        """Such as `: 2 populations of 500`, and why there are several cohorts."""
        sizes = [len(population) for cohort in cohorts for population in cohort.populations]
        together = [size for size in sizes if size > 1]
        alone = len(sizes) - len(together)
        parts = []
        if together:
            key = "plan.population" if len(together) == 1 else "plan.populations"
            smallest, largest = min(together), max(together)
            size = f"{largest:,}" if smallest == largest else f"{smallest:,}-{largest:,}"
            parts.append(self._say[key].format(count=f"{len(together):,}", size=size))
        if alone:
            parts.append(self._say["plan.alone"].format(count=f"{alone:,}"))
        keys = differing(cohorts, swept)
        because = self._say[f"plan.because.{'one' if len(keys) == 1 else 'many'}"]
        reason = because.format(keys=", ".join(keys)) if keys else ""
        return f"{self._say['plan.colon']}{self._say['sweep.comma'].join(parts)}{reason}" if parts else ""

    def _line(self, label: str, text: str) -> None:
        name = self._say[f"plan.label.{label}"] if label else ""
        self._console.line(padded(name, LABEL_WIDTH), text)

    def _duration(self, seconds: float) -> str:
        if seconds < 120:
            return self._say["sweep.seconds"].format(seconds=f"{seconds:.0f}" if seconds >= 1 else "1")
        minutes, rest = divmod(round(seconds), 60)
        return self._say["sweep.minutes"].format(minutes=minutes, seconds=rest)
