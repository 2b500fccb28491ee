"""The configuration keys of a user's own callable, read from its signature as leniently as is clear."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from nnrun.errors import BadInput
from nnrun.schema import Parameter, parameter

PAIR = ("prediction", "target")
"""What losses and metrics are given."""
_KINDS = (int, float, bool, str)
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Signature:
    """How a callable is called.

    Attributes:
        injected: values that it takes by position, in order, by what they are; named ones it takes by name.
        named: those that it takes by name.
        keys: its configuration.
    """

    injected: tuple[str, ...]
    named: tuple[str, ...]
    keys: Mapping[str, Parameter]

    def call(self, function: Callable[..., Any], given: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        """What the callable returns for injected values and configuration."""
        positional = [given[name] for name in self.injected]
        return function(*positional, **{name: given[name] for name in self.named}, **options)


def signature_of(function: Callable[..., Any], offered: Sequence[str], asked: str) -> Signature:
    """How to call `function`, a class or a function.

    Parameters called as something that is offered get it; so do, in order, the first ones by position that
    have no default. The others are configuration keys: typed by their annotation, else by their default.

    Args:
        function: the user's.
        offered: what nnrun can give it, such as `inputs` and `outputs`.
        asked: what names it, for messages.

    Raises:
        BadInput: a parameter cannot be configured and has no default.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError) as error:
        raise BadInput(f"{asked}: cannot be called with known parameters: {error}") from error
    hints = _hints(function)
    named = tuple(
        name for name, p in parameters.items() if name in offered and p.kind is not p.POSITIONAL_ONLY
    )
    free = [name for name in offered if name not in named]
    injected: list[str] = []
    keys: dict[str, Parameter] = {}
    problems = []
    for name, argument in parameters.items():
        if name in named or argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            continue
        required = argument.default is inspect.Parameter.empty
        if required and argument.kind in _POSITIONAL and free and not keys and not named:
            injected.append(free.pop(0))
            continue
        key = _key(name, hints.get(name), argument.default)
        if key is not None and name != "name":
            keys[name] = key
        elif required:
            problems.append(
                f"{asked}: parameter '{name}' has no type that can be configured; annotate it as int, float,"
                " bool, str, or tuple[...] of them, or give it a default"
                if name != "name"
                else f"{asked}: a parameter cannot be called 'name', which is the part's own; rename it"
            )
    if problems:
        raise BadInput(problems)
    return Signature(tuple(injected), named, MappingProxyType(keys))


def require_pair(signature: Signature, asked: str) -> None:
    """Checks that a function takes both.

    Raises:
        BadInput: it takes one alone.
    """
    if len(signature.injected) + len(signature.named) == 1:
        raise BadInput(f"{asked}: takes one argument; wants two, prediction and target")


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    annotated = function.__init__ if inspect.isclass(function) else function
    try:
        return typing.get_type_hints(annotated, include_extras=True)
    except Exception:
        return {}


def _key(name: str, annotation: Any, default: Any) -> Parameter | None:
    """The key, or None where its type is none that a configuration holds."""
    if annotation is None or annotation is Any:
        annotation = _type_of(default)
    if typing.get_origin(annotation) is list:
        annotation = tuple[(*typing.get_args(annotation), ...)]  # type: ignore[misc]
    try:
        key = parameter(name, annotation, tuple(default) if isinstance(default, list) else default)
    except (ValueError, TypeError, IndexError):
        return None
    return key if key.kind in _KINDS else None


def _type_of(default: Any) -> Any:
    if isinstance(default, list | tuple):
        return tuple[(type(default[0]), ...)] if default else None  # type: ignore[misc]
    return type(default)
