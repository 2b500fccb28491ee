"""A window that shows the fit while training: `python -m nnrun.plots.window FOLDER PID`, a process."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from nnrun.plots.animation import Blitter, Heading, Stage
from nnrun.plots.lettering import lettering
from nnrun.plots.live import FRAMES, Playing
from nnrun.plots.moments import Frame
from nnrun.plots.sheet import Sheet
from nnrun.plots.silence import silence
from nnrun.plots.style import styled
from nnrun.plots.theme import LIGHT

SLEEP = 0.01
"""Seconds between looks for events and frames."""

STAYS = 2.5
"""Seconds for which the last frame stays in a window that closes by itself."""


def main(folder: Path, trainer: int) -> int:
    """Plays what comes into `folder` until the window is closed; 1 where there can be none.

    Args:
        folder: what is shown, and where frames come in.
        trainer: the process that began this one; the window ends with it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    playing = Playing(**json.loads((folder / "playing.json").read_text("utf-8")))
    try:
        with silence():
            Window(folder, playing, trainer).play()
    except Exception as error:
        if type(error).__name__ not in ("TclError", "ImportError"):
            raise
        sys.stderr.write(f"{str(error).splitlines()[0]}\n")
        return 1
    return 0


class Window:
    """The stage in a window of Tk's.

    Args:
        folder: what is shown, and where frames come in.
        playing: how.
        trainer: number of the process that it ends with.
    """

    def __init__(self, folder: Path, playing: Playing, trainer: int) -> None:
        from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg

        self._folder, self._playing, self._open = folder, playing, True
        # Elsewhere another process may stand between the two.
        self._trainer = trainer if os.name == "posix" else os.getppid()
        with np.load(folder / "stage.npz", allow_pickle=False) as archive:
            plots = dict(archive)
        letters = lettering(LIGHT, playing.language, playing.font)
        self._theme = letters.theme
        with styled(self._theme):
            sheet = Sheet(self._theme, self._theme.width, self._theme.height)
            heading, start = Heading(playing.title, playing.about), plots["grid_prediction"]
            stage = Stage(plots, heading, sheet, letters.language, [start])
            matplotlib.rcParams["toolbar"] = "none"
            new_manager: Any = FigureCanvasTkAgg.new_manager
            self._manager = new_manager(stage.figure, 1)
            self._canvas: Any = stage.figure.canvas
            self._manager.set_window_title(playing.title)
            self._blitter = Blitter(stage)
            self._manager.show()
            self._manager.window.protocol("WM_DELETE_WINDOW", self._shut)
        self._latest: Any = None
        self._canvas.mpl_connect("draw_event", lambda event: self._drawn_anew())

    def play(self) -> None:
        """Frames at their pace, then the last one until the window is closed or its time is up."""
        with (self._folder / FRAMES).open(encoding="utf-8") as file, styled(self._theme):
            self._canvas.draw()
            while (line := self._next(file)) is not None:
                made = json.loads(line)
                if not made:
                    break
                moment, loss = made["snapshot_epoch"], made["snapshot_loss"]
                self._latest = Frame(moment, loss, np.asarray(made["snapshot_prediction"]))
                self._paint()
                self._idle(self._playing.pace)
            self._idle(float("inf") if self._playing.stay else STAYS)

    def _drawn_anew(self) -> None:
        """Takes what was drawn, in a new size perhaps, for the background of the latest frame."""
        self._blitter.remember()
        if self._latest is not None:
            self._paint()

    def _paint(self) -> None:
        self._blitter.draw(self._latest)
        self._canvas.blit()

    def _next(self, file: Any) -> str | None:
        """The next whole line; None where the window is closed first."""
        line = ""
        while self._open:
            line += str(file.readline())
            if line.endswith("\n"):
                return line
            self._idle(SLEEP)
        return None

    def _idle(self, seconds: float) -> None:
        """Lets the window answer for that long, or until it is closed or whoever trains is gone."""
        end = time.monotonic() + seconds
        while self._open and time.monotonic() < end:
            self._canvas.flush_events()
            self._open = self._open and os.getppid() == self._trainer
            time.sleep(min(SLEEP, max(seconds, 0.0)))

    def _shut(self) -> None:
        self._open = False


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
