"""The frozen, validated description of one run; whoever holds a `Spec` need not check it again."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

import numpy.typing as npt

from nnrun.schema import Count, Epochs, Fraction, NonNegative, Pause, Positive, Seed, Whole

MOST_MOMENTS = 500
"""Of a fit on its way that are recorded, however often they are asked for."""


@dataclass(frozen=True)
class Choice:
    """One part picked by name, with every key of its factory given.

    Attributes:
        name: the registry entry.
        options: keyword arguments of its factory, complete and converted.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles: mapping proxies do not travel, dictionaries do."""
        return (Choice, (self.name, dict(self.options)))


@dataclass(frozen=True)
class EarlyStopping:
    """When to stop before the last epoch.

    Attributes:
        patience: epochs without improvement of the monitored loss before stopping; null never stops.
        threshold: an improvement counts if it is larger than this share of the best loss so far.
        restore_best: end with the weights of the best epoch instead of the last one.
    """

    patience: Count | None = None
    threshold: NonNegative = 0.0
    restore_best: bool = True


@dataclass(frozen=True)
class PlotSettings:
    """Which pictures a run leaves.

    Attributes:
        save: draw `fit` and `curves` when the run ends, `landscape` of a model of two parameters, and the
            pictures of a sweep.
        data: draw the data alone, without a model.
        animation: leave `fit.gif`, the fit as it bends towards the data.
        live: show that in a window while training.
        every: epochs from one frame of it to the next; null: 21 frames, the closer together
            the earlier in a long run.
        pace: seconds for which a frame of it stays.
        format: file type of the pictures.
        feature: which input is on the x-axis where there are several, counted from 0.
        font: family of the letters; null: DejaVu Sans, with the first one installed that has what it lacks.
        own: pictures of your own beside these: names that plugins register, or ./FILE.py:NAME.
    """

    save: bool = True
    data: bool = False
    animation: bool = False
    live: bool = False
    every: Count | None = None
    pace: Pause = 0.1
    format: Literal["png", "svg", "pdf"] = "png"
    feature: Whole = 0
    font: str | None = None
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class SweepSettings:
    """How the runs of a sweep are started and drawn; every launcher obeys.

    `skip_done` holds for lone runs too.

    Attributes:
        dry_run: list the jobs and train nothing.
        skip_done: leave out what a completed run of the same configuration under the output root has done.
        skip_invalid: train the others and record bad jobs as failed, instead of refusing the sweep.
        fail_fast: start no more runs once one has failed.
        max_jobs: refuse sweeps of more jobs.
        max_population: most runs that train as one; null: as many as fit into a third of the free memory.
        plots: which runs leave pictures: all, the best ten, or none.
        report: leave report.html, all runs as one page.
    """

    dry_run: bool = False
    skip_done: bool = False
    skip_invalid: bool = False
    fail_fast: bool = False
    max_jobs: Count = 100_000
    max_population: Count | None = None
    plots: Literal["all", "best", "none"] = "all"
    report: bool = True


@dataclass(frozen=True)
class Settings:
    """What changes no result and is outside the config hash.

    Attributes:
        output: root under which run directories are made.
        name: title of the run and slug of its directory; null: dataset and model.
        tags: words to find the run by.
        verbose: show the layers, the parameters of small models, and what the reference losses mean.
        language: of terminal and pictures; `auto` (the locale's) is resolved where a configuration is bound.
        log_every: epochs between progress lines where there is no terminal; null: a tenth of all.
        threads: that one operation on tensors may use; null: one where the work per step is small.
        checkpoint_every: what at most is lost when the power goes: `10` epochs, `30s`, `5m`; null: until the
            run ends or is interrupted.
    """

    output: str = "outputs"
    name: str | None = None
    tags: tuple[str, ...] = ()
    verbose: bool = False
    language: Literal["auto", "en", "zh"] = "auto"
    log_every: Count | None = None
    threads: Count | None = None
    checkpoint_every: str | None = "30s"
    plots: PlotSettings = PlotSettings()
    sweep: SweepSettings = SweepSettings()


@dataclass(frozen=True, eq=False)
class Start:
    """Weights of another run, to start from.

    Attributes:
        sha256: of their values, by which two of them are told apart.
        weights: (parameter,), in the order of the network's flat row.
    """

    sha256: str
    weights: npt.NDArray[Any] = field(repr=False)


@dataclass(frozen=True)
class Spec:
    """One run, validated: what is trained on what, how, and how it is recorded.

    `loss`, `engine`, `device`, `metrics` and `objective` are resolved: none of them is `auto`.

    Attributes:
        start: the weights of the run that `init_from` names; None for those that the model draws.
        code: file -> SHA-256, of what users wrote and the run executes.
        asked: key -> what the configuration has for those keys whose values are resolved here: `auto`, and
            values that stand in the environment, as the interpolation that names them.
    """

    dataset: Choice = field(metadata={"part": True})
    model: Choice = field(metadata={"part": True})
    loss: Choice = field(metadata={"part": True})
    optim: Choice = field(metadata={"part": True})
    schedule: Choice = field(metadata={"part": True})
    device: str = field(metadata={"part": True})
    engine: str = field(metadata={"part": True})
    seed: Seed = 0
    epochs: Epochs = 100
    batch_size: Count | None = None
    shuffle: bool = True
    val_fraction: Fraction = 0.0
    test_fraction: Fraction = 0.0
    dtype: Literal["float32", "float64"] = "float32"
    clip_norm: Positive | None = None
    metrics: tuple[str, ...] | None = None
    objective: str = "auto"
    init_from: str | None = None
    plugins: tuple[str, ...] = ()
    start: Start | None = field(default=None, metadata={"part": True})
    early_stopping: EarlyStopping = EarlyStopping()
    settings: Settings = field(default=Settings(), metadata={"part": True})
    code: Mapping[str, str] = field(default_factory=dict, metadata={"part": True})
    asked: Mapping[str, Any] = field(default_factory=dict, metadata={"part": True})

    @functools.cached_property
    def config_hash(self) -> str:
        """SHA-256 of everything that affects the result, and of nothing else."""
        content = {name: getattr(self, name) for name in RESULT}
        # Runs have many names; what counts is which weights they ended with.
        content["init_from"] = None if self.start is None else self.start.sha256
        # Of plugins, too, it is what they hold that counts.
        del content["plugins"]
        if self.code:
            content["code"] = self.code
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=_plain).encode()).hexdigest()

    def with_data(self, sha256: str | None) -> Spec:
        """The same run on a file with that hash, where its dataset is read from one."""
        if "sha256" not in self.dataset.options:
            return self
        options = MappingProxyType({**self.dataset.options, "sha256": sha256})
        return dataclasses.replace(self, dataset=Choice(self.dataset.name, options))

    @property
    def config(self) -> dict[str, Any]:
        """What the hash covers, key -> value as in the configuration files, `a.b` for what stands below."""
        content: dict[str, Any] = {}
        for name in RESULT:
            value = getattr(self, name)
            if isinstance(value, Choice):
                if self.asked.get(f"{name}.name") == "auto":
                    continue
                content[f"{name}.name"] = value.name
                content |= {f"{name}.{key}": option for key, option in value.options.items()}
            elif name in ("device", "engine"):
                content[f"{name}.name"] = value
            elif isinstance(value, EarlyStopping):
                content |= {f"{name}.{key}": option for key, option in vars(value).items()}
            else:
                content[name] = value
        return content | dict(self.asked)


_BESIDE = ("settings", "asked", "start", "code")
RESULT = tuple(field.name for field in fields(Spec) if field.name not in _BESIDE)
"""Top-level keys that affect the result."""


def _plain(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else dict(vars(value))
