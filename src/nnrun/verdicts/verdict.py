"""What is said of a run: a key of the words catalogue, the evidence, and the command to try next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One thing that a good teacher would say of a run.

    Attributes:
        key: `verdict.<key>` is the text in the catalogues, with `evidence` as its fields.
        evidence: the recorded numbers that it rests on, all of them finite.
        command: the run's own command with one change; None where it is not known how to write it.
    """

    key: str
    evidence: Mapping[str, float | int | str]
    command: str | None

    @property
    def record(self) -> dict[str, object]:
        """As summary.json has it."""
        return {"key": self.key, "evidence": dict(self.evidence), "command": self.command}
