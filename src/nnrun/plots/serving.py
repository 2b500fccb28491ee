"""The workers of a pool: one loads matplotlib, forks the others, and all draw until nobody asks any more."""

from __future__ import annotations

import gc
import json
import os
import struct
from collections.abc import Sequence
from contextlib import suppress

from nnrun.plots.fork import Request, failures_of, remark_of
from nnrun.plots.theme import LIGHT

TICKET = struct.Struct("<QQQ")
"""Number, offset and length of a request in the file of requests.

Writes of so few bytes stay whole in a pipe, and whoever reads as many gets all of one.
"""


def serve(tickets: int, desk: int, replies: Sequence[int]) -> None:
    """The first worker: it becomes as many as there are `replies`."""
    with suppress(OSError):
        os.setpgid(0, 0)
    gc.freeze()
    gc.enable()
    mine, others = _multiplied(len(replies))
    for index, reply in enumerate(replies):
        if index != mine:
            os.close(reply)
    _work(tickets, desk, replies[mine])
    for other in others:
        os.waitpid(other, 0)


def _multiplied(workers: int) -> tuple[int, list[int]]:
    """Which of the workers this process is, and the others' ids if it is the first; as many as can be had."""
    others = []
    with suppress(OSError):
        for index in range(1, workers):
            other = os.fork()
            if other == 0:
                return index, []
            others.append(other)
    return 0, others


def _work(tickets: int, desk: int, replies: int) -> None:
    """Draws what the next ticket names; there is none once the parent has closed its end, or is gone."""
    from nnrun.plots.style import styled

    with styled(LIGHT), suppress(BrokenPipeError):
        while ticket := os.read(tickets, TICKET.size):
            number, begin, length = TICKET.unpack(ticket)
            _reply(replies, {"number": number})
            request = Request(**json.loads(os.pread(desk, length, begin)))
            failures = failures_of(request, request.kinds)
            _reply(replies, {"number": number, "remark": remark_of(request), "failures": failures})


def _reply(replies: int, said: dict[str, object]) -> None:
    content = (json.dumps(said) + "\n").encode()
    while content:
        content = content[os.write(replies, content) :]
