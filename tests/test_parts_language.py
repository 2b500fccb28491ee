"""`nnrun parts` and `nnrun --help` in Chinese: every part is described, no English is left."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from conftest import Command
from nnrun.characters import cells
from nnrun.commands.help import WIDTH, help_text
from nnrun.commands.parts import EXPERIMENT, GROUPS, KEYS
from nnrun.models.activations import activations
from nnrun.models.initialisation import schemes
from nnrun.words import LANGUAGES, words
from nnrun.words.parts_zh import PARTS

SHIPPED = [group for group in GROUPS if group != "plot"]
"""Groups that have parts without a plugin."""
ENTRIES = [(group, name) for group, registry in GROUPS.items() for name in registry]
DESCRIBED = [*ENTRIES, *(("init", name) for name in schemes)]
NAMES = re.compile(r"`[^`]*`")
CITED = (
    "Huber, Annals of Mathematical Statistics",
    "Duchi, Hazan and Singer",
    "Kingma and Ba",
    "Loshchilov and Hutter",
    "one-hot",
    "Glorot and Bengio, AISTATS",
)
PROSE = re.compile(r"\b(?:the|of|and|with|is|are|as|at least|than|one|where|which|its|for)\b")


def english(group: str, name: str) -> str:
    return inspect.getdoc(schemes[name].draw if group == "init" else GROUPS[group][name].factory) or ""


def test_every_part_is_described_in_chinese_and_nothing_else_is() -> None:
    assert set(PARTS) == {f"{group}.{name}" for group, name in DESCRIBED}
    assert {f"parts.group.{group}" for group in [*GROUPS, *KEYS, EXPERIMENT]} == {
        key for key in words("zh") if key.startswith("parts.group.")
    }


@pytest.mark.parametrize(("group", "name"), DESCRIBED)
def test_a_description_has_the_names_and_paragraphs_of_the_docstring(group: str, name: str) -> None:
    original, translated = english(group, name), PARTS[f"{group}.{name}"]
    assert sorted(set(NAMES.findall(translated))) == sorted(set(NAMES.findall(original)))
    assert translated.count("\n\n") == original.count("\n\n")
    assert sorted(re.findall(r"\d+", translated)) == sorted(re.findall(r"\d+", original))
    assert re.search("[\u4e00-\u9fff]", translated.partition("\n")[0])
    assert translated.endswith(("。", "）。"))


@pytest.mark.parametrize(("group", "name"), DESCRIBED)
def test_one_part_is_shown_in_chinese(nnrun: Command, group: str, name: str) -> None:
    shown = nnrun("parts", group, name, "--language", "zh").out
    assert shown.startswith(
        f"{KEYS.get(group, group)}={name}\n\n  {PARTS[f'{group}.{name}'].splitlines()[0]}\n"
    )
    for citation in CITED:
        shown = shown.replace(citation, "")
    assert not PROSE.search(NAMES.sub("", shown))


def test_all_parts_are_shown_in_chinese_with_aligned_columns(nnrun: Command) -> None:
    blocks = nnrun("parts", "--language=zh").out.strip().split("\n\n")
    assert [block.partition("（")[0] for block in blocks] == [*SHIPPED, *KEYS, EXPERIMENT]
    for block in blocks:
        rows = block.splitlines()[1:]
        assert len({len(re.match(r"  \S+ +", row)[0]) for row in rows}) == 1  # type: ignore[index]


def test_a_range_is_worded_in_chinese(nnrun: Command) -> None:
    assert (
        "model.dropout=0         数，不小于 0 且小于 1\n"
        in nnrun("parts", "model", "mlp", "--language", "zh").out
    )


@pytest.mark.parametrize(("group", "name"), ENTRIES)
def test_in_english_types_are_worded_as_in_messages(nnrun: Command, group: str, name: str) -> None:
    shown = nnrun("parts", group, name, "--language=en").out
    for parameter in GROUPS[group][name].parameters.values():
        wanted = f"one of {', '.join(activations)}" if parameter.name == "activation" else parameter.wanted
        assert re.search(rf"{group}\.{parameter.name}=\S+ +{re.escape(wanted)}", shown)


def test_the_locale_chooses_the_language_of_parts(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert nnrun("parts", "loss").out.startswith("loss（损失函数）\n")
    assert nnrun("parts", "loss", "--language", "en").out.startswith("loss\n")
    assert nnrun("--help").out.startswith("nnrun：")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert nnrun("parts", "loss").out.startswith("loss\n")
    assert nnrun("--help").out.startswith("nnrun: ")


def test_json_stays_english_in_every_language(nnrun: Command) -> None:
    shown = nnrun("parts", "--json", "--language=zh").out
    assert shown == nnrun("parts", "--json", "--language=en").out
    assert json.loads(shown)["loss"][0]["summary"].startswith("Mean squared error")


def test_a_flag_of_parts_is_given_once(nnrun: Command) -> None:
    done = nnrun("parts", "--language=zh", "--language=zh")
    assert (done.status, done.err) == (2, "nnrun: --language: given 2 times; give it once\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_page_fits_80_columns_and_a_screen(language: str) -> None:
    lines = help_text(language).splitlines()
    assert max(map(cells, lines)) <= WIDTH == 80
    assert len(lines) <= 48


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_page_names_what_matters(language: str) -> None:
    page = help_text(language)
    for word in (
        *("nnrun parts", "nnrun open", "nnrun trace", "nnrun grad", "-m ", "-q, --quiet", "--cfg job"),
        *("--resolve", "--config-dir DIR", "--version", "--hydra-help", "optim.lr=0.1", "outputs/"),
        *(f"\n  {group} " for group in SHIPPED if group != "metric"),
        *("linear_regression", "ten_points", "cross_entropy"),
    ):
        assert word in page


def test_the_chinese_help_page_has_no_english_prose() -> None:
    page = help_text("zh")
    assert not PROSE.search(page)
    assert not re.search("[\u4e00-\u9fff] ?[,:;]", page)


@pytest.mark.parametrize("name", activations)
def test_an_activation_is_listed_with_its_formula_and_its_derivative(nnrun: Command, name: str) -> None:
    shown = nnrun("parts", "activation", name, "--language=en").out
    formula, slope = activations[name].formula, activations[name].slope
    assert shown == f"model.activation={name}\n\n  y = {formula}\n  dy/dx = {slope}\n"
    listed = nnrun("parts", "activation", "--language=en").out
    assert re.search(rf"^  {name} +y = {re.escape(formula)}$", listed, re.MULTILINE)
    assert not PROSE.search(nnrun("parts", "activation", name, "--language=zh").out)


@pytest.mark.parametrize("name", schemes)
def test_an_initialisation_is_listed_with_its_formula(nnrun: Command, name: str) -> None:
    first = (inspect.getdoc(schemes[name].draw) or "").splitlines()[0]
    assert nnrun("parts", "init", name, "--language=en").out.startswith(f"model.init={name}\n\n  {first}\n")
    assert first in nnrun("parts", "init", "--language=en").out


def test_the_automatic_loss_is_explained(nnrun: Command) -> None:
    shown = nnrun("parts", "loss", "auto", "--language=en").out
    assert shown.startswith("loss=auto\n\n  `mse` for regression, `cross_entropy` for classification")
    assert "`cross_entropy`" in nnrun("parts", "loss", "auto", "--language=zh").out


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("optim=adam", "nnrun parts optim adam"),
        ("optim.adam", "nnrun parts optim adam"),
        ("activation=relu", "nnrun parts activation relu"),
        ("loss=", "nnrun parts loss"),
        ("adam", "nnrun parts optim adam"),
        ("lr_curve", "nnrun parts experiment lr_curve"),
    ],
)
def test_a_group_and_a_name_in_one_word_get_the_command(nnrun: Command, typed: str, command: str) -> None:
    done = nnrun("parts", typed)
    problem, correction = done.err.splitlines()
    assert (done.status, correction) == (2, f"nnrun: try: {command}")
    assert typed in problem
    assert nnrun(*command.split()[1:]).status == 0


def test_a_name_of_two_groups_gets_no_command(nnrun: Command) -> None:
    (line,) = nnrun("parts", "linear").err.splitlines()
    assert line == "nnrun: no group 'linear'; it is a name of dataset and model"


@pytest.mark.parametrize("asked", [("--language", "zh"), ("--language=zh",), ("language=zh",)])
def test_parts_and_help_take_the_language_as_a_flag_or_as_a_key(
    nnrun: Command, asked: tuple[str, ...]
) -> None:
    assert nnrun("parts", "loss", *asked).out.startswith("loss（损失函数）\n")
    assert nnrun("--help", *asked).out == nnrun(*asked, "--help").out
    assert nnrun("--help", *asked).out.startswith("nnrun：")


@pytest.mark.parametrize("first", ["--help", "-h"])
def test_help_in_an_unknown_language_names_those_there_are(nnrun: Command, first: str) -> None:
    done = nnrun(first, "language=fr")
    assert (done.status, done.err) == (2, "nnrun: language=fr: no such language; choices: auto, en, zh\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_presets_says_what_to_expect_of_each(nnrun: Command, language: str) -> None:
    _, *lines = nnrun("parts", "experiment", f"language={language}").out.splitlines()
    for line in lines:
        name, _, told = line.strip().partition(" ")
        assert told.strip() == words(language)[f"preset.{name}.expect"]


def test_a_comparison_in_another_language_says_what_is_in_it(nnrun: Command) -> None:
    for seed in (0, 1):
        nnrun("epochs=2", f"seed={seed}", "plots.save=false")
    told = nnrun("compare", "--json", "language=zh").err
    assert "language=zh: of the picture; this page is in English" in told
    assert "of the picture" not in nnrun("compare", "--json").err
