"""What a lone run costs beside plain PyTorch: `python benchmarks/single_run.py`, about five minutes.

Every claim is a ratio of nnrun to a peer on the same machine at the same moments; the absolute times are
this machine's. Ends with status 1 if a claim does not hold. `--quick` tries it all out and proves nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from measuring import Pairs, Result, interleaved, machine, table, write_json

HERE = Path(__file__).resolve().parent
PYTHON = sys.executable
SECONDS = (1.0, "s")
MICROSECONDS = 1e6
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ONE_THREAD} | {
    "MPLBACKEND": "agg"
}


def main() -> int:
    """Measures every claim, prints a table, and writes JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one small pair of each: tries everything out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured")
    parser.add_argument("--only", choices=("process", "step", "epoch"), help="one group of claims")
    given = parser.parse_args()
    groups = {"process": processes, "step": steps, "epoch": epochs}
    print(machine(), flush=True)
    results = []
    for name, measure in groups.items():
        if given.only in (None, name):
            for result in measure(given.quick):
                print(".", end="", file=sys.stderr, flush=True)
                results.append(result)
    print(file=sys.stderr)
    print(table(results))
    if given.json is not None:
        write_json(given.json, results)
    return 0 if given.quick or all(result.met for result in results) else 1


def processes(quick: bool) -> Iterator[Result]:
    """Whole processes: start, training, metrics, pictures, end."""
    repetitions = 1 if quick else 11
    with tempfile.TemporaryDirectory() as temporary:
        numbers = count()

        def plain() -> None:
            run(str(HERE / "peers" / "plain_fit.py"), f"{temporary}/plain-{next(numbers)}", cwd=temporary)

        def nnrun(*arguments: str) -> Callable[[], None]:
            return lambda: run("-m", "nnrun", *arguments, cwd=temporary)

        job = ("dataset=quadratic", "model=mlp", "optim.lr=0.5")
        pairs = interleaved(nnrun(*job, "engine=autograd"), plain, repetitions)
        yield Result("default job, engine=autograd / plain PyTorch script", pairs, SECONDS, 0.60)
        pairs = interleaved(nnrun(*job), plain, repetitions)
        yield Result("default job / plain PyTorch script", pairs, SECONDS, 0.35)
        pairs = interleaved(
            nnrun("--help"), lambda: run("-c", "import torch", cwd=temporary), 2 * repetitions
        )
        yield Result("nnrun --help / import torch", pairs, SECONDS, 0.35)


def steps(quick: bool) -> Iterator[Result]:
    """The default network, per step."""
    repetitions, size = (1, 3) if quick else (41, 200)
    for engine in ("autograd", "manual"):
        for metrics, target in (("", 1.0), ("mae,r2", 1.15)):
            pairs = loops("default", engine, repetitions, size, metrics=metrics)
            measured = f"with {metrics}" if metrics else "without metrics"
            claim = f"a step of 1-10-1, {engine}, {measured} / plain loop"
            yield Result(claim, pairs, (MICROSECONDS / size, "us"), target)


def epochs(quick: bool) -> Iterator[Result]:
    """60,000 samples through 784-256-10 in batches of 32, per epoch."""
    repetitions, size = (1, 96) if quick else (5, 60_000)
    for engine in ("autograd", "manual"):
        for threads, environment in (("one thread", ONE_THREAD), ("default threads", {})):
            pairs = loops("large", engine, repetitions, size, environment)
            claim = f"an epoch of {size:,} x 784, {engine}, {threads} / DataLoader loop"
            yield Result(claim, pairs, SECONDS, 0.85)


def loops(
    case: str,
    engine: str,
    repetitions: int,
    size: int,
    environment: dict[str, str] | None = None,
    metrics: str = "",
) -> Pairs:
    """Pairs that `training_loops.py` measures in a process of its own."""
    arguments = (case, engine, f"--pairs={repetitions}", f"--size={size}", f"--metrics={metrics}")
    printed = run(str(HERE / "training_loops.py"), *arguments, environment=environment)
    measured = json.loads(printed)
    return Pairs(tuple(measured["nnrun"]), tuple(measured["peer"]))


def run(*arguments: str, cwd: str | None = None, environment: dict[str, str] | None = None) -> str:
    """Runs Python and returns what it prints."""
    done = subprocess.run(
        [PYTHON, *arguments],
        cwd=cwd,
        env=ENVIRONMENT | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with status {done.returncode}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
