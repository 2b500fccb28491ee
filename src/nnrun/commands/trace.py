"""`nnrun trace [OVERRIDES]`: one training step with all its numbers."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nnrun.arguments import Invocation, Refusal, parse
from nnrun.characters import visible
from nnrun.commands.console import Console, emit
from nnrun.commands.flags import refuse_repeats
from nnrun.commands.options import Options
from nnrun.commands.single import RUN, as_one_run, refuse_sweeps
from nnrun.commands.train import Request, check
from nnrun.errors import BadInput
from nnrun.registry import nearest
from nnrun.words import LANGUAGES
from nnrun.words.notes import Note

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from nnrun.config import Binding
    from nnrun.tracing.moment import Numbers
    from nnrun.tracing.text import Line

SHOWN_ROWS = 5
FLAGS = ("--step", "--layer", "--scalars", "--run", "--allow-code", "--rows", "--json", "--language")


def main(arguments: Sequence[str]) -> int:
    """Prints the step; leaves nothing on disk."""
    refuse_repeats(arguments)
    asked, words = _options().parse_known_args(list(arguments))
    if asked.language is not None:
        words.append(f"language={asked.language}")
    if asked.scalars and asked.layer is not None:
        raise BadInput(
            f"--scalars with --layer {asked.layer}: --scalars shows all layers; leave one of them out"
        )
    for name, least in (("step", 0), ("rows", 1)):
        if getattr(asked, name) < least:
            raise BadInput(f"--{name} {getattr(asked, name)}: must be at least {least}")
    _refuse_near_flags(words)
    binding, weights, origin = _subject(asked, words)

    from nnrun.tracing.layers import require_layer
    from nnrun.tracing.page import page
    from nnrun.tracing.record import record
    from nnrun.tracing.scalars import require_small, scalars
    from nnrun.tracing.step import of_layer, trace

    if asked.scalars:
        require_small(binding.network)
    if asked.layer is not None:
        require_layer(binding.network, asked.layer)
    traced = trace(binding, asked.step, weights)
    each = scalars(traced) if asked.scalars else None
    shown = traced if asked.layer is None else of_layer(traced, asked.layer)
    if asked.json:
        emit(json.dumps(record(shown, origin, each), ensure_ascii=False, allow_nan=False))
    else:
        _print(page(shown, asked.rows, origin, each, binding.spec.settings.language))
    return 0


def _options() -> Options:
    options = Options(
        "trace",
        "Show one training step with all its numbers: batch, layers, loss, every gradient by hand, by"
        " automatic differentiation and by finite differences, and the weights before and after."
        " Takes the same overrides as a training.",
        [
            "nnrun trace experiment=ten_points --scalars",
            "nnrun trace model.hidden=3 --step 20",
            "nnrun trace --run latest --json",
        ],
    )
    options.add_argument(
        "--step", type=int, default=0, metavar="N", help="updates done before it; default: 0"
    )
    options.add_argument(
        "--layer",
        type=int,
        default=None,
        metavar="N",
        help="one layer alone, counted as in the weights' names",
    )
    options.add_argument("--scalars", action="store_true", help="one sample, scalar by scalar")
    options.add_argument("--run", metavar="RUN", help="start from this run's weights, with its configuration")
    options.add_argument("--allow-code", action="store_true", help="execute the files of code that it names")
    options.add_argument(
        "--rows", type=int, default=SHOWN_ROWS, metavar="N", help=f"rows to show; default: {SHOWN_ROWS}"
    )
    options.add_argument("--json", action="store_true", help="everything, for programs")
    options.add_argument(
        "--language", choices=("auto", *LANGUAGES), help="of what is printed, as the key language"
    )
    return options


def _refuse_near_flags(words: Sequence[str]) -> None:
    """Words that are a flag of a trace but for an `s` at the end; all others are for the gate."""
    flags = {flag.rstrip("s"): flag for flag in FLAGS}
    for word in words:
        meant = flags.get(word.partition("=")[0].rstrip("s"))
        if meant is not None:
            raise BadInput(f"{visible(word)}: unknown flag; did you mean '{meant}'?")


def _subject(asked: argparse.Namespace, words: Sequence[str]) -> tuple[Binding, Numbers | None, str | None]:
    """What to trace, the weights to start from (None: the initial ones), and the run that they are of."""
    if asked.run is None:
        if asked.allow_code:
            raise BadInput("--allow-code: is for a saved run (--run RUN); code that you name needs none")
        return _composed(words, asked), None, None
    others = [word for word in words if not word.startswith("language=")]
    if others:
        raise BadInput(
            f"{visible(others[0])}: --run takes the run's own configuration; leave one of them out"
        )
    language = _language(words)
    from nnrun.config.saved import final_weights, rebuilt, require_run
    from nnrun.runs.finding import find_run

    directory = find_run(asked.run)
    require_run(directory)
    binding = rebuilt(directory, language, asked.allow_code, with_data=True)
    return binding, final_weights(directory, binding.network), str(directory)


def _language(words: Sequence[str]) -> str | None:
    """The one that overrides name; None: none."""
    for word in words:
        language = word.partition("=")[2]
        if language not in ("auto", *LANGUAGES):
            choices = ", ".join(("auto", *LANGUAGES))
            raise BadInput(f"{visible(word)}: no such language; choices: {choices}")
    return words[-1].partition("=")[2] if words else None


def _composed(words: Sequence[str], asked: argparse.Namespace) -> Binding:
    """The configuration that the overrides make, past the same gate as a training's."""
    from nnrun.composing import Composer
    from nnrun.config import bind

    refuse_sweeps(words, _flags(asked))
    single = as_one_run(words)
    try:
        request = _request(single, parse(single))
    except Refusal as refusal:
        raise _whole(refusal, words, asked) from refusal
    with Composer(request.config_dir, request.config_name) as composer:
        config = composer.compose(request.overrides, request.typed)
        binding = bind(config, request.typed)
        return binding if single == words else _noted(binding, config, request.typed)


