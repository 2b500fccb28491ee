"""Training loops as PyTorch's tutorials write them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def full_batch_loop(x: torch.Tensor, y: torch.Tensor, steps: int) -> Callable[[], None]:
    """A block of steps of 1-10-1 on all samples at once."""
    model = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    history: list[float] = []

    def block() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            history.append(loss.item())

    return block


def loader_loop(x: torch.Tensor, labels: torch.Tensor) -> Callable[[], None]:
    """An epoch of 784-256-10 in batches of 32 from a DataLoader."""
    model = nn.Sequential(nn.Linear(x.shape[1], 256), nn.ReLU(), nn.Linear(256, 10))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    loader = DataLoader(TensorDataset(x, labels), batch_size=32, shuffle=True)
    history: list[float] = []

    def epoch() -> None:
        total = 0.0
        for inputs, wanted in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), wanted)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(inputs)
        history.append(total / len(x))

    return epoch
