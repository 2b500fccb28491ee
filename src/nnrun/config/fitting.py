"""What must hold between the parts of a run; every function reports by raising `BadInput`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from nnrun import memory
from nnrun.datasets import Source
from nnrun.errors import BadInput
from nnrun.losses import losses
from nnrun.metrics import metrics
from nnrun.models import Network
from nnrun.plugins.finding import own_metric
from nnrun.plugins.losses import try_loss
from nnrun.plugins.metrics import try_metric
from nnrun.plugins.naming import own_name
from nnrun.registry import suggestion
from nnrun.runs.pace import Pace
from nnrun.spec import Choice

FONT_FILES = (".ttf", ".ttc", ".otf", ".otc", ".woff", ".woff2", ".pfb")

AUTO_LOSS = {"regression": "mse", "classification": "cross_entropy"}


def fitting_loss(source: Source, choice: Choice) -> Choice:
    """The loss, `auto` resolved by the dataset's task.

    Raises:
        BadInput: the loss is for another task, or has another number of classes.
    """
    if choice.name == "auto":
        name = AUTO_LOSS[source.task]
        return Choice(name, {key: p.default for key, p in losses[name].parameters.items()})
    loss = losses.build(choice.name, np.asarray, **choice.options)
    if loss.task not in (source.task, "any"):
        fitting = [name for name in losses if losses.build(name, np.asarray).task == source.task]
        raise BadInput(
            f"loss={choice.name}: is for {loss.task}, and dataset {source.name} is for {source.task};"
            f" write loss=auto or one of {', '.join(fitting)}"
        )
    if not loss.is_by_hand:
        try_loss(loss, source.outputs)
    weights = choice.options.get("class_weights")
    if weights is not None and len(weights) != source.outputs:
        raise BadInput(
            f"loss.class_weights has {len(weights)} values and the data {source.outputs} classes;"
            " give one per class"
        )
    return choice


def without_gradients(
    network: Network, choices: Mapping[str, Choice | None], loss: Choice | None
) -> str | None:
    """The first part of a run that has no gradients by hand, as it was chosen; None where all have."""
    model = choices["model"]
    if model is not None and not network.is_by_hand:
        return f"model={model.name}"
    if loss is not None and not losses.build(loss.name, np.asarray, **loss.options).is_by_hand:
        return f"loss={loss.name}"
    optim = choices["optim"]
    return "optim=torch" if optim is not None and optim.name == "torch" else None


def require_feature(source: Source, feature: int) -> None:
    """Checks that the feature to draw exists."""
    if feature >= source.inputs:
        counted = "1 feature" if source.inputs == 1 else f"{source.inputs} features"
        raise BadInput(
            f"plots.feature={feature}: the data has {counted}, counted from 0;"
            f" write at most {source.inputs - 1}"
        )
    if source.task == "regression" and feature >= source.drawn_features:
        shown = source.drawn_features
        raise BadInput(
            f"plots.feature={feature}: pictures show the first {shown} features, counted from 0;"
            " where there is dataset.features, name the wanted one first"
        )


def require_place(output: str) -> None:
    """Checks that the output root is a path: an empty one would be the root of the disk."""
    if not output.strip() or "\0" in output:
        raise BadInput("output=: wants a directory; write output=DIR, or set NNRUN_OUTPUTS=DIR")


def require_pace(every: str | None) -> None:
    """Checks how often checkpoints are wanted."""
    if every is not None and not Pace.is_one(every):
        raise BadInput(f"checkpoint_every={every}: wants epochs such as 10, or a time such as 30s, 5m or 1h")


def require_family(font: str | None) -> None:
    """Checks that letters are named by their family, and not by a file."""
    if font is not None and ("/" in font or "\\" in font or font.lower().endswith(FONT_FILES)):
        raise BadInput(
            f'plots.font={font}: is a file; write the family\'s name, such as "plots.font=Noto Sans CJK SC"'
            " (fc-list : family shows those that are installed)"
        )


def pinned(choice: Choice, source: Source) -> Choice:
    """The choice of a dataset with the hash of its file, so that it means this very data and no other."""
    if source.sha256 is None or choice.options.get("sha256") == source.sha256:
        return choice
    return Choice(choice.name, MappingProxyType({**choice.options, "sha256": source.sha256}))


def require_range(source: Source, dtype: str) -> None:
    """Checks that numbers which the model gets as they are fit its precision."""
    extreme, most = source.extreme, float(np.finfo(dtype).max)
    if extreme is not None and extreme.size > most:
        raise BadInput(
            f"{extreme.place}: {extreme.size:g} is too large for {dtype}; write dataset.standardize=true"
            + (" or dtype=float64" if dtype == "float32" else "")
        )


def require_memory(source: Source, network: Network, run: Mapping[str, Any]) -> None:
    """Checks, from shapes alone, that the run fits into this machine."""
    batch = min(run.get("batch_size") or source.samples, source.samples)
    size, free = memory.needed(network, source, batch, run.get("dtype", "float32")), memory.free()
    if size > free:
        raise BadInput(
            f"this run needs about {memory.readable(size)}, {memory.readable(free)} free;"
            " choose fewer units, fewer samples or a smaller batch_size"
        )


def chosen_metrics(source: Source, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """The metrics to record: those asked for, or all that fit the task.

    Raises:
        BadInput: there are none of such names, or for this task; one of the user's fails.
    """
    asked = None if asked is None else tuple(own_metric(name) if own_name(name) else name for name in asked)
    fitting = tuple(name for name in metrics if metrics.build(name).fits(source.task))
    problems = []
    for name in asked or ():
        if name not in metrics:
            hint = suggestion(name, fitting)
            problems.append(f"metrics={name}: no metric '{name}'{hint} choices: {', '.join(fitting)}")
        elif name not in fitting:
            problems.append(f"metrics={name}: is not for {source.task}; choices: {', '.join(fitting)}")
    if problems:
        raise BadInput(problems)
    chosen = fitting if asked is None else asked
    for name in chosen:
        try_metric(metrics.build(name), source.task, source.outputs)
    return chosen


def chosen_objective(asked: str, measured: tuple[str, ...], validated: bool, tested: bool) -> str:
    """The number to judge the run by, `auto` resolved.

    Args:
        asked: as configured.
        measured: names of the metrics.
        validated: there is a validation part.
        tested: there is a test part.
    """
    if asked == "auto":
        return "val/loss" if validated else "train/loss"
    parts = ["train", *(["val"] if validated else []), *(["test"] if tested else [])]
    allowed = [f"{part}/{name}" for part in parts for name in ("loss", *measured)]
    if asked not in allowed:
        raise BadInput(
            f"objective={asked}: this run does not measure it{suggestion(asked, allowed)}"
            f" choices: auto, {', '.join(allowed)}"
        )
    return asked
