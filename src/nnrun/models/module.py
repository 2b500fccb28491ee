"""A network around somebody's `torch.nn.Module`: its parameters and buffers are one row per member."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import numpy as np
import numpy.typing as npt

from nnrun.arrays import Array
from nnrun.models.layers import Layer, Weights
from nnrun.seeding import stream

if TYPE_CHECKING:
    import torch

TRIED = 3
"""Samples of a batch with which a module is tried; batch normalisation takes no fewer than two."""
AGREEMENT = 1e-4
"""Relative difference up to which stacked outputs count as equal to those of members one by one."""


@final
@dataclass(frozen=True)
class ModuleLayer(Layer):
    """All of a module as one layer.

    Attributes:
        key: equal for equal modules.
        make: builds the module, with weights drawn from the global generators.
        module: one of them, whose own weights are never used; where others are put in their place.
        inputs: features of a sample.
        chancy: it draws random numbers in training, as dropout does.
    """

    key: Hashable
    make: Callable[[], torch.nn.Module] = field(compare=False)
    module: torch.nn.Module = field(compare=False, repr=False)
    inputs: int
    chancy: bool

    @property
    def weights(self) -> tuple[Weights, ...]:
        """Parameters that are trained, then buffers and frozen parameters, by their names in the module."""
        return self._weights

    @functools.cached_property
    def _weights(self) -> tuple[Weights, ...]:
        return tuple(
            Weights(name, tuple(tensor.shape), int(np.prod(tensor.shape[1:], dtype=int)), trained)
            for tensors, trained in zip(tensors_of(self.module), (True, False), strict=True)
            for name, tensor in tensors.items()
        )

    @property
    def is_stackable(self) -> bool:
        """Whether several members can train as one."""
        return self.obstacle is None

    def initial(self, seed: int) -> npt.NDArray[np.float64]:
        """The row (parameter,) of the module as it is built after `torch.manual_seed(seed)`."""
        with seeded(seed):
            module = self.make()
        trained, kept = tensors_of(module)
        rows = [tensor.detach().numpy(force=True).ravel() for tensor in (*trained.values(), *kept.values())]
        return np.concatenate(rows).astype(np.float64)

    def forward(self, arrays: Sequence[Array], x: Array) -> Array:
        """Raw outputs (member, batch, out) in evaluation mode, one member after the other."""
        import torch

        tensors = [torch.as_tensor(array) for array in arrays]
        inputs = torch.as_tensor(x)
        with torch.no_grad():
            rows = [
                self.call([tensor[index] for tensor in tensors], inputs[index if len(inputs) > 1 else 0])
                for index in range(len(tensors[0]))
            ]
        stacked = torch.stack(rows)
        return stacked.numpy() if isinstance(x, np.ndarray) else stacked

    def backward(
        self,
        arrays: Sequence[Array],
        x: Array,
        y: Array,
        gradient: Array,
        gradients: Sequence[Array],
        to_input: bool,
    ) -> Array:
        """There is none by hand."""
        raise NotImplementedError("a module has no gradients by hand")

    def call(self, tensors: Sequence[torch.Tensor], x: torch.Tensor, training: bool = False) -> torch.Tensor:
        """Outputs (batch, out) of the module with other weights in the place of its own.

        Args:
            tensors: in the order of `weights`; buffers among them are changed in place where it changes them.
            x: (batch, feature).
            training: whether batch normalisation, dropout and the like are at work.
        """
        from torch.func import functional_call

        self.module.train(training)
        named = {weights.name: tensor for weights, tensor in zip(self._weights, tensors, strict=True)}
        result: torch.Tensor = functional_call(self.module, named, (x,))
        return result

    def stacked(
        self, tensors: Sequence[torch.Tensor], x: torch.Tensor, training: bool = False
    ) -> torch.Tensor:
        """Outputs (member, batch, out) of all members at once.

        Args:
            tensors: as for `call`, each with an axis of members first.
            x: (member or 1, batch, feature).
            training: as for `call`.
        """
        from torch.func import vmap

        shared = len(x) == 1
        mapped = vmap(
            lambda own, inputs: self.call(own, inputs, training), in_dims=(0, None if shared else 0)
        )
        result: torch.Tensor = mapped(list(tensors), x[0] if shared else x)
        return result

    @functools.cached_property
    def obstacle(self) -> str | None:
        """Why several members cannot train as one; None where they can."""
        import torch

        if self.chancy:
            return "draws random numbers in training"
        rows = np.stack([self.initial(seed) for seed in (0, 1)]).astype(np.float32)
        tensors = self._tensors(torch.as_tensor(rows))
        with seeded(0):
            x = torch.randn(2, TRIED, self.inputs)
        try:
            with torch.no_grad():
                lone = [
                    self.call([tensor[index].clone() for tensor in tensors], x[index], True)
                    for index in (0, 1)
                ]
                together = self.stacked([tensor.clone() for tensor in tensors], x, True)
        except Exception as error:
            return f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        same = torch.allclose(torch.stack(lone), together, rtol=AGREEMENT, atol=AGREEMENT, equal_nan=True)
        return None if same else "gives other numbers when stacked"

    def _tensors(self, flat: torch.Tensor) -> list[torch.Tensor]:
        """What stands in rows (member, parameter), each with its own type."""
        import torch

        parts = torch.split(flat, [weights.size for weights in self._weights], dim=1)
        shaped = [
            part.reshape(len(flat), *weights.shape)
            for part, weights in zip(parts, self._weights, strict=True)
        ]
        trained = [weights.trained for weights in self._weights]
        kept = zip(shaped[sum(trained) :], self.kinds(flat.dtype), strict=True)
        return [*shaped[: sum(trained)], *(part.to(kind) for part, kind in kept)]

    def kinds(self, dtype: torch.dtype) -> list[torch.dtype]:
        """Types of what is kept and not trained: fractions as the run has them, counters as they are."""
        _, kept = tensors_of(self.module)
        return [dtype if tensor.is_floating_point() else tensor.dtype for tensor in kept.values()]


def tensors_of(module: torch.nn.Module) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """What is trained, and what is only kept: buffers and frozen parameters; by name."""
    parameters = dict(module.named_parameters())
    trained: dict[str, torch.Tensor] = {}
    kept: dict[str, torch.Tensor] = {}
    for name, tensor in parameters.items():
        (trained if tensor.requires_grad else kept)[name] = tensor
    return trained, kept | dict(module.named_buffers())


@contextmanager
def seeded(seed: int, device: str = "cpu") -> Iterator[None]:
    """The global generators of torch, NumPy and Python start from `seed`, and are afterwards as they were."""
    import torch

    python, numpy = random.getstate(), np.random.get_state()
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def chance(seed: int, step: int) -> int:
    """The seed of what a module draws in one step of training."""
    return int(stream(seed, "chance", step).integers(2**63))
