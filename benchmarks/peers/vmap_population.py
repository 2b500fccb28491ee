"""The default job for many learning rates at once, written by hand with `torch.func`."""

from __future__ import annotations

import time

import torch
from torch import nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap


def seconds(members: int, epochs: int) -> float:
    """How long the training loop alone takes, after a warm-up step."""
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 100).reshape(-1, 1)
    y = x**2 + 0.2 * torch.rand_like(x)
    model = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
    networks = [nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1)) for _ in range(members)]
    parameters, _ = stack_module_state(networks)
    parameters = {name: value.detach() for name, value in parameters.items()}
    rates = torch.linspace(0.005, 0.5, members)

    def loss(weights: dict[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return ((functional_call(model, weights, (x,)) - y) ** 2).mean()

    step = vmap(grad_and_value(loss), in_dims=(0, None, None))
    step(parameters, x, y)
    losses = []
    begun = time.perf_counter()
    for _ in range(epochs):
        gradients, each = step(parameters, x, y)
        losses.append(each)
        parameters = {
            name: value - rates.view(-1, *[1] * (value.dim() - 1)) * gradients[name]
            for name, value in parameters.items()
        }
    torch.stack(losses).numpy()
    return time.perf_counter() - begun