def _noted(binding: Binding, config: DictConfig, typed: Mapping[str, str]) -> Binding:
    """With a note that names what the preset would have swept."""
    swept = [key for key in config.hydra.sweeper.params or () if key not in typed]
    fields = {"preset": typed.get("experiment", RUN), "keys": ", ".join(swept)}
    return replace(binding, notes=(*binding.notes, *([Note("note.sweep", fields)] if swept else [])))


def _whole(refusal: Refusal, words: Sequence[str], asked: argparse.Namespace) -> BadInput:
    """Lexical problems, then those of the values that passed, then the corrected command."""
    problems = _of_flags(refusal.problems, words)
    misspelt = problems != list(refusal.problems)
    try:
        check(_request(words, refusal.invocation))
    except BadInput as more:
        problems += more.problems
    command = refusal.command and refusal.command.replace(f" {RUN}", "")
    if command is None or misspelt or " -m " in f"{command} " or len(problems) > len(refusal.problems):
        return BadInput(problems)
    return BadInput(problems, " ".join([command.replace("nnrun", "nnrun trace", 1), *_flags(asked)]))


def _flags(asked: argparse.Namespace) -> list[str]:
    """The flags of a trace as they were given, to be typed again."""
    given = (("step", 0), ("layer", None), ("rows", SHOWN_ROWS))
    numbers = [(name, getattr(asked, name)) for name, default in given if getattr(asked, name) != default]
    switches = [f"--{name}" for name in ("scalars", "json") if getattr(asked, name)]
    return [*(word for name, value in numbers for word in (f"--{name}", str(value))), *switches]


def _of_flags(problems: Sequence[str], words: Sequence[str]) -> list[str]:
    """What the gate says, which knows a training's flags, with a trace's where a flag is unknown."""
    answered: list[str] = []
    values: set[str] = set()
    for problem in problems:
        flag, unknown, advice = problem.partition(": unknown flag; ")
        near = nearest(flag.strip("-"), (own.strip("-") for own in FLAGS))
        if unknown and (near or not advice.startswith("write ")):
            advice = f"did you mean '--{near}'?" if near else "nnrun trace --help lists the flags"
            values.update(
                visible(value) for word, value in itertools.pairwise(words) if visible(word) == flag
            )
            answered.append(f"{flag}{unknown}{advice}")
        elif problem.partition(": unknown word; ")[0] not in values:
            answered.append(problem)
    return answered


def _request(words: Sequence[str], invocation: Invocation) -> Request:
    """A training as the words ask for it; flags that only a training has are refused."""
    for warning in invocation.warnings:
        Console().line("nnrun: ", warning)
    flags = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    flags.add_argument("--config-dir", "-cd", default=None)
    flags.add_argument("--config-name", "-cn", default="config")
    known, others = flags.parse_known_args(list(invocation.flags))
    if others or invocation.show is not None:
        unknown = others[0] if others else f"--{invocation.show}"
        raise BadInput(f"{visible(unknown)}: no flag of a trace; leave it out (nnrun trace --help)")
    return Request(words, invocation.overrides, invocation.typed, known.config_dir, known.config_name)


def _print(lines: Sequence[Line]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    texts = [_encodable(visible(line.text), encoding) for line in lines]
    if not sys.stdout.isatty():
        emit("\n".join(texts))
        return
    from rich.console import Console as RichConsole
    from rich.text import Text

    console = RichConsole(markup=False, highlight=False, emoji=False, soft_wrap=True)
    with console.capture() as captured:
        for line, text in zip(lines, texts, strict=True):
            console.print(Text(text, style="bold cyan" if line.heading else ""))
    emit(captured.get())


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.replace("×", "*").encode(encoding, "backslashreplace").decode(encoding)
    return text
