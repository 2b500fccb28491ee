"""Engines that a configuration can pick: how gradients are computed, and the rule by which `auto` chooses."""

from __future__ import annotations

from nnrun.errors import BadInput
from nnrun.models import Network
from nnrun.registry import Registry

MANUAL_LIMIT = 300_000
"""Most parameters of a network that `auto` trains with NumPy: beyond, torch makes up for its start."""

engines: Registry[str] = Registry("engine")
"""Each is given the network, the device, and a part that has no gradients by hand, if there is one."""


@engines.register
def manual(network: Network, device: str, unknown: str | None) -> str:
    """NumPy, with gradients derived by hand: starts in half the time, because it never loads torch."""
    if unknown is not None:
        raise BadInput(f"engine=manual: {unknown} needs PyTorch; write engine=autograd")
    if device != "cpu":
        raise BadInput(f"engine=manual device={device}: NumPy runs on the cpu alone; write engine=autograd")
    return "manual"


@engines.register
def autograd(network: Network, device: str, unknown: str | None) -> str:
    """PyTorch, with gradients by automatic differentiation: any model, any device."""
    return "autograd"


@engines.register
def auto(network: Network, device: str, unknown: str | None) -> str:
    """`manual` on the cpu for networks of at most 300,000 parameters, `autograd` otherwise."""
    by_hand = unknown is None and device == "cpu" and network.size <= MANUAL_LIMIT
    return "manual" if by_hand else "autograd"
