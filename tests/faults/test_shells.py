"""What beginners type into real shells, with and without quotes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from conftest import Command
from nnrun.arguments import parse
from nnrun.cli import SUBCOMMANDS

SHELLS = ["bash", "zsh"]
QUIET_START = {"bash": ["--norc"], "zsh": ["-f"]}


def through(shell: str, place: Path, line: str) -> tuple[list[str] | None, str]:
    """The arguments that `nnrun` gets of `line` typed into a shell, None if it is not started, and stderr."""
    done = subprocess.run(
        [shell, *QUIET_START[shell], "-c", f"nnrun() {{ printf '%s\\0' started \"$@\"; }}\n{line}"],
        cwd=place,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    words = done.stdout.split("\0")[:-1]
    return words[1:] if words else None, done.stderr


def arguments(shell: str, place: Path, line: str) -> list[str]:
    """The arguments that `nnrun` gets; the shell must start it."""
    words, err = through(shell, place, line)
    assert words is not None, err
    return words


REFUSED = [
    (
        "nnrun optim.lr=0.1,0.5 seed=0..4 --epochs 200 hidden=20",
        "nnrun -m optim.lr=0.1,0.5 seed=0..4 epochs=200 model.hidden=20",
    ),
    (
        "nnrun run quadratic optimizer=adam activation=tanh",
        "nnrun dataset=quadratic optim=adam model.activation=tanh",
    ),
    ("nnrun epochs = 200 name=my first run", 'nnrun epochs=200 "name=my first run"'),
    ("nnrun -m optim.lr={0.1,0.5}", "nnrun -m optim.lr=0.1,0.5"),
    ("nnrun dataset.expression=x + 1", 'nnrun "dataset.expression=x + 1"'),
    ("nnrun lr=0.1 name='a$b`c\"d'", 'nnrun optim.lr=0.1 "name=a\\$b\\`c\\"d"'),
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("line", "command"), REFUSED, ids=[case[0] for case in REFUSED])
def test_fault_71_to_74_the_corrected_command_can_be_pasted(
    nnrun: Command, place: Path, shell: str, line: str, command: str
) -> None:
    done = nnrun(*arguments(shell, place, line))
    assert (done.status, done.out) == (2, "")
    assert all(row.startswith("nnrun: ") for row in done.err.splitlines())
    assert done.err.splitlines()[-1] == f"nnrun: try: {command}"
    assert list(place.iterdir()) == []
    parse(arguments(shell, place, command), SUBCOMMANDS)


TRAINED = [
    ('nnrun dataset=function "dataset.expression=sin(3*x)+0.1*x"', "y = sin(3*x)+0.1*x + "),
    ("nnrun dataset=function 'dataset.expression=sin(3*x)+0.1*x'", "y = sin(3*x)+0.1*x + "),
    (r"nnrun dataset=function dataset.expression=sin\(3\*x\)", "y = sin(3*x) + "),
    ("nnrun dataset=function dataset.expression=x^2", "y = x^2 + "),
    ("nnrun dataset=function dataset.expression=3*x-1", "y = 3*x-1 + "),
    ('nnrun dataset=function "dataset.expression=max(x, 0)"', "y = max(x, 0) + "),
    ("nnrun dataset=function \"dataset.expression='max(x,0)'\"", "y = max(x,0) + "),
    ("nnrun model.hidden=20x20 seed＝3 'name=a{b'", "y = x^2 + "),
    ('nnrun "model.hidden=[20,20]" tags=a,b epochs={5..6}', "y = x^2 + "),
    ("nnrun model.hidden=20,20", "y = x^2 + "),
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("line", "description"), TRAINED, ids=[case[0] for case in TRAINED])
def test_fault_75_76_what_passes_the_shell_is_taken_literally(
    nnrun: Command, place: Path, shell: str, line: str, description: str
) -> None:
    words, err = through(shell, place, line)
    if words is None:
        # zsh takes the star for a pattern of file names, and says so itself.
        assert (shell, "3*x-1" in line) == ("zsh", True)
        assert "no matches found" in err
        return
    done = nnrun(*words, "plots.save=false", "epochs=1")
    assert done.status == 0, done.err
    assert done.summary["dataset"]["description"].startswith(description)
    if "20" in line:
        assert done.summary["model"]["description"] == "1 -> 20 relu -> 20 relu -> 1"
    if "{5..6}" in line:
        assert done.err.startswith("nnrun: epochs given 3 times: 5, 6, then 1; the last counts\n")


@pytest.mark.parametrize("shell", SHELLS)
def test_fault_76_without_quotes_the_shell_itself_refuses_and_nothing_is_made(
    place: Path, shell: str
) -> None:
    words, err = through(shell, place, "nnrun dataset=function dataset.expression=sin(3*x)+0.1*x")
    assert words is None
    assert re.search(r"syntax error|no matches found|parse error|unknown (sort|file)", err), err
    assert list(place.iterdir()) == []
