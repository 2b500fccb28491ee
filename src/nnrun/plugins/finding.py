"""The parts that names such as `./net.py:Net` lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnrun.errors import BadInput, Refused
from nnrun.metrics import metrics
from nnrun.plugins.figures import picture_entry
from nnrun.plugins.loading import Loaded, load
from nnrun.plugins.losses import loss_entry
from nnrun.plugins.metrics import metric_entry
from nnrun.plugins.modules import model_entry
from nnrun.plugins.naming import OwnName, own_name
from nnrun.plugins.tables import dataset_entry
from nnrun.plugins.trust import at_end, is_allowed
from nnrun.registry import Entry, look_elsewhere, suggestion

Adapter = Callable[[str, Callable[..., Any], str, Path], Entry[Any]]

PARTS: Mapping[str, Adapter] = {
    "dataset": dataset_entry,
    "model": model_entry,
    "loss": loss_entry,
    "metric": metric_entry,
    "plot": picture_entry,
}
"""Group -> what makes an entry of a user's callable, given its name, how it was asked for, and its file."""

KEYS: Mapping[str, str] = {"metric": "metrics", "plot": "plots.own"}
"""Group -> the key that names its parts, where that is called otherwise."""

_metrics: dict[str, str] = {}
_entries: dict[tuple[str, str], tuple[Loaded, Entry[Any]]] = {}


def own_entry(group: str, text: str) -> Entry[Any] | None:
    """The part that a name such as `./net.py:Net` leads to; None where `text` is no such name.

    Raises:
        Refused: nobody has allowed its file to be executed.
        BadInput: it cannot be loaded, defines no such thing, or one that is no part.
    """
    own, asked = own_name(text), f"{KEYS.get(group, group)}={text}"
    if own is None:
        return None
    if not is_allowed(own.path):
        raise Refused(
            f"{asked}: this would execute {own.path}, which a run directory names; read it, then allow it"
            " with --allow-code"
        )
    if group not in PARTS:
        kind = {"optim": "an optimizer"}.get(group, f"a {group}")
        raise BadInput(f"{asked}: {kind} of your own is registered by a plugin; see docs/own-parts.md")
    loaded = load(own.path, asked)
    known = _entries.get((group, text))
    if known is None or known[0] is not loaded:
        known = (loaded, PARTS[group](text, _defined(own, loaded, asked), asked, loaded.path))
        _entries[group, text] = known
    return known[1]


def _defined(own: OwnName, loaded: Loaded, asked: str) -> Callable[..., Any]:
    content = vars(loaded.module)
    if own.attribute not in content:
        public = [name for name, value in content.items() if callable(value) and not name.startswith("_")]
        hint = suggestion(own.attribute, public).rstrip(";")
        raise BadInput(f"{asked}: {own.path} defines no '{own.attribute}'{hint}")
    found = content[own.attribute]
    if not callable(found):
        raise BadInput(f"{asked}: '{own.attribute}' is {type(found).__name__}; wants a class or a function")
    defined: Callable[..., Any] = found
    return defined


def fingerprints(names: Iterable[str]) -> dict[str, str]:
    """File -> SHA-256 of all that the own ones among `names` execute."""
    found: dict[str, str] = {}
    for text in names:
        own = own_name(text)
        if own is not None:
            found |= load(own.path, text).sources
    return found


def own_metric(text: str) -> str:
    """Registers the metric that a name such as `./score.py:rmse` leads to; returns what it is called then.

    Raises:
        BadInput: another metric is called so; and as `own_entry`.
    """
    entry, own = own_entry("metric", text), own_name(text)
    assert entry is not None
    assert own is not None
    name = own.attribute
    if name in metrics and _metrics.get(name) != text:
        owner = _metrics.get(name, metrics[name].factory.__module__)
        raise BadInput(f"metrics={text}: there is a metric '{name}' already, in {owner}; rename yours")
    if name not in metrics:
        at_end(lambda: _forget_metric(name))
    _metrics[name] = text
    metrics.replace(replace(entry, name=name))
    return name


def _forget_metric(name: str) -> None:
    metrics.forget(name)
    del _metrics[name]


look_elsewhere(own_entry)
