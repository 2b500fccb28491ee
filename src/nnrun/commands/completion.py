"""`nnrun completion [SHELL]`: the script that lets a shell complete nnrun's words with the tab key."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from nnrun.commands.console import emit
from nnrun.completing.shells import INSTALLING, SCRIPTS, detected, script

WORDS = "NNRUN_COMPLETION_WORDS"
"""Environment variable with the words of the line, one per line: Windows PowerShell drops empty arguments."""

_ANSWER = "--answer"
_ALSO = {"pwsh": "powershell"}


def main(arguments: Sequence[str]) -> int:
    """Prints the script; with `--answer`, which the scripts call, what the word being typed could become."""
    if len(arguments) > 1 and arguments[0] == _ANSWER:
        emit("\n".join(_answer(arguments[1], arguments[2:])))
        return 0
    # Imported here: what reads flags takes longer to load than an answer may take.
    from nnrun.commands.options import Options

    options = Options(
        "completion",
        "Print the script with which a shell completes subcommands, runs, groups, keys and values.",
        _aligned(INSTALLING),
    )
    options.add_argument(
        "shell",
        nargs="?",
        choices=tuple(SCRIPTS),
        metavar="SHELL",
        help="bash, zsh, fish or powershell; default: the one that the variable SHELL names",
    )
    asked = options.parse_args([_ALSO.get(word, word) for word in arguments])
    shell = asked.shell or detected(os.environ)
    emit(script(shell) if shell is not None else _how())
    return 0


def _how() -> str:
    """How to install it in each shell, as comments: the text may be evaluated by one."""
    opening = "# nnrun completion SHELL prints a script, which these commands install:"
    return "\n".join([opening, *(f"#   {line}" for line in _aligned(INSTALLING))])


def _aligned(commands: Mapping[str, str]) -> list[str]:
    width = max(map(len, commands.values()))
    return [f"{command:<{width}}  # {shell}" for shell, command in commands.items()]


def _answer(shell: str, words: Sequence[str]) -> list[str]:
    """The lines that a shell's script reads.

    Args:
        shell: which one asks.
        words: `--` and the words of the line; for bash, `--`, the line and the word that bash replaces;
            for PowerShell none, its words stand in the environment.
    """
    # Imported here: printing a script needs none of it.
    from nnrun.completing.candidates import answer
    from nnrun.completing.line import kept_by_shell, read_line
    from nnrun.completing.runs import output_root

    if shell == "bash":
        typed, replaced = (*words[1:3], "", "")[:2]
        line = read_line(typed)
        kept = kept_by_shell(line.current, replaced)
        found = answer(line.before[1:], line.current, output_root())
        paths, *candidates = found.lines(described=False)
        return [paths, *(candidate[kept:] for candidate in candidates)]
    *before, current = words[1:] or os.environ.get(WORDS, "").split("\n")
    return list(answer(before, current, output_root()).lines())
