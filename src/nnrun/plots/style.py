"""matplotlib as nnrun uses it: its own defaults and the theme's, whatever the user's matplotlibrc says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib

from nnrun.plots.silence import silence
from nnrun.plots.theme import Theme

_LEFT_ALONE = {"backend", "backend_fallback", "interactive", "toolbar", "timezone", "webagg.address"}


_theme: ContextVar[Theme | None] = ContextVar("_theme", default=None)
"""The one in force: applying it again would take longer than drawing some pictures."""


@contextmanager
def styled(theme: Theme) -> Iterator[None]:
    """Within it, matplotlib has its own defaults, then `theme`; afterwards everything is as before."""
    if _theme.get() == theme:
        yield
        return
    own = matplotlib.rcParamsDefault
    settings: Any = {
        key: own[key] for key in own if key not in _LEFT_ALONE and matplotlib.rcParams[key] != own[key]
    }
    with silence(), matplotlib.rc_context(settings | _settings(theme)):
        before = _theme.set(theme)
        try:
            yield
        finally:
            _theme.reset(before)


def _settings(theme: Theme) -> dict[str, Any]:
    """Names of people's runs hold `$` and `_`: text is never parsed, neither as mathtext nor by TeX."""
    return {
        "text.usetex": False,
        "text.parse_math": False,
        "font.family": [theme.font, *theme.fallbacks],
        "font.size": theme.label,
        "figure.facecolor": theme.background,
        "savefig.facecolor": "auto",
        "savefig.bbox": None,
        "axes.facecolor": theme.background,
        "axes.edgecolor": theme.frame,
        "axes.labelcolor": theme.ink,
        "axes.labelsize": theme.label,
        "axes.labelpad": 3.0,
        "axes.linewidth": theme.hair,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.titlesize": theme.label,
        "axes.titlecolor": theme.ink,
        "axes.titlelocation": "left",
        "grid.color": theme.grid,
        "grid.linewidth": theme.hair,
        "text.color": theme.ink,
        "xtick.color": theme.frame,
        "ytick.color": theme.frame,
        "xtick.labelcolor": theme.muted,
        "ytick.labelcolor": theme.muted,
        "xtick.labelsize": theme.tick,
        "ytick.labelsize": theme.tick,
        "xtick.major.size": 0.0,
        "ytick.major.size": 0.0,
        "xtick.major.pad": 5.0,
        "ytick.major.pad": 5.0,
        "lines.linewidth": theme.line,
        "lines.solid_capstyle": "round",
        "lines.solid_joinstyle": "round",
        "legend.frameon": False,
        "legend.fontsize": theme.label,
        "pdf.fonttype": 42,
        "svg.hashsalt": "nnrun",
    }
