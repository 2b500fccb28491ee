"""The default job as a script in the manner of PyTorch's tutorials: `python plain_fit.py NEW_DIRECTORY`."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import nn

directory = Path(sys.argv[1])
directory.mkdir()

torch.manual_seed(0)
x = torch.linspace(-1, 1, 100).reshape(-1, 1)
y = x**2 + 0.2 * torch.rand_like(x)

model = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

with (directory / "metrics.csv").open("w", newline="", encoding="utf-8") as file:
    rows = csv.writer(file)
    rows.writerow(["epoch", "loss"])
    for epoch in range(1, 101):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        rows.writerow([epoch, loss.item()])
        if epoch % 10 == 0:
            print(f"epoch {epoch}: loss {loss.item():.5f}")

with torch.no_grad():
    prediction = model(x)
plt.scatter(x.numpy(), y.numpy(), s=10, label="data")
plt.plot(x.numpy(), prediction.numpy(), color="red", label="network")
plt.xlabel("x")
plt.ylabel("y")
plt.title(f"loss {loss.item():.5f}")
plt.legend()
plt.savefig(directory / "fit.png")
