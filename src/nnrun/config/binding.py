"""Binding: a composed configuration becomes a `Spec`, or the list of everything wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from omegaconf import DictConfig

from nnrun.config import fitting
from nnrun.config.keys import Keys
from nnrun.config.starting import start_of
from nnrun.datasets import Source, SplitSizes, datasets
from nnrun.devices import devices
from nnrun.engines import engines
from nnrun.errors import BadInput, ExpressionError
from nnrun.losses import losses
from nnrun.models import Network, models
from nnrun.optimizers import optimizers
from nnrun.own_pictures import require_pictures
from nnrun.plugins.finding import fingerprints
from nnrun.plugins.registering import fingerprints_of, require_plugin
from nnrun.registry import Registry
from nnrun.schedules import schedules
from nnrun.schema import field_parameters
from nnrun.secrets import redacted, spare
from nnrun.spec import (
    MOST_MOMENTS,
    RESULT,
    Choice,
    EarlyStopping,
    PlotSettings,
    Settings,
    Spec,
    SweepSettings,
)
from nnrun.words import chosen
from nnrun.words.notes import Note

REGISTRIES: Mapping[str, Registry[Any]] = MappingProxyType(
    {
        "dataset": datasets,
        "model": models,
        "loss": losses,
        "optim": optimizers,
        "schedule": schedules,
        "device": devices,
        "engine": engines,
    }
)
NODES: Mapping[str, type] = MappingProxyType(
    {"early_stopping": EarlyStopping, "plots": PlotSettings, "sweep": SweepSettings}
)

_AUTO = ("loss", "device", "engine")
"""Groups in which `auto` stands for a later decision."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Binding:
    """A configuration bound to its factories; nothing is allocated yet.

    Attributes:
        spec: validated, with nothing left to choose.
        source: the dataset, not yet drawn.
        network: the model, without weights.
        leftovers: keys that a preset set for a part which was then replaced; they mean nothing.
        notes: what the user should know, though it is no error.
    """

    spec: Spec
    source: Source
    network: Network
    leftovers: tuple[str, ...]
    notes: tuple[Note, ...]


def bind(
    config: DictConfig,
    typed: Mapping[str, str] = MappingProxyType({}),
    source: Source | None = None,
) -> Binding:
    """Checks a whole configuration and resolves what it leaves to `auto`.

    Args:
        config: composed, with or without the `hydra` node.
        typed: key -> the argument as typed, for messages.
        source: what stands for the dataset that is configured; None: that itself.

    Raises:
        BadInput: with every problem found.
    """
    keys = Keys(config, typed)
    run, settings = keys.fields(Spec), _settings(keys)
    nested = {node: keys.fields(owner, node) for node, owner in NODES.items()}
    for name in run.get("plugins", ()):
        require_plugin(name)
    keys.require_installed(REGISTRIES)
    keys.reject_unknown({*field_parameters(Spec), *field_parameters(Settings), *NODES, *REGISTRIES})
    for node, owner in NODES.items():
        keys.reject_unknown(field_parameters(owner), node)
    choices = {
        group: keys.choice(group, registry, "auto" if group == "loss" else None)
        for group, registry in REGISTRIES.items()
    }
    parts = _Parts(choices, keys.problems, source)
    parts.attempt(lambda: fitting.require_place(settings.get("output", "outputs")))
    spare(str(settings.get("output")))
    parts.attempt(lambda: require_pictures(nested["plots"].get("own", ())))
    parts.attempt(lambda: fitting.require_family(nested["plots"].get("font")))
    parts.attempt(lambda: fitting.require_pace(settings.get("checkpoint_every")))
    source, network, loss, device, engine = parts.build()
    undecided = {"objective": "auto", "metrics": None}
    asked = parts.undecided() | {key: run.get(key, unset) for key, unset in undecided.items()}
    asked |= {key: raw for key, raw in keys.interpolated.items() if key.partition(".")[0] in RESULT}
    start, own_metrics = None, ()
    if source is not None:
        fractions = run.get("val_fraction", 0.0), run.get("test_fraction", 0.0)
        parts.attempt(lambda: SplitSizes.of(source.samples, *fractions))
        parts.attempt(lambda: fitting.require_feature(source, nested["plots"].get("feature", 0)))
        own_metrics = run.get("metrics") or ()
        measured = parts.attempt(lambda: fitting.chosen_metrics(source, run.get("metrics"))) or ()
        validated, tested = fractions[0] > 0, fractions[1] > 0 or source.test_samples > 0
        named = run.get("objective", "auto")
        objective = parts.attempt(lambda: fitting.chosen_objective(named, measured, validated, tested))
        run |= {"metrics": measured, "objective": objective}
        if network is not None:
            parts.attempt(lambda: network.require_domain(source.interval))
            parts.attempt(lambda: fitting.require_memory(source, network, run))
            parts.attempt(lambda: fitting.require_range(source, run.get("dtype", "float32")))
            start = parts.attempt(lambda: start_of(run.get("init_from"), network))
    if keys.problems or source is None or network is None or loss is None or device is None or engine is None:
        raise BadInput(keys.problems)
    dataset = fitting.pinned(parts.given("dataset"), source)
    if dataset is not parts.given("dataset"):
        asked["dataset.sha256"] = parts.given("dataset").options["sha256"]
    spec = Spec(
        dataset=dataset,
        model=parts.given("model"),
        loss=loss,
        optim=parts.given("optim"),
        schedule=parts.given("schedule"),
        device=device,
        engine=engine,
        early_stopping=EarlyStopping(**nested["early_stopping"]),
        settings=_whole(settings, nested),
        start=start,
        code=fingerprints([*parts.names(), *own_metrics]) | fingerprints_of(run.get("plugins", ())),
        asked=asked,
        **run,
    )
    return Binding(spec, source, network, tuple(keys.leftovers), (*_notes(spec), *source.notes))


