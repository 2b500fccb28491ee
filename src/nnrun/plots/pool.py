"""Processes that draw the pictures of many runs while others are still training."""

from __future__ import annotations

import json
import os
import selectors
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnrun.plots import process
from nnrun.plots.fork import Request, failures_of, remark_of
from nnrun.plots.process import PATIENCE, Failure
from nnrun.plots.serving import TICKET, serve

_LOOK = 0.2
"""Seconds between two looks at what interrupts the waiting."""

_LEAVING = 2.0
"""Seconds that workers have for clearing up."""


class DrawingPool:
    """Draws the pictures of many runs; made by `start`, for any number of `draw` and `wait`, then `cancel`.

    Requests lie in one file, and their numbers in one pipe from which every worker takes the next: none is
    idle while there is something to draw. The parent never waits for a full pipe. What workers leave undone,
    and everything where there are none (one core, no `fork`, other threads), `wait` draws itself.
    """

    def __init__(self, crew: _Crew | None) -> None:
        self._crew = crew
        self._requests: list[Request] = []
        self._failures: list[Failure] = []
        self._undone: set[int] = set()
        self.remark: str | None = None
        """What of the wanted letters could not be had."""

    @classmethod
    def start(cls, workers: int | None = None) -> DrawingPool:
        """Forks, if that helps; best before anything heavy is imported.

        Args:
            workers: how many processes; None: one for each core.
        """
        return cls(_Crew.hired(workers or process.cores()) if process._worth_it() else None)

    @property
    def forked(self) -> bool:
        """Whether there are processes of its own."""
        return self._crew is not None

    def draw(self, directory: Path, kinds: Sequence[str] = ("fit", "curves"), **options: Any) -> None:
        """Asks for pictures of the finished run in `directory`, and returns before they are there.

        Args:
            directory: of the run.
            kinds: which ones.
            options: the other attributes of `Request`.
        """
        self._undone.add(len(self._requests))
        self._requests.append(Request(str(directory.absolute()), tuple(kinds), **options))
        if self._crew is not None:
            self._crew.ask(self._requests[-1])
            self._note(self._crew.answers(0.0))

    def wait(
        self,
        interrupted: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda done, asked: None,
        patience: float = PATIENCE,
    ) -> list[Failure]:
        """The pictures that failed, once all the others are on disk, or once it is `interrupted`.

        Args:
            interrupted: whether to leave the rest undrawn.
            progress: is told how many runs are done, and of how many.
            patience: seconds after which workers that say nothing are given up.
        """
        spoken = time.monotonic()
        while self._crew is not None and not interrupted() and self._undone:
            answers = self._crew.answers(_LOOK)
            if answers:
                spoken = time.monotonic()
                self._note(answers)
                progress(len(self._requests) - len(self._undone), len(self._requests))
            elif self._crew.lost(self._undone) or time.monotonic() - spoken > patience:
                self.cancel()
        for number in sorted(self._undone):
            if interrupted():
                break
            self._note([_drawn_here(number, self._requests[number])])
            progress(len(self._requests) - len(self._undone), len(self._requests))
        failures, self._failures = self._failures, []
        return failures

    def forget(self) -> None:
        """Lets go of what was asked for and is not drawn."""
        if self._undone:
            self.cancel()
            self._undone.clear()

    def cancel(self) -> None:
        """Ends the processes, whatever they are doing; pictures are whole or not there at all.

        Those that have drawn all that was asked for clear up before they go.
        """
        if self._crew is not None:
            if self._requests and not self._undone:
                self._crew.send_home()
            self._crew.dismiss()
            self._crew = None

    def _note(self, answers: Sequence[dict[str, Any]]) -> None:
        for answer in answers:
            number = answer["number"]
            directory = Path(self._requests[number].directory)
            self._undone.discard(number)
            self.remark = self.remark or answer["remark"]
            self._failures += [Failure(kind, why, directory) for kind, why in answer["failures"].items()]


