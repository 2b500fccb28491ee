"""Models of users' own: a class or a function that gives a `torch.nn.Module` becomes a registry entry."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnrun.errors import BadInput
from nnrun.models import Network
from nnrun.models.module import TRIED, ModuleLayer, seeded, tensors_of
from nnrun.models.network import Initialisation
from nnrun.plugins.loading import called, explaining
from nnrun.plugins.signatures import Signature, signature_of
from nnrun.registry import Entry

if TYPE_CHECKING:
    import torch

KEPT = 64
"""Networks that are kept, so that the jobs of a sweep share them."""


def model_entry(name: str, function: Callable[..., Any], asked: str, path: Path) -> Entry[Network]:
    """The entry of a model.

    Args:
        name: of the entry.
        function: gives a `torch.nn.Module`, or one of nnrun's networks.
        asked: what names it, for messages.
        path: of the file that defines it.

    Raises:
        BadInput: its parameters cannot be configured.
    """
    import torch

    if isinstance(function, torch.nn.Module):
        raise BadInput(f"{asked}: is a model already made; name its class, or a function that makes one")
    signature = signature_of(function, ("inputs", "outputs"), asked)

    @functools.lru_cache(KEPT)
    def built(inputs: int, outputs: int, chosen: tuple[tuple[str, Hashable], ...]) -> Network:
        return _Model(function, signature, asked, path, inputs, outputs, dict(chosen)).network()

    def factory(inputs: int, outputs: int, **options: Any) -> Network:
        return built(inputs, outputs, tuple(options.items()))

    factory.__doc__ = function.__doc__
    return Entry(name, factory, signature.keys)


class _Model:
    """One configuration of a user's model, tried before it is trained."""

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        asked: str,
        path: Path,
        inputs: int,
        outputs: int,
        options: Mapping[str, Any],
    ) -> None:
        self._function, self._signature, self._asked, self._path = function, signature, asked, path
        self._inputs, self._outputs, self._options = inputs, outputs, options

    def network(self) -> Network:
        """The model before any weight exists.

        Raises:
            BadInput: it cannot be built, is none, or gives no prediction of the right shape.
        """
        with seeded(0), explaining(f"{self._asked}: {self._call} failed", self._path):
            module = self._made()
        if isinstance(module, Network):
            return module
        self._require_trainable(module)
        # Weights and samples have the precision of the run, whatever the module was made with.
        chancy = self._tried(module.float())
        title = ", ".join(f"{key}={_short(value)}" for key, value in self._options.items())
        key = (self._asked, self._path, self._inputs, self._outputs, tuple(self._options.items()))
        layer = ModuleLayer(key, self._made, module, self._inputs, chancy)
        return Network(
            name=called(self._function),
            description=f"{called(self._function)}({title})",
            short=title or f"{self._inputs}-{self._outputs}",
            layers=(layer,),
            initialisation=Initialisation("default", 1.0, None),
            matching=lambda truth: None,
        )

    @property
    def _call(self) -> str:
        given = {"inputs": self._inputs, "outputs": self._outputs}
        positional = [str(given[name]) for name in self._signature.injected]
        named = [f"{name}={given[name]}" for name in self._signature.named]
        return f"{called(self._function)}({', '.join([*positional, *named])})"

    def _made(self) -> Any:
        given = {"inputs": self._inputs, "outputs": self._outputs}
        return self._signature.call(self._function, given, self._options)

    def _require_trainable(self, module: Any) -> None:
        import torch

        if not isinstance(module, torch.nn.Module):
            raise BadInput(
                f"{self._asked}: {self._call} gives {_article(type(module).__name__)}; wants a"
                " torch.nn.Module"
            )
        trained, kept = tensors_of(module)
        if not trained:
            raise BadInput(f"{self._asked}: {self._call} has no parameters to train")
        strange = [name for name, tensor in (trained | kept).items() if tensor.is_complex()]
        uninitialised = [
            name
            for name, tensor in trained.items()
            if isinstance(tensor, torch.nn.parameter.UninitializedParameter)
        ]
        if strange or uninitialised:
            name = (strange + uninitialised)[0]
            what = "is complex" if strange else "has no shape before the first input (a Lazy module)"
            raise BadInput(f"{self._asked}: parameter '{name}' {what}; nnrun trains real ones of known shape")

    def _tried(self, module: torch.nn.Module) -> bool:
        """Whether a forward pass in training draws random numbers.

        Raises:
            BadInput: one fails, or gives something else than predictions.
        """
        import torch

        wanted = (TRIED, self._outputs)
        features = f"{self._inputs} feature{'' if self._inputs == 1 else 's'}"
        complaint = f"{self._asked}: {self._call} failed on {TRIED} samples of {features}"
        with seeded(0), torch.no_grad():
            x = torch.rand(TRIED, self._inputs)
            for training in (False, True):
                module.train(training)
                before = torch.random.get_rng_state()
                seen = x._version
                with explaining(complaint, self._path):
                    try:
                        y = module(x)
                    except RuntimeError as error:
                        self._require_any_precision(module, x, error)
                        raise
                if x._version != seen:
                    raise BadInput(
                        f"{self._asked}: forward changes the samples that it is given, which every epoch"
                        " needs again; write x = x + 1 instead of x += 1, and nn.ReLU() without inplace=True"
                    )
                if not isinstance(y, torch.Tensor) or tuple(y.shape) != wanted:
                    shape = tuple(y.shape) if isinstance(y, torch.Tensor) else _article(type(y).__name__)
                    raise BadInput(
                        f"{self._asked}: gives {shape} for {TRIED} samples of {features}; wants"
                        f" {wanted}: one row per sample, one column per output"
                    )
            return not torch.equal(before, torch.random.get_rng_state())

    def _require_any_precision(self, module: torch.nn.Module, x: torch.Tensor, error: RuntimeError) -> None:
        """Checks that a module which failed on these samples fails on more precise ones too.

        Raises:
            BadInput: it does not.
        """
        try:
            module.double()(x.double())
        except Exception:
            return
        raise BadInput(
            f"{self._asked}: forward computes in double precision whatever its samples have; leave .double()"
            " and torch.float64 out: dtype=float64 sets the precision of weights and samples alike"
        ) from error


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _short(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
