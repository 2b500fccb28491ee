"""Tab completion: its answers, that they are true, and the shells that ask for them."""

from __future__ import annotations

import argparse
import json
import os
import pty
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conftest import Command
from nnrun.arguments import parse
from nnrun.arguments.flags import NAMES
from nnrun.arguments.vocabulary import Vocabulary, shipped_vocabulary
from nnrun.cli import SUBCOMMANDS
from nnrun.commands import options as options_module
from nnrun.commands.completion import WORDS
from nnrun.commands.parts import _known as groups_of_parts
from nnrun.completing import runs as run_names
from nnrun.completing.answer import Answer, Candidate, is_plain
from nnrun.completing.candidates import _PARTS, answer
from nnrun.completing.files import GROUPS, Files, read
from nnrun.completing.line import kept_by_shell, read_line
from nnrun.completing.shells import SCRIPTS, script
from nnrun.completing.training import FLAGS
from nnrun.completing.usage import subcommands, summary, usage
from nnrun.completing.values import METRICS, OBJECTIVES, VALUES
from nnrun.metrics import metrics
from nnrun.runs.finding import find_run
from nnrun.runs.locking import SWEEP
from nnrun.runs.writing import METRICS as METRICS_FILE
from nnrun.runs.writing import SUMMARY
from nnrun.shipped import config_directory

SHIPPED = Files((config_directory(),))
DAY = "2026-11-21"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """What the gate knows, registries and all."""
    return shipped_vocabulary()


def record(directory: Path, **summary: Any) -> None:
    """A run as far as completion looks at one."""
    directory.mkdir(parents=True)
    (directory / SUMMARY).write_text(json.dumps({"schema": 1} | summary), "utf-8")
    (directory / METRICS_FILE).write_text("epoch\n")


