"""Pictures of users' own: functions of a run and a figure become registry entries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnrun.errors import BadInput
from nnrun.plugins.signatures import signature_of
from nnrun.registry import Entry


def picture_entry(name: str, function: Callable[..., Any], asked: str, path: Path) -> Entry[None]:
    """The entry of a picture.

    Args:
        name: of the entry.
        function: takes the run, a `RunRecord`, and an empty matplotlib `Figure`, and draws on it.
        asked: what names it, for messages.
        path: of the file that defines it.

    Raises:
        BadInput: it takes anything else.
    """
    signature = signature_of(function, ("run", "figure"), asked)
    if any(key.required for key in signature.keys.values()):
        raise BadInput(f"{asked}: takes a run and a figure alone; give other parameters a default")

    def factory(run: Any, figure: Any) -> None:
        signature.call(function, {"run": run, "figure": figure}, {})

    factory.__doc__ = function.__doc__
    return Entry(name, factory, {})
