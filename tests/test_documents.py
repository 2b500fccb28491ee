"""The documentation: commands run, outputs are real, every key is listed, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Command
from nnrun.cli import SUBCOMMANDS
from nnrun.config import REGISTRIES
from nnrun.models.activations import activations
from nnrun.models.initialisation import schemes
from nnrun.schema import LARGEST_INTEGER, Parameter, Table, field_parameters
from nnrun.spec import EarlyStopping, PlotSettings, Settings, Spec, SweepSettings

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(
    r"`([\w/]+\.(?:yaml|csv|py))`:\n\n```(?:yaml|csv|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)")
_RUN_DIRECTORY = re.compile(r"\d{4}-\d\d-\d\d[\\/]\d\d-\d\d-\d\d_")
_BAR = re.compile(r" {10}=* ?(?=\d+/\d+ )")


@dataclass(frozen=True)
class Example:
    """A command, and what pages say that it prints.

    Attributes:
        outputs: what each page that shows it shows.
        before: the trainings that stand above it, of which its `latest` speaks.
    """

    page: str
    command: str
    outputs: tuple[tuple[str, ...], ...] = ()
    before: tuple[Example, ...] = ()

    @property
    def arguments(self) -> list[str]:
        return shlex.split(self.command)[1:]

    @property
    def trains(self) -> bool:
        """Whether it leaves a run, and not an answer on stdout."""
        return not self.arguments or self.arguments[0] not in SUBCOMMANDS

    @property
    def refused(self) -> bool:
        """Whether the page shows an error."""
        return any(line.startswith("nnrun: ") for shown in self.outputs for line in shown)

    @property
    def key(self) -> tuple[str, ...]:
        """What must not be run twice."""
        return (self.command, *(run.command for run in self.before))

    def with_outputs_of(self, other: Example) -> Example:
        """The same, with what another page shows of it."""
        return replace(self, outputs=(*self.outputs, *other.outputs))


def text(page: Path) -> str:
    return page.read_text("utf-8")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and content of every fenced block."""
    return [(block[1], block[2]) for block in _FENCE.finditer(text(page))]


def examples(page: Path) -> Iterator[Example]:
    """The commands of a page, from its blocks and from its lines."""
    trained: list[Example] = []
    for language, content in blocks(page):
        if language in ("python", "yaml", "csv", "diff"):
            continue
        command = ""
        shown: list[str] = []
        for line in [*content.splitlines(), "$ "]:
            if line.startswith(("$ ", "nnrun ")):
                if command:
                    example = Example(name(page), command, (tuple(shown),) if shown else ())
                    needed = sum(word.startswith("latest") for word in example.arguments)
                    yield replace(example, before=tuple(trained[-needed:])) if shown and needed else example
                    trained += [example] if example.trains else []
                command, shown = line.removeprefix("$ "), []
            elif line:
                shown.append(line)
    prose = _FENCE.sub("", text(page))
    for code in re.findall(r"`(nnrun [^`]*)`", prose):
        if code.removeprefix("nnrun ") not in SUBCOMMANDS:
            yield Example(name(page), code)


def distinct() -> list[Example]:
    """Every command once, with all outputs that pages show of it."""
    found: dict[tuple[str, ...], Example] = {}
    for page in PAGES:
        for example in examples(page):
            if not example.command.startswith("nnrun "):
                continue
            known = found.get(example.key)
            found[example.key] = example if known is None else known.with_outputs_of(example)
    return list(found.values())


def comparable(lines: list[str]) -> list[str]:
    """Messages without what differs between a terminal and a pipe, and between one moment and another."""
    progress = [index for index, line in enumerate(lines) if _BAR.match(line)]
    kept = [line for index, line in enumerate(lines) if index not in progress[:-1]]
    return [_RUN_DIRECTORY.sub("", _BAR.sub("", line)).replace("\\", "/") for line in kept]


