"""A module's step done again in float64: in training mode, with the step's own chance, as often as wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt
import torch

from nnrun.arrays import Array
from nnrun.errors import BadInput
from nnrun.models.module import chance, seeded
from nnrun.plugins.loading import told
from nnrun.tracing.children import watched
from nnrun.tracing.draws import Draws
from nnrun.tracing.gradients import Floats, Passes, Problem, reach_of
from nnrun.training.stacking import parts


@final
class Repetition:
    """The module of a problem with its weights, which are kept as they were before the step.

    Args:
        problem: a lone member's step; its network is a module.
    """

    def __init__(self, problem: Problem) -> None:
        layer = problem.network.module
        assert layer is not None
        self._problem, self._layer = problem, layer
        # Metal has no float64.
        self._device = "cpu" if problem.spec.device == "mps" else problem.spec.device
        self._seed = chance(problem.spec.seed, problem.step)
        self._trained = sum(weights.trained for weights in layer.weights)
        self._flat = self._array(problem.weights)
        self._y = self._array(problem.y)
        self._loss = parts([problem.spec], problem.network, self._array).loss
        self._draws = self._noted() if layer.chancy else None

    def passes(self) -> Passes:
        """Forward, and backward by autograd: d loss / d weights, and d loss / d prediction.

        Raises:
            BadInput: the module does not take float64.
        """
        leaves = [view.clone().requires_grad_() for view in self._views(self._flat)]
        with watched(self._layer.module, len(self._y[0])) as children:
            try:
                prediction = self._output(leaves)[None]
            except Exception as error:
                name = self._problem.spec.model.name
                raise BadInput(
                    f"model={name}: a trace computes in float64, which fails here: {told(error)}"
                ) from error
        loss = self._loss.value(prediction, self._y)
        signal, *found = torch.autograd.grad(
            loss.sum(), [prediction, *leaves], allow_unused=True, materialize_grads=True
        )
        gradient = np.zeros(self._problem.weights.shape[1])
        flat = np.concatenate([array.numpy(force=True).ravel() for array in found])
        gradient[: len(flat)] = flat
        y: Floats = prediction[0].numpy(force=True)
        tape = [self._problem.x[0], y]
        return Passes(tape, [signal[0].numpy(force=True)], loss.item(), gradient, tuple(children))

    def differences(self, probes: npt.NDArray[np.int64]) -> Floats:
        """(loss(w + h) - loss(w - h)) / 2h for each weight w, (parameter,); NaN where it was not probed."""
        result = np.full(self._problem.weights.shape[1], np.nan)
        flat = self._flat.clone()
        views, row = self._views(flat), flat[0]
        for probe in probes.tolist():
            own = float(self._problem.weights[0, probe])
            reach = float(reach_of(np.array([own]))[0])
            above, below = own + reach, own - reach
            row[probe] = above
            higher = self._value(views)
            row[probe] = below
            result[probe] = (higher - self._value(views)) / (above - below)
            row[probe] = own
        return result

    def _value(self, trained: Sequence[torch.Tensor]) -> float:
        with torch.no_grad():
            return float(self._loss.value(self._output(trained)[None], self._y))

    def _output(self, trained: Sequence[torch.Tensor]) -> torch.Tensor:
        """Predictions (batch, out); buffers start from what they were before the step."""
        if self._draws is not None:
            self._draws.again()
        return self._through(trained, torch.float64)

    def _noted(self) -> Draws:
        """What the step drew, noted in a pass as the run's own."""
        self._draws = Draws()
        dtype: torch.dtype = getattr(torch, self._problem.spec.dtype)
        with torch.no_grad():
            self._through([view.to(dtype) for view in self._views(self._flat)], dtype)
        return self._draws

    def _through(self, trained: Sequence[torch.Tensor], dtype: torch.dtype) -> torch.Tensor:
        kept = self._problem.network.views(self._flat)[self._trained :]
        kinds = self._layer.kinds(dtype)
        buffers = [view[0].to(kind, copy=True) for view, kind in zip(kept, kinds, strict=True)]
        x = self._array(self._problem.x[0]).to(dtype)
        with contextlib.ExitStack() as stack:
            if self._draws is not None:
                stack.enter_context(seeded(self._seed, self._device))
                stack.enter_context(self._draws)
            return self._layer.call([*trained, *buffers], x, training=True)

    def _views(self, flat: torch.Tensor) -> list[torch.Tensor]:
        """The parameters that are trained, sharing the memory of `flat`."""
        return [view[0] for view in self._problem.network.views(flat)[: self._trained]]

    def _array(self, values: Any) -> Array:
        return torch.tensor(np.asarray(values), dtype=torch.float64, device=self._device)
