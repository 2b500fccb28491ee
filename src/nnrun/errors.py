"""Every deliberate error of nnrun, as one tree; each knows the exit status that it ends the process with."""

from __future__ import annotations

from collections.abc import Iterable


class NnrunError(Exception):
    """Base of all errors that nnrun raises on purpose: the message is for the user, without traceback."""

    exit_status = 1

    @property
    def lines(self) -> tuple[str, ...]:
        """What to print, one line per problem."""
        return (str(self),)


class BadInput(NnrunError):
    """What the user typed or wrote cannot be trained; found before anything is created on disk.

    Args:
        problems: one line each: what was typed, what is wrong, what to do.
        command: the corrected command, where all problems have one likely fix.
    """

    exit_status = 2

    def __init__(self, problems: str | Iterable[str], command: str | None = None) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(dict.fromkeys(problems))
        self.command = command
        super().__init__("; ".join(self.problems))

    @property
    def lines(self) -> tuple[str, ...]:
        """The problems, then the corrected command where there is one."""
        return self.problems if self.command is None else (*self.problems, f"try: {self.command}")


class ExpressionError(BadInput):
    """A text that is not an expression, or one that cannot be computed.

    Args:
        message: what is wrong.
        text: the expression.
        position: index in `text` where the trouble starts.
    """

    def __init__(self, message: str, text: str, position: int) -> None:
        self.message, self.text, self.position = message, text, position
        super().__init__(f"{message} at {position + 1} in '{text}'")

    def marked(self) -> str:
        """The expression with a caret under the place."""
        return f"{self.text}\n{' ' * self.position}^ {self.message}"


class RunFailed(NnrunError):
    """A run started and could not be completed for a reason that lies in its parts."""

    exit_status = 1


class EnvironmentFault(NnrunError):
    """The disk, a permission or the memory is in the way."""

    exit_status = 3


class OutOfMemory(EnvironmentFault):
    """There is less memory than a training takes."""


class Refused(NnrunError):
    """What was asked for is unsafe or impossible here: corrupt, untrusted, locked, mismatching."""

    exit_status = 4
