"""Registries: names of parts to their documented factories, with the nearest name for a wrong one."""

from __future__ import annotations

import difflib
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nnrun.errors import BadInput, NnrunError
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
    """One registered factory: keyword-only parameters are its configuration, positional ones are injected.

    Attributes:
        declared: the configuration keys, where they cannot be read from the factory.
    """

    name: str
    factory: Callable[..., Part]
    declared: Mapping[str, Parameter] | None = None

    @functools.cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """The configuration keys, in the order of the signature."""
        return keyword_parameters(self.factory) if self.declared is None else self.declared

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
            ValueError: the name is taken, or this is no function or class.
        """
        if not callable(factory):
            raise ValueError(
                f"register({factory!r}): takes the class or the function itself; write @register above it,"
                " without parentheses"
            )
        name = factory.__name__.rstrip("_")
        if name in self._entries:
            taken, own = self.owner(self._entries[name].factory), self.owner(factory)
            raise ValueError(
                f"{self.group} '{name}' of {own} is already registered by {taken}; rename one of them"
            )
        self._entries[name] = Entry(name, factory)
        return factory

    def __getitem__(self, name: str) -> Entry[Part]:
        found = self._entries.get(name) or _elsewhere(self.group, name)
        if found is None:
            choices = ", ".join(sorted(self._entries))
            raise BadInput(f"no {self.group} '{name}'{suggestion(name, self._entries)} choices: {choices}")
        return found

    def __contains__(self, name: object) -> bool:
        if name in self._entries or not isinstance(name, str):
            return name in self._entries
        try:
            return _elsewhere(self.group, name) is not None
        except NnrunError:
            return False

    @staticmethod
    def owner(factory: Callable[..., Any]) -> str:
        """Who a factory is from: a module of nnrun's, or somebody's file."""
        module = factory.__module__
        file = getattr(sys.modules.get(module), "__file__", None)
        return module if module.partition(".")[0] == "nnrun" or file is None else str(file)

    def replace(self, entry: Entry[Part]) -> None:
        """Puts `entry` in the place of the one that has its name, or beside the others."""
        self._entries[entry.name] = entry

    def forget(self, name: str) -> None:
        """Takes an entry out."""
        del self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def build(self, name: str, /, *injected: Any, **options: Any) -> Part:
        """The part called `name`, made from injected values and its configuration."""
        return self[name].factory(*injected, **options)


_finders: list[Callable[[str, str], Entry[Any] | None]] = []


def look_elsewhere(finder: Callable[[str, str], Entry[Any] | None]) -> None:
    """Has `finder` asked for names that no registry has: group and name in, the entry or None out."""
    _finders.append(finder)


def _elsewhere(group: str, name: str) -> Entry[Any] | None:
    found = (finder(group, name) for finder in _finders)
    return next((entry for entry in found if entry is not None), None)
