"""What values a configuration key takes: its type, bounds and default, read from an annotation."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias, Union

import numpy as np
import numpy.typing as npt

LARGEST_INTEGER = 2**63 - 1
LARGEST_SEED = 2**64 - 1

PerMember: TypeAlias = float | npt.NDArray[Any]
"""One number, or an array with one number per member of a population."""


class Table(dict[str, Any]):
    """Keys and values of somebody else's, which are passed on as they are."""

    def __hash__(self) -> int:  # type: ignore[override]  # nobody changes it
        return hash(repr(sorted(self.items())))


class InvalidValue(ValueError):
    """A value that a key does not take; the message says what is wrong and what would be right."""


@dataclass(frozen=True)
class Bounds:
    """The range of a number; `above` and `below` are exclusive, `least` and `most` inclusive."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    def complaint(self, value: float) -> str | None:
        """What is wrong with `value`, or None."""
        if self.least is not None and value < self.least:
            return f"must be at least {self.least}"
        if self.above is not None and value <= self.above:
            return f"must be greater than {self.above}"
        if self.most is not None and value > self.most:
            return f"larger than the limit {self.most}" if self.most > 1 else f"must be at most {self.most}"
        if self.below is not None and value >= self.below:
            return f"must be less than {self.below}"
        return None


Count = Annotated[int, Bounds(least=1, most=LARGEST_INTEGER)]
Epochs = Annotated[int, Bounds(least=0, most=1_000_000_000)]
Whole = Annotated[int, Bounds(least=0, most=LARGEST_INTEGER)]
Seed = Annotated[int, Bounds(least=0, most=LARGEST_SEED)]
NonNegative = Annotated[float, Bounds(least=0)]
Positive = Annotated[float, Bounds(above=0)]
Pause = Annotated[float, Bounds(above=0, most=60)]
Fraction = Annotated[float, Bounds(least=0, below=1)]
Sizes = Annotated[tuple[int, ...], Bounds(least=1, most=LARGEST_INTEGER)]
EachNonNegative = Annotated[PerMember, Bounds(least=0)]
EachPositive = Annotated[PerMember, Bounds(above=0)]
EachFraction = Annotated[PerMember, Bounds(least=0, below=1)]


_WANTED = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    Table: "keys and values in braces, such as betas:[0.8,0.99]",
}
_WANTED_MANY = {
    int: "whole numbers such as 20 or 20x20",
    float: "numbers such as 1,2,3",
    str: "a list of texts",
}


@dataclass(frozen=True)
class Parameter:
    """One configuration key of a part or of the run itself.

    Attributes:
        kind: type of a value, or of one element where `many`.
        choices: the only values allowed, if not empty.
        many: the value is a list.
        optional: null is allowed.
        per_member: members of one population may differ in it.
        required: there is no default.
    """

    name: str
    kind: type
    choices: tuple[Any, ...] = ()
    many: bool = False
    optional: bool = False
    per_member: bool = False
    bounds: Bounds = Bounds()
    default: Any = None
    required: bool = False

    @property
    def wanted(self) -> str:
        """The type in words, for messages."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        one = (_WANTED_MANY if self.many else _WANTED)[self.kind]
        return f"{one}, or null" if self.optional else one

    def convert(self, value: Any) -> Any:
        """`value` as this key's type.

        Raises:
            InvalidValue: wrong type, or out of bounds.
        """
        if value is None:
            if self.optional:
                return None
            raise InvalidValue(f"wants {self.wanted}")
        if not self.many:
            return self._convert_one(value)
        return tuple(self._convert_one(element) for element in self._elements(value))

    def _elements(self, value: Any) -> list[Any]:
        if isinstance(value, str):
            if self.kind is str:
                return [value]
            return [_number_or_text(part) for part in value.lower().replace("x", ",").split(",")]
        return list(value) if isinstance(value, list | tuple) else [value]

    def _convert_one(self, value: Any) -> Any:
        if self.choices:
            if value in self.choices and not isinstance(value, bool):
                return value
            raise InvalidValue(f"wants {self.wanted}")
        converted = _CONVERSIONS[self.kind](value)
        if converted is None:
            raise InvalidValue(f"wants {self.wanted}")
        if self.kind in (int, float):
            if not math.isfinite(converted):
                raise InvalidValue("must be a finite number")
            complaint = self.bounds.complaint(converted)
            if complaint:
                raise InvalidValue(complaint)
        return converted


def _number_or_text(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _to_int(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None


def _to_float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _to_bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _to_table(value: Any) -> Table | None:
    return Table(value) if isinstance(value, Mapping) else None


def _to_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


_CONVERSIONS: Mapping[type, Callable[[Any], Any]] = {
    int: _to_int,
    float: _to_float,
    bool: _to_bool,
    str: _to_text,
    Table: _to_table,
}


def parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> Parameter:
    """The parameter that an annotation such as `Annotated[float, Bounds(least=0)] | None` describes."""
    bounds, annotation = _unwrap(annotation)
    optional = per_member = many = False
    if typing.get_origin(annotation) in (Union, types.UnionType):
        options = [option for option in typing.get_args(annotation) if option is not type(None)]
        optional = len(options) < len(typing.get_args(annotation))
        scalars = [option for option in options if typing.get_origin(option) is not np.ndarray]
        per_member = len(scalars) < len(options)
        (annotation,) = scalars
        inner, annotation = _unwrap(annotation)
        bounds = inner or bounds
    if typing.get_origin(annotation) is tuple:
        many, annotation = True, typing.get_args(annotation)[0]
    choices: tuple[Any, ...] = ()
    if typing.get_origin(annotation) is Literal:
        choices = typing.get_args(annotation)
        annotation = type(choices[0])
    required = default is inspect.Parameter.empty
    return Parameter(
        name=name,
        kind=annotation,
        choices=choices,
        many=many,
        optional=optional,
        per_member=per_member,
        bounds=bounds or Bounds(),
        default=None if required else default,
        required=required,
    )


def _unwrap(annotation: Any) -> tuple[Bounds | None, Any]:
    if typing.get_origin(annotation) is not Annotated:
        return None, annotation
    inner, *extras = typing.get_args(annotation)
    return next((extra for extra in extras if isinstance(extra, Bounds)), None), inner


def keyword_parameters(factory: Callable[..., Any]) -> dict[str, Parameter]:
    """The keyword-only parameters of `factory`: its configuration keys, in order."""
    annotated = factory.__init__ if inspect.isclass(factory) else factory
    hints = typing.get_type_hints(annotated, include_extras=True)
    return {
        name: parameter(name, hints.get(name, type(argument.default)), argument.default)
        for name, argument in inspect.signature(factory).parameters.items()
        if argument.kind is inspect.Parameter.KEYWORD_ONLY
    }


@functools.cache
def field_parameters(owner: type) -> Mapping[str, Parameter]:
    """The scalar and list fields of a dataclass as configuration keys; nested dataclasses are left out."""
    hints = typing.get_type_hints(owner, include_extras=True)
    found = {}
    for field in dataclasses.fields(owner):
        if dataclasses.is_dataclass(hints[field.name]) or field.metadata.get("part"):
            continue
        default = inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
        found[field.name] = parameter(field.name, hints[field.name], default)
    return MappingProxyType(found)
