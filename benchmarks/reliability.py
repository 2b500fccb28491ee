"""What checkpoints, syncing and locks cost: `python benchmarks/reliability.py`, about five minutes.

The default job, and the default job over 200 learning rates x 5 seeds, beside the same commands of an nnrun
that writes no checkpoint, syncs nothing to the disk and locks nothing. Seconds are those of whole processes.
`--quick` tries it out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measuring import Result, interleaved, machine, table, write_json

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
    commands = {
        "run": ("default job", (), 1 if given.quick else 41),
        "sweep": ("default job over 200 rates x 5 seeds", grid, 1 if given.quick else 5),
    }
    results = [
        Result(
            f"{name}, safe / unsafe",
            interleaved(nnrun("", *words), nnrun(WITHOUT, *words), count),
            SECONDS,
            LIMIT,
        )
        for key, (name, words, count) in commands.items()
        if given.only in (None, key)
    ]
    print(table(results))
    if given.json is not None:
        write_json(given.json, results)
    return 0 if given.quick or all(result.met for result in results) else 1


def nnrun(preparation: str, *arguments: str) -> Callable[[], None]:
    """A whole process of nnrun's, in an empty directory; `preparation` runs before it."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as directory:
            command = [sys.executable, "-c", RUN.format(preparation=preparation), *arguments]
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)} ended with status {done.returncode}:\n{done.stderr}")

    return run


if __name__ == "__main__":
    sys.exit(main())
