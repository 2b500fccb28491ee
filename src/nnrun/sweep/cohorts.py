"""Which jobs of a sweep can train together, and how many of them at a time."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from nnrun import memory
from nnrun.config import REGISTRIES, Binding
from nnrun.datasets import SplitSizes
from nnrun.spec import Choice
from nnrun.sweep.planning import Planned

SHARE_OF_MEMORY = 1 / 3
"""What a population may take of the memory that is free."""
BOOKKEEPING = 100_000
"""Bytes that a member takes beside its training: snapshots, portrait, rows that wait."""
LARGEST = 500
"""Members beyond which a population gains nothing: its arrays have long left the processor's caches, and
pictures of the first runs could be drawn already."""
_FREE = ("seed", "epochs", "early_stopping.", "clip_norm", "dataset.seed", "model.init", "model.bias_init")
"""How keys begin that never divide jobs, whatever their values."""


@dataclass(frozen=True)
class Cohort:
    """Jobs that differ only in what can be a tensor axis, split into populations.

    Attributes:
        populations: each trains as one.
    """

    populations: tuple[tuple[Planned, ...], ...]


def cohorts(jobs: Sequence[Planned], limit: int | None) -> list[Cohort]:
    """The valid ones of `jobs`, grouped, in the order of each group's first job.

    Args:
        jobs: checked; those without a binding are left out.
        limit: most members of a population; None: as many as fit into a third of the free memory, at
            most 500.
    """
    groups: dict[Hashable, list[Planned]] = {}
    for job in jobs:
        if job.binding is not None:
            alone = job.number if stays_alone(job.binding) else None
            groups.setdefault((structure(job.binding), alone), []).append(job)
    return [Cohort(_populations(group, limit or _room(group[0].binding))) for group in groups.values()]


def stays_alone(binding: Binding) -> str | None:
    """Why a job can only train by itself; None where it can be a member."""
    spec, module = binding.spec, binding.network.module
    if spec.optim.name == "torch":
        return "optim=torch keeps the state of one run"
    obstacle = None if module is None else module.obstacle
    return None if obstacle is None else f"model={spec.model.name} {obstacle}"


def structure(binding: Binding) -> Hashable:
    """All that must be equal for runs to train together.

    Left out is what can differ from member to member: seeds, epochs, every number of the optimizer, the
    schedule and the loss, the data's numbers where shapes stay equal, how weights start, clipping, and when
    to stop early.
    """
    spec, source = binding.spec, binding.source
    return (
        (source.name, source.task, source.inputs, source.outputs, source.image_shape),
        (SplitSizes.of(source.samples, spec.val_fraction, spec.test_fraction), source.test_samples),
        (spec.val_fraction > 0, spec.test_fraction > 0, source.truth is None, source.fresh is None),
        binding.network.layers,
        *(_fixed(group, getattr(spec, group)) for group in ("loss", "optim", "schedule")),
        (spec.engine, spec.device, spec.dtype, spec.batch_size, spec.shuffle, spec.metrics),
        spec.settings.threads,
    )


def distinct(population: Sequence[Planned]) -> tuple[list[Planned], list[tuple[Planned, Planned]]]:
    """The jobs that differ from each other, and the others, each with the one that it is equal to."""
    first: dict[str, Planned] = {}
    others = []
    for planned in population:
        assert planned.binding is not None
        original = first.setdefault(planned.binding.spec.config_hash, planned)
        if original is not planned:
            others.append((planned, original))
    return list(first.values()), others


def _fixed(group: str, choice: Choice) -> Hashable:
    """A part's name, and those of its options that all members must share."""
    parameters = REGISTRIES[group][choice.name].parameters
    shared: list[Any] = [
        (key, value is None) if parameters[key].per_member else (key, value)
        for key, value in choice.options.items()
    ]
    return choice.name, tuple(shared)


def _room(binding: Binding | None) -> int:
    assert binding is not None
    spec = binding.spec
    batch = min(spec.batch_size or binding.source.samples, binding.source.samples)
    each = memory.needed(binding.network, binding.source, batch, spec.dtype) + BOOKKEEPING
    return max(1, min(LARGEST, int(SHARE_OF_MEMORY * memory.free() / each)))


def _populations(jobs: Sequence[Planned], most: int) -> tuple[tuple[Planned, ...], ...]:
    """`jobs` in populations of nearly equal size, none larger than `most`."""
    count = -(-len(jobs) // most)
    edges = [round(index * len(jobs) / count) for index in range(count + 1)]
    return tuple(tuple(jobs[start:stop]) for start, stop in itertools.pairwise(edges))


def differing(cohorts: Sequence[Cohort], swept: Sequence[str]) -> list[str]:
    """The swept keys because of which there are several cohorts: each of their values has its own."""
    if len(cohorts) < 2:
        return []
    found = []
    for key in swept:
        values = [
            {job.values.get(key) for population in cohort.populations for job in population}
            for cohort in cohorts
        ]
        if all(len(each) == 1 for each in values) and len(set().union(*values)) > 1:
            found.append(key)
    free = _free([cohort.populations[0][0] for cohort in cohorts], found)
    return [key for key in found if key not in free] or found


def _free(jobs: Sequence[Planned], keys: Sequence[str]) -> set[str]:
    """Those of `keys` that members may differ in: a zip lets them change with one that divides the jobs."""
    specs = [job.binding.spec for job in jobs if job.binding is not None]
    found = {key for key in keys if key.startswith(_FREE)}
    for group in ("loss", "optim", "schedule"):
        parts = [REGISTRIES[group][getattr(spec, group).name] for spec in specs]
        options = {name: option for part in parts for name, option in part.parameters.items()}
        found |= {f"{group}.{name}" for name, option in options.items() if option.per_member}
    return found


def reasons_to_stay_alone(jobs: Sequence[Planned]) -> dict[str, int]:
    """Why jobs of a sweep train by themselves although others could join, each reason with its jobs."""
    found = Counter(reason for job in jobs if job.binding and (reason := stays_alone(job.binding)))
    return dict(found)


def repetitions(jobs: Sequence[Planned]) -> list[tuple[int, int]]:
    """Jobs equal to an earlier one but for settings, each with that one."""
    first: dict[str, int] = {}
    found = []
    for job in jobs:
        if job.binding is not None:
            original = first.setdefault(job.binding.spec.config_hash, job.number)
            if original != job.number:
                found.append((job.number, original))
    return found
