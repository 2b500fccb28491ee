"""One run out of words that may ask for several: what `nnrun trace` makes of sweeps."""

from __future__ import annotations

from collections.abc import Sequence

from nnrun.arguments import Invocation, Refusal, command_line, parse
from nnrun.arguments.flags import MULTIRUN
from nnrun.characters import visible
from nnrun.errors import BadInput

_MODE = "hydra.mode="
RUN = f"{_MODE}RUN"
"""The override with which a preset that sweeps is one run."""


def refuse_sweeps(words: Sequence[str], flags: Sequence[str]) -> None:
    """Refuse `-m` and keys with several values.

    Args:
        words: overrides, and flags that no trace has.
        flags: of the trace, for the corrected command.

    Raises:
        BadInput: with the command that has the first of the values.
    """
    asked = [word for word in words if word in MULTIRUN or word == f"{_MODE}MULTIRUN"]
    others = [word for word in words if word not in asked]
    problems = [f"{word}: a trace shows one step of one run; leave it out" for word in asked]
    try:
        several = parse([*others, "-m"])
    except Refusal:
        several = Invocation()
    kept = list(others)
    for key in several.swept:
        typed = several.typed[key]
        problems.append(f"{visible(typed)}: a trace takes one value of {key}")
        kept = [f"{key}={_first(several, key)}" if word == typed else word for word in kept]
    if problems:
        is_whole = not several.zips and not _refused(as_one_run(kept))
        raise BadInput(problems, command_line(["nnrun", "trace", *kept, *flags]) if is_whole else None)


def as_one_run(words: Sequence[str]) -> list[str]:
    """The words, with what makes one run of a preset that sweeps."""
    try:
        sweeps = parse(words).multirun
    except Refusal as refusal:
        sweeps = refusal.invocation.multirun
    return [*words, RUN] if sweeps else list(words)


def _refused(words: Sequence[str]) -> bool:
    try:
        parse(words)
    except Refusal:
        return True
    return False


def _first(several: Invocation, key: str) -> str:
    """The first of the values that a key is to have."""
    # Imported here: only a mistaken line needs Hydra's grammar.
    from hydra.core.override_parser.overrides_parser import OverridesParser

    line = next(line for line in several.overrides if line.partition("=")[0].lstrip("+") == key)
    override = OverridesParser.create().parse_override(line)
    return str(next(iter(override.sweep_string_iterator())))
