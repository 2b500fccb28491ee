"""A run's own log, opened for as long as it trains, beside whatever else logging does in the process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nnrun.experiment.jobs import LOG
from nnrun.runs.files import explaining


class _RunLog(logging.FileHandler):
    """A log that may end early, as on a full disk, of which the run itself tells."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Says nothing."""

    def close(self) -> None:
        """Gives up what cannot be written any more."""
        with suppress(OSError):
            super().close()


@contextmanager
def logging_to(directory: Path) -> Iterator[None]:
    """Within it, what is logged goes to the log in `directory` too, as Hydra opens it for a new run.

    Raises:
        EnvironmentFault: there can be no such file.
    """
    with explaining(directory / LOG):
        handler = _RunLog(directory / LOG, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
