"""What a good teacher would say of a run, by rules on recorded numbers alone."""

from nnrun.verdicts.table import TABLE, verdicts
from nnrun.verdicts.verdict import Verdict

__all__ = ["TABLE", "Verdict", "verdicts"]
