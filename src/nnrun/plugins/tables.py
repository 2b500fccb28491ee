"""Datasets of users' own: a function that gives inputs and targets becomes a registry entry."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np

from nnrun.datasets import Source
from nnrun.datasets.source import Samples, Wording
from nnrun.errors import BadInput
from nnrun.plugins.loading import called, explaining
from nnrun.plugins.signatures import Signature, signature_of
from nnrun.registry import Entry
from nnrun.schema import Seed, parameter
from nnrun.seeding import stream

KEPT = 16
"""Tables that are kept, so that the jobs of a sweep share them."""


def dataset_entry(name: str, function: Callable[..., Any], asked: str, path: Path) -> Entry[Source]:
    """The entry of a dataset.

    Args:
        name: of the entry.
        function: returns inputs (sample, feature) and targets: numbers (sample, out), or classes (sample,) as
            integers from 0; or a `Source`. A parameter `rng` gets a NumPy generator, drawn by `dataset.seed`.
        asked: what names it, for messages.
        path: of the file that defines it.

    Raises:
        BadInput: its parameters cannot be configured.
    """
    signature = signature_of(function, ("rng",), asked)
    own = signature.keys
    keys = own if "seed" in own else {"seed": parameter("seed", Seed, 0), **own}

    @functools.lru_cache(KEPT)
    def made(chosen: tuple[tuple[str, Hashable], ...]) -> Source:
        options: dict[str, Any] = dict(chosen)
        seed: int = options["seed"]
        kept = {key: value for key, value in options.items() if key in own}
        table = _Table(function, signature, asked, path, kept)
        found = table.made(stream(seed, "data"))
        return found if isinstance(found, Source) else table.source(found, seed)

    def factory(**options: Any) -> Source:
        return made(tuple(options.items()))

    factory.__doc__ = function.__doc__
    return Entry(name, factory, keys)


class _Table:
    """One configuration of a user's dataset."""

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        asked: str,
        path: Path,
        options: dict[str, Any],
    ) -> None:
        self._function, self._signature, self._asked, self._path = function, signature, asked, path
        self._options = options

    def made(self, rng: np.random.Generator, **changed: Any) -> Any:
        """What the function gives: a source, or samples that have been checked."""
        with explaining(f"{self._asked}: {called(self._function)}() failed", self._path):
            found = self._signature.call(self._function, {"rng": rng}, self._options | changed)
        return found if isinstance(found, Source) else self._checked(found)

    def source(self, samples: Samples, seed: int) -> Source:
        """A table of these samples; more can be drawn where the function takes `samples` and `rng`."""
        x, y = samples
        is_classes = y.ndim == 1
        takes = {*self._signature.injected, *self._signature.named}
        drawable = "rng" in takes and "samples" in self._signature.keys
        title = called(self._function)
        return Source(
            name=title,
            wording=_wording(len(x), x.shape[1]),
            task="classification" if is_classes else "regression",
            inputs=x.shape[1],
            outputs=int(y.max()) + 1 if is_classes else y.shape[1],
            samples=len(x),
            seed=seed,
            draw=lambda rng: samples,
            fresh=self._fresh if drawable else None,
        )

    def _fresh(self, count: int, rng: np.random.Generator) -> Samples:
        found: Samples = self.made(rng, samples=count)
        return found

    def _checked(self, found: Any) -> Samples:
        if not isinstance(found, tuple) or len(found) != 2:
            raise BadInput(f"{self._asked}: gives {type(found).__name__}; wants a pair of inputs and targets")
        try:
            x, y = np.asarray(found[0], dtype=np.float64), np.asarray(found[1])
            is_classes = y.dtype.kind in "iub" and (y.ndim == 1 or y.shape[1:] == (1,))
            y = y.astype(np.int64).reshape(-1) if is_classes else y.astype(np.float64)
        except (ValueError, TypeError) as error:
            raise BadInput(f"{self._asked}: gives what are no numbers: {error}") from error
        self._require_sound(x, y, is_classes)
        return x.reshape(len(x), -1), y if is_classes else y.reshape(len(y), -1)

    def _require_sound(self, x: Any, y: Any, is_classes: bool) -> None:
        problem = None
        if not x.ndim or not y.ndim or x.size == 0 or y.size == 0:
            problem = "gives no samples"
        elif len(x) != len(y):
            problem = f"gives {len(x)} inputs and {len(y)} targets; wants as many"
        elif not np.isfinite(x).all() or not (is_classes or np.isfinite(y).all()):
            problem = "gives numbers that are not finite; leave such samples out"
        elif is_classes and y.min() < 0:
            problem = "gives classes below 0; count them from 0"
        elif is_classes and y.max() == 0:
            problem = "gives one class alone; there is nothing to learn"
        elif is_classes and y.max() >= len(y):
            problem = (
                f"gives whole numbers up to {y.max():,} as targets of {len(y):,} samples, which are classes"
                " counted from 0; for numbers, give y.astype(float)"
            )
        if problem:
            raise BadInput(f"{self._asked}: {problem}")


def _wording(samples: int, inputs: int) -> Wording:
    if inputs == 1:
        return Wording("data.own.one", {"samples": samples})
    return Wording("data.own", {"samples": samples, "inputs": inputs})
