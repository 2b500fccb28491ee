"""From a command line to what is to be trained: checked, Hydra's own flags read, the rest as it is."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence

from nnrun.arguments import Invocation, Refusal, parse
from nnrun.commands.train import Request, check
from nnrun.errors import BadInput


def parsed(argv: Sequence[str], subcommands: Collection[str] = ()) -> Invocation:
    """What `argv` asks for.

    Args:
        argv: as typed, without the program's name.
        subcommands: first words that name one.

    Raises:
        BadInput: with every problem; where one run is meant, those of its values as well.
    """
    try:
        return parse(argv, subcommands)
    except Refusal as refusal:
        if refusal.invocation.multirun:
            raise
        try:
            check(request_of(argv, refusal.invocation)[0])
        except BadInput as more:
            raise BadInput([*refusal.problems, *more.problems]) from refusal
        raise


def request_of(
    argv: Sequence[str], invocation: Invocation
) -> tuple[Request, argparse.ArgumentParser, argparse.Namespace]:
    """The request, Hydra's parser of flags, and the flags.

    Args:
        argv: as typed.
        invocation: the same, checked.

    Raises:
        BadInput: a flag of Hydra's lacks its value.
    """
    lasting = with_lasting_start(argv)
    if lasting != list(argv):
        argv, invocation = lasting, parse(lasting)
    parser, flags = _hydra_flags(invocation.flags)
    name = flags.config_name or "config"
    request = Request(argv, invocation.overrides, invocation.typed, flags.config_dir, name, invocation.zips)
    return request, parser, flags


def with_lasting_start(argv: Sequence[str]) -> list[str]:
    """The same command with an id for `init_from=latest`: once the new run is there, that is the latest."""
    return [
        f"init_from={','.join(map(_lasting, word.partition('=')[2].split(',')))}"
        if word.startswith("init_from=latest") or (word.startswith("init_from=") and ",latest" in word)
        else word
        for word in argv
    ]


def _lasting(run: str) -> str:
    """The id of a run that is named by its age; as it is typed where it has none, or is named otherwise."""
    if not run.startswith("latest"):
        return run
    from nnrun.runs.finding import find_run, output_root
    from nnrun.runs.marks import is_sweep

    try:
        directory, root = find_run(run).resolve(), output_root().resolve()
    except BadInput:
        # Said where the weights are read.
        return run
    if is_sweep(directory) or not directory.is_relative_to(root):
        return run
    return directory.relative_to(root).as_posix()


def _hydra_flags(flags: Sequence[str]) -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    from hydra._internal.utils import get_args_parser

    parser = get_args_parser()
    parser.exit_on_error = False
    try:
        return parser, parser.parse_args(list(flags))
    except argparse.ArgumentError as error:
        raise BadInput(f"{' '.join(flags)}: {error}") from error
