"""Keys as typed: known, meant otherwise, misspelt, or forbidden."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nnrun.arguments import synonyms
from nnrun.arguments.context import Context
from nnrun.arguments.vocabulary import Vocabulary
from nnrun.registry import nearest

_FORBIDDEN = ("_target_", "_recursive_", "_convert_", "_partial_", "_args_")
_LEAF = re.compile(r"[A-Za-z_$][\w$-]*(?:\.(?:[A-Za-z_$][\w$-]*|0|[1-9]\d*))*", re.ASCII)


@dataclass(frozen=True)
class KeyFinding:
    """What a typed key means.

    Attributes:
        key: the key to use; None where that is not clear.
        advice: how to go on, for the message; empty where the key is right as it is.
    """

    key: str | None
    advice: str = ""

    @property
    def is_right(self) -> bool:
        """Nothing needs to be said."""
        return not self.advice


def is_hydras(key: str) -> bool:
    """Whether `key` configures Hydra itself, which is Hydra's business."""
    bare = key.lstrip("+~")
    return bare == "hydra" or bare.startswith(("hydra.", "hydra/", "hydra@"))


def is_forbidden(key: str) -> bool:
    """Whether `key` names what Hydra would instantiate: nnrun never does."""
    return any(part.startswith(_FORBIDDEN) for part in re.split(r"[./@]", key.lstrip("+~")))


def find_key(typed: str, context: Context) -> KeyFinding:
    """What `typed` means; `write ...` in the advice is sure, `did you mean` is a guess."""
    vocabulary = context.vocabulary
    if _is_known(typed, vocabulary):
        return KeyFinding(typed)
    meant = meanings(typed, context)
    if len(meant) == 1:
        return KeyFinding(meant[0], "write")
    if meant:
        return KeyFinding(None, f"write {' or '.join(meant)}")
    near = _nearest_key(typed, vocabulary)
    if near:
        return KeyFinding(near, f"did you mean '{near}'?")
    return KeyFinding(None, "nnrun --help lists the options")


def meanings(typed: str, context: Context) -> tuple[str, ...]:
    """The keys that `typed` means as a synonym, a last name or with another prefix; many if ambiguous."""
    vocabulary = context.vocabulary
    word = typed.lower().replace("-", "_")
    if _is_option(word, vocabulary):
        return (word,)
    synonym = synonyms.KEYS.get(word)
    if synonym and (_is_option(synonym, vocabulary) or synonym in vocabulary.part_keys):
        return (synonym,)
    if word in vocabulary.leaves:
        return _preferred(vocabulary.leaves[word], context)
    prefix, dot, rest = word.partition(".")
    if not dot or not rest:
        return ()
    group = prefix if prefix in vocabulary.registries else synonyms.KEYS.get(prefix, "")
    return _within_group(group, rest, context) or meanings(rest, context)


def _within_group(group: str, rest: str, context: Context) -> tuple[str, ...]:
    if group not in context.vocabulary.registries:
        return ()
    leaf = synonyms.KEYS.get(rest, rest).removeprefix(f"{group}.")
    key = f"{group}.{leaf}"
    return (key,) if key in context.vocabulary.part_keys else ()


def _preferred(keys: Iterable[str], context: Context) -> tuple[str, ...]:
    """Those of `keys` that the chosen parts have, or all where none has."""
    keys = tuple(keys)
    had = tuple(key for key in keys if _is_had(key, context))
    return had or keys


def _is_had(key: str, context: Context) -> bool:
    group, _, leaf = key.partition(".")
    registry = context.vocabulary.registries.get(group)
    chosen = context.chosen.get(group, ())
    return registry is not None and any(
        leaf in registry[name].parameters for name in chosen if name in registry
    )


def _is_option(key: str, vocabulary: Vocabulary) -> bool:
    return key in vocabulary.settings or key in vocabulary.registries


def _is_known(key: str, vocabulary: Vocabulary) -> bool:
    """Also keys that no part of a known group has: the part that is chosen in the end will say so."""
    if _is_option(key, vocabulary) or key in vocabulary.sections:
        return True
    group, _, leaf = key.partition(".")
    return group in vocabulary.registries and bool(_LEAF.fullmatch(leaf)) and vocabulary.has_keys(group)


def _nearest_key(typed: str, vocabulary: Vocabulary) -> str | None:
    """Dotted keys for a dotted one, else the options before the last names of dotted keys."""
    if "." in typed:
        dotted = [key for key in (*vocabulary.settings, *vocabulary.part_keys) if "." in key]
        return nearest(typed, dotted)
    near = nearest(typed, vocabulary.options)
    if near:
        return near
    leaf = nearest(typed, [*vocabulary.leaves, *synonyms.KEYS])
    if leaf is None:
        return None
    keys = vocabulary.leaves.get(leaf) or (synonyms.KEYS[leaf],)
    known = [key for key in keys if _is_option(key, vocabulary) or key in vocabulary.part_keys]
    return known[0] if len(known) == 1 else None
