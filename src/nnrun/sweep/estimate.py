"""Roughly how long a sweep will take, from the work in it and the speed of this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from nnrun.sweep.cohorts import Cohort
from nnrun.sweep.planning import Planned

RUN_SECONDS = 0.008
"""What a run costs beside its training: composing, files, pictures; measured by benchmarks/sweep.py."""
STEP_SECONDS = {"manual": 1.2e-4, "autograd": 4e-4}
"""What one step of a population costs however small it is."""
PASSES = 8
"""Multiplications per weight and sample in a step, with what surrounds them, in units of the probe's."""


def estimate(cohorts: Sequence[Cohort]) -> float:
    """Seconds until everything is on disk: steps and multiplications counted, times what they cost here."""
    each = _multiplication()
    seconds = 0.0
    for cohort in cohorts:
        for population in cohort.populations:
            seconds += len(population) * RUN_SECONDS + _training(population, each)
    return seconds


def _training(population: Sequence[Planned], each: float) -> float:
    binding = population[0].binding
    assert binding is not None
    spec, samples = binding.spec, binding.source.samples
    epochs = max(job.binding.spec.epochs for job in population if job.binding is not None)
    batches = -(-samples // min(spec.batch_size or samples, samples))
    work = len(population) * samples * binding.network.size * PASSES * each
    return epochs * (batches * STEP_SECONDS[spec.engine] + work)


def _multiplication() -> float:
    """Seconds that one multiplication takes in small stacked products, measured in a few milliseconds."""
    a, b = np.ones((64, 100, 10), dtype=np.float32), np.ones((64, 10, 10), dtype=np.float32)
    a @ b
    begun = time.perf_counter()
    for _ in range(10):
        a @ b
    return (time.perf_counter() - begun) / (10 * 64 * 100 * 10 * 10)
