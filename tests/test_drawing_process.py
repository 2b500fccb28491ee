from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from nnrun import plots
from nnrun.plots import process
from nnrun.plots.process import DrawingProcess, Failure
from nnrun.runs.reading import RunRecord, read_run
from picture_records import RECORDS

DRAWN = ("fit", "curves")
PNG = b"\x89PNG\r\n\x1a\n"


def write(record: RunRecord, directory: Path) -> Path:
    """A run directory as far as pictures need one."""
    directory.mkdir()
    rows = zip(*record.metrics.values(), strict=True)
    lines = [",".join(record.metrics), *(",".join(repr(float(value)) for value in row) for row in rows)]
    (directory / "metrics.csv").write_text("\n".join(lines) + "\n")
    (directory / "summary.json").write_text(json.dumps(record.summary))
    np.savez(directory / "plots.npz", **record.plots)
    return directory


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write(RECORDS["default"](), tmp_path / "run")


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], DrawingProcess]]:
    """Starts drawing processes as where there are two cores and one thread, and leaves none behind."""
    monkeypatch.setattr(process, "_worth_it", lambda: True)
    started: list[DrawingProcess] = []

    def begin() -> DrawingProcess:
        started.append(DrawingProcess.start())
        assert started[-1].forked
        return started[-1]

    yield begin
    for drawing in started:
        drawing.cancel()


