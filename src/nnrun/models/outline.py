"""What a module consists of, in the order of execution, with the size of what each part gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nnrun.models.module import TRIED, ModuleLayer, seeded

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Part:
    """One call of a module that has no modules inside.

    Attributes:
        name: in the whole, such as `body.0`.
        text: as PyTorch writes it, such as `Linear(in_features=2, out_features=3, bias=True)`.
        shape: of its output for one sample; of several outputs the first; None where that is no tensor.
        count: its parameters that no earlier call has, trained or not.
    """

    name: str
    text: str
    shape: tuple[int, ...] | None
    count: int


def outline(layer: ModuleLayer) -> list[Part]:
    """The parts of a module, watched while it predicts a few samples; empty where it cannot do that here."""
    import torch

    module, found = layer.module, list[Part]()
    counted = set[int]()

    def note(name: str, part: torch.nn.Module, _inputs: Any, output: Any) -> None:
        output = output[0] if isinstance(output, tuple) and output else output
        shape = tuple(output.shape[1:]) if isinstance(output, torch.Tensor) else None
        new = [p for p in part.parameters() if id(p) not in counted]
        counted.update(map(id, new))
        found.append(Part(name, " ".join(str(part).split()), shape, sum(p.numel() for p in new)))

    leaves = [(name, part) for name, part in module.named_modules() if name and not any(part.children())]
    handles = [part.register_forward_hook(partial(note, name)) for name, part in leaves]
    try:
        module.train(False)
        with seeded(0), torch.no_grad():
            module(torch.randn(TRIED, layer.inputs))
    except Exception:
        return []
    finally:
        for handle in handles:
            handle.remove()
    return found
