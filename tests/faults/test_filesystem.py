"""Output roots that cannot be written, and names that file systems, shells and people dislike."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Command
from nnrun.errors import EnvironmentFault
from nnrun.runs.claiming import claim, slug

FAST = ("epochs=1", "plots.save=false")


def refused(nnrun: Command, *arguments: str) -> str:
    """What stderr says, on one line, of an output root that cannot be used."""
    done = nnrun(*FAST, *arguments)
    assert (done.status, done.out) == (3, ""), done.err
    assert re.fullmatch(r"nnrun: cannot write \S+: .+ choose .+\n", done.err)
    return done.err


def test_fault_33_a_file_in_the_way_of_outputs_is_one_line(nnrun: Command, place: Path) -> None:
    (place / "outputs").write_text("mine")
    assert "a part of this path is a file, not a directory" in refused(nnrun)
    assert (place / "outputs").read_text() == "mine"


def test_fault_33_a_dangling_link_in_the_way_is_one_line(nnrun: Command, place: Path) -> None:
    (place / "outputs").symlink_to("nowhere")
    assert "is there already, and is no directory" in refused(nnrun)
    assert [path.name for path in place.iterdir()] == ["outputs"]


def test_fault_33_links_in_a_circle_are_one_line(nnrun: Command, place: Path) -> None:
    (place / "outputs").symlink_to("outputs")
    refused(nnrun)
    assert [path.name for path in place.iterdir()] == ["outputs"]


def test_fault_33_a_read_only_output_root_is_one_line(place: Path) -> None:
    (place / "outputs").mkdir(mode=0o555)
    done = powerless(place)
    assert (done.returncode, done.stdout) == (3, "")
    assert re.fullmatch(r"nnrun: cannot write \S+: permission denied; choose .+\n", done.stderr)
    assert list((place / "outputs").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "words"), [("EROFS", "read-only"), ("EPERM", "not permitted"), ("ENOSPC", "full")]
)
def test_fault_33_what_the_system_refuses_leaves_nothing(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch, number: str, words: str
) -> None:
    make = Path.mkdir

    def refusing(path: Path, *arguments: object, **options: object) -> None:
        if "quadratic-mlp" in path.name:
            raise OSError(getattr(errno, number), "refused")
        make(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", refusing)
    assert words in refused(nnrun)
    assert list(place.iterdir()) == []


def test_fault_34_a_link_to_a_real_directory_works_and_a_run_may_move(nnrun: Command, place: Path) -> None:
    (place / "disk").mkdir()
    (place / "outputs").symlink_to("disk")
    done = nnrun("epochs=1")
    assert done.status == 0
    assert (place / "disk" / "latest" / "fit.png").is_file()
    moved = place / "elsewhere"
    shutil.move(place / "outputs" / done.directory.relative_to(place / "outputs"), moved)
    for path in moved.glob("*"):
        if path.is_file() and path.suffix in (".json", ".csv", ".log"):
            assert str(place) not in path.read_text("utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "a" * 300,
        "/",
        "..",
        "../../up",
        "/etc/x",
        "CON",
        "nul.txt",
        "COM1",
        "ends.",
        "ends ",
        "🎉",
        "-rf",
        "~",
        "a\tb",
    ],
)
def test_fault_35_any_name_makes_a_tame_directory(nnrun: Command, place: Path, name: str) -> None:
    done = nnrun(*FAST, f"name={name}")
    assert done.status == 0, done.err
    assert done.summary["name"] == name
    made = done.directory.name
    assert re.fullmatch(r"\d\d-\d\d-\d\d_[A-Za-z0-9._=-]+", made)
    assert len(made) <= 80
    assert not made.endswith(".")
    assert [path.name for path in place.iterdir()] == ["outputs"]
    assert len(list((place / "outputs").glob("*/*"))) == len(list((place / "outputs").glob("latest/*"))) + 1


@pytest.mark.parametrize("text", ["", ".", "..", "con", "LPT1.x", "日本", 'a/b\\c:d*?"<>|', "x" * 500, "-.-"])
def test_fault_35_a_slug_is_a_name_for_every_file_system(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_=][A-Za-z0-9._=-]{0,59}", slug(text))
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", slug(text))


def test_fault_35_an_output_root_that_is_too_long_is_one_line_of_bounded_length(
    nnrun: Command, place: Path
) -> None:
    for root in ("a" * 300, "/".join(["b" * 200] * 30)):
        assert len(refused(nnrun, f"output={root}")) < 500
    assert list(place.iterdir()) == []


def test_fault_35_a_nul_in_an_output_root_is_refused(nnrun: Command, place: Path) -> None:
    (place / "conf").mkdir()
    (place / "conf" / "mine.yaml").write_text('defaults:\n  - config\n  - _self_\noutput: "a\\0b"\n')
    done = nnrun("--config-dir", "conf", "--config-name", "mine")
    assert (done.status, done.err) == (
        2,
        "nnrun: output=: wants a directory; write output=DIR, or set NNRUN_OUTPUTS=DIR\n",
    )
    assert [path.name for path in place.iterdir()] == ["conf"]


def test_fault_35_nothing_that_exists_is_overwritten(nnrun: Command, place: Path) -> None:
    (place / "mine").mkdir()
    (place / "mine" / "notes.txt").write_text("keep")
    for number in (2, 3):
        assert nnrun(*FAST, "hydra.run.dir=mine").status == 0
        assert (place / f"mine-{number}" / "summary.json").is_file()
    assert [path.name for path in (place / "mine").iterdir()] == ["notes.txt"]


def test_a_file_named_latest_stays(nnrun: Command, place: Path) -> None:
    (place / "outputs").mkdir()
    (place / "outputs" / "latest").write_text("mine")
    assert nnrun(*FAST).status == 0
    assert (place / "outputs" / "latest").read_text() == "mine"


def test_directories_made_on_the_way_are_gone_if_the_claim_fails(place: Path) -> None:
    with pytest.raises(EnvironmentFault, match="path too long"):
        claim(place / "new" / "deep" / ("x" * 300))
    assert list(place.iterdir()) == []


def test_outputs_go_where_the_variable_or_the_key_says(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNRUN_OUTPUTS", "from_variable")
    assert nnrun(*FAST).out.startswith(f"from_variable{os.sep}")
    assert nnrun(*FAST, "output=from key").out.startswith(f"from key{os.sep}")
    assert sorted(path.name for path in place.iterdir()) == ["from key", "from_variable"]


def powerless(place: Path, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    """A run under `umask`, for which permission bits count even where it is root's."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*drop, sys.executable, "-m", "nnrun", *FAST],
        cwd=place,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        umask=umask,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_fault_36_files_follow_the_umask(place: Path, umask: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nnrun", "-q", "epochs=1"],
        env=os.environ | {"TMPDIR": "/nowhere/at/all"},
        capture_output=True,
        text=True,
        umask=umask,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    files = [path for path in (place / done.stdout.strip()).rglob("*") if path.is_file()]
    assert len(files) >= 9
    assert {path.stat().st_mode & 0o777 for path in files} == {0o666 & ~umask}


def test_fault_36_a_umask_that_forbids_everything_is_one_line_and_nothing_stays(place: Path) -> None:
    done = powerless(place, 0o777)
    assert done.returncode == 3
    assert re.fullmatch(r"nnrun: cannot write \S+: permission denied; choose .+\n", done.stderr)
    assert list(place.iterdir()) == []


def test_a_working_directory_that_is_gone_is_one_line(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = place / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = nnrun(*FAST)
    assert (done.status, done.err) == (3, "nnrun: the working directory is gone; change to one that exists\n")
