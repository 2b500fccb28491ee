"""Runs and sweeps as one HTML page that opens from disk, with its numbers and what draws them inside."""

from __future__ import annotations

from nnrun.report.gathering import Gathered, gather
from nnrun.report.page import page
from nnrun.report.payload import payload

__all__ = ["Gathered", "gather", "page", "payload"]
