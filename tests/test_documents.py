"""The documentation: commands run, outputs are real, every key is listed, links lead somewhere."""

from __future__ import annotations

import math
import re
import runpy
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import nnrun.losses
from conftest import Command
from nnrun.cli import SUBCOMMANDS
from nnrun.losses import losses
from nnrun.models.activations import activations
from nnrun.models.initialisation import schemes
from test_layers import LAYERS

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]

UNDRAWN = "plots.save=false"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(
    r"`([\w/]+\.(?:yaml|csv|py))`:\n\n```(?:yaml|csv|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_RUN_DIRECTORY = re.compile(r"\d{4}-\d\d-\d\d[\\/]\d\d-\d\d-\d\d_")
_WORD = re.compile(r"[\u4e00-\u9fff]|\w+")
_MANY = re.compile(r"^(epochs=|hydra\.sweeper\.n_trials=)(?:\d{3,}|[3-9]\d)$")
_RUN = re.compile(r"(?:init_from=)?latest")
_BAR = re.compile(r" {10}=* ?(?=\d+/\d+ )")

UNDRAWN = "plots.save=false"


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
    """Words are equal but for the day, and numbers to what other machines round differently."""
    printed, shown = _DAY.sub("DAY", printed), _DAY.sub("DAY", shown)
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
@pytest.mark.filterwarnings("ignore:::optuna", "ignore:::hydra_plugins")
def test_a_command_does_what_its_page_shows(example: Example, nnrun: Command, place: Path) -> None:
    supply_files(ROOT / example.page, place)
    for run in example.before:
        nnrun(*run.arguments, UNDRAWN)
    for seed in range(sum(_RUN.match(word) is not None for word in example.arguments) - len(example.before)):
        nnrun("epochs=3", UNDRAWN, f"seed={seed}")
    done = nnrun(*quick(example))
    assert done.status == (2 if example.refused else 0), done.err
    messages = done.err if example.trains or example.refused else done.out
    for shown in example.outputs:
        assert_shows(messages.replace(f" {UNDRAWN}", ""), shown)


def quick(example: Example) -> list[str]:
    """The arguments, without what takes most of their time and what no page shows anything of.

    Pictures of runs are never mentioned. Where no output is shown at all, those of sweeps are left out too,
    and so are most epochs and trials.
    """
    if not example.trains or "plots." in example.command:
        return example.arguments
    if example.outputs:
        return [*example.arguments, UNDRAWN]
    fewer = [_MANY.sub(r"\g<1>20", word) for word in example.arguments]
    default = [] if any(word.startswith("epochs=") for word in fewer) else ["epochs=20"]
    return [*fewer, *default, UNDRAWN, "sweep.plots=none", "sweep.report=false"]


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
    "page",
    [
        page
        for page in PAGES
        if page.name != "CONTRIBUTING.md" and any(language == "python" for language, _ in blocks(page))
    ],
    ids=name,
)
def test_python_examples_run_after_their_pages_first_command(page: Path, nnrun: Command, place: Path) -> None:
    supply_files(page, place)
    assert nnrun(*next(examples(page)).arguments, UNDRAWN).status == 0
    names: dict[str, Any] = {}
    for language, content in blocks(page):
        if language == "python":
            exec(compile(content, name(page), "exec"), names)


def test_the_loss_that_contributors_are_shown_is_right() -> None:
    code = next(content for language, content in blocks(ROOT / "CONTRIBUTING.md") if language == "python")
    oracle = re.search(r"lambda prediction, target: .*(?=\),$)", text(ROOT / "CONTRIBUTING.md"), re.MULTILINE)
    assert oracle is not None
    try:
        exec(compile(code, "CONTRIBUTING.md", "exec"), {**vars(nnrun.losses), "math": math})
        loss = losses.build("log_cosh", np.asarray)
    finally:
        losses.forget("log_cosh")
    rng = np.random.default_rng(0)
    prediction, target = rng.normal(size=(2, 1, 8, 2))
    variable = torch.tensor(prediction, requires_grad=True)
    wanted = eval(oracle[0])(variable, torch.tensor(target))
    wanted.backward()
    assert loss.value(prediction, target).item() == pytest.approx(wanted.item(), rel=1e-12)
    np.testing.assert_allclose(loss.gradient(prediction, target), variable.grad, rtol=1e-12)


