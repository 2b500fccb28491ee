"""How often a checkpoint is due."""

from __future__ import annotations

import re
import time

_EVERY = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class Pace:
    """How often a checkpoint is due.

    Args:
        every: `10` for epochs, `30s`, `5m` or `1h` for time; None: never, until the run ends.
    """

    def __init__(self, every: str | None) -> None:
        found = None if every is None else _EVERY.fullmatch(every)
        self._seconds = self._epochs = float("inf")
        if found is not None and found[2]:
            self._seconds = float(found[1]) * _SECONDS[found[2]]
        elif found is not None:
            self._epochs = float(found[1])
        self._last = time.monotonic()

    @staticmethod
    def is_one(text: str) -> bool:
        """Whether a text says how often."""
        found = _EVERY.fullmatch(text)
        return found is not None and float(found[1]) > 0 and (bool(found[2]) or float(found[1]).is_integer())

    def due(self, epoch: int) -> bool:
        """Whether one is, after this epoch; the clock then starts anew."""
        if epoch % self._epochs and time.monotonic() - self._last < self._seconds:
            return False
        self._last = time.monotonic()
        return True
