"""What teaching costs those who do not ask for it: `python benchmarks/teaching.py`, about a minute.

The default job with its verdicts and the numbers behind them, beside the same job without, in turn; processor
time of whole processes. Ends with status 1 if they cost more than 2 %. `--against CHECKOUT` also puts the
default job, pictures included, beside that of another checkout of nnrun. `--quick` tries it out.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import machine

LIMIT = 1.02
SOURCE = Path(__file__).resolve().parents[1] / "src"
RUN = """
import sys, time
from nnrun import cli
{preparation}
status = cli.run(['-q', *sys.argv[1:]])
print(time.process_time())
sys.exit(status)
"""
WITH = "from nnrun.experiment import recording"
WITHOUT = """
from nnrun.experiment import recording
recording.diagnoses = lambda population: [{} for _ in population.specs]
recording.verdicts = lambda *arguments: []
"""
NO_PICTURES = "plots.save=false"


def main() -> int:
    """Measures both in turn and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two pairs: tries it out, proves nothing")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout of nnrun")
    given = parser.parse_args()
    count = 2 if given.quick else 25
    print(machine())
    ratio = statistics.median(
        processor_seconds(WITH, NO_PICTURES) / processor_seconds(WITHOUT, NO_PICTURES) for _ in range(count)
    )
    print(f"default job with verdicts / without: {ratio:.3f} (at most {LIMIT}), median of {count} pairs")
    if given.against is not None:
        places = (SOURCE, given.against / "src")
        pairs = [tuple(whole_process(place) for place in places) for _ in range(count)]
        other = statistics.median(a / b for a, b in pairs)
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"default job / that of {given.against}: {other:.3f}, {ours:.3f} s / {theirs:.3f} s")
    return 0 if given.quick or ratio <= LIMIT else 1


def whole_process(source: Path) -> float:
    """Processor time of the default job as one types it, its processes that draw included.

    Args:
        source: where nnrun is imported from.
    """
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [sys.executable, "-m", "nnrun", "-q"],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(source.resolve())},
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"a run of {source} ended with status {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def processor_seconds(preparation: str, *arguments: str) -> float:
    """Processor time of one whole process without pictures, its start included."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [sys.executable, "-c", RUN.format(preparation=preparation), *arguments],
            cwd=directory,
            capture_output=True,
            text=True,
        )
    if done.returncode != 0:
        raise SystemExit(f"a run ended with status {done.returncode}:\n{done.stderr}")
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
