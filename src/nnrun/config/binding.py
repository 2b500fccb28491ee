"""Binding: a composed configuration becomes a `Spec`, or the list of everything wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from omegaconf import DictConfig

from nnrun import memory
from nnrun.config.resolving import resolved
from nnrun.datasets import Source, SplitSizes, datasets
from nnrun.devices import devices
from nnrun.engines import engines
from nnrun.errors import BadInput
from nnrun.losses import losses
from nnrun.metrics import metrics
from nnrun.models import Network, models
from nnrun.optimizers import optimizers
from nnrun.registry import Registry, suggestion
from nnrun.schedules import schedules
from nnrun.schema import InvalidValue, Parameter, field_parameters
from nnrun.spec import Choice, EarlyStopping, PlotSettings, Settings, Spec

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
AUTO_LOSS = {"regression": "mse", "classification": "cross_entropy"}
NODES: Mapping[str, type] = MappingProxyType({"early_stopping": EarlyStopping, "plots": PlotSettings})

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
    notes: tuple[str, ...]


def bind(config: DictConfig, typed: Mapping[str, str] = MappingProxyType({})) -> Binding:
    """Checks a whole configuration and resolves what it leaves to `auto`.

    Args:
        config: composed, with or without the `hydra` node.
        typed: key -> text of what the user typed, for messages.

    Raises:
        BadInput: with every problem found.
    """
    return _Binder(resolved(config, typed), typed).bind()


class _Binder:
    """One pass over a configuration, collecting problems."""

    def __init__(self, content: Mapping[str, Any], typed: Mapping[str, str]) -> None:
        self._content, self._typed = content, typed
        self.problems: list[str] = []
        self._leftovers: list[str] = []
        self._notes: list[str] = []

    def bind(self) -> Binding:
        """The binding, once every key has been looked at."""
        run, settings = self._fields(Spec, ""), self._fields(Settings, "")
        nested = {name: self._fields(owner, f"{name}.") for name, owner in NODES.items()}
        self._reject_unknown()
        choices = {group: self._choice(group, registry) for group, registry in REGISTRIES.items()}
        source = self._built(datasets, choices["dataset"])
        network = (
            None if source is None else self._built(models, choices["model"], source.inputs, source.outputs)
        )
        self._built(optimizers, choices["optim"], np.asarray)
        self._built(schedules, choices["schedule"], 1)
        device = self._built(devices, choices["device"])
        engine = self._engine(choices["engine"], network, device)
        loss = None if source is None else self._loss(source, choices["loss"])
        if source and network:
            self._fit(source, network, run, nested["plots"])
        if source and loss:
            run |= self._judging(source, run)
        if self.problems:
            raise BadInput(self.problems)
        assert source is not None
        assert network is not None
        assert loss is not None
        assert device is not None
        assert engine is not None
        self._note(choices["optim"])
        spec = Spec(
            dataset=_given(choices["dataset"]),
            model=_given(choices["model"]),
            loss=loss,
            optim=_given(choices["optim"]),
            schedule=_given(choices["schedule"]),
            device=device,
            engine=engine,
            early_stopping=EarlyStopping(**nested["early_stopping"]),
            settings=Settings(plots=PlotSettings(**nested["plots"]), **settings),
            **run,
        )
        return Binding(spec, source, network, tuple(self._leftovers), tuple(self._notes))

    def _fields(self, owner: type, prefix: str) -> dict[str, Any]:
        """The scalar keys of a settings class, converted."""
        node = self._content.get(prefix.rstrip("."), {}) if prefix else self._content
        if not isinstance(node, Mapping):
            self.problems.append(
                f"{prefix.rstrip('.')}={node}: wants keys below it, such as {prefix}KEY=VALUE"
            )
            return {}
        return self._converted(field_parameters(owner), node, prefix)

    def _converted(
        self, parameters: Mapping[str, Parameter], node: Mapping[str, Any], prefix: str
    ) -> dict[str, Any]:
        values = {}
        for name, parameter in parameters.items():
            if name not in node:
                if parameter.required:
                    self.problems.append(f"{prefix}{name} is missing; it wants {parameter.wanted}")
                continue
            try:
                values[name] = parameter.convert(node[name])
            except InvalidValue as error:
                self.problems.append(f"{prefix}{name}={self._shown(prefix + name, node[name])}: {error}")
        return values

    def _shown(self, key: str, value: Any) -> str:
        if key in self._typed:
            return self._typed[key]
        return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    def _reject_unknown(self) -> None:
        known = {*field_parameters(Spec), *field_parameters(Settings), *NODES, *REGISTRIES, "experiment"}
        for key in self._content:
            if key not in known:
                value = self._shown(key, self._content[key])
                self.problems.append(f"{key}={value}: unknown option '{key}'{_hint(key, known)}")
        for name, owner in NODES.items():
            node = self._content.get(name)
            for key in node if isinstance(node, Mapping) else ():
                if key not in field_parameters(owner):
                    value = self._shown(f"{name}.{key}", node[key])
                    hint = _hint(f"{name}.{key}", [f"{name}.{field}" for field in field_parameters(owner)])
                    self.problems.append(f"{name}.{key}={value}: unknown option '{name}.{key}'{hint}")

    def _choice(self, group: str, registry: Registry[Any]) -> Choice | None:
        """One group's choice with its options converted; None if it cannot be bound."""
        node = self._content.get(group)
        if not isinstance(node, Mapping) or not isinstance(node.get("name"), str):
            self.problems.append(f"{group}={self._shown(group, node)}: wants one of {', '.join(registry)}")
            return None
        name: str = node["name"]
        if group == "loss" and name == "auto":
            return Choice("auto")
        try:
            parameters = registry[name].parameters
        except BadInput as error:
            self.problems += error.problems
            return None
        before = len(self.problems)
        for key in node:
            if key == "name" or key in parameters:
                continue
            if f"{group}.{key}" in self._typed or group not in self._typed:
                shown = f"{group}.{key}={self._shown(f'{group}.{key}', node[key])}"
                self.problems.append(f"{shown}: {name} has no parameter '{key}'{_hint(key, parameters)}")
            else:
                self._leftovers.append(f"{group}.{key}")
        defaults = {key: p.default for key, p in parameters.items() if not p.required}
        options = self._converted(parameters, defaults | dict(node), f"{group}.")
        return None if len(self.problems) > before else Choice(name, MappingProxyType(options))

    def _built(self, registry: Registry[Value], choice: Choice | None, *injected: Any) -> Value | None:
        if choice is None:
            return None
        return self._attempt(lambda: registry.build(choice.name, *injected, **choice.options))

    def _engine(self, choice: Choice | None, network: Network | None, device: str | None) -> str | None:
        if network is None or device is None:
            return None
        return self._built(engines, choice, network, device)

    def _attempt(self, action: Callable[[], Value]) -> Value | None:
        try:
            return action()
        except BadInput as error:
            self.problems += error.problems
            return None

    def _loss(self, source: Source, choice: Choice | None) -> Choice | None:
        """The loss, `auto` resolved by the dataset's task."""
        if choice is None:
            return None
        if choice.name == "auto":
            defaults = losses[AUTO_LOSS[source.task]].parameters
            return Choice(AUTO_LOSS[source.task], {key: p.default for key, p in defaults.items()})
        loss = self._attempt(lambda: losses.build(choice.name, np.asarray, **choice.options))
        if loss is None:
            return None
        if loss.task != source.task:
            fitting = [n for n in losses if losses.build(n, np.asarray).task == source.task]
            self.problems.append(
                f"loss={choice.name}: is for {loss.task}, and dataset {source.name} is {source.task};"
                f" write loss=auto or one of {', '.join(fitting)}"
            )
        weights = choice.options.get("class_weights")
        if weights is not None and len(weights) != source.outputs:
            self.problems.append(
                f"loss.class_weights has {len(weights)} values and the data {source.outputs} classes;"
                " give one per class"
            )
        return choice

    def _fit(
        self, source: Source, network: Network, run: Mapping[str, Any], plots: Mapping[str, Any]
    ) -> None:
        """What must hold between the parts: sizes, domains, memory."""
        fractions = run.get("val_fraction", 0.0), run.get("test_fraction", 0.0)
        self._attempt(lambda: SplitSizes.of(source.samples, *fractions))
        if plots.get("feature", 0) >= source.inputs:
            self.problems.append(
                f"plots.feature={plots['feature']}: the data has {source.inputs} features;"
                f" the last is {source.inputs - 1}"
            )
        self._attempt(lambda: network.require_domain(source.interval))
        batch = run.get("batch_size") or source.samples
        size = memory.needed(network, source, min(batch, source.samples), run.get("dtype", "float32"))
        if size > memory.free():
            self.problems.append(
                f"this run needs about {memory.readable(size)}, {memory.readable(memory.free())} free;"
                " choose fewer units, samples or a smaller batch_size"
            )

    def _judging(self, source: Source, run: Mapping[str, Any]) -> dict[str, Any]:
        """The metrics and the objective, `null` and `auto` resolved."""
        fitting = tuple(name for name in metrics if metrics.build(name).task == source.task)
        asked = run.get("metrics")
        for name in asked or ():
            if name not in metrics:
                self.problems.append(
                    f"metrics={name}: no metric '{name}'{suggestion(name, fitting)}"
                    f" choices: {', '.join(fitting)}"
                )
            elif name not in fitting:
                self.problems.append(
                    f"metrics={name}: is not for {source.task}; choices: {', '.join(fitting)}"
                )
        chosen = fitting if asked is None else asked
        validated = run.get("val_fraction", 0) > 0
        parts = ["train", *(["val"] if validated else []), "test"]
        allowed = [f"{part}/{name}" for part in parts for name in ("loss", *(chosen or ()))]
        objective = run.get("objective", "auto")
        if objective == "auto":
            objective = "val/loss" if validated else "train/loss"
        if objective not in allowed:
            self.problems.append(
                f"objective={objective}: this run does not measure it{_hint(objective, allowed)}"
                f" choices: auto, {', '.join(allowed)}"
            )
        return {"metrics": chosen, "objective": objective}

    def _note(self, optim: Choice | None) -> None:
        if optim is not None and optim.options.get("lr") == 0:
            self._notes.append("optim.lr=0: nothing will be learned; the weights stay as they start")


def _given(choice: Choice | None) -> Choice:
    assert choice is not None
    return choice


def _hint(name: str, candidates: Any) -> str:
    return suggestion(name, candidates).rstrip(";")
