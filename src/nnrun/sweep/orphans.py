"""Processes that train a sweep's jobs end with the sweep, however that ended."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

LOOK_SECONDS = 0.5

_watching = False


def call_in(parent: int, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What `make(*arguments)` returns, in a process that from then on ends when its parent does.

    Args:
        parent: id of the sweep's own process. In one that is not its child, on another machine, say,
            nothing is watched.
        make: makes what was pickled.
        arguments: of it.
    """
    global _watching
    if os.getppid() == parent and not _watching:
        _watching = True
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    return make(*arguments)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    # Checkpoints are whole; there is nobody to tell.
    os._exit(1)
