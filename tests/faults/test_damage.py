"""Run directories that were damaged, or that a stranger made: data to be read with care, never code."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import saved_runs
from conftest import Command, Finished
from nnrun import cli
from nnrun.errors import EnvironmentFault, Refused
from nnrun.runs.checkpoints import read_checkpoint
from nnrun.runs.files import write_atomically

QUICK = ("plots.save=false", "language=en", "epochs=4")
READERS = (
    ("list",),
    ("show", "bad"),
    ("compare", "bad", "good", "--csv"),
    ("report", "good", "bad"),
    ("plot", "bad", "--kind", "curves", "-o", "curves.png"),
)
SECRET = "the-value-of-a-secret"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outputs with two runs, to be copied."""
    place = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name, seed in (("good", 1), ("bad", 2)):
            assert cli.run([*QUICK, "-q", f"seed={seed}", f"hydra.run.dir=outputs/2026-11-21/{name}"]) == 0
    return place / "outputs"


@pytest.fixture
def bad(place: Path, runs: Path) -> Path:
    """A run to be damaged, beside a good one."""
    shutil.copytree(runs, place / "outputs", symlinks=True)
    return place / "outputs" / "2026-11-21" / "bad"


def read(nnrun: Command, *words: str) -> Finished:
    """One reader: it says something, or refuses in lines, soon."""
    begun = time.monotonic()
    done = nnrun(*words)
    assert done.status in (0, 2, 4), (words, done.err)
    assert "Traceback" not in done.out + done.err
    assert SECRET not in done.out + done.err
    assert done.out or done.err
    assert time.monotonic() - begun < 30
    if done.status:
        assert all(line.startswith("nnrun: ") for line in done.err.splitlines()), done.err
    return done


def everything(nnrun: Command) -> dict[str, Finished]:
    """What every reader makes of a good run beside a bad one."""
    found = {words[0]: read(nnrun, *words) for words in READERS}
    assert found["list"].status == 0
    assert "good" in found["list"].out
    return found


