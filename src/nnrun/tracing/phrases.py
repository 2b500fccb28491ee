"""What a trace says in one language: layers, formulas and rules, from the catalogues in `nnrun.words`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from nnrun.losses import Loss
from nnrun.models.layers import Activate, Affine, Dropout, Layer, Power
from nnrun.models.module import ModuleLayer
from nnrun.tracing import formulas
from nnrun.tracing.kinks import Kink
from nnrun.tracing.text import number, packed
from nnrun.words import words
from nnrun.words.notes import Note

_WHERE = re.compile(r"(.+) where (.+), else (.+)")
_WITH = re.compile(r"(.+?), (\w = .+)")


class Phrases:
    """The words of a language; a part that the catalogue does not know is described as it documents itself.

    Args:
        language: one of `nnrun.words.LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = words(language)

    def __call__(self, key: str, **fields: object) -> str:
        """The text `trace.KEY`."""
        return self._words[f"trace.{key}"].format(**fields)

    def listed(self, texts: Iterable[str]) -> str:
        """Several in a row, separated as the language does it."""
        return self("separator").join(texts)

    def packed(self, texts: Sequence[str]) -> list[str]:
        """The same on as many lines as they need."""
        return packed(texts, self("separator"))

    def title(self, index: int, layer: Layer, model: str = "") -> str:
        """Such as `layer 0: weighted sum 1 -> 5`; a module is known by the name of its model."""
        if isinstance(layer, Affine):
            kind = self("layer.affine", inputs=layer.inputs, outputs=layer.outputs)
        elif isinstance(layer, Activate):
            kind = layer.activation.name
        elif isinstance(layer, ModuleLayer):
            kind = self("layer.module", model=model, kind=type(layer.module).__name__)
        else:
            kind = self._known(f"layer.{_kind(layer)}", _kind(layer))
        return self("layer", index=index, kind=kind)

    def forward(self, layer: Layer) -> str:
        """What a layer computes, such as `y = x W^T + b`."""
        if isinstance(layer, Activate):
            return f"y = {layer.activation.name}(x) = {self.formula(layer.activation.formula)}"
        if isinstance(layer, ModuleLayer):
            key = "formula.module.chance" if layer.chancy else "formula.module"
            return self(key, kind=type(layer.module).__name__)
        fields = {}
        if isinstance(layer, Dropout):
            fields = {"probability": f"{layer.probability:g}"}
        if isinstance(layer, Power):
            fields = {"exponent": f"{layer.exponent:g}"}
        return self._known(f"formula.{_kind(layer)}", formulas.forward(layer), **fields)

    def backward(self, layer: Layer) -> Mapping[str, str]:
        """Derivatives of the loss by name: `dW`, `db`, `dx`; g stands for d loss / d y."""
        found = {
            symbol: self._known(f"derivative.{_kind(layer)}.{symbol}", text)
            for symbol, text in formulas.backward(layer).items()
        }
        if isinstance(layer, Activate):
            found["dx"] = self.listed(["g f'(x)", f"f'(x) = {self.formula(layer.activation.slope)}"])
        return found

    def formula(self, text: str) -> str:
        """A formula whose cases are `A where C, else B`, and which may end in what a name stands for."""
        defined = _WITH.fullmatch(text)
        if defined:
            return self("formula.with", formula=self.formula(defined[1]), definition=defined[2])
        cases = _WHERE.fullmatch(text)
        if cases:
            return self("formula.where", value=cases[1], condition=cases[2], other=cases[3])
        return text

    def loss(self, loss: Loss) -> str:
        """The formula of a loss."""
        return self._known(f"loss.{loss.name}.formula", loss.formula)

    def loss_slope(self, loss: Loss) -> str:
        """The formula of its derivative by the prediction."""
        return self._known(f"loss.{loss.name}.slope", self.formula(loss.gradient_formula))

    def loss_text(self, name: str) -> str:
        """A loss in words, with all that its settings do."""
        return self._known(f"loss.{name}.text", formulas.loss(name))

    def optimizer(self, name: str) -> tuple[str, str]:
        """The update rule, and what explains its symbols."""
        if name == "torch":
            return self("torch"), ""
        rule, symbols = formulas.optimizer(name)
        return self._known(f"optim.{name}.rule", rule), self._known(f"optim.{name}.symbols", symbols)

    def slot(self, name: str) -> str:
        """What an optimizer keeps."""
        return self._known(f"slot.{name}", name)

    def note(self, note: Note) -> str:
        """A note on the configuration."""
        return note.text(self._words)

    def kinks(self, *met: Kink) -> list[str]:
        """What is said of kinks that the batch meets exactly."""
        return [
            self(
                "kink.met.one" if kink.count == 1 else "kink.met.many",
                function=kink.function,
                place=kink.place,
                count=kink.count,
                used=number(kink.used),
            )
            for kink in met
            if kink.count
        ]

    def _known(self, key: str, otherwise: str, **fields: object) -> str:
        return self(key, **fields) if f"trace.{key}" in self._words else otherwise


def _kind(layer: Layer) -> str:
    return type(layer).__name__.lower()
