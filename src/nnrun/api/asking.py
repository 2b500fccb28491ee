"""What a call asks for, as the words of a command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from nnrun.arguments import Invocation
from nnrun.commands.console import Console
from nnrun.commands.requests import parsed
from nnrun.errors import BadInput

Word: TypeAlias = str | Mapping[str, object]
"""`"optim.lr=0.5"`, or any number of such as a mapping, `{"optim.lr": 0.5, "epochs": 20}`."""


def arguments_of(words: Iterable[Word], sweeps: bool) -> list[str]:
    """The words of the command line that asks for the same.

    Args:
        words: as the caller gave them.
        sweeps: whether a list in a mapping means several values; otherwise it is one value, a list.
    """
    found: list[str] = []
    for word in words:
        if isinstance(word, str):
            found.append(word)
        elif isinstance(word, Mapping):
            if sweeps:
                _require_values(word)
            found += [f"{key}={_swept(value) if sweeps else _text(value)}" for key, value in word.items()]
        else:
            raise BadInput(
                f"{word!r}: is neither text such as 'optim.lr=0.5' nor a mapping of keys to values"
            )
    return found


def invocation_of(argv: Sequence[str]) -> Invocation:
    """What the words ask for, of which training is the only thing that Python has a call for.

    Raises:
        BadInput: with every problem.
    """
    invocation = parsed(argv)
    if invocation.show is not None:
        raise BadInput(f"--{invocation.show}: belongs to the command line; leave it out")
    return invocation


def console_of(quiet: bool | None) -> Console:
    """Where the call speaks; None: only where somebody is watching, at a terminal or in a notebook."""
    notebook = in_notebook()
    silent = not (notebook or sys.stderr.isatty()) if quiet is None else quiet
    return Console(silent, notebook, announces=False)


def in_notebook() -> bool:
    """Whether a cell of a notebook is being executed in this process."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def _require_values(word: Mapping[str, object]) -> None:
    """Refuses a list of several values that holds none, such as `range(0)`."""
    empty = [key for key, value in word.items() if _is_listed(value) and _swept(value) == ""]
    if empty:
        raise BadInput([f"{key}: its list of values is empty; write one value at least" for key in empty])


def _swept(value: object) -> str:
    """Several values apart by commas; one value as it is."""
    return ",".join(map(_text, value)) if _is_listed(value) else _text(value)  # type: ignore[call-overload]


def _text(value: object) -> str:
    """One value as it is typed."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if _is_listed(value):
        return f"[{','.join(map(_text, value))}]"  # type: ignore[call-overload]
    item = getattr(value, "item", None)
    return str(item() if callable(item) else value)


def _is_listed(value: object) -> bool:
    """Whether it holds values: lists, ranges, arrays."""
    if isinstance(value, str | Mapping) or getattr(value, "ndim", 1) == 0:
        return False
    return hasattr(value, "__len__") and hasattr(value, "__iter__")
