"""The files that Hydra leaves beside every job, the same texts written many times faster."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from omegaconf import DictConfig

from nnrun.config.written import container, dumped, yaml_text
from nnrun.runs.files import explaining
from nnrun.sweep.composing import Base, Lent

OWN = {"overrides": ("task",), "job": ("override_dirname", "id", "num"), "runtime": ("output_dir",)}
"""What every job's `hydra` node has for itself."""

_KEY, _KEY_BELOW = re.compile(r"  \w"), re.compile(r"    \w")


class HydraFiles:
    """Writes `config.yaml`, `hydra.yaml` and `overrides.yaml`; texts of what jobs share are made once."""

    def __init__(self) -> None:
        self._bases: dict[int, _Texts] = {}

    def write(self, directory: Path, lent: Lent, left_out: Collection[str] = ()) -> None:
        """Writes the files of one job.

        Args:
            directory: the run's; the files go below it, unless `hydra.output_subdir` is null.
            lent: the job's configuration.
            left_out: keys of parts that mean nothing and are not to be recorded.
        """
        subdirectory = lent.config.hydra.output_subdir
        if subdirectory is None:
            return
        place = directory / str(subdirectory)
        texts = self._texts(lent)
        config = texts.application(lent.config, left_out)
        for name, text in (
            ("config.yaml", config),
            ("hydra.yaml", texts.hydra(lent.config)),
            ("overrides.yaml", dumped(lent.config.hydra.overrides.task)),
        ):
            with explaining(place / name):
                place.mkdir(parents=True, exist_ok=True)
                try:
                    (place / name).write_bytes(text.encode("utf-8", "backslashreplace"))
                except OSError:
                    (place / name).unlink(missing_ok=True)
                    raise

    def _texts(self, lent: Lent) -> _Texts:
        if lent.base is None:
            return _Texts(None)
        return self._bases.setdefault(id(lent.base), _Texts(lent.base))


class _Texts:
    """What the jobs of one composition share, as text."""

    def __init__(self, base: Base | None) -> None:
        self._base = base
        self._kept: dict[str, str] = {}
        self._hydra: list[str] = []

    def application(self, config: DictConfig, left_out: Collection[str]) -> str:
        """The application's configuration: its top-level keys one by one, as YAML puts them together."""
        groups = {key.partition(".")[0] for key in left_out}
        parts = []
        for key, node in config.__dict__["_content"].items():
            if key == "hydra":
                continue
            shared = self._base is not None and self._base.is_as_composed(key) and key not in groups
            if shared and key in self._kept:
                parts.append(self._kept[key])
                continue
            content = container(node)
            if key in groups:
                content = {name: value for name, value in content.items() if f"{key}.{name}" not in left_out}
            parts.append(yaml_text({key: content}))
            if shared:
                self._kept[key] = parts[-1]
        return "".join(parts)

    def hydra(self, config: DictConfig) -> str:
        """The `hydra` node, of which jobs differ in a few keys; the texts between those are kept."""
        own = {
            "hydra": {
                node: {key: container(config.hydra._get_node(node)._get_node(key)) for key in keys}
                for node, keys in OWN.items()
            }
        }
        pieces = _pieces(yaml_text(own))
        if self._base is None or not self._hydra:
            whole = _pieces(yaml_text({"hydra": container(config.hydra)}))
            self._hydra = [text if name not in pieces else f"\0{name}" for name, text in whole.items()]
        return "".join(pieces[text[1:]] if text.startswith("\0") else text for text in self._hydra)


def _pieces(text: str) -> dict[str, str]:
    """The text of a `hydra` node by keys: `NODE.KEY` for those two levels below it, in their order."""
    pieces: dict[str, str] = {}
    node = name = ""
    for line in text.splitlines(keepends=True):
        if _KEY.match(line):
            node = name = line.strip().partition(":")[0]
        elif _KEY_BELOW.match(line):
            name = f"{node}.{line.strip().partition(':')[0]}"
        pieces[name] = pieces.get(name, "") + line
    return pieces
