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
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            flags = [flag for action in self._actions for flag in action.option_strings]
            hint = suggestion(unknown[1], flags).rstrip(";")
            message = f"{unknown[1]}: unknown flag{hint}" if unknown[1].startswith("-") else message
        raise BadInput(f"{message} (nnrun {self.prog.split()[-1]} --help)")
