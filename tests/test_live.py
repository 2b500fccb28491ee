from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnrun.plots import live, window
from nnrun.plots.live import FRAMES, LiveWindow, Playing
from nnrun.training.loop import train
from nnrun.training.population import Population
from nnrun.training.snapshots import Snapshots
from picture_records import default
from small_runs import spec

SCREEN = {"DISPLAY": ":0"}


@pytest.fixture(scope="module")
def screen() -> Iterator[None]:
    """A display that nobody sees; one for all, because Tk does not outlive the one that it has found."""
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        patch.setenv("DISPLAY", f":{server.stdout.readline().strip()}")
        yield
        server.terminate()


def stage() -> dict[str, Any]:
    arrays = dict(default().plots)
    return arrays | {"snapshot_grid": np.linspace(-1.1, 1.1, 101)[:, None]}


def frame(epoch: int) -> dict[str, Any]:
    return {
        "snapshot_epoch": np.array(epoch),
        "snapshot_loss": np.array(np.nan if epoch == 0 else 0.5 / epoch),
        "snapshot_prediction": np.full((101, 1), 0.1 * epoch),
    }


def written(folder: Path, playing: Playing, epochs: list[int]) -> None:
    """A folder as the side of who trains leaves it."""
    np.savez(folder / "stage.npz", **stage())
    (folder / "playing.json").write_text(json.dumps(vars(playing)))
    frames = [{name: values.tolist() for name, values in frame(epoch).items()} for epoch in epochs]
    (folder / FRAMES).write_text("".join(json.dumps(line) + "\n" for line in [*frames, {}]))


def test_without_a_display_there_is_no_window() -> None:
    assert LiveWindow(Playing("run"), {}).lack == "there is no display"
    assert LiveWindow(Playing("run"), SCREEN).lack is None


def test_without_tkinter_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert LiveWindow(Playing("run"), SCREEN).lack == "this Python has no tkinter"


def test_a_display_that_cannot_be_reached_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.setattr(live.tempfile, "tempdir", str(tmp_path))
    shown = LiveWindow(Playing("run"))
    shown.show(stage())
    shown.show(frame(0))
    reason = shown.wait()
    assert reason is not None
    assert "display" in reason
    assert not list(tmp_path.iterdir())


def test_a_window_with_nothing_to_show_says_so() -> None:
    assert (
        LiveWindow(Playing("run"), SCREEN).wait() == "only a fit over one input can be shown while it trains"
    )


@pytest.mark.usefixtures("screen")
def test_frames_come_at_their_pace_and_the_last_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "STAYS", 0.3)
    written(tmp_path, Playing("run", pace=0.1), [0, 5, 10])
    playing = window.Window(tmp_path, Playing("run", "about it", pace=0.1), os.getppid())
    seen: list[Any] = []
    paint = playing._paint
    monkeypatch.setattr(
        playing, "_paint", lambda: (paint(), seen.append((playing._latest, time.monotonic())))
    )
    begun = time.monotonic()
    playing.play()
    assert time.monotonic() - begun >= 0.6
    epochs = list(dict.fromkeys(latest.epoch for latest, _ in seen))
    assert epochs == [0, 5, 10]
    firsts = [next(at for latest, at in seen if latest.epoch == epoch) for epoch in epochs]
    assert min(np.diff(firsts)) >= 0.1
    pixels = np.asarray(playing._canvas.buffer_rgba())[:, :, :3].astype(int)
    blue = (np.abs(pixels - [0x00, 0x72, 0xB2]).max(axis=2) < 12).any(axis=1)
    axes = playing._canvas.figure.axes[0]
    rows = np.flatnonzero(blue)
    expected = pixels.shape[0] - axes.transData.transform((0.0, 1.0))[1]
    assert any(abs(row - expected) < 4 for row in rows)
    playing._manager.destroy()


@pytest.mark.usefixtures("screen")
def test_a_closed_window_ends_the_play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, Playing("run", pace=0.01, stay=True), list(range(50)))
    playing = window.Window(tmp_path, Playing("run", pace=0.01, stay=True), os.getppid())
    paint = playing._paint

    def close_at_ten() -> None:
        paint()
        if playing._latest.epoch == 10:
            playing._shut()

    monkeypatch.setattr(playing, "_paint", close_at_ten)
    playing.play()
    assert playing._latest.epoch == 10
    playing._manager.destroy()


@pytest.mark.usefixtures("screen")
def test_training_does_not_wait_for_its_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.tempfile, "tempdir", str(tmp_path))
    shown = LiveWindow(Playing("run", pace=0.02))
    population = Population([spec("mlp", epochs=8)])
    snapshots = Snapshots(population, shown.show)
    for epoch in train(population):
        snapshots.take(epoch.number)
    (folder,) = tmp_path.iterdir()
    assert len((folder / FRAMES).read_text().splitlines()) == 9
    assert shown.wait() is None
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("screen")
def test_an_interruption_closes_the_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.tempfile, "tempdir", str(tmp_path))
    shown = LiveWindow(Playing("run", stay=True))
    shown.show(stage())
    shown.show(frame(0))
    process = shown._process
    assert process is not None
    assert shown.wait(lambda: True) is None
    assert process.poll() is not None
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("seconds", [0, 3], ids=["before it is there", "while it plays"])
def test_the_window_ends_with_who_trains(tmp_path: Path, seconds: int) -> None:
    written(tmp_path, Playing("run", stay=True), [0])
    code = (
        "import subprocess, sys, os, time\n"
        "window = [sys.executable, '-m', 'nnrun.plots.window', sys.argv[1], str(os.getpid())]\n"
        "child = subprocess.Popen(window, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True); time.sleep(float(sys.argv[2])); os._exit(1)"
    )
    command = [sys.executable, "-c", code, str(tmp_path), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    pid = int(done.stdout)
    for _ in range(3000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail("the window is still there")
