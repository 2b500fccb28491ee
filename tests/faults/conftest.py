"""Fixtures for processes of nnrun that tests signal and watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faults.started import Started
from nnrun.plots import process


@pytest.fixture(autouse=True)
def _drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in this process draws in it: one of its own would load matplotlib for each run."""
    monkeypatch.setattr(process, "_worth_it", lambda: False)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """`start(arguments, **options)`: see `Started`; ended with the test."""
    running: list[Started] = []

    def command(arguments: Any, **options: Any) -> Started:
        running.append(Started(tmp_path, arguments, **options))
        return running[-1]

    yield command
    for started in running:
        started.close()
