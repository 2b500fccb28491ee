"""What there is to say of a computation or a configuration: a key of the catalogues with its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One remark, in no language yet.

    Attributes:
        key: of the catalogues, such as `grad.kink`.
        fields: for `str.format`; a note among them is worded first.
    """

    key: str
    fields: Mapping[str, str | int | Note]

    def text(self, say: Mapping[str, str]) -> str:
        """The remark in the language of the catalogue `say`."""
        worded = {
            name: field.text(say) if isinstance(field, Note) else field for name, field in self.fields.items()
        }
        return say[self.key].format(**worded)
