"""The shipped YAML: one file per registry entry, each saying what the registry says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from nnrun.config import REGISTRIES
from nnrun.registry import Entry
from nnrun.schema import field_parameters
from nnrun.shipped import config_directory
from nnrun.spec import EarlyStopping, PlotSettings, Settings, Spec, SweepSettings

CONF = config_directory()
ENTRIES = [(group, registry[name]) for group, registry in REGISTRIES.items() for name in registry]
FILES = sorted(CONF.rglob("*.yaml"))


def content(path: Path) -> dict[str, object]:
    loaded = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def as_lists(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("group", REGISTRIES)
def test_files_and_registry_have_the_same_names(group: str) -> None:
    extra = {"auto"} if group == "loss" else set()
    assert {path.stem for path in (CONF / group).glob("*.yaml")} == set(REGISTRIES[group]) | extra


@pytest.mark.parametrize(("group", "entry"), ENTRIES, ids=[f"{group}-{e.name}" for group, e in ENTRIES])
def test_a_file_has_every_key_of_its_factory_with_its_default_in_order(
    group: str, entry: Entry[object]
) -> None:
    written = content(CONF / group / f"{entry.name}.yaml")
    expected = {"name": entry.name} | {key: as_lists(p.default) for key, p in entry.parameters.items()}
    assert list(written.items()) == list(expected.items())


@pytest.mark.parametrize(("group", "entry"), ENTRIES, ids=[f"{group}-{e.name}" for group, e in ENTRIES])
def test_every_factory_is_documented_in_a_sentence(group: str, entry: Entry[object]) -> None:
    assert entry.summary.endswith(".")


def test_the_primary_file_has_every_setting_with_its_default() -> None:
    written = content(CONF / "config.yaml")
    for owner, node in (
        (Spec, written),
        (Settings, written),
        (EarlyStopping, written["early_stopping"]),
        (PlotSettings, written["plots"]),
        (SweepSettings, written["sweep"]),
    ):
        for key, parameter in field_parameters(owner).items():
            if key == "output":
                assert node[key] == "${oc.env:NNRUN_OUTPUTS,outputs}"
            else:
                assert node[key] == as_lists(parameter.default), key


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONF)))
def test_every_file_opens_with_a_command(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if line != "# @package _global_"]
    assert lines[0].startswith("# nnrun")


@pytest.mark.parametrize("path", sorted((CONF / "experiment").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_preset_says_what_to_expect_and_what_to_try_next(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# @package _global_\n# nnrun experiment=")
    assert "# Expect " in text
    assert "# Next: " in text
