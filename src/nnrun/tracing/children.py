"""What a module's direct children give, watched by forward hooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nnrun.tracing.gradients import Floats

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Child:
    """One call of a module's direct child; of several outputs the first.

    Attributes:
        name: in the module.
        kind: name of its class.
        y: its output, batch first.
    """

    name: str
    kind: str
    y: Floats


@contextmanager
def watched(module: torch.nn.Module, samples: int) -> Iterator[list[Child]]:
    """Inside, every call of a direct child adds what it gave, in the order of execution.

    Args:
        module: whose children are watched.
        samples: of the batch; outputs that are no tensor with a row for each are left out.
    """
    import torch

    found: list[Child] = []

    def note(name: str, child: torch.nn.Module, _inputs: Any, output: Any) -> None:
        output = output[0] if isinstance(output, tuple) and output else output
        is_real = isinstance(output, torch.Tensor) and not output.is_complex()
        if is_real and output.ndim and len(output) == samples:
            values = output.detach().numpy(force=True).astype("float64")
            found.append(Child(name, type(child).__name__, values))

    handles = [child.register_forward_hook(partial(note, name)) for name, child in module.named_children()]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
