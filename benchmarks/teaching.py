"""What verdicts cost a lone run: `python benchmarks/teaching.py`, about a minute.

The default job with its verdicts and the numbers behind them, beside the same job without, in turn; processor
time of whole processes. Ends with status 1 if they cost more than 2 %. `--quick` tries it out.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import machine

LIMIT = 1.02
WITHOUT = """
import sys
from nnrun import cli
from nnrun.experiment import recording
recording.diagnoses = lambda population: [{} for _ in population.specs]
recording.verdicts = lambda *arguments: []
"""
WITH = "import sys\nfrom nnrun import cli\nfrom nnrun.experiment import recording\n"
RUN = """
import time
status = cli.run(['-q', 'plots.save=false'])
print(time.process_time())
sys.exit(status)
"""


def main() -> int:
    """Measures both in turn and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two pairs: tries it out, proves nothing")
    pairs = 2 if parser.parse_args().quick else 25
    print(machine())
    seconds = [(processor_seconds(WITH), processor_seconds(WITHOUT)) for _ in range(pairs)]
    ratio = statistics.median(a / b for a, b in seconds)
    print(f"default job with verdicts / without: {ratio:.3f} (at most {LIMIT}), median of {pairs} pairs")
    return 0 if pairs == 2 or ratio <= LIMIT else 1


def processor_seconds(preparation: str) -> float:
    """Processor time of one whole process, its start included."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-c", preparation + RUN]
        done = subprocess.run(command, cwd=Path(directory), capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    sys.exit(main())
