"""What survives: runs killed at random times, and runs whose N-th write, rename or sync fails, for every N.

python benchmarks/crash.py --json crash.json
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from faulty import Faults
from measuring import machine
from nnrun import cli
from nnrun.plots import process

COMMON = ("plots.save=false", "language=en", "log_every=1000")
COMMANDS = {
    "run, manual": ("engine=manual", "epochs=400", "batch_size=16", "optim=adam", "checkpoint_every=7"),
    "run, autograd": ("engine=autograd", "epochs=80", "batch_size=25", "checkpoint_every=7"),
    "sweep, manual": ("engine=manual", "checkpoint_every=9", "-m", "epochs=80,120", "seed=0..2"),
    "sweep, autograd": ("engine=autograd", "checkpoint_every=9", "-m", "epochs=30,60", "model.hidden=3,5"),
}
SHORT = {
    "run": ("epochs=4", "checkpoint_every=2"),
    "sweep": ("checkpoint_every=2", "-m", "epochs=2,4", "seed=0,1"),
}
READERS = (("list", "--jobs"), ("show", "latest"), ("compare", "latest"))
NUMBERS = ("ENOSPC", "EIO", "EACCES", "EDQUOT", "EROFS")
PATIENCE = 120.0


@dataclass
class Tally:
    """What a campaign found; everything in `bad` should be 0."""

    done: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def wrong(self, what: str, note: str) -> None:
        """One more of what should not be."""
        self.bad[what] += 1
        if len(self.notes) < 50:
            self.notes.append(f"{what}: {note}")


# Runs in processes that have everything loaded -----------------------------------------------------------


def forked(words: Sequence[str], place: Path, prepare: Callable[[], None] = lambda: None) -> int:
    """The id of a process that does what `nnrun WORDS` does in `place`; it speaks into a file there."""
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        os.chdir(place)
        said = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as long as the process lives
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - as long as the process lives
        prepare()
        status = cli.run(words)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def ended(pid: int) -> int:
    """The exit status of a process; negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def do(words: Sequence[str], place: Path, prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """Exit status, and what was said."""
    status = ended(forked(words, place, prepare))
    return status, (place / "said.txt").read_text("utf-8", errors="replace")


# What a directory holds ----------------------------------------------------------------------------------


def directories(place: Path) -> list[Path]:
    """Runs, those of sweeps among them."""
    return sorted(path.parent for path in place.glob("outputs/2*/**/metrics.csv"))


def started(place: Path) -> Path | None:
    """The run or sweep that a command began."""
    found = [path for path in place.glob("outputs/2*/*") if (path / ".hydra" / "config.yaml").exists()]
    found += [path.parent for path in place.glob("outputs/2*/*/multirun.yaml")]
    return found[0] if found else None


def rows(directory: Path) -> list[str]:
    """Whole lines of metrics.csv, without their seconds."""
    text = (directory / "metrics.csv").read_text("utf-8")
    return [line.rpartition(",")[0] for line in text[: text.rfind("\n") + 1].splitlines()]


def content(place: Path) -> dict[str, tuple[list[str], bytes]]:
    """Name below the run or sweep -> rows and weights."""
    root = started(place)
    assert root is not None
    return {
        path.relative_to(root).as_posix(): (rows(path), (path / "model.safetensors").read_bytes())
        for path in directories(place)
        if (path / "model.safetensors").exists()
    }


def damaged(place: Path) -> Iterator[str]:
    """Files that are neither whole nor absent, and what is left of temporary ones."""
    from safetensors.numpy import load

    for path in place.rglob("*"):
        if not path.is_file() or path.is_symlink() or path.name in ("said.txt", "multirun.yaml"):
            # Hydra's sweeper writes multirun.yaml in place; nnrun takes nothing from it.
            continue
        if path.stat().st_size == 0 and path.name != "nnrun.log":
            yield f"{path.name} is empty"
            continue
        try:
            if path.suffix == ".json":
                json.loads(path.read_text("utf-8"))
            elif path.suffix == ".npz":
                with zipfile.ZipFile(path) as archive:
                    assert archive.testzip() is None
                with np.load(path) as arrays:
                    dict(arrays)
            elif path.suffix == ".safetensors":
                load(path.read_bytes())
            elif path.suffix == ".yaml":
                import yaml

                assert yaml.safe_load(path.read_text("utf-8")) is not None
                assert path.read_bytes().endswith(b"\n")
            elif path.suffix == ".csv":
                lines = path.read_text("utf-8").split("\n")
                assert lines.pop() == ""
                assert len({line.count(",") for line in lines}) <= 1
        except Exception as error:
            yield f"{path.name}: {type(error).__name__} {error}"


# Campaign 1: killed ---------------------------------------------------------------------------------------


def killed(count: int, seed: int, tally: Tally) -> None:
    """Kills `count` runs, sweeps and resumes at random times, and lets each come to its end."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as root:
        expected: dict[str, Any] = {}
        seconds: dict[str, float] = {}
        number = 0
        while tally.done["kills"] < count:
            name = list(COMMANDS)[number % len(COMMANDS)]
            if name not in expected:
                expected[name], seconds[name] = _uninterrupted(Path(root) / name.replace(", ", "-"), name)
            place = Path(root) / str(number)
            place.mkdir()
            _until_whole([*COMMON, *COMMANDS[name]], place, seconds[name], chance, tally)
            if content(place) != expected[name]:
                tally.wrong("differing ends", name)
            for note in damaged(place):
                tally.wrong("corrupt files", f"{name}: {note}")
            shutil.rmtree(place)
            number += 1
        tally.done["runs and sweeps"] = number


def _uninterrupted(place: Path, name: str) -> tuple[Any, float]:
    """What a command leaves that nothing interrupts, and the seconds that it takes."""
    place.mkdir()
    begun = time.monotonic()
    status, said = do([*COMMON, *COMMANDS[name]], place)
    assert status == 0, said
    return content(place), time.monotonic() - begun


def _until_whole(words: list[str], place: Path, length: float, chance: random.Random, tally: Tally) -> None:
    """One run or sweep: killed, read, resumed, and so on until it is whole."""
    seen: dict[str, list[str]] = {}
    again = words
    for attempt in range(50):
        pid = forked(again, place)
        if attempt == 0 or chance.random() < 0.6:
            time.sleep(chance.uniform(0, 1.1 * length))
            os.kill(pid, signal.SIGKILL)
        status = ended(pid)
        if status >= 0:
            if status:
                tally.wrong("commands that failed", (place / "said.txt").read_text()[-500:])
                shutil.rmtree(place / "outputs", ignore_errors=True)
                again = words
                continue
            break
        tally.done["kills"] += 1
        _read(place, tally)
        if not directories(place):
            # Nothing was trained yet.
            shutil.rmtree(place / "outputs", ignore_errors=True)
            again = words
            continue
        seen |= {path.relative_to(place).as_posix(): rows(path) for path in directories(place)}
        again = ["resume", "latest"]
    for name, before in seen.items():
        now = set(rows(place / name)) if (place / name / "metrics.csv").exists() else set()
        lost = [row for row in before if row not in now]
        if lost:
            tally.bad["lost rows"] += len(lost) - 1
            tally.wrong("lost rows", f"{name}: {lost[0]}")


def _read(place: Path, tally: Tally) -> None:
    """Every reader meets what a kill left, and says something or refuses in one line."""
    if started(place) is None:
        return
    for reader in READERS:
        if reader[0] not in cli.SUBCOMMANDS:
            continue
        status, said = do(reader, place)
        tally.done["readings"] += 1
        if status not in (0, 2, 4) or "Traceback" in said or (status and reader[0] == "list"):
            tally.wrong("readers that failed", f"{' '.join(reader)}: {status}: {said[-500:]}")


# Campaign 2: the N-th operation fails ---------------------------------------------------------------------


def operations(words: Sequence[str], place: Path) -> int:
    """How many a whole run has."""
    counted = place / "counted.txt"

    def install() -> None:
        faults = Faults(place / "outputs", 0, 0, False, False)
        faults.install()
        run = cli.run

        def counting(argv: Sequence[str]) -> int:
            status = run(argv)
            counted.write_text(str(faults.count))
            return status

        cli.run = counting  # type: ignore[assignment]

    status, said = do(words, place, install)
    assert status == 0, said
    return int(counted.read_text())


def failing(every: int, numbers: Sequence[str], tally: Tally) -> None:
    """Lets every `every`-th operation of a run and of a sweep fail in turn."""
    with tempfile.TemporaryDirectory() as root:
        for name, short in SHORT.items():
            words = [*COMMON, *short]
            place = Path(root) / name
            place.mkdir()
            count = operations(words, place)
            expected = content(place)
            tally.done[f"operations of a {name}"] = count
            for at in range(1, count + 1, every):
                for index, number in enumerate(numbers):
                    torn, lasting = bool((at + index) % 2), number in ("ENOSPC", "EROFS")
                    trial = Path(root) / f"{name}-{at}-{number}"
                    trial.mkdir()
                    code = getattr(errno, number)
                    faults = Faults(trial / "outputs", at, code, torn, lasting)
                    _one_fault(words, trial, faults, expected, tally, f"{name}, {at}: {number}")
                    shutil.rmtree(trial)


def _one_fault(
    words: Sequence[str], place: Path, faults: Faults, expected: Any, tally: Tally, label: str
) -> None:
    status, said = do(words, place, faults.install)
    tally.done["faults"] += 1
    if status not in (0, 3) or "Traceback" in said:
        tally.wrong("wrong exit statuses", f"{label}: {status}: {said[-800:]}")
    for note in damaged(place / "outputs"):
        tally.wrong("corrupt files", f"{label}: {note}")
    if status == 0:
        if content(place) != expected:
            tally.wrong("differing ends", f"{label}: though it said that all was well")
        return
    if started(place) is None:
        tally.done["faults before anything was trained"] += 1
        return
    again, said = do(["resume", "latest"], place)
    if again:
        tally.wrong("resumes that failed", f"{label}: {again}: {said[-500:]}")
    elif content(place) != expected:
        tally.wrong("differing ends", label)


# All of it ------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="of runs, sweeps and resumes")
    parser.add_argument("--seed", type=int, default=0, help="of the times of the kills")
    parser.add_argument("--only", choices=("killed", "failing"), help="one of the two campaigns")
    parser.add_argument("--errors", nargs="+", choices=NUMBERS, default=NUMBERS, help="of the failing ones")
    parser.add_argument("--quick", action="store_true", help="a few of everything")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    asked = parser.parse_args()
    _load()
    tallies = {"killed": Tally(), "failing": Tally()}
    if asked.only != "failing":
        killed(3 if asked.quick else asked.kills, asked.seed, tallies["killed"])
    if asked.only != "killed":
        failing(16 if asked.quick else 1, NUMBERS[:1] if asked.quick else asked.errors, tallies["failing"])
    for name, tally in tallies.items():
        print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in tally.done.items()))
        print("  wrong: " + (", ".join(f"{count} {what}" for what, count in tally.bad.items()) or "nothing"))
        for note in tally.notes:
            print(f"    {note}")
    if asked.json:
        figures = {
            name: {"done": dict(tally.done), "wrong": dict(tally.bad), "notes": tally.notes}
            for name, tally in tallies.items()
        }
        asked.json.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n", "utf-8")
    return 1 if any(tally.bad for tally in tallies.values()) else 0


def _load() -> None:
    """Everything that runs need, once: processes are then started by forking, in milliseconds."""
    for variable in ("NNRUN_OUTPUTS", "NNRUN_DEBUG", "HYDRA_FULL_ERROR"):
        os.environ.pop(variable, None)
    process._worth_it = lambda: False
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        sys.stdout.flush()
        for engine in ("manual", "autograd"):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                assert cli.run([*COMMON, "epochs=1", f"engine={engine}"]) == 0
                assert cli.run([*COMMON, "epochs=1", "-m", "seed=0,1", f"engine={engine}"]) == 0
    import logging

    for handler in list(logging.getLogger().handlers):
        logging.getLogger().removeHandler(handler)
        handler.close()


if __name__ == "__main__":
    sys.exit(main())
