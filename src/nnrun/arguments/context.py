"""What the rest of the command line means for one argument, and what one argument came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnrun.arguments.vocabulary import Vocabulary


@dataclass(frozen=True)
class Context:
    """The command line around an argument.

    Attributes:
        vocabulary: what may be typed.
        multirun: commas separate the values of a sweep.
        chosen: group -> its parts in this command, or those that its experiment or config.yaml picks.
    """

    vocabulary: Vocabulary
    multirun: bool
    chosen: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Value:
    """One value, checked.

    Attributes:
        hydra: as Hydra's grammar wants it.
        problem: what is wrong, or None.
        fixed: as it should be typed; None where there is no single fix.
        sweeps: the fix needs `-m`.
        shielded: as it should be typed where `-m` comes into the command for another argument's sake.
    """

    hydra: str
    problem: str | None = None
    fixed: str | None = None
    sweeps: bool = False
    shielded: str | None = None


@dataclass(frozen=True)
class Zip:
    """Keys whose values belong together, row by row.

    Attributes:
        name: of the axis of the sweep that it makes.
        members: key -> its values as typed.
        rows: each the overrides for Hydra that belong together.
        shuffled: the rows are tried in an order of chance.
    """

    name: str
    members: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...] = ()
    shuffled: bool = False

    @property
    def overrides(self) -> tuple[str, ...]:
        """What stands for the zip on the line for Hydra: a sweep over the numbers of its rows, or its row."""
        if len(self.rows) == 1:
            return self.rows[0]
        numbers = ",".join(str(number) for number in range(len(self.rows)))
        return (f"{self.name}={f'shuffle({numbers})' if self.shuffled else numbers}",)


@dataclass(frozen=True)
class Outcome:
    """One argument, checked.

    Attributes:
        typed: the argument as typed, for messages.
        fixed: the words to type instead; None where there is no single fix.
        problems: what is wrong with it.
        key: the configuration key, where it sets one.
        value: the value as typed.
        override: for Hydra; None where it is no override.
        zipped: the zip that it is, if it is one; such an argument sets no key of its own.
        flags: for Hydra.
        sweeps: the fix needs `-m`.
        shielded: `fixed` where `-m` comes into the command for another argument's sake.
    """

    typed: str
    fixed: tuple[str, ...] | None
    problems: tuple[str, ...] = ()
    key: str | None = None
    value: str = ""
    override: str | None = None
    zipped: Zip | None = None
    flags: tuple[str, ...] = ()
    sweeps: bool = False
    shielded: tuple[str, ...] | None = None
