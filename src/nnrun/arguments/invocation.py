"""What a command line asks for, once it has passed the gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from nnrun.errors import BadInput

if TYPE_CHECKING:
    from nnrun.arguments.vocabulary import Vocabulary

_SHOWN: Mapping[str, Literal["help", "version"]] = MappingProxyType(
    {"-h": "help", "--help": "help", "--version": "version"}
)


@dataclass(frozen=True)
class Invocation:
    """A command line that has no lexical problem.

    Attributes:
        overrides: ready for Hydra's override grammar.
        flags: Hydra's own flags with their values, as given; never a positional argument among them.
        multirun: several runs are asked for.
        quiet: no progress is to be shown.
        show: what is to be printed instead of training.
        subcommand: the first word, if it is one.
        rest: what follows the subcommand.
        warnings: what the user should know although it is no error.
        typed: key -> the argument as typed, for messages; for a key in a zip, its part of that.
        zips: name of a zip -> its rows, each the overrides that stand for one number of the sweep
            `NAME=0,1,...` among `overrides`.
        swept: the keys that have several values, in the order typed, those in zips included.
    """

    overrides: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    multirun: bool = False
    quiet: bool = False
    show: Literal["help", "version"] | None = None
    subcommand: str | None = None
    rest: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    typed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    zips: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=lambda: MappingProxyType({}))
    swept: tuple[str, ...] = ()


class Refusal(BadInput):
    """A command line with lexical problems.

    Attributes:
        invocation: what the rest of it asks for, which may have problems of its own.
    """

    def __init__(self, problems: Sequence[str], command: str | None, invocation: Invocation) -> None:
        super().__init__(problems, command)
        self.invocation = invocation


def parse(
    argv: Sequence[str], subcommands: Collection[str] = (), vocabulary: Vocabulary | None = None
) -> Invocation:
    """What `argv` (without the program's name) asks for.

    Args:
        argv: as the shell gave it.
        subcommands: first words that name one.
        vocabulary: what may be typed; None: everything registered and shipped.

    Raises:
        Refusal: all lexical problems, in the order of `argv`.
    """
    if argv and argv[0] in subcommands:
        return Invocation(subcommand=argv[0], rest=tuple(argv[1:]))
    for word in argv:
        if word == "--":
            break
        if word in _SHOWN:
            return Invocation(show=_SHOWN[word])
    # Imported here: help and version need none of the parts.
    from nnrun.arguments.gate import pass_through

    return pass_through(argv, subcommands, vocabulary)