def test_the_map_of_modules_has_the_layers_that_imports_obey() -> None:
    table = re.findall(r"^\| [^`|]+ \| ((?:`\w+`(?:, )?)+) \|$", text(ROOT / "docs/inside.md"), re.MULTILINE)
    assert [tuple(re.findall(r"`(\w+)`", row)) for row in table] == list(LAYERS)


def without_language(word: str) -> str:
    return word.replace(" language=zh", "").replace("_zh.", ".").replace(".zh.", ".")


def outline(page: Path) -> dict[str, Any]:
    """What a translation leaves as it is."""
    prose = _FENCE.sub("", text(page))
    content = [without_language(block) for _, block in blocks(page)]
    tables = re.findall(r"^\|.*\|$", prose, re.MULTILINE)
    return {
        "levels of headings": re.findall(r"^#+(?= )", prose, re.MULTILINE),
        "languages of blocks": [language for language, _ in blocks(page)],
        "commands": [re.findall(r"^(?:\$ |nnrun |python).*", block, re.MULTILINE) for block in content],
        "files": [sorted(re.findall(r"[\w./=-]*[./]\w[\w./-]*", block, re.ASCII)) for block in content],
        "lines": [len(block.splitlines()) for block in content],
        "numbers": [sorted(_NUMBER.findall(block)) for block in content],
        "numbers in tables": [re.findall(r"\| ([\d.]+)(?= )", row) for row in tables],
        "code": sorted({without_language(code) for code in re.findall(r"`([^`\n]+)`", prose)}),
        "links": sorted({without_language(target) for target in re.findall(r"\]\(([^)]+)\)", prose)}),
    }


@pytest.mark.parametrize("page", ["README", "docs/first-hour"])
def test_the_chinese_page_has_what_the_english_one_has(page: str) -> None:
    english, chinese = outline(ROOT / f"{page}.md"), outline(ROOT / f"{page}.zh.md")
    for what in ("code", "links"):
        missing = set(english.pop(what)) - set(chinese.pop(what))
        assert not missing
    assert chinese == english


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
        assert len(_WORD.findall(description)) >= 5, target
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


def rows(section: str) -> list[tuple[str, str]]:
    """Every key with its meaning."""
    return re.findall(r"^\| `([\w.]+)` \| .*? \| `.*?` \| (.*?) \|$", section, re.MULTILINE)


REFERENCE = runpy.run_path(str(ROOT / "docs/tools/reference.py"))
CONFIGURATION = sections(ROOT / "docs/configuration.md")
UP_TO_DATE = REFERENCE["updated"](text(ROOT / "docs/configuration.md"))


def test_the_reference_lists_every_key_of_every_part_with_what_it_takes_and_its_default() -> None:
    assert text(ROOT / "docs/configuration.md") == UP_TO_DATE, "python docs/tools/reference.py"


def test_every_key_is_explained() -> None:
    explained = [(key, meaning) for content in CONFIGURATION.values() for key, meaning in rows(content)]
    assert len(explained) > 150
    assert not [key for key, meaning in explained if len(meaning.split()) < 2]


def test_the_reference_gains_a_key_and_a_part_and_keeps_what_is_said_of_the_others() -> None:
    page = text(ROOT / "docs/configuration.md")
    without = re.sub(
        r"^\| `optim.beta1` .*\n|^### `schedule=step`\n(?:.*\n)*?(?=###)", "", page, flags=re.MULTILINE
    )
    again = REFERENCE["updated"](without)
    assert again.count("| `optim.beta1` | number ≥ 0, < 1 | `0.9` | ") == 2
    assert "### `schedule=step`\n\nA staircase: " in again
    assert "| `schedule.every` | whole number ≥ 1 | `30` | epochs between drops;" in again
    assert "| `optim.beta2` | number ≥ 0, < 1 | `0.999` | memory of its square;" in again


def test_a_section_about_a_part_that_is_gone_is_noticed() -> None:
    with pytest.raises(ValueError, match="no `loss=gone`; take out"):
        REFERENCE["updated"]("## `loss`\n\n### `loss=gone`\n\nA loss.\n")


@pytest.mark.parametrize(("section", "names"), [("Activations", activations), ("Initial weights", schemes)])
def test_every_name_that_a_key_takes_is_explained(section: str, names: Mapping[str, object]) -> None:
    assert re.findall(r"^\| `(\w+)` \| \S", CONFIGURATION[section], re.MULTILINE) == list(names)