def rewritten(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def checkpoint(directory: Path) -> Path:
    return directory / "checkpoint.npz"


# Checkpoints --------------------------------------------------------------------------------------------


def test_fault_37_a_checkpoint_cut_off_anywhere_is_refused(bad: Path) -> None:
    content = checkpoint(bad).read_bytes()
    for length in range(0, len(content), 7):
        checkpoint(bad).write_bytes(content[:length])
        with pytest.raises(Refused, match="no whole nnrun checkpoint"):
            read_checkpoint(checkpoint(bad), 10**6)


def test_fault_37_no_flipped_bit_is_ever_loaded(bad: Path) -> None:
    content = checkpoint(bad).read_bytes()
    right = read_checkpoint(checkpoint(bad), 10**6)
    wrong = 0
    for position in range(0, 8 * len(content), 41):
        damaged = bytearray(content)
        damaged[position // 8] ^= 1 << position % 8
        checkpoint(bad).write_bytes(damaged)
        try:
            found = read_checkpoint(checkpoint(bad), 10**6)
        except Refused:
            continue
        same = found.arrays.keys() == right.arrays.keys() and all(
            found.arrays[name].tobytes() == array.tobytes() for name, array in right.arrays.items()
        )
        wrong += not same or found.marks != right.marks
    assert wrong == 0


def test_fault_37_a_zip_bomb_is_not_unfolded(nnrun: Command, bad: Path) -> None:
    np.savez_compressed(checkpoint(bad), about=np.zeros(25_000_000))
    assert checkpoint(bad).stat().st_size < 200_000
    done = nnrun("resume", "bad", "epochs=9")
    assert (done.status, "compressed" in done.err) == (4, True)


def test_fault_53_a_pickle_is_never_unpickled(nnrun: Command, place: Path, bad: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(place / "payload_ran"),)

    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([Payload()], dtype=object), allow_pickle=True)
    for name in ("checkpoint.npz", "plots.npz", "model.safetensors", "summary.json", "metrics.csv"):
        kept = (bad / name).read_bytes()
        for content in (pickle.dumps(Payload()), buffer.getvalue()):
            (bad / name).write_bytes(content)
            for words in (*READERS, ("resume", "bad", "epochs=9")):
                read(nnrun, *words)
        (bad / name).write_bytes(kept)
        shutil.rmtree(place / "outputs" / "reports", ignore_errors=True)
    assert not (place / "payload_ran").exists()


# Tables and summaries -----------------------------------------------------------------------------------

METRICS: dict[str, Callable[[list[str]], list[str]]] = {
    "torn": lambda lines: [*lines[:-1], lines[-1][:9]],
    "garbage in the middle": lambda lines: [*lines[:2], "\x00\x01,what,\x1b[31m", *lines[2:], ""],
    "an extra column": lambda lines: [*lines[:2], f"{lines[2]},7", *lines[3:], ""],
    "empty": lambda lines: [],
    "a header alone": lambda lines: [lines[0], ""],
    "numbers that are none": lambda lines: [lines[0], *(line.replace("0.", "x.") for line in lines[1:]), ""],
}


@pytest.mark.parametrize("change", METRICS.values(), ids=METRICS)
def test_fault_38_rows_that_cannot_be_read_are_skipped(
    nnrun: Command, bad: Path, change: Callable[[list[str]], list[str]]
) -> None:
    path = bad / "metrics.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())))
    everything(nnrun)


def test_fault_38_a_table_that_is_missing_is_said(nnrun: Command, bad: Path) -> None:
    (bad / "metrics.csv").unlink()
    everything(nnrun)


def test_fault_38_resume_cuts_a_table_to_its_checkpoint(nnrun: Command, bad: Path) -> None:
    expected = nnrun(*QUICK, "seed=2", "epochs=9").reproducible
    with (bad / "metrics.csv").open("a") as file:
        file.write("5,5,0.5,garb")
    assert nnrun("resume", "bad", "epochs=9").status == 0
    rows = [line.rpartition(",")[0] for line in (bad / "metrics.csv").read_text().splitlines()]
    assert "\n".join(rows) == expected[0]


@pytest.mark.parametrize("case", ["missing", "garbage", "newer", "a list", "nested", "binary"])
def test_fault_39_a_summary_that_cannot_be_read_is_shown_as_unknown(
    nnrun: Command, bad: Path, case: str
) -> None:
    path = bad / "summary.json"
    content = json.loads(path.read_text("utf-8"))
    path.unlink()
    texts = {
        "garbage": b"{{{",
        "newer": json.dumps(content | {"schema": 99}).encode(),
        "a list": b"[]",
        "nested": b"[" * 100_000,
        "binary": bytes(range(256)),
    }
    if case in texts:
        path.write_bytes(texts[case])
    listed = everything(nnrun)["list"]
    assert "unknown" in listed.out + listed.err
    resumed = nnrun("resume", "bad")
    assert resumed.status == (0 if case == "missing" else 4), resumed.err


# A stranger's directory ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "_target_: os.mkdir",
        "name: ${oc.env:SECRET}",
        "hydra:\n  searchpath: [/]",
        "name: ${oc.decode:${oc.env:SECRET}}",
        "plugins: [evil.py]",
    ],
)
def test_fault_54_a_strangers_configuration_is_text(
    nnrun: Command, place: Path, bad: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    path = bad / ".hydra" / "config.yaml"
    key = line.partition(":")[0]
    text = path.read_text("utf-8").replace("name: null\n", "" if key == "name" else "name: null\n", 1)
    text = "".join(part for part in text.splitlines(keepends=True) if not part.startswith(f"{key}:"))
    path.write_text(f"{text}{line}\n")
    (place / "evil.py").write_text("import os\nos.mkdir('payload_ran')\n")
    everything(nnrun)
    for command in ("resume", "rerun"):
        done = nnrun(command, "bad", "epochs=9")
        assert SECRET not in done.out + done.err
        if "SECRET" in line:
            assert (done.status, "SECRET" in done.err, "--allow-env" in done.err) == (4, True, True)
        elif "_target_" in line:
            assert done.status == 4, done.err
    assert not (place / "payload_ran").exists()


@pytest.mark.parametrize("name", ["summary.json", "metrics.csv", "plots.npz", "checkpoint.npz"])
@pytest.mark.parametrize("kind", ["link", "pipe", "loop", "directory"])
def test_fault_55_links_and_pipes_in_a_run_are_not_followed(
    nnrun: Command, place: Path, bad: Path, name: str, kind: str
) -> None:
    (bad / name).unlink()
    if kind == "link":
        (place / "private").write_text(f"{SECRET}\n{SECRET}\n")
        (bad / name).symlink_to(place / "private")
    elif kind == "loop":
        (bad / name).symlink_to(name)
    elif kind == "pipe":
        os.mkfifo(bad / name)
    else:
        (bad / name).mkdir()
    everything(nnrun)


@pytest.mark.parametrize(
    "name", ["metrics.csv", ".lock", ".lock.owner", "nnrun.log", ".hydra/overrides.yaml", ".hydra"]
)
def test_fault_55_resume_writes_through_no_link(nnrun: Command, place: Path, bad: Path, name: str) -> None:
    private = place / "private"
    if (bad / name).exists():
        (bad / name).rename(private)
    else:
        private.write_text("1\n" * 1000)
    (bad / name).symlink_to(private)
    files = [private] if private.is_file() else sorted(private.iterdir())
    before = [path.read_bytes() for path in files]
    done = nnrun("resume", "bad", "epochs=9")
    assert (done.status, "is a link, which is not followed" in done.err) == (4, True), done.err
    assert [path.read_bytes() for path in files] == before
    assert (bad / name).is_symlink()


@pytest.mark.parametrize(
    "name", ["metrics.csv", ".lock", ".lock.owner", "nnrun.log", ".hydra/overrides.yaml"]
)
def test_fault_55_nothing_waits_at_a_pipe(nnrun: Command, bad: Path, name: str) -> None:
    (bad / name).unlink(missing_ok=True)
    os.mkfifo(bad / name)
    rewritten(bad / "summary.json", '"status": "completed"', '"status": "running"')
    assert "interrupted" in everything(nnrun)["list"].out
    done = nnrun("resume", "bad", "epochs=9")
    assert (done.status, "is no ordinary file" in done.err) == (4, True), done.err


def test_fault_55_a_sweep_is_not_resumed_in_directories_elsewhere(nnrun: Command, place: Path) -> None:
    assert nnrun("-m", "-q", *QUICK, "seed=1,2", "hydra.sweep.dir=outputs/2026-11-21/both").status == 0
    sweep = place / "outputs" / "2026-11-21" / "both"
    (sweep / "1").rename(place / "elsewhere")
    (sweep / "1").symlink_to(place / "elsewhere")
    (place / "elsewhere" / "summary.json").unlink()
    before = {path: path.read_bytes() for path in (place / "elsewhere").rglob("*") if path.is_file()}
    done = nnrun("resume", "both")
    assert (done.status, "both/1: is a link" in done.err) == (4, True), done.err
    assert {path: path.read_bytes() for path in before} == before


def test_fault_55_a_link_under_the_name_of_a_temporary_file_is_not_followed(place: Path) -> None:
    private = place / "private"
    private.write_text(SECRET)
    (place / f".summary.json.{os.getpid()}").symlink_to(private)
    with pytest.raises(EnvironmentFault):
        write_atomically(place / "summary.json", b"{}")
    assert private.read_text() == SECRET


def test_fault_55_a_file_of_ten_gigabytes_is_not_read(nnrun: Command, bad: Path) -> None:
    for name in ("metrics.csv", "summary.json"):
        with (bad / name).open("ab") as file:
            # A hole, which takes no room on the disk.
            file.truncate(10 * 1024**3)
    everything(nnrun)


def test_fault_55_directories_in_a_circle_are_listed_once(nnrun: Command, bad: Path) -> None:
    (bad / "again").symlink_to("..")
    (bad.parent / "up").symlink_to("../..")
    assert read(nnrun, "list").out.count("good") == 1


# Directories that change while they are read --------------------------------------------------------------


def test_fault_62_what_is_renamed_or_removed_underneath_is_no_traceback(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = place / "outputs" / "2026-11-21"
    for number in range(6):
        saved_runs.save(root / f"10-30-{number:02d}_x", {"seed": number})
    opened, count = Path.read_bytes, [0]

    def vanishing(path: Path) -> bytes:
        count[0] += 1
        if count[0] == 3:
            shutil.rmtree(root / "10-30-02_x")
        if count[0] == 4:
            (root / "10-30-03_x").rename(root / "renamed")
        return opened(path)

    monkeypatch.setattr(Path, "read_bytes", vanishing)
    for words in (("list",), ("compare", "10-30-04", "10-30-05"), ("show", "10-30-05")):
        count[0] = 2 if words[0] == "list" else 99
        read(nnrun, *words)


def test_fault_62_a_run_can_be_read_while_it_trains(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from nnrun.experiment import recording

    train = recording.train

    def watched(*arguments: Any) -> Any:
        for epoch in train(*arguments):
            yield epoch
            if epoch.number == 2:
                for words in (["list"], ["show", "latest"], ["compare", "latest"]):
                    assert cli.run(words) in (0, 2, 4), words

    monkeypatch.setattr(recording, "train", watched)
    done = nnrun(*QUICK)
    assert done.status == 0
    assert "Traceback" not in done.err
    assert "running" in done.out


def test_fault_24_text_that_a_spreadsheet_would_run_is_kept_from_it(nnrun: Command, bad: Path) -> None:
    path = bad / "summary.json"
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content | {"name": "=cmd()", "title": "@x"}))
    table = read(nnrun, "list", "--csv").out
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t"))]
