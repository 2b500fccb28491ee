"""What one writes after a first PyTorch tutorial: the default job of nnrun as a script, run as `plain_fit.py DIRECTORY`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import nn

directory = Path(sys.argv[1])
directory.mkdir(parents=True)

torch.manual_seed(0)
x = torch.linspace(-1, 1, 100).reshape(-1, 1)
y = x**2 + 0.2 * torch.rand_like(x)

model = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

with (directory / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
    table = csv.writer(file)
    table.writerow(["epoch", "loss"])
    for epoch in range(1, 101):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        table.writerow([epoch, loss.item()])
        if epoch % 10 == 0:
            print(f"epoch {epoch}: loss {loss.item():.5f}")

torch.save(model.state_dict(), directory / "model.pt")

with torch.no_grad():
    prediction = model(x)
plt.scatter(x, y, s=10, label="data")
plt.plot(x, prediction, color="red", label="network")
plt.xlabel("x")
plt.ylabel("y")
plt.title(f"loss {loss.item():.5f}")
plt.legend()
plt.savefig(directory / "fit.png")
