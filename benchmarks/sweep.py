"""What a sweep costs beside Hydra with plain PyTorch: `python benchmarks/sweep.py`, about twenty minutes.

Every claim is a ratio of nnrun to a peer on the same machine at the same moments; of the peer's 1000 jobs,
100 are measured and multiplied. Ends with status 1 if a claim does not hold. `--quick` tries it all out and
proves nothing; `--phases` shows where the time of one sweep goes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from measuring import Pairs, Result, interleaved, machine, table, write_json

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
PYTHON = sys.executable
SECONDS = (1.0, "s")
MILLISECONDS = (1e3, "ms")
MEASURED_JOBS = 100
"""Of the peer's, whatever the number of runs compared."""


def main() -> int:
    """Measures every claim, prints a table, and writes JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one small pair of each: tries everything out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything measured")
    parser.add_argument("--only", choices=("whole", "training", "many", "images"), help="one group of claims")
    parser.add_argument("--pairs", type=int, default=3, help="of whole sweeps, after one that does not count")
    parser.add_argument("--phases", action="store_true", help="show where the time of a sweep goes, no more")
    given = parser.parse_args()
    print(machine(), flush=True)
    if given.phases:
        print(phases(20 if given.quick else 1000))
        return 0
    groups = {"whole": whole, "training": training, "many": many, "images": images}
    results = []
    for name, measure in groups.items():
        if given.only in (None, name):
            for result in measure(given.quick, 1 if given.quick else given.pairs):
                print(".", end="", file=sys.stderr, flush=True)
                results.append(result)
    print(file=sys.stderr)
    print(table(results))
    if given.json:
        write_json(given.json, results)
    return 0 if given.quick or all(result.met for result in results) else 1


# Whole processes ----------------------------------------------------------------------------------------


def grid(runs: int) -> list[str]:
    """Learning rates x 5 seeds."""
    return [f"optim.lr=0.005..1:{runs // 5}", "seed=0..4"]


class Sweeps:
    """Sweeps of fresh processes in fresh directories, deleted when all is measured."""

    def __init__(self, place: Path) -> None:
        self._place, self._numbers = place, count()

    def nnrun(self, *arguments: str) -> int:
        """Runs one and returns the largest memory (bytes) that its own process took."""
        command = [PYTHON, "-m", "nnrun", "-q", "-m", f"output={self._fresh()}", *arguments]
        return _memory(command, self._place)

    def peer(self, jobs: int) -> None:
        """The plain PyTorch task under Hydra's basic launcher."""
        rates = ",".join(f"{0.005 + index * 0.995 / (jobs // 5):.4g}" for index in range(jobs // 5))
        command = [PYTHON, str(PEERS / "hydra_task.py"), "-m", f"lr={rates}", "seed=0,1,2,3,4"]
        command.append(f"hydra.sweep.dir={self._fresh()}")
        subprocess.run(command, cwd=self._place, check=True, stdout=subprocess.DEVNULL)

    def _fresh(self) -> Path:
        return self._place / f"sweep{next(self._numbers)}"


def _memory(command: Sequence[str], place: Path) -> int:
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, env=dict(os.environ))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return usage.ru_maxrss * 1024


def whole(quick: bool, repeats: int) -> Iterator[Result]:
    """Sweeps of the default job, every file and picture written."""
    with tempfile.TemporaryDirectory() as directory:
        sweeps = Sweeps(Path(directory))
        jobs = 5 if quick else MEASURED_JOBS
        for runs, target in ((1000, 1 / 15), (100, 1 / 6)):
            runs = 10 if quick else runs
            for engine in ("manual", "autograd"):
                pairs = interleaved(
                    lambda runs=runs, engine=engine: sweeps.nnrun(*grid(runs), f"engine={engine}"),
                    lambda: sweeps.peer(jobs),
                    repeats,
                )
                scaled = Pairs(pairs.nnrun, tuple(seconds * runs / jobs for seconds in pairs.peer))
                claim = f"{runs} runs, engine={engine}, against plain PyTorch under Hydra"
                yield Result(claim, scaled, SECONDS, target)
        runs = 10 if quick else MEASURED_JOBS
        pairs = interleaved(
            lambda: sweeps.nnrun(*grid(runs)),
            lambda: sweeps.nnrun(*grid(runs), "hydra/launcher=basic"),
            repeats,
        )
        yield Result(f"{runs} runs, against nnrun under hydra/launcher=basic", pairs, SECONDS, 1.0)


# Training alone -----------------------------------------------------------------------------------------


def training(quick: bool, _: int) -> Iterator[Result]:
    """The training loop of one population, beside one written by hand with `torch.func`."""
    members, epochs, repeats = (20, 5, 1) if quick else (1000, 100, 7)
    for engine, target in (("manual", 0.6), ("autograd", 1.0)):
        ours, theirs = _clock("ours", engine), _clock("theirs", engine)
        pairs = [(ours(members, epochs), theirs(members, epochs)) for _ in range(repeats + 1)][1:]
        nnrun, peer = zip(*pairs, strict=True)
        claim = f"training {members} members {epochs} steps, engine={engine}, against torch.func"
        yield Result(claim, Pairs(nnrun, peer), MILLISECONDS, target)


def _clock(side: str, engine: str) -> Callable[[int, int], float]:
    """Seconds of one side's training loop, each time in a process of its own."""

    def clock(members: int, epochs: int) -> float:
        code = f"import sweep; print(sweep.{side}({members}, {epochs}, {engine!r}))"
        done = subprocess.run([PYTHON, "-c", code], cwd=HERE, check=True, capture_output=True, text=True)
        return float(done.stdout)

    return clock


def ours(members: int, epochs: int, engine: str) -> float:
    """Seconds of nnrun's training loop."""
    from nnrun.composing import Composer
    from nnrun.config import bind
    from nnrun.training.loop import train
    from nnrun.training.population import Population

    with Composer() as composer:
        words = [f"epochs={epochs}", f"engine={engine}", "metrics=[]"]
        rates = [0.005 + 0.495 * index / members for index in range(members)]
        specs = [bind(composer.compose([*words, f"optim.lr={rate}"], {})).spec for rate in rates[:1]]
    from dataclasses import replace

    from nnrun.spec import Choice

    specs = [
        replace(specs[0], optim=Choice("sgd", {**specs[0].optim.options, "lr": rate}), seed=index)
        for index, rate in enumerate(rates)
    ]
    for _ in train(Population([replace(spec, epochs=1) for spec in specs])):
        pass
    population = Population(specs)
    begun = time.perf_counter()
    for _ in train(population):
        pass
    return time.perf_counter() - begun


def theirs(members: int, epochs: int, engine: str) -> float:
    """Seconds of the loop by hand, whatever the engine."""
    sys.path.insert(0, str(PEERS))
    from vmap_population import seconds

    return seconds(members, epochs)


# Many runs ----------------------------------------------------------------------------------------------


def many(quick: bool, _: int) -> Iterator[Result]:
    """Ten times as many runs: time at most twelvefold, memory not with their number."""
    few, repeats = (20, 1) if quick else (1000, 1)
    memory: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as directory:
        sweeps = Sweeps(Path(directory))

        def sweep(runs: int) -> None:
            memory[runs] = sweeps.nnrun(*grid(runs), "sweep.plots=best")

        pairs = interleaved(lambda: sweep(10 * few), lambda: sweep(few), repeats)
    shown = ", ".join(f"{size / 1e6:.0f} MB for {runs}" for runs, size in sorted(memory.items()))
    yield Result(f"{10 * few} runs against {few}, sweep.plots=best ({shown})", pairs, SECONDS, 12.0)


# Larger networks ----------------------------------------------------------------------------------------


def images(quick: bool, repeats: int) -> Iterator[Result]:
    """MNIST-shaped networks, 784-256-10, where arithmetic counts and stacking helps less."""
    common = ["experiment=random_mnist", "model.hidden=256", "sweep.plots=none"]
    common += ["dataset.samples=200", "epochs=2"] if quick else ["dataset.samples=5000", "epochs=5"]
    rates = "optim.lr=0.01,0.02" if quick else "optim.lr=0.001..0.1:8log"
    with tempfile.TemporaryDirectory() as directory:
        sweeps = Sweeps(Path(directory))
        pairs = interleaved(
            lambda: sweeps.nnrun(*common, rates, "engine=autograd"),
            lambda: sweeps.nnrun(*common, rates, "engine=autograd", "hydra/launcher=basic"),
            repeats,
        )
    yield Result("8 networks 784-256-10, as one population against one by one", pairs, SECONDS, 1.2)


# Where the time goes ------------------------------------------------------------------------------------


def phases(runs: int) -> str:
    """Seconds of the parts of one sweep in this process; drawing goes on beside them."""
    from nnrun import cli
    from nnrun.commands import multirun
    from nnrun.experiment import recording
    from nnrun.plots.pool import DrawingPool
    from nnrun.sweep import launching
    from nnrun.sweep.planning import Planner

    spent: dict[str, float] = {}
    places = {
        "composing and checking": (Planner, "plan"),
        "directories and Hydra's files": (launching._Batch, "_prepared"),
        "recording, before training": (recording.Recording, "__init__"),
        "training, with its rows": (recording.Recording, "train"),
        "results, weights, portraits": (recording.Recording, "_finished"),
        "pictures, after the last training": (DrawingPool, "wait"),
        "results.csv, curves.csv, summary": (multirun, "_written"),
    }
    for name, (owner, method) in places.items():
        setattr(owner, method, _timed(getattr(owner, method), name, spent))
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as directory:
        cli.run(["-q", "-m", f"output={directory}", *grid(runs)])
        total = time.perf_counter() - begun
    spent["training, with its rows"] -= spent["results, weights, portraits"]
    spent["everything else"] = total - sum(spent.values())
    lines = [f"{seconds:7.2f} s  {name}" for name, seconds in spent.items()]
    return "\n".join([*lines, f"{total:7.2f} s  {runs} runs"])


def _timed(function: Callable[..., object], name: str, spent: dict[str, float]) -> Callable[..., object]:
    def timed(*given: object, **named: object) -> object:
        begun = time.perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - begun

    return timed


if __name__ == "__main__":
    sys.exit(main())
