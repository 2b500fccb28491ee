"""Fixtures for processes of nnrun that tests signal and watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faults.started import Started


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """`start(arguments, **options)`: see `Started`; ended with the test."""
    running: list[Started] = []

    def command(arguments: Any, **options: Any) -> Started:
        running.append(Started(tmp_path, arguments, **options))
        return running[-1]

    yield command
    for process in running:
        process.close()
