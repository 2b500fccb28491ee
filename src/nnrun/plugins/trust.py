"""Which files of code their user has named: no other is executed, least of all what a run names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_allowed: set[Path] = set()
_closed: list[bool] = []
_endings: list[Callable[[], None]] = []


def allow(files: Iterable[Path]) -> None:
    """Lets these files be executed, unless what names them is somebody else's."""
    if not _closed:
        _allowed.update(path.absolute() for path in files)


def allowed() -> frozenset[Path]:
    """The files that may be executed."""
    return frozenset(_allowed)


def is_allowed(path: Path) -> bool:
    """Whether a file may be executed."""
    return path.absolute() in _allowed


@contextmanager
def session() -> Iterator[None]:
    """What is allowed inside is no longer allowed afterwards."""
    before, kept = allowed(), len(_endings)
    try:
        yield
    finally:
        _allowed.intersection_update(before)
        while len(_endings) > kept:
            _endings.pop()()


def at_end(action: Callable[[], None]) -> None:
    """Has something undone when the present session ends."""
    _endings.append(action)


@contextmanager
def recorded_words() -> Iterator[None]:
    """What is read inside was written by whoever made a run directory: it allows nothing."""
    _closed.append(True)
    try:
        yield
    finally:
        _closed.pop()
