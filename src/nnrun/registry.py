"""Registries: names of parts to their documented factories, with the nearest name for a wrong one."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nnrun.errors import BadInput
from nnrun.schema import Parameter, keyword_parameters

Part = TypeVar("Part")
Factory = TypeVar("Factory", bound=Callable[..., Any])


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None where none is near."""
    folded = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean 'X'?`, or `;` alone where nothing is near: the choices follow."""
    found = nearest(name, candidates)
    return f"; did you mean '{found}'?" if found else ";"


@dataclass(frozen=True)
class Entry(Generic[Part]):
    """One registered factory: keyword-only parameters are its configuration, positional ones are injected."""

    name: str
    factory: Callable[..., Part]

    @functools.cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The configuration keys, in the order of the signature."""
        return keyword_parameters(self.factory)

    @property
    def summary(self) -> str:
        """First line of the factory's docstring."""
        return (inspect.getdoc(self.factory) or "").partition("\n")[0]


class Registry(Generic[Part]):
    """The parts of one configuration group.

    Args:
        group: the group's name in configuration files, such as `model`.
    """

    def __init__(self, group: str) -> None:
        self.group = group
        self._entries: dict[str, Entry[Part]] = {}

    def register(self, factory: Factory) -> Factory:
        """Decorator: registers `factory` under its own name, less a trailing underscore.

        Raises:
            ValueError: the name is taken.
        """
        name = factory.__name__.rstrip("_")
        if name in self._entries:
            taken = self._entries[name].factory.__module__
            raise ValueError(
                f"{self.group} '{name}' of {factory.__module__} is already registered by {taken}"
            )
        self._entries[name] = Entry(name, factory)
        return factory

    def __getitem__(self, name: str) -> Entry[Part]:
        if name not in self._entries:
            choices = ", ".join(sorted(self._entries))
            raise BadInput(f"no {self.group} '{name}'{suggestion(name, self._entries)} choices: {choices}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def build(self, name: str, /, *injected: Any, **options: Any) -> Part:
        """The part called `name`, made from injected values and its configuration."""
        return self[name].factory(*injected, **options)
