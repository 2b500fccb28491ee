"""What reading saved runs costs beside pandas: `python benchmarks/records.py`, about five minutes.

Lists 10,000 runs, compares and reports 1,000, each in a process of its own; the peer reads and concatenates
the metrics.csv of the same 1,000. Ends with status 1 if a claim does not hold. `--quick` proves nothing.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import Pairs, Result, interleaved, machine, table, write_json

PYTHON = sys.executable
SECONDS = (1.0, "s")
PEER = (
    "import sys, pathlib, pandas;"
    "files = sorted(pathlib.Path(sys.argv[1]).glob('*/metrics.csv'));"
    "print(len(pandas.concat([pandas.read_csv(file) for file in files], keys=range(len(files)))))"
)
LISTED, REPORTED = 2.0, 2.0
"""Seconds in which 10,000 runs are to be listed, and 1,000 reported."""


def main() -> int:
    """Measures every claim, prints a table, and writes JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few runs, once: tries everything out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured")
    parser.add_argument("--only", choices=("all",), help="one group of claims")
    given = parser.parse_args()
    print(machine(), flush=True)
    results = list(measured(given.quick))
    print(table(results))
    if given.json is not None:
        write_json(given.json, results)
    return 0 if given.quick or all(result.met for result in results) else 1


def measured(quick: bool) -> Iterator[Result]:
    """Each command over the same runs."""
    runs, listed, repeats = (20, 120, 1) if quick else (1000, 10_000, 5)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        sweep = _swept(place / "swept", runs)
        root = _many(place / "many", sweep / "0", listed)
        report = place / "report.html"

        def peer() -> None:
            _run(["-c", PEER, str(sweep)], place)

        yield Result(
            f"compare's table of {runs} runs, against pandas reading their metrics",
            interleaved(lambda: _run(["-m", "nnrun", "compare", str(sweep), "--csv"], place), peer, repeats),
            SECONDS,
            1.0,
        )
        for claim, words, limit in (
            (f"report of {runs} runs", ["report", str(sweep), "-o", str(report)], REPORTED),
            (f"list of {listed} runs", ["list", str(root), "--json"], LISTED),
        ):
            _run(["-m", "nnrun", *words], place)
            seconds = [_timed(["-m", "nnrun", *words], place) for _ in range(repeats)]
            yield Result(
                f"{claim}, against {limit:g} s", Pairs(tuple(seconds), tuple([limit] * repeats)), SECONDS, 1.0
            )


def _swept(root: Path, runs: int) -> Path:
    """A sweep of so many default runs."""
    words = [f"optim.lr=0.005..1:{max(2, runs // 5)}", "seed=0..4", "plots.save=false", "sweep.report=false"]
    _run(["-m", "nnrun", "-q", "-m", f"output={root}", *words], root.parent)
    return (root / "latest").resolve()


def _many(root: Path, run: Path, count: int) -> Path:
    """An output root with so many copies of the head of one run."""
    for number in range(count):
        copy = root / "2026-01-01" / f"{number // 3600:02d}-{number // 60 % 60:02d}-{number % 60:02d}_run"
        copy.mkdir(parents=True)
        for name in ("summary.json", "metrics.csv"):
            shutil.copyfile(run / name, copy / name)
    return root


def _run(words: list[str], place: Path) -> None:
    done = subprocess.run([PYTHON, *words], cwd=place, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} ended with status {done.returncode}: {done.stderr}")


def _timed(words: list[str], place: Path) -> float:
    begun = time.perf_counter()
    _run(words, place)
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
