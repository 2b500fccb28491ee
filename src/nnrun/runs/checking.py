"""Whether the files of a run are whole, as far as that shows without reading them: heads and sizes alone."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nnrun.runs.entry import reason_of, regular_bytes, require_regular
from nnrun.runs.writing import PLOTS, WEIGHTS

CONFIG = ".hydra/config.yaml"

_MOST_CONFIG = 1024 * 1024
_DEEPEST = 50
_LARGEST = 1 << 62
_MOST_HEAD = 16 * 1024 * 1024


def damages(directory: Path, summary: Mapping[str, Any]) -> Iterator[str]:
    """What is missing or broken besides summary and metrics, a line each.

    Args:
        directory: of the run.
        summary: its summary.json, which says what there has to be: what is written at the end is missed of
            no run that did not get there.
    """
    checks: tuple[tuple[str, Callable[[Path], None], str], ...] = (
        (CONFIG, _check_config, "config"),
        (WEIGHTS, _check_weights, "final"),
        (PLOTS, _check_arrays, "final"),
    )
    for name, check, field in checks:
        try:
            check(directory / name)
        except FileNotFoundError:
            if summary.get(field):
                yield f"{name} is missing"
        except (OSError, ValueError) as error:
            yield f"{name}: {reason_of(error)}"


def _check_config(path: Path) -> None:
    """Raises ValueError where it is no mapping in YAML; nothing of it is made into objects."""
    import yaml

    try:
        events = yaml.parse(regular_bytes(path, _MOST_CONFIG).decode("utf-8"), Loader=_yaml_loader())
        mapping = _is_mapping(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f" (line {mark.line + 1})"
        raise ValueError(f"is no whole YAML{place}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("is no whole YAML") from error
    if not mapping:
        raise ValueError("holds no configuration")


def _is_mapping(events: Iterator[Any]) -> bool:
    """Whether the first thing in a document is a mapping; looks at all of it, and no deeper than is sane.

    Raises:
        ValueError: it is nested too deeply, which takes libyaml minutes.
    """
    first, depth = "", 0
    for event in events:
        kind = type(event).__name__
        first = first or ("" if kind.startswith(("Stream", "Document")) else kind)
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > _DEEPEST:
            raise ValueError("is nested too deeply")
    return first == "MappingStartEvent"


def _yaml_loader() -> Any:
    """libyaml's, where it is there: twenty times as fast."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _check_weights(path: Path) -> None:
    """Raises ValueError where the head of a safetensors file does not describe the rest of it."""
    require_regular(path, _LARGEST)
    size = path.stat().st_size
    with path.open("rb") as file:
        length = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
        if not 2 <= length <= min(size - 8, _MOST_HEAD):
            raise ValueError("is no whole safetensors file")
        head = file.read(length)
    try:
        arrays = json.loads(head)
        ends = [array["data_offsets"][1] for name, array in arrays.items() if name != "__metadata__"]
        whole = max(ends, default=0) == size - 8 - length
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("is no whole safetensors file") from error
    if not whole:
        raise ValueError("is cut off, or holds more than it says")


def _check_arrays(path: Path) -> None:
    """Raises ValueError where the directory of an .npz file is not there, or is of another file."""
    require_regular(path, _LARGEST)
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            ends = [member.header_offset + member.compress_size for member in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, LookupError, NotImplementedError, struct.error) as error:
        raise ValueError("is no whole ZIP file") from error
    if max(ends, default=0) > size:
        raise ValueError("is cut off")
