"""Finding the run that a word on the command line means: a directory, `latest`, or the start of a name."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from nnrun.errors import BadInput
from nnrun.runs.locking import SWEEP
from nnrun.runs.writing import METRICS, SUMMARY

_LATEST = re.compile(r"latest(?:~(\d+))?(?:/(.+))?")


def output_root() -> Path:
    """Where runs are looked for: NNRUN_OUTPUTS, else `outputs` in the working directory."""
    return Path(os.environ.get("NNRUN_OUTPUTS") or "outputs")


def find_run(word: str, root: Path | None = None) -> Path:
    """The run or sweep directory that `word` means.

    Args:
        word: a directory; `latest`, `latest~1` (the one before), `latest/7` (job 7 of a sweep),
            `latest/best`; or the start of a directory's name that no other directory's name has.
        root: where to look for names; None: the output root.

    Raises:
        BadInput: there is none, or there are several.
    """
    root = output_root() if root is None else root
    directory = Path(word)
    if is_run(directory) or is_sweep(directory):
        return directory
    whole, slash, inside = word.rpartition("/")
    if slash and is_sweep(Path(whole)):
        return _inside(Path(whole), inside)
    latest = _LATEST.fullmatch(word)
    if latest:
        return _inside(_latest(root, int(latest[1] or 0)), latest[2])
    if directory.is_dir():
        raise BadInput(f"{word}: is no run; a run directory holds {SUMMARY} and {METRICS}")
    name, _, inside = word.partition("/")
    found = [path for path in runs_below(root) if path.name.startswith(name)]
    if len(found) == 1:
        return _inside(found[0], inside or None)
    if not found:
        raise BadInput(
            f"{word}: no such run under {root}; write a directory, the start of its name, or latest"
        )
    raise BadInput(f"{word}: could be {', '.join(path.name for path in found[:8])}; write more of the name")


def is_run(directory: Path) -> bool:
    """Whether a directory holds one run."""
    return (directory / SUMMARY).is_file() and (directory / METRICS).is_file()


def is_sweep(directory: Path) -> bool:
    """Whether a directory holds a sweep."""
    return (directory / SWEEP).is_file()


def runs_below(root: Path) -> list[Path]:
    """Runs and sweeps under an output root, a sweep's own runs left out, in the order of their names."""
    days = (
        [path for path in root.iterdir() if path.is_dir() and not path.is_symlink()] if root.is_dir() else []
    )
    runs = [path for day in days for path in day.iterdir() if is_run(path) or is_sweep(path)]
    return sorted(runs, key=_order)


def _order(path: Path) -> tuple[str, str, int]:
    """Names begin with the time; the suffix of names claimed in one second counts up."""
    numbered = re.fullmatch(r"(.*?)(?:-(\d+))?", path.name)
    assert numbered is not None
    return path.parent.name, numbered[1], int(numbered[2] or 1)


def _latest(root: Path, back: int) -> Path:
    link = root / "latest"
    if back == 0 and (is_run(link) or is_sweep(link)):
        return link.resolve()
    found = runs_below(root)
    if len(found) <= back:
        raise BadInput(f"latest~{back}: there are {len(found)} runs under {root}")
    return found[-1 - back]


def _inside(directory: Path, job: str | None) -> Path:
    """A job of a sweep, by number or as the best one."""
    if job is None:
        return directory
    if job == "best":
        best = json.loads((directory / SUMMARY).read_text("utf-8"))["best_run"]
        if best is None:
            raise BadInput(f"{directory.name}/best: this sweep has no best run; name a job by its number")
        job = str(best["directory"])
    if not is_run(directory / job):
        raise BadInput(f"{directory.name}/{job}: there is no such job in this sweep")
    return directory / job
