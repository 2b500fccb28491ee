"""What Hydra and OmegaConf complain about, as lines for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from nnrun.errors import BadInput
from nnrun.registry import suggestion

COMPLAINTS = (HydraException, OmegaConfBaseException, ValueError)
"""What Hydra raises for a configuration that cannot be composed."""

SWEEPERS = {"joblib": "hydra-joblib-launcher", "optuna": "hydra-optuna-sweeper"}
"""Plugins of Hydra's that nnrun is tested with, and their packages."""

_MISSING = re.compile(r"In '([^']+)': Could not find '([^']+)/([^'/]+)'\s*(.*)")


@contextmanager
def explaining() -> Iterator[None]:
    """Turns what Hydra raises while showing or sweeping into `BadInput`."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise BadInput(explained(error)) from error


def explained(error: BaseException) -> str:
    """One line of what Hydra or OmegaConf said, without its advice."""
    if isinstance(error, OverrideParseException):
        return f"{error.override}: cannot be read; put quotes around the value: key=\"'...'\""
    cause = error.__cause__ or error
    text = str(error) if str(error).strip() and str(error) != "None" else str(cause)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = " ".join(
        line
        for line in lines
        if not re.match(r"(To append|full_key|object_type|Available|Config search path|provider=)", line)
    )
    missing = _MISSING.search(said)
    return _without(*missing.groups()) if missing else said or type(error).__name__


def _without(where: str, group: str, name: str, known: str) -> str:
    """What to do about a configuration, or a plugin of Hydra's, that is not there."""
    if name in SWEEPERS and group.startswith("hydra/"):
        return f"it is not installed here; install it with: pip install {SWEEPERS[name]}"
    place = "" if where.startswith("hydra") else f"{where}.yaml: "
    kind = group.rpartition("/")[2]
    return f"{place}no {kind} '{name}'{suggestion(name, known.split())} choices: {', '.join(known.split())}"
