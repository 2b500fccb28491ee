"""Tables of a user's own, as tests write and read them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnrun.datasets import Source, datasets

Write = Callable[..., str]


def writer(place: Path) -> Write:
    """`write(content)`: a file `data.csv` in `place`; its name."""

    def put(content: str | bytes, name: str = "data.csv") -> str:
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return put


def table(path: str, target: str = "y", **options: Any) -> Source:
    """The dataset that a file holds."""
    return datasets.build("csv", path=path, target=tuple(target.split(",")), **options)


def rows(source: Source) -> tuple[Any, Any]:
    """Inputs and targets as lists."""
    x, y = source.drawn()
    return x.tolist(), y.tolist()
