"""What checkpoints, syncing and locks cost: `python benchmarks/reliability.py`, about five minutes.

The default job, and the default job over 200 learning rates x 5 seeds, beside the same commands of an nnrun
that writes no checkpoint, syncs nothing to the disk and locks nothing. Seconds are those of whole processes.
A lone run is short, and is measured in turn. Two sweeps in turn would meet different moments of the machine,
which may differ by tens of percent: they run at the same time, a core each, and change cores after each pair.
`--quick` tries it out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from measuring import Pairs, Result, interleaved, machine, table, write_json

LIMIT = 1.03
SECONDS = (1.0, "s")
RUN = """
import sys
from nnrun import cli
{preparation}
sys.exit(cli.run(['-q', *sys.argv[1:]]))
"""
WITHOUT = """
import fcntl, os
from nnrun.experiment.recording import Recording
Recording._checkpoint = lambda self, standing: None
os.sync = lambda: None
os.fsync = fcntl.flock = lambda *arguments: None
"""


def main() -> int:
    """Measures both in turn and prints the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one pair of each, and ten runs: proves nothing")
    parser.add_argument("--only", choices=("run", "sweep"), help="one of the two")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured")
    given = parser.parse_args()
    print(machine(), flush=True)
    grid = (
        ("-m", "optim.lr=0.01..1:2", "seed=0..4")
        if given.quick
        else ("-m", "optim.lr=0.01..1:200", "seed=0..4")
    )
    results = []
    if given.only in (None, "run"):
        pairs = interleaved(in_turn(""), in_turn(WITHOUT), 1 if given.quick else 41)
        results.append(Result("default job, safe / unsafe", pairs, SECONDS, LIMIT))
    if given.only in (None, "sweep"):
        pairs = side_by_side(grid, 2 if given.quick else 10)
        results.append(Result("default job over 200 rates x 5 seeds, safe / unsafe", pairs, SECONDS, LIMIT))
    print(table(results))
    if given.json is not None:
        write_json(given.json, results)
    return 0 if given.quick or all(result.met for result in results) else 1


def in_turn(preparation: str) -> Callable[[], None]:
    """The default job as a whole process; `preparation` runs before it."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as directory:
            ended(start(preparation, (), Path(directory)))

    return run


def side_by_side(arguments: Sequence[str], count: int) -> Pairs:
    """Seconds of pairs that begin at one moment, each side on a core of its own where the system can."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    seconds: dict[str, list[float]] = {"": [], WITHOUT: []}
    for number in range(count):
        with tempfile.TemporaryDirectory() as directory:
            begun = time.perf_counter()
            running = {}
            for place, preparation in enumerate(seconds):
                own = Path(directory, str(place))
                own.mkdir()
                running[preparation] = start(preparation, arguments, own)
                if len(cores) > 1:
                    os.sched_setaffinity(running[preparation].pid, {cores[(number + place) % 2]})
            while running:
                for preparation in [key for key, process in running.items() if process.poll() is not None]:
                    seconds[preparation].append(time.perf_counter() - begun)
                    ended(running.pop(preparation))
                time.sleep(0.005)
    return Pairs(*map(tuple, seconds.values()))


def start(preparation: str, arguments: Sequence[str], directory: Path) -> subprocess.Popen[bytes]:
    """A process of nnrun's in `directory`."""
    command = [sys.executable, "-c", RUN.format(preparation=preparation), *arguments]
    return subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)


def ended(process: subprocess.Popen[bytes]) -> None:
    """Waits for the end, which must be a good one."""
    if process.wait() != 0:
        raise SystemExit(f"a run ended with status {process.returncode}")


if __name__ == "__main__":
    sys.exit(main())
