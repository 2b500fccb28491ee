"""The default job as a plain PyTorch task under Hydra: `python hydra_task.py -m lr=0.1,0.5 seed=0,1`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import hydra
import matplotlib.pyplot as plt
import torch
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from torch import nn


@dataclass
class Config:
    """What the sweep varies."""

    lr: float = 0.5
    seed: int = 0
    epochs: int = 100


ConfigStore.instance().store(name="config", node=Config)


@hydra.main(version_base=None, config_name="config")
def train(config: Config) -> float:
    """Trains, writes a row per epoch, and draws the fit."""
    directory = Path(HydraConfig.get().runtime.output_dir)
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 100).reshape(-1, 1)
    y = x**2 + 0.2 * torch.rand_like(x)
    torch.manual_seed(config.seed)
    model = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=config.lr)
    with (directory / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "loss"])
        for epoch in range(1, config.epochs + 1):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            rows.writerow([epoch, loss.item()])
    with torch.no_grad():
        prediction = model(x)
    torch.save(model.state_dict(), directory / "model.pt")
    figure, axes = plt.subplots()
    axes.scatter(x.numpy(), y.numpy(), s=10, label="data")
    axes.plot(x.numpy(), prediction.numpy(), color="red", label="network")
    axes.set_title(f"lr {config.lr}, loss {loss.item():.5f}")
    axes.legend()
    figure.savefig(directory / "fit.png")
    plt.close(figure)
    return float(loss.item())


if __name__ == "__main__":
    train()