def assert_same_text(printed: str, shown: str) -> None:
    """Words are equal, and numbers to what other machines round differently."""
    assert _NUMBER.sub("#", printed) == _NUMBER.sub("#", shown)
    numbers = [[float(number) for number in _NUMBER.findall(line)] for line in (printed, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=0.02, abs=0.002), printed


def parts(shown: list[str]) -> list[list[str]]:
    """What stands between lines of three dots, which leave something out."""
    found: list[list[str]] = [[]]
    for line in shown:
        if line == "...":
            found.append([])
        else:
            found[-1].append(line)
    return [part for part in found if part]


def is_same(printed: list[str], shown: list[str]) -> bool:
    """Whether all lines have the same text."""
    try:
        for mine, theirs in zip(printed, shown, strict=True):
            assert_same_text(mine, theirs)
    except (AssertionError, ValueError):
        return False
    return True


def supply_files(page: Path, place: Path) -> None:
    """Writes the files that a page asks its reader to save."""
    for path, content in _FILE.findall(text(page)):
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(content, "utf-8")


@pytest.mark.parametrize("example", distinct(), ids=lambda example: f"{example.page}: {example.command}")
def test_a_command_does_what_its_page_shows(
    example: Example, nnrun: Command, nnrun_process: Command, place: Path
) -> None:
    supply_files(ROOT / example.page, place)
    for run in example.before:
        nnrun(*run.arguments, "plots.save=false")
    for seed in range(sum(word.startswith("latest") for word in example.arguments) - len(example.before)):
        nnrun("epochs=3", "plots.save=false", f"seed={seed}")
    # Other people's plugins warn as they are imported, which here would be an error.
    command = nnrun_process if "hydra/sweeper" in example.command else nnrun
    # Drawing takes most of a short run's time; where no output is shown, one picture more proves nothing.
    quick = example.trains and not example.outputs and "plots." not in example.command
    undrawn = ["plots.save=false"] if quick else []
    done = command(*example.arguments, *undrawn)
    assert done.status == (2 if example.refused else 0), done.err
    messages = done.err if example.trains or example.refused else done.out
    for shown in example.outputs:
        assert_shows(messages, shown)


def assert_shows(messages: str, lines: tuple[str, ...]) -> None:
    """What was printed is what a page shows."""
    printed = comparable([line for line in messages.splitlines() if line.strip()])
    shown = comparable(list(lines))
    if "..." in shown:
        for part in parts(shown):
            assert any(is_same(printed[at : at + len(part)], part) for at in range(len(printed))), part
        return
    assert len(printed) == len(shown), messages
    for mine, theirs in zip(printed, shown, strict=True):
        assert_same_text(mine, theirs)


def test_a_wrong_number_or_word_would_be_noticed() -> None:
    line = "loss      0.857 -> 0.00444   on new points 0.00431   r2 0.955"
    assert_same_text(line, line)
    for wrong in ("0.757", "on old points"):
        with pytest.raises(AssertionError, match="loss"):
            assert_same_text(line, line.replace("0.857" if wrong[0] == "0" else "on new points", wrong))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(language == "python" for language, _ in blocks(page))], ids=name
)
def test_python_examples_run_after_their_pages_first_command(page: Path, nnrun: Command, place: Path) -> None:
    supply_files(page, place)
    assert nnrun(*next(examples(page)).arguments).status == 0
    names: dict[str, Any] = {}
    for language, content in blocks(page):
        if language == "python":
            exec(compile(content, name(page), "exec"), names)


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", text(page))):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_image_is_a_picture_with_a_description(page: Path) -> None:
    for description, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text(page)):
        assert len(description.split()) >= 5, target
        assert (page.parent / target).read_bytes().startswith((b"\x89PNG", b"GIF8")), target


def test_every_page_and_every_image_is_reached() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", text(page))
    }
    pages = {page for page in PAGES if page.parent.name == "docs" and page.name != "README.md"}
    assert pages <= {
        (ROOT / "docs" / target).resolve()
        for target in re.findall(r"\]\(([^)#\s]+)\)", text(ROOT / "docs/README.md"))
    }
    assert set((ROOT / "docs/images").iterdir()) <= linked


