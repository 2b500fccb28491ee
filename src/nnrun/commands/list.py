"""`nnrun list [DIR]`: what was trained, the newest first."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnrun.commands.console import Console, emit
from nnrun.commands.flags import refuse_repeats
from nnrun.commands.listed import WHOLE, fitted, in_full, in_short
from nnrun.commands.options import Options
from nnrun.commands.tabulating import add_formats, as_json, format_of, rendered, terminal_width
from nnrun.errors import BadInput
from nnrun.filters import Filter, values_of
from nnrun.index import Found, Listing, listing
from nnrun.registry import suggestion
from nnrun.runs.finding import output_root

EXAMPLES = (
    "nnrun list",
    'nnrun list --where "optim.lr>0.1 and status==completed"',
    "nnrun list --jobs --sort objective --limit 10",
)


def main(arguments: Sequence[str]) -> int:
    """Prints the table."""
    options = Options("list", "List saved runs and sweeps, the newest first.", EXAMPLES)
    options.add_argument(
        "directory", nargs="?", metavar="DIR", help="where to look; default: the output root"
    )
    options.add_argument("--where", metavar="CONDITION", help='such as "optim.lr>0.1 and status==completed"')
    options.add_argument("--sort", metavar="KEY", help="such as objective, optim.lr; -KEY: the largest first")
    options.add_argument("--limit", type=int, metavar="N", help="the first N")
    options.add_argument("--jobs", action="store_true", help="list the runs of sweeps too")
    add_formats(options)
    typed = _with_value(arguments, "--sort")
    refuse_repeats(typed)
    asked = options.parse_args(typed)
    condition = None if asked.where is None else Filter.parse(asked.where)
    if asked.limit is not None and asked.limit < 1:
        raise BadInput(f"--limit {asked.limit}: must be at least 1")
    root = _root(asked.directory)
    found = listing(root, asked.jobs) if root.is_dir() else Listing((), ())
    chosen = _chosen(found.found, condition, asked)
    _print(chosen, format_of(asked))
    _tell(root, found, chosen)
    return 0


def _with_value(words: Sequence[str], flag: str) -> list[str]:
    """`words` in which a value that begins with a minus sign is not taken for a flag."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == flag and word.startswith("-") and not word.startswith("--"):
            joined[-1] = f"{flag}={word}"
        else:
            joined.append(word)
    return joined


def _root(typed: str | None) -> Path:
    """The directory to look in.

    Raises:
        BadInput: it was typed, and there is none.
    """
    if typed is None:
        return output_root()
    root = Path(typed)
    if not root.is_dir():
        raise BadInput(f"{typed}: {'is a file' if root.is_file() else 'no such directory'}")
    return root


def _chosen(found: Sequence[Found], condition: Filter | None, asked: argparse.Namespace) -> list[Found]:
    """Those that match, sorted, and no more than are wanted."""
    chosen = list(found)
    if condition is None and asked.sort is None:
        return chosen[: asked.limit]
    values = [{**values_of(each.entry), "id": each.id} for each in found]
    rows = list(zip(chosen, values, strict=True))
    if condition is not None:
        _refuse_swept(condition.names, "--where", found, values)
        kept = condition.matching(values)
        rows = [row for row, wanted in zip(rows, kept, strict=True) if wanted]
    if asked.sort is not None:
        key = asked.sort.removeprefix("-").replace("/", ".")
        _refuse_swept((key,), "--sort", found, values)
        _require(key, asked.sort, values)
        rows = _sorted(rows, key, descending=asked.sort.startswith("-"))
    return [each for each, _ in rows[: asked.limit]]


def _refuse_swept(
    names: Sequence[str], flag: str, found: Sequence[Found], values: Sequence[Mapping[str, object]]
) -> None:
    """Refuse what only the runs of sweeps have, while these are not listed."""
    missing = [name for name in names if not any(name in each for each in values)]
    for each in found:
        swept = each.entry.summary.get("swept")
        for name in missing:
            if isinstance(swept, list) and (name in swept or name.partition(".")[0] in swept):
                raise BadInput(
                    f"{flag}: {name} differs from run to run of {each.id}; add --jobs to list them"
                )


def _require(key: str, typed: str, values: Sequence[Mapping[str, object]]) -> None:
    known = {name for each in values for name in each}
    if values and key not in known:
        leaf = next((name for name in sorted(known) if name.rpartition(".")[2] == key), None)
        hint = f"; did you mean '{leaf}'?" if leaf else suggestion(key, known).rstrip(";")
        raise BadInput(f"--sort {typed}: no run has '{key}'{hint}")


def _sorted(
    rows: Sequence[tuple[Found, dict[str, object]]], key: str, descending: bool
) -> list[tuple[Found, dict[str, object]]]:
    """Numbers, then texts, then runs that have no such value."""

    numbers, texts, others = [], [], []
    for row in rows:
        value = row[1].get(key)
        if isinstance(value, int | float) and not math.isnan(value):
            numbers.append((value, row))
        elif isinstance(value, str | tuple):
            texts.append((str(value), row))
        else:
            others.append(row)
    numbers.sort(key=lambda pair: pair[0], reverse=descending)
    texts.sort(key=lambda pair: pair[0], reverse=descending)
    return [*(row for _, row in numbers), *(row for _, row in texts), *others]


def _print(chosen: Sequence[Found], format: str) -> None:
    if format == "json":
        emit(as_json([in_full(each) for each in chosen]))
    elif chosen or format == "csv":
        width = terminal_width() if format == "text" else None
        emit(rendered(fitted(in_short(chosen, format), width), format, width, whole=WHOLE))


def _tell(root: Path, found: Listing, chosen: Sequence[Found]) -> None:
    """What the table does not say."""
    console = Console()
    if found.unread:
        console.line("note      ", f"may not be read: {', '.join(found.unread)}")
    if not found.found:
        console.line("", f"no runs under {root}; nnrun trains one")
    elif not chosen:
        console.line("", f"none of {len(found.found)} matches")
