"""Devices that a configuration can pick; asking for one that this machine lacks is bad input."""

from __future__ import annotations

from nnrun.errors import BadInput
from nnrun.registry import Registry

devices: Registry[str] = Registry("device")
build = devices.build


@devices.register
def cpu() -> str:
    """The processor; best for small networks."""
    return "cpu"


@devices.register
def cuda() -> str:
    """An NVIDIA GPU, through CUDA; pays for wide networks and large batches."""
    return _require("cuda")


@devices.register
def mps() -> str:
    """The GPU of an Apple computer, through Metal."""
    return _require("mps")


@devices.register
def auto() -> str:
    """A GPU where there is one, else the processor."""
    return next((name for name in ("cuda", "mps") if name in _present()), "cpu")


def _require(name: str) -> str:
    present = _present()
    if name not in present:
        raise BadInput(f"device={name}: this machine has {', '.join(present)} alone; write device=cpu")
    return name


def _present() -> tuple[str, ...]:
    import torch

    found = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return tuple(name for name, there in found.items() if there)
