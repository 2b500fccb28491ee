"""What a module draws in one step, noted once and given again, so that every pass meets the same chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_SAMPLING = frozenset(
    {"rand", "randn", "randint", "randperm", "bernoulli", "multinomial", "normal", "poisson", "binomial"}
)
"""What gives random numbers that no gradient flows through, beside what fills a tensor with them in place."""


@final
class Draws(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own has no types
    """Inside, random numbers are noted in the first pass, and are the same in every later one.

    torch draws other numbers in float64 than in float32 from one seed; these are of the type of the first
    pass, and are cast.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._noted: list[torch.Tensor] = []
        self._next: int | None = None

    def again(self) -> None:
        """The next pass starts from the first number."""
        self._next = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Calls an operation, or gives what it drew before."""
        options = dict(kwargs or {})
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **options)
        name = func.overloadpacket.__name__
        if name == "native_dropout" and args[2]:
            mask = self._drawn(lambda: func(*args, **options)[1], torch.bool)
            return args[0] * mask / (1 - args[1] or 1), mask
        if name.endswith("_"):
            kind = args[0].dtype
            return args[0].copy_(self._drawn(lambda: func(*args, **options).clone(), kind))
        if name.removesuffix("_like") in _SAMPLING:
            return self._drawn(lambda: func(*args, **options), self._kind(args, options))
        return func(*args, **options)

    def _drawn(self, draw: Callable[[], torch.Tensor], kind: torch.dtype | None) -> torch.Tensor:
        if self._next is None:
            self._noted.append(draw())
            return self._noted[-1].clone()
        noted = self._noted[self._next]
        self._next += 1
        return noted.clone() if kind is None else noted.to(kind, copy=True)

    def _kind(self, args: Sequence[Any], options: Mapping[str, Any]) -> torch.dtype | None:
        """What was asked for; None: as it was drawn."""
        asked: torch.dtype | None = options.get("dtype")
        if asked is None and args and isinstance(args[0], torch.Tensor):
            asked = args[0].dtype
        return asked