def bind_settings(config: DictConfig, typed: Mapping[str, str] = MappingProxyType({})) -> Settings:
    """The settings alone, of a configuration whose parts are not chosen yet, as a sweep's.

    Raises:
        BadInput: with every problem found.
    """
    keys = Keys(config, typed)
    settings = _settings(keys)
    nested = {node: keys.fields(owner, node) for node, owner in NODES.items()}
    if keys.problems:
        raise BadInput(keys.problems)
    return _whole(settings, nested)


def _settings(keys: Keys) -> dict[str, Any]:
    settings = keys.fields(Settings)
    return settings | {"language": chosen(settings.get("language", "auto"), os.environ)}


def _whole(settings: Mapping[str, Any], nested: Mapping[str, Mapping[str, Any]]) -> Settings:
    plots, sweep = PlotSettings(**nested["plots"]), SweepSettings(**nested["sweep"])
    return Settings(plots=plots, sweep=sweep, **settings)


class _Parts:
    """The parts that choices make, built as far as they can be; what they refuse is collected."""

    def __init__(
        self, choices: Mapping[str, Choice | None], problems: list[str], source: Source | None
    ) -> None:
        self._choices, self._problems, self._source = choices, problems, source

    def build(self) -> tuple[Source | None, Network | None, Choice | None, str | None, str | None]:
        """Source, network, loss, device and engine; None for what could not be built."""
        source = self._source or self._built("dataset", datasets)
        network = None if source is None else self._built("model", models, source.inputs, source.outputs)
        self._built("optim", optimizers, np.asarray)
        self._built("schedule", schedules, 1)
        device = self._built("device", devices)
        choice = self._choices["loss"]
        loss, unfit = None, list[str]()
        if source is not None and choice is not None:
            try:
                loss = fitting.fitting_loss(source, choice)
            except BadInput as error:
                unfit += error.problems
        asked = self._choices["device"]
        wanted = device or (None if asked is None else asked.name)
        known = network is not None and wanted is not None
        strange = None if network is None else fitting.without_gradients(network, self._choices, loss)
        engine = self._built("engine", engines, network, wanted, strange) if known else None
        self._problems += unfit
        return source, network, loss, device, engine

    def given(self, group: str) -> Choice:
        """The choice of a group that has been bound."""
        choice = self._choices[group]
        assert choice is not None
        return choice

    def names(self) -> list[str]:
        """Of all parts that have been chosen."""
        return [choice.name for choice in self._choices.values() if choice is not None]

    def undecided(self) -> dict[str, str]:
        """Keys of parts that were left to `auto`."""
        chosen = {group: self._choices[group] for group in _AUTO}
        return {
            f"{group}.name": "auto" for group, choice in chosen.items() if choice and choice.name == "auto"
        }

    def attempt(self, action: Callable[[], Value]) -> Value | None:
        """What `action` returns; None if it refuses."""
        try:
            return action()
        except BadInput as error:
            self._problems += error.problems
            return None

    def _built(self, group: str, registry: Registry[Value], *injected: Any) -> Value | None:
        choice = self._choices[group]
        if choice is None:
            return None
        try:
            return registry.build(choice.name, *injected, **choice.options)
        except ExpressionError as error:
            key = next(name for name, value in choice.options.items() if value == error.text)
            told = f"{error.message} (character {error.position + 1})"
            if redacted(error.text) != error.text:
                # What is wrong with it quotes parts of a value that is not to be shown.
                told = "is no such formula; its value is from the environment, and not shown"
            self._problems.append(f"{group}.{key}={error.text}: {told}")
        except BadInput as error:
            self._problems += error.problems
        return None


def _notes(spec: Spec) -> tuple[Note, ...]:
    notes = [Note("note.still", {})] if spec.optim.options["lr"] == 0 else []
    every = spec.settings.plots.every
    # The last epoch is recorded whatever divides it.
    wanted = 0 if every is None else -(-spec.epochs // every) + 1
    if wanted > MOST_MOMENTS:
        fields = {"every": every or 1, "wanted": wanted, "most": MOST_MOMENTS}
        notes.append(Note("note.frames", fields))
    return tuple(notes)
