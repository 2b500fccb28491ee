"""What a run that goes on is from then on: its configuration with the changes, and the command of both."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from nnrun.arguments import Refusal, command_line, parse
from nnrun.config import Binding, bind
from nnrun.config.saved import CONFIG, MOST_BYTES, has_interpolation
from nnrun.errors import BadInput, Refused
from nnrun.runs.entry import Entry, regular_bytes
from nnrun.runs.extending import LENGTH
from nnrun.runs.files import explaining, write_atomically
from nnrun.spec import Settings

_SETTLED = ("output", "sweep")
"""Of what changes no result, what has had its say once a run has a directory."""

CHANGEABLE = (*LENGTH, *(field.name for field in fields(Settings) if field.name not in _SETTLED))
"""What of a run that has begun can be given another value: how long it trains, and what changes no result."""

OVERRIDES = CONFIG.parent / "overrides.yaml"


def changed(config: DictConfig, overrides: Sequence[str]) -> dict[str, str]:
    """Applies overrides to a recorded configuration; key -> the argument as typed.

    Raises:
        BadInput: one would make another run of it.
    """
    try:
        invocation = parse(overrides)
    except Refusal as refusal:
        # The corrected command would begin another run.
        raise BadInput(refusal.problems) from refusal
    parsed = OverridesParser.create().parse_overrides(list(invocation.overrides))
    fixed = [text for key, text in invocation.typed.items() if key.partition(".")[0] not in CHANGEABLE]
    # Hydra prepares runs that begin; what is typed for it is not among the keys of a configuration.
    fixed += [str(each.input_line) for each in parsed if each.is_hydra_override()]
    if fixed:
        raise BadInput(
            [
                f"{text}: cannot be changed in a run that has begun; nnrun rerun begins a new one"
                for text in dict.fromkeys(fixed)
            ]
        )
    for override in parsed:
        OmegaConf.update(config, override.key_or_group, override.value())
    return dict(invocation.typed)


def record(directory: Path, config: DictConfig, overrides: Sequence[str]) -> None:
    """Enters the changes where Hydra recorded the configuration.

    Raises:
        EnvironmentFault: the disk is in the way.
    """
    write_atomically(directory / CONFIG, OmegaConf.to_yaml(config).encode())
    path = directory / OVERRIDES
    with explaining(path):
        lines = path.read_text("utf-8") if path.exists() else ""
        added = "".join(f"- {json.dumps(line, ensure_ascii=False)}\n" for line in overrides)
    write_atomically(path, f"{'' if lines.strip() == '[]' else lines}{added}".encode())


def command(entry: Entry, overrides: Sequence[str]) -> str:
    """What would train the run, as it is from now on, in one go."""
    found = entry.summary.get("command")
    if not isinstance(found, str):
        found = command_line(["nnrun", *_recorded_overrides(entry.directory)])
    if not overrides:
        return found
    keys = {word.partition("=")[0] for word in overrides}
    words = [word for word in shlex.split(found) if word.partition("=")[0] not in keys]
    return command_line([*words, *overrides])


def require_same(directory: Path, summary: Mapping[str, Any], config: DictConfig, binding: Binding) -> None:
    """Checks that the recorded configuration is the one that the summary tells of.

    Raises:
        Refused: they differ in more than how long the run trains, which a kill can have left so.
    """
    known = summary.get("config_hash")
    if known in (None, binding.spec.config_hash) or known == _as_long_as_before(summary, config):
        return
    raise Refused(
        f"{directory}: its configuration is not the one that it was begun with; nnrun rerun"
        f" {directory.name} starts a new run"
    )


def _as_long_as_before(summary: Mapping[str, Any], config: DictConfig) -> str | None:
    """Hash of the configuration with the epochs that the summary has; None where there is no such run."""
    known = summary.get("config")
    before = config.copy()
    try:
        for key, value in known.items() if isinstance(known, dict) else ():
            if key.partition(".")[0] in LENGTH and not has_interpolation(value):
                OmegaConf.update(before, key, value)
        return bind(before).spec.config_hash
    except (BadInput, OmegaConfBaseException):
        return None


def _recorded_overrides(directory: Path) -> list[str]:
    """What Hydra recorded of the command; nothing where that cannot be read."""
    try:
        found = yaml.safe_load(regular_bytes(directory / OVERRIDES, MOST_BYTES).decode("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return []
    return [str(line) for line in found] if isinstance(found, list) else []
