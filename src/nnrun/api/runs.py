"""A saved run as an object: its numbers, its network and its pictures, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np
import numpy.typing as npt

from nnrun.api.complaints import refused
from nnrun.api.metrics import Metrics
from nnrun.api.pictures import Look, first_picture
from nnrun.api.samples import samples_of
from nnrun.characters import number, visible
from nnrun.errors import BadInput
from nnrun.plugins.trust import session
from nnrun.runs.entry import read_entry, read_summary
from nnrun.runs.reading import read_metrics
from nnrun.runs.writing import METRICS, SUMMARY

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from matplotlib.figure import Figure

    from nnrun.config import Binding


@final
class Run:
    """One training run, as its directory has it. Made by `nnrun.run` and `nnrun.load_run`.

    Nothing is read before it is asked for, nothing twice, and nothing in the directory is changed.

    Args:
        directory: of the run.
        allow_code: whether files of code that its configuration names may be executed, for `model` and
            `predict` of a network that consists of somebody's own module.
    """

    def __init__(self, directory: Path, allow_code: bool = False) -> None:
        self._directory, self._allow_code = directory.absolute(), allow_code

    @property
    def directory(self) -> Path:
        """Where it lies, absolute."""
        return self._directory

    @cached_property
    def summary(self) -> dict[str, Any]:
        """summary.json: status, final and best metrics, command, versions, and more.

        Raises:
            Refused: it is missing or damaged.
        """
        try:
            return read_summary(self._directory)
        except (OSError, ValueError, RecursionError) as error:
            raise refused(self._directory / SUMMARY, error) from error

    @property
    def status(self) -> str:
        """How it ended: `completed`, `stopped`, `diverged`, `interrupted`, `failed`; or `running`."""
        return read_entry(self._directory).status

    @property
    def config(self) -> Mapping[str, Any]:
        """Key -> value of everything that affects the result, such as `optim.lr` -> 0.5."""
        found = self.summary.get("config")
        return found if isinstance(found, dict) else {}

    @property
    def objective(self) -> float:
        """The number that it is judged by; NaN where it has none."""
        judged = self.summary.get("objective")
        value = judged.get("value") if isinstance(judged, dict) else None
        return float(value) if isinstance(value, int | float) else float("nan")

    @cached_property
    def metrics(self) -> Metrics:
        """Name of a column of metrics.csv -> its values, one for each epoch.

        Raises:
            Refused: the file is missing.
        """
        try:
            return Metrics(read_metrics(self._directory / METRICS)[0])
        except (OSError, ValueError) as error:
            raise refused(self._directory / METRICS, error) from error

    @cached_property
    def _binding(self) -> Binding:
        from nnrun.config.saved import rebuilt, require_run

        require_run(self._directory)
        with session():
            return rebuilt(self._directory, "en", self._allow_code)

    @cached_property
    def _weights(self) -> npt.NDArray[Any]:
        from nnrun.config.saved import final_weights

        return final_weights(self._directory, self._binding.network)

    @cached_property
    def model(self) -> torch.nn.Module:
        """The trained network in evaluation mode, on the CPU, its weights named as in model.safetensors.

        It takes what the network was trained on, inputs (sample, feature) in the run's `dtype`, standardized
        where the dataset is, and gives raw outputs (sample, out): logits where there are classes.

        Raises:
            Refused: weights or configuration are missing or damaged, or name code that is not allowed.
        """
        from nnrun.models.equivalent import as_module

        binding = self._binding
        return as_module(binding.network, self._weights, binding.spec.dtype)

    def predict(
        self, x: npt.ArrayLike | pd.DataFrame | Sequence[Sequence[object]], logits: bool = False
    ) -> npt.NDArray[Any]:
        """What the network makes of samples, in the units of the data, as `nnrun predict` does.

        Args:
            x: inputs (sample, feature); (sample,) will do where there is one feature. Of a run on a table
                with texts, rows that have these texts; a pandas table is read by the names of its columns.
            logits: of classes the raw outputs, and not their probabilities.

        Returns:
            (sample, out): targets, or a probability for each class.

        Raises:
            BadInput: `x` has another shape, or holds what is neither a number nor a text of the table.
            Refused: as for `model`.
        """
        from nnrun.config.saved import scale_of
        from nnrun.prediction.predicting import outputs, probabilities

        source = self._binding.source
        scale = scale_of(self._directory, self._binding)
        samples = samples_of(x, self._binding, is_scaled=scale is not None)
        raw = outputs(self._binding, self._weights, samples if scale is None else scale.to_model(samples))
        if source.task == "classification":
            return raw if logits else probabilities(raw)
        if logits:
            raise BadInput(f"logits=True: dataset {source.name} has no classes; leave it out")
        return raw if scale is None else np.asarray(scale.from_model(raw))

    def figure(
        self,
        kind: str = "fit",
        *,
        theme: str = "light",
        width: float | None = None,
        height: float | None = None,
        feature: int = 0,
        language: str = "auto",
    ) -> Figure:
        """A picture of the run, drawn from what it recorded; a cell that ends with it shows it.

        Args:
            kind: `fit`, `curves`, `data`, and `landscape` or `animation` (its last frame) where there are.
            theme: as for `nnrun plot --theme`.
            width: inches; None: the theme's, or what the content needs.
            height: inches, likewise.
            feature: which input is on the x-axis where there are several, from 0.
            language: of the words in it.

        Raises:
            BadInput: no such picture or look.
            Refused: the recorded arrays are missing or damaged.
        """
        from nnrun.plots import draw
        from nnrun.runs.reading import read_run

        look = Look(theme, width, height, language)
        return draw(read_run(self._directory), kind, feature=feature, **look.options)

    def __repr__(self) -> str:
        entry = read_entry(self._directory)
        told = [entry.status, str(entry.summary.get("title") or "")]
        judged = entry.summary.get("objective")
        if isinstance(judged, dict) and isinstance(judged.get("value"), int | float):
            told.append(f"{judged.get('name')} {number(float(judged['value']))}")
        return visible(f"<run {self._directory.name}: {', '.join(filter(None, told))}>")

    def _repr_html_(self) -> str:
        from nnrun.api.cards import run_card

        return run_card(read_entry(self._directory), first_picture(self._directory, "fit", self.figure))