@pytest.fixture
def never_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the test fail if the process does not draw and the parent has to."""

    def refuse(request: process.Request) -> list[Failure]:
        raise AssertionError(f"the process did not draw {request.kinds}")

    monkeypatch.setattr(process, "_drawn_here", refuse)


def drawn_here(run: Path, kind: str, tmp_path: Path) -> bytes:
    plots.save(plots.draw(read_run(run), kind), tmp_path / kind, "png")
    return (tmp_path / kind).read_bytes()


def child_of(drawing: DrawingProcess) -> int:
    assert drawing._child is not None
    return drawing._child.pid


def is_gone(pid: int) -> bool:
    """Waits for up to ten seconds; what has ended and is only not yet reaped is gone."""
    for _ in range(1000):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.usefixtures("never_here")
def test_pictures_are_those_that_are_drawn_here(
    run: Path, start: Callable[[], DrawingProcess], tmp_path: Path
) -> None:
    drawing = start()
    pid = child_of(drawing)
    drawing.draw(run)
    assert drawing.wait() == []
    assert is_gone(pid)
    for kind in DRAWN:
        assert (run / f"{kind}.png").read_bytes() == drawn_here(run, kind, tmp_path)


@pytest.mark.usefixtures("never_here")
def test_kinds_and_format_can_be_chosen(run: Path, start: Callable[[], DrawingProcess]) -> None:
    drawing = start()
    drawing.draw(run, kinds=["curves"], file_format="svg")
    assert drawing.wait() == []
    assert (run / "curves.svg").read_text().startswith("<?xml")
    assert not (run / "fit.svg").exists()


@pytest.mark.usefixtures("never_here")
def test_an_animation_is_a_gif_and_what_letters_lack_is_told(
    tmp_path: Path, start: Callable[[], DrawingProcess]
) -> None:
    run = write(RECORDS["animated"](), tmp_path / "run")
    drawing = start()
    drawing.draw(run, ["animation", "data"], font="No Such Font", pace=0.3, file_format="pdf")
    assert drawing.wait() == []
    assert drawing.remark is not None
    assert "No Such Font" in drawing.remark
    plots.animate(read_run(run), tmp_path / "here.gif", pace=0.3)
    assert (run / "fit.gif").read_bytes() == (tmp_path / "here.gif").read_bytes()
    assert (run / "data.pdf").exists()


@pytest.mark.usefixtures("never_here")
def test_a_relative_directory_is_that_of_the_parent(
    run: Path, start: Callable[[], DrawingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = start()
    monkeypatch.chdir(run.parent)
    drawing.draw(Path("run"))
    assert drawing.wait() == []
    assert (run / "fit.png").exists()


@pytest.mark.usefixtures("never_here")
def test_a_picture_that_fails_is_reported_and_the_other_is_there(
    tmp_path: Path, start: Callable[[], DrawingProcess]
) -> None:
    run = write(RECORDS["linear"](), tmp_path / "run")
    drawing = start()
    drawing.draw(run, feature=7)
    assert drawing.wait() == [Failure("fit", "feature=7: this run has 4 inputs; choose one of 0 to 3")]
    assert (run / "curves.png").read_bytes().startswith(PNG)


@pytest.mark.usefixtures("never_here")
def test_a_missing_run_is_reported(tmp_path: Path, start: Callable[[], DrawingProcess]) -> None:
    drawing = start()
    drawing.draw(tmp_path / "nowhere")
    failures = drawing.wait()
    assert {failure.kind for failure in failures} == set(DRAWN)
    assert all("nowhere" in failure.message and "\n" not in failure.message for failure in failures)


@pytest.mark.parametrize("asked_first", [True, False])
def test_a_killed_process_costs_no_picture(
    run: Path, start: Callable[[], DrawingProcess], asked_first: bool
) -> None:
    drawing = start()
    if asked_first:
        drawing.draw(run)
    os.kill(child_of(drawing), signal.SIGKILL)
    if not asked_first:
        os.waitid(os.P_PID, child_of(drawing), os.WEXITED | os.WNOWAIT)
        drawing.draw(run)
    assert drawing.wait() == []
    assert all((run / f"{kind}.png").read_bytes().startswith(PNG) for kind in DRAWN)


def test_a_silent_process_is_given_up(run: Path, start: Callable[[], DrawingProcess]) -> None:
    drawing = start()
    pid = child_of(drawing)
    os.kill(pid, signal.SIGSTOP)
    drawing.draw(run)
    assert drawing.wait(patience=0.2) == []
    assert is_gone(pid)
    assert (run / "fit.png").exists()


def test_a_cancelled_process_is_gone_and_draws_nothing(
    run: Path, start: Callable[[], DrawingProcess]
) -> None:
    drawing = start()
    pid = child_of(drawing)
    drawing.draw(run)
    drawing.cancel()
    drawing.cancel()
    assert is_gone(pid)
    assert not [path for path in run.iterdir() if path.suffix == ".png"]


def test_waiting_without_a_request_ends_the_process(start: Callable[[], DrawingProcess]) -> None:
    drawing = start()
    pid = child_of(drawing)
    assert drawing.wait() == []
    assert is_gone(pid)


def test_signals_to_the_group_leave_the_process_to_its_parent(
    run: Path, start: Callable[[], DrawingProcess]
) -> None:
    drawing = start()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(child_of(drawing), number)
    drawing.draw(run)
    replies = drawing._child.replies_within(60) if drawing._child else {}
    assert replies == {"fit": None, "curves": None}


def test_signals_are_handled_in_the_parent_as_before(start: Callable[[], DrawingProcess]) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, [])
    start()
    assert (signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, [])) == before


def test_the_process_dies_with_its_parent() -> None:
    code = (
        "import os, time; from nnrun.plots import process; process._worth_it = lambda: True\n"
        "drawing = process.DrawingProcess.start(); print(drawing._child.pid, flush=True); os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert is_gone(int(done.stdout))


def test_the_process_holds_neither_terminal_nor_locks_of_its_parent(
    start: Callable[[], DrawingProcess],
) -> None:
    """A pipe whose only other writer is the child reads as ended once the parent has let go of it."""
    reader, writer = os.pipe()
    start()
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_no_directory_of_matplotlib_is_left_where_its_own_cannot_be_written(
    run: Path, tmp_path: Path
) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "file").write_text("")
    code = (
        "import sys; from pathlib import Path; from nnrun.plots import process\n"
        "process._worth_it = lambda: True\n"
        "drawing = process.DrawingProcess.start(); drawing.draw(Path(sys.argv[1])); print(drawing.wait())"
    )
    surroundings = {
        "MPLCONFIGDIR": str(tmp_path / "file" / "unwritable"),
        "TMPDIR": str(tmp_path / "temporary"),
        "MPLBACKEND": "TkAgg",
        "PATH": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(run)], capture_output=True, text=True, env=surroundings
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
    assert not list((tmp_path / "temporary").iterdir())


def test_where_no_process_can_be_had_pictures_are_drawn_at_once(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_worth_it", lambda: False)
    drawing = DrawingProcess.start()
    assert not drawing.forked
    drawing.draw(run)
    assert (run / "fit.png").read_bytes() == drawn_here(run, "fit", tmp_path)
    assert drawing.wait() == []


def test_where_the_system_has_no_process_left_pictures_are_drawn_at_once(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(process, "_worth_it", lambda: True)
    monkeypatch.setattr(os, "fork", refuse)
    drawing = DrawingProcess.start()
    assert not drawing.forked
    drawing.draw(run)
    assert drawing.wait() == []
    assert (run / "fit.png").exists()


@pytest.mark.parametrize(("cores", "worth"), [({0}, False), ({0, 1}, True)])
def test_a_process_of_its_own_needs_a_core_of_its_own(
    cores: set[int], worth: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: cores, raising=False)
    monkeypatch.setattr(process.threading, "active_count", lambda: 1)
    assert process._worth_it() is worth


def test_a_program_with_threads_is_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    monkeypatch.setattr(process.threading, "active_count", lambda: 2)
    assert not process._worth_it()