def sections(page: Path) -> Mapping[str, str]:
    """Heading -> what stands below it, up to the next heading of any level."""
    parts = re.split(r"^#+ (.*)$", text(page), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> dict[str, tuple[str, str, str]]:
    """Key -> what it takes, its default, its meaning."""
    found = re.findall(r"^\| `([\w.]+)` \| (.*?) \| `(.*?)` \| (.*?) \|$", section, re.MULTILINE)
    return {key: (takes, default, meaning) for key, takes, default, meaning in found}


CONFIGURATION = sections(ROOT / "docs/configuration.md")
PARTS = {
    f"`{group}={entry}`": {
        f"{group}.{key}": parameter for key, parameter in registry[entry].parameters.items()
    }
    for group, registry in REGISTRIES.items()
    for entry in registry
}
KEYS: dict[str, dict[str, Parameter]] = {
    "The run": dict(field_parameters(Spec))
    | {f"early_stopping.{key}": p for key, p in field_parameters(EarlyStopping).items()},
    "What changes no result": dict(field_parameters(Settings))
    | {f"plots.{key}": p for key, p in field_parameters(PlotSettings).items()}
    | {f"sweep.{key}": p for key, p in field_parameters(SweepSettings).items()},
    **PARTS,
}


def bounds(parameter: Parameter) -> str:
    limits = parameter.bounds
    most = limits.most if limits.most != LARGEST_INTEGER else None
    signs = {"≥": limits.least, ">": limits.above, "≤": most, "<": limits.below}
    if most is not None and most > LARGEST_INTEGER:
        signs |= {"≤": None, "<": most + 1}
    shown = {2**64: "2^64"}
    return ", ".join(f"{sign} {shown.get(int(v), f'{v:g}')}" for sign, v in signs.items() if v is not None)


def takes(parameter: Parameter) -> str:
    """The type of a key as the page writes it."""
    kinds = {int: "whole number", float: "number", str: "text", Table: "keys and values"}
    if len(parameter.choices) > 5:
        words = "[a name below](#activations)"
        words = words if parameter.name == "activation" else words.replace("activations", "initial-weights")
    elif parameter.choices or parameter.kind is bool:
        words = ", ".join(f"`{choice}`" for choice in parameter.choices or ("true", "false"))
    else:
        words = f"{kinds[parameter.kind]}{'s' * parameter.many} {bounds(parameter)}".strip()
    return f"{words}, `null`" if parameter.optional else words


def default(value: Any) -> str:
    """A default as one types it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        separator = "x" if all(isinstance(element, int) for element in value) else ","
        return separator.join(map(default, value)) or "[]"
    return str(value) if isinstance(value, str | Table) else f"{value:g}"


@pytest.mark.parametrize("section", KEYS)
def test_a_section_lists_its_keys_and_no_others_with_types_and_defaults(section: str) -> None:
    listed = rows(CONFIGURATION[section])
    assert {key: row[:2] for key, row in listed.items()} == {
        key: (takes(parameter), default(parameter.default)) for key, parameter in KEYS[section].items()
    }
    assert all(len(meaning.split()) >= 2 for *_, meaning in listed.values())


def test_no_other_section_lists_keys() -> None:
    assert not [
        heading for heading, content in CONFIGURATION.items() if heading not in KEYS and rows(content)
    ]


@pytest.mark.parametrize(("section", "names"), [("Activations", activations), ("Initial weights", schemes)])
def test_every_name_that_a_key_takes_is_explained(section: str, names: Mapping[str, object]) -> None:
    assert re.findall(r"^\| `(\w+)` \| \S", CONFIGURATION[section], re.MULTILINE) == list(names)


@pytest.mark.parametrize("group", REGISTRIES)
def test_every_part_has_a_section(group: str) -> None:
    described = [heading for heading in CONFIGURATION if heading.startswith(f"`{group}=")]
    assert sorted(described) == sorted(f"`{group}={entry}`" for entry in REGISTRIES[group])
