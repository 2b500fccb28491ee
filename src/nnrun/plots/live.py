"""A window in a process of its own that shows the fit while training: the side of who trains."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnrun.words import words

FRAMES = "frames.jsonl"
"""One line for each frame, then an empty object."""

PATIENCE = 0.05
"""Seconds between looks at whether the window is still there."""

GRACE = 2.0
"""Seconds that a window has for closing when it is told to."""


@dataclass(frozen=True)
class Playing:
    """How a window plays.

    Attributes:
        title: above the picture, and of the window.
        about: a line under the title.
        pace: seconds for which a frame stays.
        stay: whether the last frame stays until the window is closed, and not just for a moment.
        language: of the words in it.
        font: family of the letters.
    """

    title: str
    about: str | None = None
    pace: float = 0.1
    stay: bool = False
    language: str = "en"
    font: str | None = None


class LiveWindow:
    """Frames go into a file, which the window reads at its own pace: training never waits for it.

    Args:
        playing: how.
        environment: of this process; a screen is looked for in it.
    """

    def __init__(self, playing: Playing, environment: Mapping[str, str] = os.environ) -> None:
        self._playing = playing
        lack = _lack(environment)
        self.lack = None if lack is None else words(playing.language)[lack]
        """Why there can be no window; None where there may be one."""
        self._folder: Path | None = None
        self._process: subprocess.Popen[str] | None = None

    @property
    def stays(self) -> bool:
        """Whether there is a window that will wait for somebody to close it."""
        return self._playing.stay and self._process is not None and self._process.poll() is None

    def show(self, arrays: Mapping[str, Any]) -> None:
        """Takes what `Snapshots` shows: at first everything that stays, then frames."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="nnrun-"))
            self._start(self._folder, arrays)
        else:
            self._append({name: values.tolist() for name, values in arrays.items()})

    def wait(self, interrupted: Callable[[], bool] = lambda: False) -> str | None:
        """Comes back when the window is closed; says why there was none, if so."""
        try:
            if self._process is None:
                return words(self._playing.language)["plot.nothing_to_show"]
            self._append({})
            while self._process.poll() is None and not interrupted():
                time.sleep(PATIENCE)
            if self._process.poll() not in (None, 0):
                said = self._process.communicate()[1].strip().splitlines()
                return said[-1] if said else f"exit status {self._process.returncode}"
            return None
        finally:
            self.close()

    def close(self) -> None:
        """Ends the window, whatever it shows."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            try:
                self._process.communicate(timeout=GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.communicate()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _start(self, folder: Path, arrays: Mapping[str, Any]) -> None:
        import numpy as np

        np.savez(folder / "stage.npz", **arrays)
        (folder / "playing.json").write_text(json.dumps(vars(self._playing)), "utf-8")
        (folder / FRAMES).touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nnrun.plots.window", str(folder), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _append(self, frame: Mapping[str, Any]) -> None:
        if self._folder is not None:
            with suppress(OSError), (self._folder / FRAMES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(frame) + "\n")


def _lack(environment: Mapping[str, str]) -> str | None:
    """What a window would need and this machine does not have, as far as that is seen without trying.

    Returns:
        A key of the catalogues in `nnrun.words`; None where nothing is missing.
    """
    if importlib.util.find_spec("tkinter") is None or importlib.util.find_spec("_tkinter") is None:
        return "plot.lack.tkinter"
    mute = sys.platform not in ("darwin", "win32") and not environment.get("DISPLAY")
    return "plot.lack.display" if mute else None
