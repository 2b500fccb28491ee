"""Values as typed: read, counted, quoted for Hydra, and checked where a list of names suffices."""

from __future__ import annotations

import re

from nnrun.arguments import synonyms
from nnrun.arguments.characters import ascii_form
from nnrun.arguments.context import Context, Value
from nnrun.arguments.elements import check_elements, several, unbraced
from nnrun.arguments.grammar import call, is_readable, split, values_meant
from nnrun.arguments.quoting import is_quoted, literal, quoted
from nnrun.arguments.vocabulary import Vocabulary
from nnrun.characters import visible
from nnrun.plugins.naming import own_name
from nnrun.registry import nearest
from nnrun.schema import Parameter

_SIZES = re.compile(r"\d+(?:x\d+)+", re.ASCII | re.IGNORECASE)


def check_value(key: str, value: str, context: Context) -> Value:
    """`value` for the known `key`; what only the schema can tell is left to it."""
    vocabulary = context.vocabulary
    if key in vocabulary.registries:
        return _check_choice(key, _normal(value), context)
    if key in vocabulary.sections:
        keys = ", ".join(name for name in vocabulary.settings if name.startswith(f"{key}."))
        return Value("", f"'{key}' holds several keys; write one of {keys}")
    parameters = vocabulary.parameters(key, context.chosen)
    many = any(parameter.many for parameter in parameters)
    if any(_is_text(parameter) for parameter in parameters):
        optional = any(parameter.optional for parameter in parameters)
        return _check_text(key, value, many, optional, context)
    expanded = check_elements(key, _normal(value), parameters, context.multirun)
    if expanded is not None:
        return expanded
    if not parameters:
        texts = split(_normal(value))
        if context.multirun:
            return Value(",".join(text if is_readable(text) else quoted(text) for text in texts))
        return Value(texts[0] if len(texts) == 1 and is_readable(texts[0]) else quoted(value))
    return _check_plain(key, _normal(value), many, context)


def _is_text(parameter: Parameter) -> bool:
    return parameter.kind is str and not parameter.choices


def _normal(value: str) -> str:
    return ascii_form(value).strip()


def _check_text(key: str, value: str, many: bool, optional: bool, context: Context) -> Value:
    """Texts are taken literally; `null` alone means no text where none is allowed."""
    texts = split(value) if many or context.multirun else [value]
    if "???" in texts:
        return Value("", "'???' stands for a missing value and cannot be a text")
    if optional and value == "null":
        return Value(value)
    if context.multirun:
        written = (_text_list(text) if many and _is_bracketed(text) else literal(text) for text in texts)
        return Value(",".join(written))
    if many and any(map(_is_bracketed, texts)) and len(texts) > 1:
        return several(key, value, len(texts))
    if many:
        shielded = f"[{value}]" if len(texts) > 1 else None
        single = len(texts) == 1 and bool(value) and not _is_bracketed(value)
        return Value(literal(value) if single else _text_list(value), shielded=shielded)
    return Value(literal(value), shielded=quoted(value) if len(split(value)) > 1 else None)


def _is_bracketed(text: str) -> bool:
    return text.startswith("[") and text.endswith("]") and len(split(text)) == 1


def _holds_lists(elements: list[str]) -> bool:
    """Whether there are several lists, such as `[10],[20,20]` or `10,20x20`: a sweep's values."""
    return len(elements) > 1 and any(
        _is_bracketed(element) or _SIZES.fullmatch(element) for element in elements
    )


def _text_list(text: str) -> str:
    inside = text[1:-1] if _is_bracketed(text) else text
    return f"[{','.join(literal(element) for element in split(inside))}]" if inside.strip() else "[]"


def _check_plain(key: str, value: str, many: bool, context: Context) -> Value:
    """Numbers, truth values, names; what Hydra cannot read travels as a text, for the schema to refuse."""
    if value.startswith("="):
        return Value("", "one '=' is enough", value.lstrip("= "))
    if context.multirun:
        return Value(value if is_readable(value) else quoted(value))
    count, elements = values_meant(value), split(value)
    if count == 1 or (many and len(elements) > 1 and not _holds_lists(elements)):
        listed = f"[{value}]" if len(elements) > 1 else value
        shielded = listed if listed != value else None
        return Value(listed if is_readable(listed) else quoted(value), shielded=shielded)
    return several(key, value, count)


def _check_choice(group: str, value: str, context: Context) -> Value:
    """The name of a part; with `-m`, several."""
    if group == "experiment" and value in ("null", ""):
        return Value("", "no experiment is what there is without it; leave it out")
    choices = context.vocabulary.choices(group)
    listed = f"choices: {', '.join(choices)}"
    if value in ("null", ""):
        return Value("", f"a {group} is needed; {listed}")
    if _is_bracketed(value):
        return Value("", f"{group} takes one name; to try each: -m and no brackets", value[1:-1], sweeps=True)
    braced = unbraced(value)
    if braced is not None:
        return Value("", f"{group} takes one name; to try each: -m and no braces", braced, sweeps=True)
    if value.startswith("{"):
        return Value("", f"{group} takes a name; {listed}")
    called = call(value)
    if called and called[0] != "choice":
        return Value(value) if context.multirun and is_readable(value) else several(group, value, None)
    names = [name[1:-1] if is_quoted(name) else name for name in split(called[1] if called else value)]
    fixed = [
        name if name in choices or own_name(name) else likely_choice(group, name, context.vocabulary)
        for name in names
    ]
    wrong = [(name, fix) for name, fix in zip(names, fixed, strict=True) if name != fix]
    sweeps = len(names) > 1 and not context.multirun
    corrected = ",".join(fix for fix in fixed if fix) if all(fixed) else None
    files = [name for name, _ in wrong if name.endswith(".py")]
    if files:
        form = visible(f"{group}={files[0]}:NAME")
        return Value("", f"which of the parts in the file? write {form}, the NAME of a class or a function")
    if wrong:
        return Value("", _no_such(group, wrong, listed), corrected, sweeps=sweeps)
    return several(group, value, len(names)) if sweeps else Value(_readable(value, names))


def _readable(value: str, names: list[str]) -> str:
    """Names of files may hold what Hydra's grammar takes for something else."""
    return value if is_readable(value) else ",".join(map(quoted, names))


def _no_such(group: str, wrong: list[tuple[str, str | None]], listed: str) -> str:
    names = ", ".join(f"'{visible(name)}'" for name, _ in wrong)
    fixes = ", ".join(f"'{fix}'" for _, fix in wrong if fix)
    return f"no {group} {names}; {f'did you mean {fixes}? ' if fixes else ''}{listed}"


def likely_choice(group: str, name: str, vocabulary: Vocabulary) -> str | None:
    """The choice of `group` that `name` means, or None."""
    choices = vocabulary.choices(group)
    meant = synonyms.CHOICES.get(group, {}).get(name.lower().replace("-", "_"))
    return meant if meant in choices else nearest(name, choices)