@pytest.fixture
def recorded(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs and a sweep of twelve jobs in `outputs` of the working directory."""
    monkeypatch.delenv("NNRUN_OUTPUTS", raising=False)
    root = place / "outputs"
    record(
        root / "2026-11-20" / "23-59-59_linear-mlp", title="linear, mlp 4-10-1 relu, sgd lr=0.5", name=None
    )
    record(root / DAY / "10-30-15_quadratic-mlp", title="quadratic, mlp 1-10-1 relu, sgd lr=0.5", name=None)
    record(root / DAY / "10-30-15_quadratic-mlp-2", title="quadratic", name="second try")
    sweep = root / DAY / "10-31-02_sweep"
    record(sweep, kind="sweep", command="nnrun -m seed=0..11", best_run={"directory": "7"})
    (sweep / SWEEP).write_text("")
    for job in range(12):
        record(sweep / str(job), title="quadratic", command=f"nnrun seed={job}")
    return place


def texts(line: str, root: Path | None = None) -> list[str]:
    """What the last word of `line` could become; it is empty where a blank ends the line."""
    *before, current = line.split(" ")
    found = answer(before, current, root or Path("outputs"))
    return [candidate.text for candidate in found.candidates]


COMPLETE = [
    ("comple", ["completion"]),
    ("optim", ["optim=", "optim."]),
    ("optim=ad", ["optim=adagrad", "optim=adam", "optim=adamw"]),
    ("optim.", ["optim.lr=", "optim.momentum=", "optim.nesterov=", "optim.weight_decay="]),
    ("optim=adam optim.b", ["optim.beta1=", "optim.beta2="]),
    ("optim=sgd optim=adam optim.n", []),
    ("-m optim=sgd,adam optim.", ["lr", "momentum", "nesterov", "weight_decay", "beta1", "beta2", "eps"]),
    ("experiment=ten_points model.o", ["model.output_bias="]),
    ("experiment=linear_regression model.", ["bias", "init", "init_scale", "bias_init"]),
    ("experiment=linear_regression model=mlp model.h", ["model.hidden="]),
    ("experiment=ten", ["experiment=ten_points"]),
    ("optim.lr=0.1 optim.", ["optim.momentum=", "optim.nesterov=", "optim.weight_decay="]),
    ("model.activation=s", ["selu", "silu", "softplus", "sigmoid", "softsign", "sine"]),
    ("optim.nesterov=", ["true", "false"]),
    ("shuffle=f", ["false"]),
    ("loss=huber loss.d", ["loss.delta="]),
    ("loss=cross_entropy loss.class_weights=", ["null"]),
    ("batch_size=", ["null"]),
    ("epochs=", []),
    ("ep", ["epochs="]),
    ("epochs=5 ep", []),
    ("plots.", ["save", "data", "animation", "live", "every", "pace", "format", "feature", "font"]),
    ("plots.format=", ["png", "svg", "pdf"]),
    ("early_", ["early_stopping."]),
    ("early_stopping.r", ["early_stopping.restore_best="]),
    ("sweep.plots=b", ["best"]),
    ("metrics=", ["mae", "r2", "accuracy", "null"]),
    ("metrics=mae,", ["mae,r2", "mae,accuracy", "mae,null"]),
    ("objective=val/", ["val/loss", "val/mae", "val/r2", "val/accuracy"]),
    ("-m optim=sgd,ad", ["sgd,adagrad", "sgd,adam", "sgd,adamw"]),
    ("-m optim=adam,ad", ["adam,adagrad", "adam,adamw"]),
    ("optim=sgd,ad", []),
    ("+optim.l", ["+optim.lr="]),
    ("-", list(FLAGS)),
    ("--cfg ", ["job", "hydra", "all"]),
    ("--cfg=h", ["--cfg=hydra"]),
    ("--info d", ["defaults", "defaults-tree"]),
    ("nothing.", []),
    ("nothing=", []),
    ("=", []),
    ("parts opt", ["optim"]),
    ("parts optim ad", ["adagrad", "adam", "adamw"]),
    ("parts activation ta", ["tanh"]),
    ("parts optim adam ", []),
    ("parts --l", ["--language"]),
    ("parts --language ", ["auto", "en", "zh"]),
    ("parts --language=z", ["--language=zh"]),
    ("parts --json --j", []),
    ("open --kind f", ["fit", "fits"]),
    ("trace --sc", ["--scalars"]),
    ("trace model.hid", ["model.hidden="]),
    ("trace --step 3 optim=adam optim.beta", ["optim.beta1=", "optim.beta2="]),
    ("grad ", []),
    ("completion ", ["bash", "zsh", "fish", "powershell"]),
]


@pytest.mark.parametrize(("line", "expected"), COMPLETE, ids=[line for line, _ in COMPLETE])
def test_a_word_becomes_what_could_stand_there(line: str, expected: list[str], place: Path) -> None:
    current = line.rpartition(" ")[2]
    found = texts(line)
    head = f"{current.rpartition('=')[0]}=" if "=" in current else ""
    shortened = [text.removeprefix(head) for text in found]
    if head and expected and not expected[0].startswith(head):
        found = shortened
    elif current.endswith(".") and expected and "=" not in expected[0]:
        found = [text.removeprefix(current).removesuffix("=") for text in found][: len(expected)]
    assert found == expected


def test_the_first_word_is_a_subcommand_a_group_or_a_key_and_a_later_one_no_subcommand(place: Path) -> None:
    first, later = texts(""), texts("epochs=5 ")
    assert first[: len(subcommands())] == list(subcommands())
    assert [text for text in first if text not in subcommands()] == [
        *later[:8],
        *later[8:9],
        "epochs=",
        *later[9:],
    ]
    assert later[:8] == [f"{group}=" for group in GROUPS]


def test_what_is_typed_is_never_changed(place: Path) -> None:
    for line, _ in COMPLETE:
        assert all(text.startswith(line.rpartition(" ")[2]) for text in texts(line))


def test_descriptions_say_the_default_and_what_it_does(place: Path) -> None:
    def description(line: str) -> str:
        *before, current = line.split(" ")
        (found,) = answer(before, current, Path("outputs")).candidates
        return found.description

    assert description("optim.lr").startswith("default 0.5: right for one small ReLU layer")
    assert description("experiment=linear_regression optim.lr").startswith("default 0.01: ")
    assert description("experiment=linear_regression optim=sgd optim.lr").startswith("default 0.5: ")
    assert description("model.hid").startswith("default 10: units per hidden layer")
    assert (
        description("optim=sg") == "plain gradient descent: the least per step, and the most sensitive to lr"
    )
    assert description("experiment=ten").startswith("Expect five sigmoid units")
    assert description("experiment=ten_points model.activation=sig") == "default"
    assert description("out").startswith("where run directories are made")
    assert description("gra") == summary("grad") != ""


@pytest.mark.parametrize("name", sorted(subcommands()))
def test_every_subcommand_has_a_summary(name: str) -> None:
    assert len(summary(name).split()) >= 3


# That the answers are true: files read by lines, values written out, options read from source.


def flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@pytest.mark.parametrize("path", sorted(config_directory().glob("[!h]*/*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_file_by_its_lines_is_what_yaml_makes_of_it(path: Path) -> None:
    content = yaml.safe_load(path.read_text("utf-8"))
    expected = {key: value for key, value in flat(content) if not key.startswith(("defaults", "hydra."))}
    keys = read(path).keys
    found = {key: entry for key, entry in keys.items() if not key.startswith(("defaults", "hydra."))}
    assert list(found) == list(expected)
    for key, value in expected.items():
        typed = found[key].default
        if isinstance(value, list):
            assert typed.replace("x", ",") == (",".join(map(str, value)) or "[]")
        else:
            assert yaml.safe_load(typed) == value
    assert all(not entry.comment.startswith("#") for entry in found.values())


def test_the_runs_own_keys_are_those_of_the_schema(vocabulary: Vocabulary) -> None:
    assert set(SHIPPED.settings) == set(vocabulary.settings)
    assert dict(SHIPPED.defaults) | {"experiment": "null"} == dict(vocabulary.defaults)
    assert set(GROUPS) == set(vocabulary.registries)


def test_every_part_and_every_key_of_a_part_is_known(vocabulary: Vocabulary) -> None:
    for group in GROUPS:
        assert tuple(SHIPPED.names(group)) == vocabulary.choices(group)
        assert all(remark for remark in SHIPPED.names(group).values())
    for group, registry in vocabulary.registries.items():
        for name in registry or ():
            assert registry is not None
            assert list(SHIPPED.keys(group, name)) == list(registry[name].parameters)


def test_every_key_that_takes_one_of_a_few_words_offers_these(vocabulary: Vocabulary) -> None:
    expected = {key: p.choices for key, p in vocabulary.settings.items() if p.choices}
    for group, registry in vocabulary.registries.items():
        for name in registry or ():
            assert registry is not None
            for parameter in registry[name].parameters.values():
                if parameter.choices:
                    expected[f"{group}.{parameter.name}"] = parameter.choices
    assert dict(VALUES) == expected
    assert tuple(metrics) == METRICS
    assert len(OBJECTIVES) == 1 + 3 * (1 + len(METRICS))
    assert sorted(_PARTS) == sorted(groups_of_parts())


def test_every_offered_override_passes_the_gate(vocabulary: Vocabulary) -> None:
    for group in GROUPS:
        for name in SHIPPED.names(group):
            assert parse([f"{group}={name}"], SUBCOMMANDS, vocabulary)
            for text in texts(f"{group}={name} {group}."):
                for value in texts(f"{group}={name} {text}"):
                    assert parse([f"{group}={name}", value], SUBCOMMANDS, vocabulary)
    for key in SHIPPED.settings:
        for value in texts(f"{key}="):
            assert parse([value], SUBCOMMANDS, vocabulary)


def test_every_offered_flag_of_a_training_is_one() -> None:
    assert set(FLAGS) <= set(NAMES)


def test_every_command_with_a_main_is_a_subcommand() -> None:
    assert set(subcommands()) == set(SUBCOMMANDS)


@pytest.mark.parametrize("name", sorted(subcommands()))
def test_the_flags_of_a_subcommand_are_those_that_it_reads(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[argparse.ArgumentParser] = []
    original = options_module.Options.__init__

    def remembered(self: options_module.Options, *given: Any, **named: Any) -> None:
        original(self, *given, **named)
        built.append(self)

    monkeypatch.setattr(options_module.Options, "__init__", remembered)
    with pytest.raises(SystemExit, match="0"):
        __import__(f"nnrun.commands.{name}", fromlist=["main"]).main(["--help"])
    capsys.readouterr()
    known = usage(name)
    for action in built[0]._actions:
        if action.help == argparse.SUPPRESS:
            continue
        for flag in action.option_strings:
            found = known.flags[flag]
            assert found.takes_value == (action.nargs != 0), flag
            assert found.choices == tuple(map(str, action.choices or ())), flag
        if not action.option_strings:
            alone = [found for found in known.words if found.names[0] == action.dest]
            assert [found.choices for found in alone] == [tuple(map(str, action.choices or ()))]
            assert alone[0].repeated == (action.nargs in ("*", "+"))


# RUN arguments.


def test_runs_are_offered_by_age_and_by_name_the_newest_first(recorded: Path) -> None:
    found = answer(["open"], "", Path("outputs"))
    assert [(each.text, each.description) for each in found.candidates] == [
        ("latest", "10-31-02_sweep: nnrun -m seed=0..11"),
        ("latest~1", "10-30-15_quadratic-mlp-2: second try"),
        ("10-31-02_sweep", "nnrun -m seed=0..11"),
        ("10-30-15_quadratic-mlp-2", "second try"),
        ("10-30-15_quadratic-mlp", "quadratic, mlp 1-10-1 relu, sgd lr=0.5"),
        ("23-59-59_linear-mlp", "linear, mlp 4-10-1 relu, sgd lr=0.5"),
    ]
    assert found.paths == "none"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "1",
            "latest",
            "latest~",
            "latest/",
            "latest~0/",
            "2026-11-2",
            "2026-11-21/",
            "10-31-02_sweep/1",
        ),
        *("2026-11-21/10-31-02_sweep/", "outputs/2026-11-21/10-31-02_sweep/"),
    ],
)
def test_every_offered_run_is_found_and_is_the_one_described(recorded: Path, typed: str) -> None:
    found = [each for each in answer(["open"], typed, Path("outputs")).candidates if each.text[-1] != "/"]
    assert found or typed == "2026-11-2"
    for each in found:
        directory = find_run(each.text)
        summary = json.loads((directory / SUMMARY).read_text("utf-8"))
        assert any(
            text and text in each.description for text in summary.values() if isinstance(text, str)
        ) or (each.text.endswith("/best"))


def test_two_runs_of_one_name_are_told_apart_by_their_days(recorded: Path) -> None:
    record(recorded / "outputs" / "2026-11-20" / "10-30-15_quadratic-mlp", title="older")
    found = [each.text for each in answer(["open"], "10-30", Path("outputs")).candidates]
    assert found == ["10-30-15_quadratic-mlp-2"]
    found = [each.text for each in answer(["open"], "", Path("outputs")).candidates]
    assert {f"{DAY}/10-30-15_quadratic-mlp", "2026-11-20/10-30-15_quadratic-mlp"} <= set(found)
    assert all(find_run(each) for each in found)


@pytest.mark.parametrize("line", ["trace --run ", "trace --run=", "show "])
def test_runs_are_offered_wherever_a_run_is_meant(recorded: Path, line: str) -> None:
    assert line.split()[0] not in SUBCOMMANDS or "latest" in "".join(texts(line))


def test_jobs_are_offered_in_their_order_behind_a_sweep(recorded: Path) -> None:
    assert texts("open latest/") == ["latest/best", *(f"latest/{job}" for job in range(12))]
    assert texts("open latest/1") == ["latest/1", "latest/10", "latest/11"]
    assert texts("open latest~1/") == []


def test_no_more_than_200_runs_are_offered(place: Path) -> None:
    for run in range(230):
        record(place / "outputs" / DAY / f"10-00-00_{run:03}", title=f"run {run}")
    found = texts("open 10")
    assert (len(found), found[0], found[-1]) == (200, "10-00-00_229", "10-00-00_030")


def test_a_path_is_completed_by_the_shell(recorded: Path) -> None:
    assert answer(["open"], "./out", Path("outputs")).paths == "directories"
    assert answer(["open"], "zzz", Path("outputs")).paths == "directories"
    assert answer([], "output=", Path("outputs")).paths == "directories"
    assert answer(["--config-dir"], "", Path("outputs")) == Answer(paths="directories")
    assert answer([], "--config-dir=x", Path("outputs")) == Answer(paths="directories", head="--config-dir=")


def test_without_runs_there_are_none_and_nothing_is_made(place: Path) -> None:
    assert answer(["open"], "", Path("outputs")) == Answer(paths="directories")
    assert list(place.iterdir()) == []


HOSTILE = [
    *(
        "$(touch pwned)",
        "`touch pwned`",
        "a b",
        "x;touch pwned",
        "x'y",
        'x"y',
        "x\\y",
        "x\ny",
        "x\ty",
        "~root",
    ),
    *("x>pwned", "x|y", "x&y", "x*", "x?", "x[1]", "x{1,2}", "!x", "#x", "x\x1b[31m", "x\u202ey"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_a_shell_would_take_for_more_is_left_out(place: Path, name: str) -> None:
    record(place / "outputs" / DAY / name, title="hostile")
    record(place / "outputs" / name / "10-00-00_x", title="hostile")
    (place / "own" / "dataset").mkdir(parents=True)
    (place / "own" / "dataset" / f"{name}.yaml").write_text("name: quadratic\n")
    assert all(each in ("latest", "latest~1") or each.startswith(DAY) for each in texts("open "))
    assert not is_plain(name)
    assert not [each for each in texts("--config-dir own dataset=") if name in each]


def test_a_hostile_title_is_one_line_without_control_characters(place: Path) -> None:
    record(place / "outputs" / DAY / "10-00-00_x", name="a\tb\nc\x1b[31m$(touch pwned)" + "x" * 500)
    (found, *_) = answer(["open"], "10", Path("outputs")).candidates
    assert found.description.startswith("a b c\\x1b[31m$(touch pwned)x")
    assert len(found.description) == 100
    assert list(Answer((found,)).lines()) == ["none\t", f"10-00-00_x\t{found.description}"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"title": 5}', "[" * 100_000, "\x00", "null"])
def test_a_damaged_summary_leaves_the_name(place: Path, content: str) -> None:
    record(place / "outputs" / DAY / "10-00-00_x")
    (place / "outputs" / DAY / "10-00-00_x" / SUMMARY).write_text(content)
    assert answer(["open"], "10", Path("outputs")).candidates == (Candidate("10-00-00_x"),)


def test_a_summary_that_is_a_link_or_a_pipe_is_not_read(place: Path) -> None:
    (place / "secret").write_text('{"title": "secret"}')
    for run, make in (("a", lambda path: path.symlink_to(place / "secret")), ("b", os.mkfifo)):
        record(place / "outputs" / DAY / run)
        (place / "outputs" / DAY / run / SUMMARY).unlink()
        make(place / "outputs" / DAY / run / SUMMARY)
    assert {each.description for each in answer(["open"], "", Path("outputs")).candidates} == {"", "a:", "b:"}


def test_what_marks_a_run_is_what_runs_say() -> None:
    from nnrun.runs import finding, marks

    assert marks._MARKS == run_names.MARKS
    assert finding.output_root() == run_names.output_root()


# Configuration files of the user's own.


def test_parts_of_the_users_own_directory_are_offered_with_their_keys(place: Path) -> None:
    (place / "own" / "model" / "wide").mkdir(parents=True)
    (place / "own" / "dataset").mkdir()
    (place / "own" / "model" / "wide" / "net.yaml").write_text("name: mlp # very wide\nhidden: [500]\n")
    (place / "own" / "dataset" / "mine.yaml").write_text("name: csv\npath: data.csv  # where\n")
    assert texts("--config-dir own model=w") == ["model=wide/net"]
    assert texts("--config-dir=own model=wide/net model.h") == ["model.hidden="]
    assert "model.activation=" in texts("--config-dir own model=wide/net model.")
    assert texts("model=w") == []
    assert answer(["--config-dir", "own", "dataset=mine"], "dataset.path=", place) == Answer(
        paths="files", head="dataset.path="
    )


@pytest.mark.parametrize("content", ["", "a: [", "\x00\xff", "- 1\n- 2", "name: 5\n  x: 1", "x" * 2_000_000])
def test_a_file_that_cannot_be_understood_is_offered_by_name(place: Path, content: str) -> None:
    (place / "own" / "optim").mkdir(parents=True)
    (place / "own" / "optim" / "mine.yaml").write_text(content)
    assert texts("--config-dir own optim=m") == ["optim=mine"]
    assert isinstance(texts("--config-dir own optim=mine optim."), list)


@given(st.text(), st.lists(st.text(max_size=20), max_size=4))
def test_no_line_is_too_strange(current: str, words: list[str]) -> None:
    found = answer(words, current, Path("nowhere"))
    assert all(each.text.startswith(current) and "\n" not in each.description for each in found.candidates)


# Lines of bash.

LINES = [
    ("nnrun opt", ("nnrun",), "opt"),
    ("nnrun opt ", ("nnrun", "opt"), ""),
    ("nnrun  'a b' \"c d\" e\\ f", ("nnrun", "a b", "c d"), "e f"),
    ('nnrun "optim.l', ("nnrun",), "optim.l"),
    ("nnrun 'optim.l", ("nnrun",), "optim.l"),
    ('nnrun "a\\"b$(x)" c', ("nnrun", 'a"b$(x)'), "c"),
    ("nnrun '' x", ("nnrun", ""), "x"),
    ("nnrun a'b'\"c\"\\", ("nnrun",), "abc"),
    ("", (), ""),
]


@pytest.mark.parametrize(("line", "before", "current"), LINES)
def test_a_line_is_taken_apart_as_bash_would(line: str, before: tuple[str, ...], current: str) -> None:
    found = read_line(line)
    assert (found.before, found.current) == (before, current)


@given(st.lists(st.text(alphabet="ab '\"\\$`=", min_size=1, max_size=8), max_size=5))
def test_quoted_words_come_back(words: list[str]) -> None:
    import shlex

    assert read_line(" ".join(map(shlex.quote, words)) + " ").before == tuple(words)


@pytest.mark.parametrize(
    ("current", "replaced", "kept"),
    [("optim=sg", "sg", 6), ("optim=", "", 6), ("opt", "opt", 0), ("optim=s", '"optim=s', 0), ("a", "b", 0)],
)
def test_what_stands_before_a_break_is_kept(current: str, replaced: str, kept: int) -> None:
    assert kept_by_shell(current, replaced) == kept


# The command.


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_of_a_shell_is_printed_with_how_to_install_it(nnrun: Command, shell: str) -> None:
    done = nnrun("completion", shell)
    assert (done.status, done.out, done.err) == (0, script(shell), "")
    assert f"nnrun completion {shell}" in done.out[:300]
    assert "--answer " + shell in done.out


def test_an_unknown_shell_is_bad_input(nnrun: Command) -> None:
    done = nnrun("completion", "tcsh")
    assert (done.status, done.out) == (2, "")
    assert done.err == "nnrun: SHELL tcsh: choices: bash, zsh, fish, powershell\n"
    assert nnrun("completion", "pwsh").out == script("powershell")


def test_without_a_shell_the_users_own_is_taken_or_all_are_explained(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/usr/local/bin/fish")
    assert nnrun("completion").out == script("fish")
    for other in ("/bin/tcsh", ""):
        monkeypatch.setenv("SHELL", other)
        explained = nnrun("completion").out
        assert all(line.startswith("#") for line in explained.splitlines())
        assert all(f"nnrun completion {shell}" in explained for shell in SCRIPTS)


def test_powershell_hands_its_words_over_in_the_environment(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WORDS, "optim=adam\noptim.beta")
    out = nnrun("completion", "--answer", "powershell").out.splitlines()
    assert [line.partition("\t")[0] for line in out] == ["none", "optim.beta1=", "optim.beta2="]
    monkeypatch.setenv(WORDS, "")
    assert "dataset=\tdefault quadratic" in nnrun("completion", "--answer", "powershell").out.splitlines()


def test_the_powershell_script_evaluates_nothing_and_its_brackets_are_closed() -> None:
    code = [line for line in script("powershell").splitlines() if line.strip() and line.strip()[0] != "#"]
    assert not [line for line in code if "Invoke-Expression" in line or "iex" in line.split()]
    open_brackets: list[str] = []
    quote = ""
    for character in "\n".join(code):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "({[":
            open_brackets.append(character)
        elif character in ")}]":
            assert open_brackets.pop() + character in ("()", "{}", "[]")
    assert (open_brackets, quote) == ([], "")
    assert "Register-ArgumentCompleter -Native" in code[0]


def test_an_answer_loads_no_library(recorded: Path) -> None:
    program = (
        "import sys; from nnrun import cli; status = cli.run(sys.argv[1:]);"
        "print('LOADED', status, *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    for words in (["optim."], ["model.activation="], ["open", ""], ["trace", "--"], [""]):
        command = [sys.executable, "-c", program, "completion", "--answer", "zsh", "--", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        status, *loaded = done.stdout.rpartition("LOADED ")[2].split()
        assert status == "0"
        assert not {"torch", "matplotlib", "numpy", "hydra", "omegaconf", "yaml", "rich", "PIL"} & set(loaded)


def test_an_answer_takes_less_than_a_third_of_a_second_of_the_processor(recorded: Path) -> None:
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "nnrun", "completion", "--answer", "zsh", "--", "open", ""]
        subprocess.run(command, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.3


# Real shells.


@pytest.fixture
def shimmed(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `nnrun` is this very nnrun, with no settings of the user's."""
    programs = tmp_path_factory.mktemp("bin")
    (programs / "nnrun").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nnrun "$@"\n')
    (programs / "nnrun").chmod(0o755)
    home = str(tmp_path_factory.mktemp("home"))
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    settings = {
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_DATA_HOME": home,
        "TERM": "xterm",
        "COLUMNS": "100",
    }
    return os.environ | settings | {"PATH": path, "LC_ALL": "C.UTF-8"}


BASH = [
    ("nnrun optim.", "optim.", ["optim.lr=", "optim.momentum=", "optim.nesterov=", "optim.weight_decay="]),
    ("nnrun optim=", "", ["adagrad", "adam", "adamw", "rmsprop", "sgd", "torch"]),
    ("nnrun optim=ad", "ad", ["adagrad", "adam", "adamw"]),
    ("nnrun -m optim=sgd,ad", "sgd,ad", ["sgd,adagrad", "sgd,adam", "sgd,adamw"]),
    ("nnrun optim=adam optim.b", "optim.b", ["optim.beta1=", "optim.beta2="]),
    ("nnrun 'optim.l", "'optim.l", ["optim.lr="]),
    ("nnrun open latest/1", "latest/1", ["latest/1", "latest/10", "latest/11"]),
    ("nnrun --cfg=", "", ["job", "hydra", "all"]),
    ("nnrun 'name=$(touch pwned)' plots.fo", "plots.fo", ["plots.format=", "plots.font="]),
    ("nnrun zzz", "zzz", []),
]


def test_bash_gets_candidates_for_the_part_of_a_word_that_it_replaces(
    recorded: Path, shimmed: dict[str, str]
) -> None:
    calls = "\n".join(
        f'COMP_LINE=$L{at} COMP_POINT=${{#L{at}}} COMP_WORDS=($L{at}) COMP_CWORD=1; _nnrun nnrun "$R{at}" x;'
        'printf "%s " "${COMPREPLY[@]}"; echo'
        for at in range(len(BASH))
    )
    given = {f"L{at}": line for at, (line, _, _) in enumerate(BASH)}
    given |= {f"R{at}": replaced for at, (_, replaced, _) in enumerate(BASH)}
    done = subprocess.run(
        ["bash", "--norc", "-c", f'set -f; eval "$(nnrun completion bash)"\ncompopt() {{ :; }}\n{calls}'],
        env=shimmed | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert [line.split() for line in done.stdout.splitlines()] == [expected for _, _, expected in BASH]
    assert not (recorded / "pwned").exists()


FISH = [
    ("nnrun optim.", ["optim.lr=", "optim.momentum=", "optim.nesterov=", "optim.weight_decay="]),
    ("nnrun model.activation=ta", ["model.activation=tanh"]),
    ("nnrun open latest/1", ["latest/1", "latest/10", "latest/11"]),
    ("nnrun 'name=$(touch pwned)' plots.fo", ["plots.format=", "plots.font="]),
    ("nnrun open ./outp", ["./outputs/"]),
    ("nnrun optim=sgd (touch pwned) epo", ["epochs="]),
]


def test_fish_lists_candidates_with_their_descriptions(recorded: Path, shimmed: dict[str, str]) -> None:
    calls = "\n".join(f"complete -C $L{at}; echo =====" for at in range(len(FISH)))
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"nnrun completion fish | source\n{calls}"],
        env=shimmed | {f"L{at}": line for at, (line, _) in enumerate(FISH)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    listed = [part.splitlines() for part in done.stdout.split("=====\n")[:-1]]
    assert [[line.partition("\t")[0] for line in part] for part in listed] == [found for _, found in FISH]
    assert "optim.lr=\tdefault 0.5: right for one small ReLU layer" in done.stdout
    assert not (recorded / "pwned").exists()


START = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
SHOW_LINE = {
    "bash": "bind 'set bell-style none'; bind -x '\"\\C-g\": printf %s \"<$READLINE_LINE>\" > line';"
    ' eval "$(nnrun completion bash)"',
    "zsh": "autoload -U compinit; compinit -D -u; setopt no_beep;"
    " tell() { print -rn -- \"<$BUFFER>\" > line }; zle -N tell; bindkey '^G' tell;"
    ' eval "$(nnrun completion zsh)"',
    "fish": "nnrun completion fish | source; bind \\cg 'printf \"<%s>\" (commandline) > line'",
}
"""What makes Ctrl-G write the line as it stands into a file, and what README says installs completion."""

TYPED = [
    ("nnrun compl\t", "nnrun completion "),
    ("nnrun optim.l\t", "nnrun optim.lr="),
    ("nnrun optim=adamw\t", "nnrun optim=adamw "),
    ("nnrun plots.format=sv\t", "nnrun plots.format=svg "),
    ("nnrun early_\t", "nnrun early_stopping."),
    ("nnrun -m optim=sgd,adag\t", "nnrun -m optim=sgd,adagrad "),
    ("nnrun open 23\t", "nnrun open 23-59-59_linear-mlp "),
    ("nnrun open latest/b\t", "nnrun open latest/best "),
    ("nnrun open ./outp\t", "nnrun open ./outputs/"),
    ("nnrun --cfg=j\t", "nnrun --cfg=job "),
    ("nnrun epochs=5 'name=$(touch pwned)' batch\t", "nnrun epochs=5 'name=$(touch pwned)' batch_size="),
    ("nnrun open evil\t", "nnrun open evil"),
    ("nnrun predict latest --csv my\t", "nnrun predict latest --csv my\\ data.csv "),
    ("nnrun predict latest --csv=my\t", "nnrun predict latest --csv=my\\ data.csv "),
]


class Typist:
    """A real shell on a terminal of its own, and keys for it."""

    def __init__(self, shell: str, place: Path, environment: Mapping[str, str]) -> None:
        self._line = place / "line"
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.chdir(place)
            os.execvpe(shell, [shell, *START[shell]], dict(environment))
        self._screen = b""
        self.type(f"{SHOW_LINE[shell]}; echo rea''dy\n")
        self._until(lambda: b"ready" in self._screen.replace(b"rea''dy", b""))

    def type(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._terminal, keys.encode())

    def line(self, keys: str) -> str:
        """The line as it stands after `keys`."""
        self._line.unlink(missing_ok=True)
        self.type(f"\x15{keys}\x07")
        self._until(lambda: self._line.exists() and self._line.read_text().endswith(">"))
        return self._line.read_text()[1:-1]

    def close(self) -> None:
        """Ends the shell."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._terminal)

    def _until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not done():
            assert time.monotonic() < end, self._screen.decode(errors="replace")
            if select.select([self._terminal], [], [], 0.02)[0]:
                self._screen += os.read(self._terminal, 65536)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("shell", START)
def test_the_tab_key_completes_in_a_real_shell(shell: str, recorded: Path, shimmed: dict[str, str]) -> None:
    record(recorded / "outputs" / DAY / "evil$(touch pwned)", title="hostile")
    (recorded / "my data.csv").write_text("x\n1\n")
    typist = Typist(shell, recorded, shimmed)
    try:
        found = [typist.line(keys) for keys, _ in TYPED]
    finally:
        typist.close()
    assert found == [line for _, line in TYPED]
    assert not (recorded / "pwned").exists()


def test_zsh_finds_the_script_as_a_function_on_its_path(recorded: Path, shimmed: dict[str, str]) -> None:
    functions = Path(shimmed["HOME"]) / "functions"
    functions.mkdir()
    (functions / "_nnrun").write_text(script("zsh"))
    program = f"fpath=({functions} $fpath); autoload -U compinit; compinit -D -u; print $_comps[nnrun]"
    done = subprocess.run(
        ["zsh", "-f", "-c", program], env=shimmed, capture_output=True, text=True, check=True
    )
    assert done.stdout == "_nnrun\n"


@pytest.mark.parametrize(("shell", "check"), [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])])
def test_a_shell_reads_its_script_without_complaint(shell: str, check: Sequence[str], place: Path) -> None:
    (place / "script").write_text(script(shell))
    done = subprocess.run([shell, *check, "script"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
