"""Terminals, pipes and locales that are closed, full, tiny or old: the run completes and says it plainly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Command
from faults.started import UNDRAWN, Started

FAST = ("epochs=2", "log_every=1")
ESCAPE = "\x1b"


def bash(place: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`line` in bash, where `$N` is nnrun."""
    return subprocess.run(
        ["bash", "-c", line.replace("$N", f'"{sys.executable}" -m nnrun')],
        cwd=place,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def complete(place: Path, drawn: bool = True) -> Path:
    """The directory of the only run, which is complete, its pictures too, and no stranger's output in it."""
    (summary,) = place.glob("outputs/2*/*/summary.json")
    assert json.loads(summary.read_text("utf-8"))["status"] == "completed"
    for name in ("fit.png", "curves.png") if drawn else ():
        assert (summary.parent / name).read_bytes().startswith(b"\x89PNG")
    assert (summary.parent / "metrics.csv").read_text().count("\n") == 3
    assert (summary.parent / "nnrun.log").read_text() == ""
    return summary.parent


@pytest.mark.parametrize(
    "redirection",
    ["2>&1 | head -1", ">&-", "<&-", "2>&-", ">&- 2>&- <&-", ">/dev/full 2>/dev/full"],
)
def test_fault_47_a_run_completes_whatever_its_streams_are(place: Path, redirection: str) -> None:
    done = bash(place, f"$N {' '.join(FAST)} {redirection}; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 0, done.stderr
    complete(place)
    assert "Traceback" not in done.stdout + done.stderr
    assert "Error" not in done.stdout + done.stderr


def test_fault_47_a_result_that_cannot_be_written_is_one_line_and_a_reader_who_left_is_none(
    place: Path,
) -> None:
    full = bash(place, "$N --help >/dev/full")
    assert (full.returncode, full.stderr) == (3, "nnrun: cannot write to stdout: No space left on device\n")
    left = bash(place, "$N --cfg job | head -1; exit ${PIPESTATUS[0]}")
    assert (left.returncode, left.stderr) == (0, "")
    assert left.stdout == "dataset:\n"
    assert list(place.iterdir()) == []


def test_stdout_that_is_no_terminal_gets_the_directory_alone(nnrun: Command) -> None:
    done = nnrun(*FAST, "plots.save=false")
    assert done.out == f"{done.directory.relative_to(Path.cwd())}\n"
    assert "2/2  loss" in done.err
    assert ESCAPE not in done.err


@pytest.mark.parametrize(
    ("size", "environment"),
    [
        ((1, 1), {}),
        ((24, 80), {"TERM": "dumb"}),
        ((24, 80), {"NO_COLOR": "1"}),
        ((24, 80), {"COLUMNS": "1"}),
        ((24, 80), {"COLUMNS": "abc", "LINES": "-1"}),
        ((0, 0), {"TERM": ""}),
    ],
    ids=["1x1", "dumb", "no colour", "one column", "columns=abc", "0x0"],
)
def test_fault_48_any_terminal_will_do(
    start: Callable[..., Started], size: tuple[int, int], environment: dict[str, str]
) -> None:
    run = start([*FAST, UNDRAWN], terminal=size, environment={"TERM": "xterm"} | environment)
    assert run.end() == 0
    complete(run.place, drawn=False)
    assert "Traceback" not in run.said
    plain = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x1b]*\x1b\\)", "", run.said)
    assert ESCAPE not in plain
    assert "\r\nloss      0.857" in plain
    if environment.get("TERM") == "dumb":
        assert ESCAPE not in run.said
    if "NO_COLOR" in environment:
        assert not re.search(r"\x1b\[[0-9;]*(3|9)[0-7]", run.said)


def test_fault_48_a_window_that_changes_its_size_is_no_signal_to_stop(start: Callable[..., Started]) -> None:
    import termios

    run = start(["epochs=4000", "log_every=1", UNDRAWN], terminal=(24, 80), environment={"TERM": "xterm"})
    run.until_rows(1)
    for rows, columns in ((3, 5), (1, 1), (50, 200)):
        termios.tcsetwinsize(run.master, (rows, columns))
        os.kill(run.process.pid, signal.SIGWINCH)
    assert run.end() == 0
    assert run.summary["status"] == "completed"


OLD = {
    "C": {"LC_ALL": "C"},
    "POSIX without coercion": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ascii streams": {"PYTHONIOENCODING": "ascii"},
}


@pytest.mark.parametrize("environment", OLD.values(), ids=OLD)
def test_fault_49_files_are_utf8_in_every_locale(place: Path, environment: dict[str, str]) -> None:
    done = bash(place, f"$N {' '.join(FAST)} name=日本語", **environment)
    assert done.returncode == 0, done.stderr
    summary = json.loads((complete(place) / "summary.json").read_text("utf-8"))
    assert summary["name"] == "日本語"
    assert "name=日本語" in summary["command"]
    refused = bash(place, "$N name=日本語 model=日本", **environment)
    assert refused.returncode == 2
    assert refused.stderr.startswith(("nnrun: model=日本: no model", r"nnrun: model=\u65e5\u672c: no model"))


def test_fault_49_a_path_that_the_locale_cannot_write_is_one_line(place: Path) -> None:
    done = bash(place, "$N output=日本", **OLD["POSIX without coercion"])
    assert done.returncode == 3
    assert re.fullmatch(r"nnrun: cannot write \S+: this locale has no such letters; .+\n", done.stderr)


@pytest.mark.parametrize("environment", [{}, OLD["POSIX without coercion"]], ids=["UTF-8", "POSIX"])
def test_fault_49_bytes_that_are_no_text_are_refused(place: Path, environment: dict[str, str]) -> None:
    done = bash(place, r"$N name=$'\xff'", **environment)
    assert done.returncode == 2
    assert done.stderr == "nnrun: name=\\xff: is not valid UTF-8; type it as UTF-8 text\n"
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ["[/foo]", "[bold]x", "$\\frac{$", "_x", "a\x1b[31mb", "a\x07b", "a\r\nb", "a\u202eb", "{epoch}", "%s"],
)
def test_fault_50_a_name_is_shown_literally_and_drawn(nnrun: Command, name: str) -> None:
    done = nnrun(*FAST, f"name={name}")
    assert done.status == 0, done.err
    assert done.summary["name"] == name
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", done.err)
    assert "could not be drawn" not in done.err
    for picture in ("fit.png", "curves.png"):
        assert (done.directory / picture).is_file()
    refused = nnrun(f"model={name}")
    assert refused.status == 2
    assert refused.err.count("\n") == len(re.findall(r"^nnrun: ", refused.err, re.MULTILINE))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", refused.err)


@pytest.mark.parametrize("case", ["no HOME", "latex", "nonsense"])
def test_fault_51_pictures_need_neither_home_nor_a_sane_matplotlibrc(place: Path, case: str) -> None:
    line = f"$N {' '.join(FAST)} {chr(39)}name=$x_1${chr(39)}"
    environment = {"MPLBACKEND": "TkAgg"}
    if case == "no HOME":
        line = f"env -u HOME -u USER {line}"
        environment |= {"MPLCONFIGDIR": "/proc/nowhere"}
    else:
        text = "text.usetex: True\nfont.family: Nope\n" if case == "latex" else "no: such: thing\n\x01\n"
        (place / "matplotlibrc").write_text(text)
    done = bash(place, line, **environment)
    assert done.returncode == 0
    complete(place)
    assert [
        row
        for row in done.stderr.splitlines()
        if not re.match(r"(data|model|training|loss|verdict|saved|  )", row)
    ] == []
