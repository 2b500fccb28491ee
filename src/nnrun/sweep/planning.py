"""The jobs of a sweep, composed and checked before any of them trains."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from nnrun.composing import COMPLAINTS
from nnrun.config import Binding, bind
from nnrun.errors import BadInput
from nnrun.spec import Choice, EarlyStopping, Settings
from nnrun.sweep.composing import Lent, SweepLoader

MOST_DIAGNOSED = 20
"""Jobs that cannot be composed whose problems are looked for one by one."""

Diagnose = Callable[[Sequence[str], Mapping[str, str]], Sequence[str]]
"""Overrides and what was typed -> all that is wrong with a job that cannot be composed."""


@dataclass(frozen=True)
class Planned:
    """One job of a sweep, checked.

    Attributes:
        number: its place in the sweep.
        overrides: as the sweeper gives them.
        lines: the same with the rows of zips in the place of their numbers.
        place: its directory, relative to the sweep's.
        binding: None where something is wrong.
        problems: what that is.
    """

    number: int
    overrides: tuple[str, ...]
    lines: tuple[str, ...]
    place: str
    binding: Binding | None
    problems: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """Key -> value, as Hydra's overrides have them."""
        return dict(_pair(line) for line in self.lines)


class Planner:
    """Checks one job after the other.

    Args:
        loader: composes them.
        master: the sweep's own configuration.
        typed: key -> the argument as typed.
        diagnose: finds out what is wrong with a job that cannot be composed.
    """

    def __init__(
        self, loader: SweepLoader, master: DictConfig, typed: Mapping[str, str], diagnose: Diagnose
    ) -> None:
        self._loader, self._master, self._typed, self._diagnose = loader, master, typed, diagnose
        self._diagnosed = 0
        self._plans: dict[tuple[int, tuple[str, ...]], Planned] = {}
        self._parts: dict[str, Any] = {}

    def plan(self, number: int, overrides: Sequence[str]) -> Planned:
        """One job, checked once however often it is asked for."""
        known = (number, tuple(overrides))
        if known not in self._plans:
            self._plans[known] = self._checked(*known)
        return self._plans[known]

    def forget(self, jobs: Sequence[Planned]) -> None:
        """Lets go of jobs that are done."""
        for job in jobs:
            self._plans.pop((job.number, job.overrides), None)

    def lend(self, number: int, overrides: Sequence[str]) -> Lent:
        """The job's configuration, valid until the next is asked for; Hydra's resolvers look into it."""
        lent = self._loader.lend(self._master, overrides)
        lent.enter("job", "id", str(number))
        lent.enter("job", "num", number)
        # Not by `set_config`, which copies the whole node.
        HydraConfig.instance().cfg = lent.config  # type: ignore[assignment]  # as Hydra itself does
        return lent

    def _checked(self, number: int, overrides: tuple[str, ...]) -> Planned:
        lines = tuple(self._loader.rows(overrides))
        typed = {**self._typed, **{key: f"{key}={value}" for key, value in map(_pair, lines)}}
        try:
            config = self.lend(number, overrides).config
            place = self._place(config, number)
            binding = bind(config, typed)
        except BadInput as error:
            return Planned(number, overrides, lines, str(number), None, tuple(error.problems))
        except COMPLAINTS as error:
            self._diagnosed += 1
            problems = (
                self._diagnose(lines, typed) if self._diagnosed <= MOST_DIAGNOSED else [f"{error}"[:200]]
            )
            return Planned(number, overrides, lines, str(number), None, tuple(problems))
        return Planned(number, overrides, lines, place, self._shared(binding))

    def _shared(self, binding: Binding) -> Binding:
        """The same with equal parts being the same objects: ten thousand jobs stay in memory."""
        spec = binding.spec
        parts = {
            field.name: self._one(getattr(spec, field.name))
            for field in fields(spec)
            if isinstance(getattr(spec, field.name), Choice | EarlyStopping | Settings)
        }
        source = self._parts.setdefault(f"source {spec.dataset}", binding.source)
        network = self._parts.setdefault(f"network {spec.model} {spec.dataset}", binding.network)
        return replace(binding, spec=replace(spec, **parts), source=source, network=network)

    def _one(self, part: Any) -> Any:
        return self._parts.setdefault(str(part), part)

    @staticmethod
    def _place(config: DictConfig, number: int) -> str:
        """The job's directory below the sweep's.

        Raises:
            BadInput: it would lie elsewhere, or is no name at all.
        """
        if config.hydra.sweep._get_node("subdir")._value() == "${hydra.job.num}":
            # The default, without resolving an interpolation for each of a thousand jobs.
            return str(number)
        try:
            place = str(OmegaConf.select(config, "hydra.sweep.subdir"))
        except OmegaConfBaseException as error:
            raise BadInput(f"hydra.sweep.subdir: {str(error).splitlines()[0]}") from error
        normal = os.path.normpath(place)
        if Path(normal).is_absolute() or Path(normal).parts[:1] in ((), ("..",)):
            raise BadInput(
                f"hydra.sweep.subdir={place}: leaves the sweep's directory; write a name such as"
                " run_${hydra.job.num}"
            )
        return normal


def require_distinct_places(jobs: Sequence[Planned]) -> None:
    """Checks that no two jobs share a directory.

    Raises:
        BadInput: naming the first two that do.
    """
    seen: dict[str, int] = {}
    for job in jobs:
        first = seen.setdefault(job.place, job.number)
        if first != job.number:
            raise BadInput(
                f"hydra.sweep.subdir: jobs {first} and {job.number} would share the directory {job.place};"
                " make ${hydra.job.num} a part of it"
            )


def complaints(jobs: Sequence[Planned]) -> list[str]:
    """Every problem once, with the jobs that have it where those are not all of them."""
    found: dict[str, list[int]] = {}
    for job in jobs:
        for problem in job.problems:
            found.setdefault(problem, []).append(job.number)
    return [
        problem if len(numbers) == len(jobs) else f"{problem} ({counted(numbers)})"
        for problem, numbers in found.items()
    ]


def counted(numbers: Sequence[int]) -> str:
    """Such as `jobs 0, 1, 2, ... (40 in all)`."""
    if len(numbers) == 1:
        return f"job {numbers[0]}"
    shown = ", ".join(map(str, numbers[:5]))
    return f"jobs {shown}" if len(numbers) <= 5 else f"jobs {shown}, ...: {len(numbers)} in all"


def _pair(line: str) -> tuple[str, Any]:
    key, _, value = line.partition("=")
    return key.lstrip("+~"), value