class _Crew:
    """The parent's side of the workers.

    Args:
        leader: process id of the first worker, which is also that of the workers' group.
        tickets: pipe to all workers: numbers, offsets and lengths of requests.
        desk: file in which the requests lie.
        replies: pipe from each worker.
    """

    def __init__(self, leader: int, tickets: int, desk: Any, replies: Sequence[int]) -> None:
        self._leader, self._tickets, self._desk = leader, tickets, desk
        self._waiting: list[bytes] = []
        self._asked = self._end = 0
        self._begun: dict[int, set[int]] = {reply: set() for reply in replies}
        self._torn = dict.fromkeys(replies, b"")
        self._replies = selectors.DefaultSelector()
        for reply in replies:
            self._replies.register(reply, selectors.EVENT_READ)
        os.set_blocking(tickets, False)

    @classmethod
    def hired(cls, workers: int) -> _Crew | None:
        """None where the system has no process, pipe or file left to give."""
        ends: list[int] = []
        try:
            desk = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # closed by `dismiss`
            for _ in range(workers + 1):
                ends += os.pipe()
        except OSError:
            for end in ends:
                os.close(end)
            return None
        tickets, replies = ends[0], ends[3::2]
        kept = [tickets, desk.fileno(), *replies]
        leader = process.forked(kept, lambda: serve(tickets, desk.fileno(), replies))
        for end in ends if leader is None else [tickets, *replies]:
            os.close(end)
        if leader is None:
            desk.close()
            return None
        with suppress(OSError):
            os.setpgid(leader, leader)
        return cls(leader, ends[1], desk, ends[2::2])

    def ask(self, request: Request) -> None:
        """Leaves a request for whoever takes it first."""
        content = json.dumps(asdict(request)).encode()
        self._desk.write(content)
        self._waiting.append(TICKET.pack(self._asked, self._end, len(content)))
        self._asked += 1
        self._end += len(content)

    def answers(self, seconds: float) -> list[dict[str, Any]]:
        """What the workers have said, as soon as one says something, or within so many seconds."""
        self._hand_out()
        found = []
        for key, _ in self._replies.select(seconds):
            content = os.read(key.fd, 65536)
            if not content:
                self._replies.unregister(key.fd)
            *lines, self._torn[key.fd] = (self._torn[key.fd] + content).split(b"\n")
            for answer in map(json.loads, lines):
                if "failures" in answer:
                    found.append(answer)
                    self._begun[key.fd].discard(answer["number"])
                else:
                    self._begun[key.fd].add(answer["number"])
        self._hand_out()
        return found

    def lost(self, undone: set[int]) -> bool:
        """Whether nobody is left, or all that is `undone` was in the hands of workers that are gone."""
        present = set(self._replies.get_map())
        gone = set().union(*(begun for reply, begun in self._begun.items() if reply not in present))
        return not present or undone <= gone

    def send_home(self) -> None:
        """Lets the workers, who have nothing left to do, clear up and go."""
        os.close(self._tickets)
        self._tickets = os.open(os.devnull, os.O_WRONLY)
        end = time.monotonic() + _LEAVING
        while self._replies.get_map() and time.monotonic() < end:
            self.answers(_LOOK)

    def dismiss(self) -> None:
        """Ends all workers at once."""
        with suppress(OSError):
            os.killpg(self._leader, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self._leader, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._leader, 0)
        self._replies.close()
        for end in (self._tickets, *self._begun):
            os.close(end)
        self._desk.close()

    def _hand_out(self) -> None:
        """As many tickets as the pipe has room for."""
        given = 0
        with suppress(BlockingIOError, BrokenPipeError):
            for ticket in self._waiting:
                os.write(self._tickets, ticket)
                given += 1
        del self._waiting[:given]


def _drawn_here(number: int, request: Request) -> dict[str, Any]:
    failures = failures_of(request, request.kinds)
    return {"number": number, "remark": remark_of(request), "failures": failures}
