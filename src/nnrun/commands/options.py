"""Flags of subcommands: argparse whose complaints are nnrun's, with the nearest flag for a wrong one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

from nnrun.errors import BadInput
from nnrun.registry import suggestion


class Options(argparse.ArgumentParser):
    """The arguments of one subcommand.

    Args:
        command: its name.
        description: what it does, in a sentence.
        examples: commands to show below the flags.
    """

    def __init__(self, command: str, description: str, examples: Sequence[str] = ()) -> None:
        epilog = "\n".join(["examples:", *(f"  {example}" for example in examples)]) if examples else None
        super().__init__(
            prog=f"nnrun {command}",
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Reports what argparse complains about.

        Raises:
            BadInput: always.
        """
        wrong = _wrong_value(message)
        if wrong is not None:
            raise BadInput(wrong)
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            flags = [flag for action in self._actions for flag in action.option_strings]
            hint = suggestion(unknown[1], flags).rstrip(";")
            message = f"{unknown[1]}: unknown flag{hint}" if unknown[1].startswith("-") else message
        raise BadInput(f"{message} (nnrun {self.prog.split()[-1]} --help)")


def _wrong_value(message: str) -> str | None:
    """What argparse says of a flag's value, as nnrun says it; None for any other complaint."""
    number = re.match(r"argument (\S+): invalid int value: '(.*)'", message)
    if number:
        return f"{number[1]} {number[2]}: must be a whole number"
    choice = re.match(r"argument (\S+): invalid choice: '(.*?)' \(choose from (.*)\)", message)
    if choice:
        return f"{choice[1]} {choice[2]}: choices: {choice[3].replace(chr(39), '')}"
    missing = re.match(r"argument (\S+): expected one argument", message)
    return f"{missing[1]}: wants a value" if missing else None
