"""A comparison in words: what can be said of two settings, and the command that would say more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnrun.arguments import command_line
from nnrun.characters import number, visible
from nnrun.comparison.comparison import LETTERS, Comparison
from nnrun.comparison.contrast import ROUND, Contrast, Outcome
from nnrun.comparison.recorded import SEED, Recorded
from nnrun.comparison.settings import Setting
from nnrun.config.defaults import CHOSEN, differences
from nnrun.filters import typed


def sentences(found: Comparison) -> Iterator[str]:
    """What is said below the table."""
    if len(found.runs) == 1:
        yield "one run: there is nothing to compare it with; name another one, or train one"
        return
    if not found.keys:
        yield "their configurations are the same"
    elif len(found.settings) == 1 and len(found.units) > 1:
        yield "they differ in their seed alone: what differs in the outcome is luck"
    judged = list(dict.fromkeys(run.objective_name for run in found.runs if run.objective_name))
    unjudged = [run for run in found.runs if not run.objective_name]
    if found.incomparable:
        keys = found.incomparable
        listed = f"{', '.join(keys[:3])}{' and others' * (len(keys) > 3)}"
        verb = "differs" if len(keys) == 1 else "differ"
        yield f"{listed} {verb}: their losses are of different things, and not compared"
    elif unjudged:
        yield f"{_unjudged(unjudged)}: which is better is not said"
    elif len(judged) > 1:
        yield f"they are judged by {' and '.join(judged)}: which is better is not said"
    elif found.contrast is not None:
        yield from _of_two(found, found.contrast)
    elif found.of_one_seed:
        yield _one_seed(found)


def _unjudged(runs: Sequence[Recorded]) -> str:
    """Which runs have no objective, and why."""
    names = f"{', '.join(visible(run.name) for run in runs[:3])}{' and others' * (len(runs) > 3)}"
    verb = "is" if len(runs) == 1 else "are"
    if all(run.status == "running" for run in runs):
        return f"{names} {verb} still running"
    return f"{names} {verb} without an objective, which is measured when a run ends"


def _of_two(found: Comparison, told: Contrast) -> Iterator[str]:
    first, second = _names(found)
    match told.outcome:
        case Outcome.SAME:
            yield f"{told.name} is the same for {first} and {second}, but for rounding"
        case Outcome.NOTHING if told.seeds < 2:
            yield _one_seed(found)
        case Outcome.NOTHING:
            yield f"nothing can be said of {told.name}: {_lost(told)}, and no two runs share a seed"
        case Outcome.NO_EVIDENCE:
            yield f"no evidence of a difference in {told.name}: {_numbers(told, first, second)}"
        case Outcome.DIFFERENT:
            yield f"{told.name} differs: {_numbers(told, first, second)}"
    if told.wanted:
        yield from _commands(found, told.wanted)


def _numbers(told: Contrast, first: str, second: str) -> str:
    """The estimate with its interval, and in how many seeds."""
    parts = []
    if not math.isnan(told.estimate):
        ends = f"95 %: {number(told.low)} to {number(told.high)}"
        if told.scale == "ratio":
            parts.append(f"{second} has {number(told.estimate)} times that of {first} ({ends})")
        else:
            parts.append(f"{second} is {_signed(told.estimate)} than {first} ({ends})")
    if told.paired:
        word = "higher" if told.greater_is_better else "lower"
        ties = f", the same in {told.ties}" if told.ties else ""
        subject = "" if parts else f"{second} is "
        parts.append(f"{subject}{word} in {told.better} of {told.seeds} seeds{ties}")
    else:
        parts.append(f"{told.seeds} seeds each, none shared" if parts else f"{told.seeds} seeds each")
    if any(told.lost):
        parts.append(_lost(told))
    if told.unpaired:
        parts.append(f"{told.unpaired} {'run' if told.unpaired == 1 else 'runs'} of unshared seeds left out")
    return ", ".join(parts)


def _signed(value: float) -> str:
    return f"{number(abs(value))} {'higher' if value > 0 else 'lower'}"


def _lost(told: Contrast) -> str:
    return f"{told.lost[0]} and {told.lost[1]} runs diverged or failed"


def _one_seed(found: Comparison) -> str:
    text = "one seed each: nothing can be said of which is better, another seed may turn it round"
    counts = [len(setting.by_seed) for setting in found.settings]
    if max(counts) > 1:
        text = "one of them has one seed: nothing can be said of which is better"
    if len(found.settings) > 2:
        commands = list(_commands(found, ROUND[0]))
        text = "\n".join([text, *commands])
    return text


def _commands(found: Comparison, seeds: int) -> Iterator[str]:
    """One sweep of all settings where they differ in a single key, else one for each."""
    values = f"{SEED}=0..{seeds - 1}"
    settings = found.settings
    keys = list(dict.fromkeys(key for setting in settings for key in setting.values))
    if len(keys) == 1 and all(keys[0] in setting.values for setting in settings):
        key = keys[0]
        swept = f"{key}={','.join(_value(setting.values[key]) for setting in settings)}"
        sweeps = [[*_base(settings[0].typical, {key}), swept, values]]
    else:
        sweeps = [[*_base(setting.typical, set()), values] for setting in settings]
    if len(sweeps) > 2 or any("${" in word for words in sweeps for word in words):
        return
    for place, words in enumerate(sweeps):
        yield f"{'and' if place else 'try'} {command_line(['nnrun', '-m', *words])}"


def _base(run: Recorded, left_out: set[str]) -> list[str]:
    """What makes the run, but for its seed and the keys left out."""
    config: Mapping[str, Any] = run.entry.config
    chosen = {key: config[key] for key, usual in CHOSEN.items() if config.get(key, usual) != usual}
    words = {**chosen, **differences(config)}
    return [
        f"{name}={_value(typed(value))}"
        for key, value in words.items()
        if (name := key.removesuffix(".name")) not in left_out and name != SEED
    ]


def _value(text: str) -> str:
    """A list of numbers in brackets, so that a sweep does not take it for several values."""
    numbers = text.split(",")
    return f"[{text}]" if len(numbers) > 1 and all(map(_is_number, numbers)) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _names(found: Comparison) -> tuple[str, str]:
    """The two settings, by their letter and what is special about them."""
    labels = _labels(found)
    return labels[0], labels[1]


def _labels(found: Comparison) -> list[str]:
    if found.units != found.settings and len(found.units) != len(found.settings):
        return [_told(setting) for setting in found.settings]
    return [
        f"{letter} ({visible(label)})" if len(label) <= 40 else letter
        for letter, label in zip(LETTERS, found.labels, strict=False)
    ]


def _told(setting: Setting) -> str:
    return visible(" ".join(f"{key}={value}" for key, value in setting.values.items()))
