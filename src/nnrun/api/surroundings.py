"""What nnrun, a guest in somebody's process, finds there and leaves as it was."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from nnrun.errors import BadInput
from nnrun.plugins.trust import session
from nnrun.secrets import forget

ENGINE = "nnrun.training.autograd"

_turn = threading.RLock()
"""Hydra keeps one application per process, so that threads train one after the other."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within it nnrun may train; afterwards Hydra, logging and torch are as they were.

    What was typed inside is trusted inside alone: the files of code that it names, say.
    """
    with ExitStack() as stack:
        stack.enter_context(_turn)
        for kept in (_hydra, _logging, _threads, session):
            stack.enter_context(kept())
        forget()
        yield


@contextmanager
def explained() -> Iterator[None]:
    """Adds the corrected command to an error that has one, below its message in a traceback."""
    try:
        yield
    except BadInput as error:
        if error.command is not None:
            error.add_note(f"try: {error.command}")
        raise


@contextmanager
def _hydra() -> Iterator[None]:
    """The caller may be a Hydra application of its own."""
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.hydra_config import HydraConfig

    application, configured = GlobalHydra.instance().hydra, HydraConfig.instance().cfg
    try:
        yield
    finally:
        GlobalHydra.instance().hydra = application
        HydraConfig.instance().cfg = configured


@contextmanager
def _logging() -> Iterator[None]:
    """Handlers, levels and loggers of the caller's.

    Some of Hydra's launchers set logging up anew, for which `logging.config` closes every handler that it
    knows of; so it does not hear of those that are there.
    """
    root, raises = logging.getLogger(), logging.raiseExceptions
    handlers, level = list(root.handlers), root.level
    disabled = {name: logger.disabled for name, logger in _loggers().items()}
    named, listed = vars(logging)["_handlers"], vars(logging)["_handlerList"]
    known, in_order = dict(named), list(listed)
    named.clear()
    listed.clear()
    try:
        yield
    finally:
        ended = [handler for handler in root.handlers if handler not in handlers]
        for handler in ended:
            handler.close()
        # Part of a cycle, they would stay known until Python next looks for cycles.
        listed[:] = [reference for reference in listed if reference() not in ended]
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.raiseExceptions = raises
        for name, logger in _loggers().items():
            logger.disabled = disabled.get(name, logger.disabled)
        named.update(known)
        listed[:0] = in_order


def _loggers() -> dict[str, logging.Logger]:
    """Those that somebody has asked for, by name."""
    known: dict[str, Any] = logging.Logger.manager.loggerDict
    return {name: found for name, found in list(known.items()) if isinstance(found, logging.Logger)}


@contextmanager
def _threads() -> Iterator[None]:
    """How many threads torch uses; where it was not loaded, as many as it then would."""
    torch = sys.modules.get("torch")
    before = None if torch is None else torch.get_num_threads()
    try:
        yield
    finally:
        engine = sys.modules.get(ENGINE)
        if engine is not None:
            sys.modules["torch"].set_num_threads(engine.OWN_THREADS if before is None else before)
