from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from nnrun.arguments import Invocation, command_line, parse
from nnrun.arguments.context import Context
from nnrun.arguments.grammar import SWEEPS, is_readable, split, values_meant
from nnrun.arguments.keys import meanings
from nnrun.arguments.quoting import is_quoted, literal, quoted
from nnrun.arguments.synonyms import CHOICES, KEYS
from nnrun.arguments.vocabulary import Vocabulary, settings_of, shipped_vocabulary
from nnrun.characters import visible
from nnrun.errors import BadInput
from nnrun.registry import Registry

SUBCOMMANDS = ("list", "show", "compare")


@dataclass(frozen=True)
class Plots:
    save: bool = True
    format: Literal["png", "svg"] = "png"


@dataclass(frozen=True)
class Run:
    seed: int = 0
    epochs: int = 100
    batch_size: int | None = None
    shuffle: bool = True
    metrics: tuple[str, ...] | None = None
    output: str = "outputs"
    name: str | None = None
    tags: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    plots: Plots = field(default=Plots())


def quadratic(*, a: float = 1.0, noise: float = 0.2, samples: int = 100) -> None: ...
def linear_data(*, weights: tuple[float, ...] = (1.0,), bias: float = 0.0, noise: float = 0.1) -> None: ...
def function(*, expression: str = "x", samples: int = 100) -> None: ...
def linear(*, bias: bool = True) -> None: ...
def mlp(*, hidden: tuple[int, ...] = (10,), activation: Literal["relu", "tanh"] = "relu") -> None: ...
def sgd(*, lr: float = 0.5, momentum: float = 0.0) -> None: ...
def adam(*, lr: float = 0.001) -> None: ...
def cpu() -> None: ...
def cuda() -> None: ...


def registry(group: str, **factories: Any) -> Registry[Any]:
    made: Registry[Any] = Registry(group)
    for name, factory in factories.items():
        factory.__name__ = name
        made.register(factory)
    return made


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    conf = tmp_path_factory.mktemp("conf")
    (conf / "config.yaml").write_text("defaults:\n  - dataset: quadratic\n  - model: mlp\n  - optim: sgd\n")
    for group, name in [("experiment", "parabola_fit"), ("experiment", "lessons/first"), ("device", "auto")]:
        path = conf / group / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("defaults:\n  - override /model: linear\n")
    registries: Mapping[str, Registry[Any] | None] = {
        "dataset": registry("dataset", quadratic=quadratic, linear=linear_data, function=function),
        "model": registry("model", linear=linear, mlp=mlp),
        "optim": registry("optim", sgd=sgd, adam=adam),
        "device": registry("device", cpu=cpu, cuda=cuda),
        "experiment": None,
    }
    return Vocabulary(settings_of(Run), MappingProxyType(dict(registries)), (conf,))


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    return shipped_vocabulary()


def words(line: str) -> list[str]:
    """Words of a test case: at blanks, or at `|` where it has one, so that words may hold blanks."""
    return line.split("|") if "|" in line else line.split()


def refusal(vocabulary: Vocabulary, *argv: str) -> BadInput:
    with pytest.raises(BadInput, match=r".") as caught:
        parse(argv, SUBCOMMANDS, vocabulary)
    return caught.value


def overrides(vocabulary: Vocabulary, *argv: str) -> tuple[str, ...]:
    return parse(argv, SUBCOMMANDS, vocabulary).overrides


def hydra_value(override: str) -> Any:
    return OverridesParser.create().parse_override(override).value()


# What is right passes unchanged.

VALID = """epochs=5
epochs=1e2 seed=3
model=mlp dataset=quadratic optim=adam
optim.lr=0.1 optim.momentum=.9
model.hidden=20x20
model.hidden=[20,20]
model.hidden=20
model.activation=tanh
batch_size=null shuffle=False
plots.save=false plots.format=svg
name=first output=/data/x-1/y.z
name="a,b" dataset=function dataset.expression='sin(x)'
name='it\\'s'
tags=[a,b] tags=[]
metrics=null name=null
experiment=parabola_fit
experiment=lessons/first
device=auto
-m optim.lr=0.1,0.5 model=mlp,linear
-m seed=range(0,3) optim.lr=choice(0.1,0.2)
-m model=glob(*)
-m model=choice(mlp,linear)
-m model.hidden=[10],[20,20]
-m model.hidden=10,20
hydra.run.dir=x hydra/launcher=basic +hydra.foo=1 ~hydra.bar hydra.sweeper.params={a:1}
hydra.launcher._target_=x
batch_size=${epochs}"""


@pytest.mark.parametrize("line", VALID.splitlines())
def test_what_is_right_passes_unchanged(vocabulary: Vocabulary, line: str) -> None:
    typed = words(line)
    kept = {word.partition("=")[0]: word for word in typed if not word.startswith("-")}
    assert overrides(vocabulary, *typed) == tuple(kept.values())


def test_flags_are_found_anywhere_and_keep_their_values(vocabulary: Vocabulary) -> None:
    line = "epochs=1 -m --cfg job -cd conf --config-name=x seed=1,2 -q --resolve -p a --info"
    invocation = parse(words(line), SUBCOMMANDS, vocabulary)
    assert invocation.overrides == ("epochs=1", "seed=1,2")
    assert " ".join(invocation.flags) == "-m --cfg job -cd conf --config-name=x --resolve -p a --info all"
    assert invocation.multirun
    assert invocation.quiet


def test_info_takes_its_topic_and_no_override(vocabulary: Vocabulary) -> None:
    assert parse(["--info", "epochs=5"], (), vocabulary).flags == ("--info", "all")
    assert parse(["--info", "defaults", "epochs=5"], (), vocabulary).flags == ("--info", "defaults")


def test_hydras_mode_makes_a_sweep_too(vocabulary: Vocabulary) -> None:
    invocation = parse(["hydra.mode=MULTIRUN", "optim.lr=1,2"], (), vocabulary)
    assert invocation.multirun
    assert invocation.flags == ()


def test_two_dashes_end_the_flags(vocabulary: Vocabulary) -> None:
    assert parse(["--", "epochs=5"], (), vocabulary).overrides == ("epochs=5",)
    assert "--help: unknown word" in str(refusal(vocabulary, "--", "--help"))


@pytest.mark.parametrize(("flag", "show"), [("-h", "help"), ("--help", "help"), ("--version", "version")])
def test_help_and_version_win_over_everything_else(flag: str, show: str) -> None:
    assert parse(["epohcs=5", "--nonsense", flag]).show == show


def test_a_subcommand_takes_all_that_follows() -> None:
    assert parse(["list", "--help", "-m", "x=1"], SUBCOMMANDS) == Invocation(
        subcommand="list", rest=("--help", "-m", "x=1")
    )


@pytest.mark.parametrize("flags", [("-sc",), ("--shell-completion",), ("--hydra-help",)])
def test_completion_and_hydras_help_stay_hydras(flags: tuple[str, ...]) -> None:
    invocation = parse([*flags, "install=bash"])
    assert (invocation.flags, invocation.overrides) == (flags, ("install=bash",))


def test_what_was_typed_is_kept_by_key(vocabulary: Vocabulary) -> None:
    assert parse(["+epochs=5", "seed＝3"], (), vocabulary).typed == {"epochs": "+epochs=5", "seed": "seed＝3"}


# What is wrong is said on one line each, with the command to type.

WRONG = [
    # 1, 2: unknown keys
    (
        "plots.landscape=true",
        "plots.landscape=true: unknown option 'plots.landscape'; a landscape is drawn by itself for models"
        " of two parameters, such as experiment=quadratic_manual",
        None,
    ),
    ("epohcs=5", "epohcs=5: unknown option 'epohcs'; did you mean 'epochs'?", "nnrun epochs=5"),
    ("+epohcs=5", "+epohcs=5: unknown option 'epohcs'; did you mean 'epochs'?", "nnrun epochs=5"),
    ("++epohcs=5", "++epohcs=5: unknown option 'epohcs'; did you mean 'epochs'?", "nnrun epochs=5"),
    (
        "+optimizer.lrr=1",
        "+optimizer.lrr=1: unknown option 'optimizer.lrr'; did you mean 'optim.lr'?",
        "nnrun optim.lr=1",
    ),
    (
        "plots.fromat=png",
        "plots.fromat=png: unknown option 'plots.fromat'; did you mean 'plots.format'?",
        "nnrun plots.format=png",
    ),
    ("zzzz=1", "zzzz=1: unknown option 'zzzz'; nnrun --help lists the options", None),
    (
        "momentm=1",
        "momentm=1: unknown option 'momentm'; did you mean 'optim.momentum'?",
        "nnrun optim.momentum=1",
    ),
    ("device.index=0", "device.index=0: unknown option 'device.index'; nnrun --help lists the options", None),
    ("=5", "=5: nothing stands before '='; write KEY=VALUE", None),
    # 3: unknown choices
    (
        "model=mpl",
        "model=mpl: no model 'mpl'; did you mean 'mlp'? choices: linear, mlp",
        "nnrun model=mlp",
    ),
    (
        "model=./net.py",
        "model=./net.py: which of the parts in the file? write model=./net.py:NAME, the NAME of a class or a"
        " function",
        None,
    ),
    (
        "-m|model=mlp,lnear",
        "model=mlp,lnear: no model 'lnear'; did you mean 'linear'? choices: linear, mlp",
        "nnrun -m model=mlp,linear",
    ),
    (
        "device=gpu",
        "device=gpu: no device 'gpu'; did you mean 'cuda'? choices: auto, cpu, cuda",
        "nnrun device=cuda",
    ),
    # 10: repeated in a sweep
    (
        "-m|optim.lr=1|optim.lr=2|optim.lr=3",
        "optim.lr given 3 times; write optim.lr=1..3 (a shell turns {1,2} into two arguments)",
        "nnrun -m optim.lr=1..3",
    ),
    # 11: not one name
    (
        "model=[mlp,linear]",
        "model=[mlp,linear]: model takes one name; to try each: -m and no brackets",
        "nnrun -m model=mlp,linear",
    ),
    ("model=null", "model=null: a model is needed; choices: linear, mlp", None),
    ("model=", "model=: a model is needed; choices: linear, mlp", None),
    ("model={a:1}", "model={a:1}: model takes a name; choices: linear, mlp", None),
    ("~epochs", "~epochs: nothing can be removed; leave out '~epochs' for its default", "nnrun"),
    ("~model=mlp", "~model=mlp: nothing can be removed; leave out '~model=mlp' for its default", "nnrun"),
    ("model@x=mlp", "model@x=mlp: packages ('@') are not allowed in nnrun; write GROUP=NAME", None),
    (
        "experiment=null",
        "experiment=null: no experiment is what there is without it; leave it out",
        None,
    ),
    ("plots=no", "plots=no: 'plots' holds several keys; write one of plots.save, plots.format", None),
    # 14: what would be executed
    ("model._target_=os.system", "model._target_=os.system: not allowed in nnrun", None),
    ("+x._target_=os.system", "+x._target_=os.system: not allowed in nnrun", None),
    ("_target_x=1", "_target_x=1: not allowed in nnrun", None),
    ("optim._partial_=true", "optim._partial_=true: not allowed in nnrun", None),
    ("--experimental-rerun=f", "--experimental-rerun=f: not allowed in nnrun", None),
    ("--experimental-rerun|f", "--experimental-rerun f: not allowed in nnrun", None),
    # 71: two values without -m
    (
        "optim.lr=0.1,0.5",
        "optim.lr=0.1,0.5: 2 values for optim.lr; to try each: nnrun -m optim.lr=0.1,0.5",
        "nnrun -m optim.lr=0.1,0.5",
    ),
    ("seed=0..4", "seed=0..4: 5 values for seed; to try each: nnrun -m seed=0..4", "nnrun -m seed=0..4"),
    (
        "seed=range(0,3)",
        'seed=range(0,3): several values for seed; to try each: nnrun -m "seed=range(0,3)"',
        'nnrun -m "seed=range(0,3)"',
    ),
    (
        "optim.lr=choice(1,2)",
        'optim.lr=choice(1,2): 2 values for optim.lr; to try each: nnrun -m "optim.lr=choice(1,2)"',
        'nnrun -m "optim.lr=choice(1,2)"',
    ),
    (
        "model=mlp,linear",
        "model=mlp,linear: 2 values for model; to try each: nnrun -m model=mlp,linear",
        "nnrun -m model=mlp,linear",
    ),
    (
        "sizes=[10],[20,20]",
        'sizes=[10],[20,20]: 2 values for sizes; to try each: nnrun -m "sizes=[10],[20,20]"',
        'nnrun -m "sizes=[10],[20,20]"',
    ),
    (
        "model.hidden=10,20x20",
        "model.hidden=10,20x20: 2 values for model.hidden; to try each: nnrun -m model.hidden=10,20x20",
        "nnrun -m model.hidden=10,20x20",
    ),
    (
        "tags=[a],[b]",
        'tags=[a],[b]: 2 values for tags; to try each: nnrun -m "tags=[a],[b]"',
        'nnrun -m "tags=[a],[b]"',
    ),
    # 72: options in another form
    ("--epochs|200", "--epochs 200: write epochs=200", "nnrun epochs=200"),
    ("--epochs=200", "--epochs=200: write epochs=200", "nnrun epochs=200"),
    ("-epochs=200", "-epochs=200: write epochs=200", "nnrun epochs=200"),
    ("epochs|200", "epochs 200: write epochs=200", "nnrun epochs=200"),
    ("epochs|=|200", "epochs = 200: write epochs=200", "nnrun epochs=200"),
    ("epochs|=200", "epochs =200: write epochs=200", "nnrun epochs=200"),
    ("epochs=|200", "epochs= 200: write epochs=200", "nnrun epochs=200"),
    ("epochs:200", "epochs:200: write epochs=200", "nnrun epochs=200"),
    ("optim.lr|-1", "optim.lr -1: write optim.lr=-1", "nnrun optim.lr=-1"),
    ("epochs==5", "epochs==5: one '=' is enough", "nnrun epochs=5"),
    ("--batch-size|4", "--batch-size 4: write batch_size=4", "nnrun batch_size=4"),
    ("--lr|0.1", "--lr 0.1: write optim.lr=0.1", "nnrun optim.lr=0.1"),
    ("--shuffle", "--shuffle: write shuffle=true", "nnrun shuffle=true"),
    ("--no-shuffle", "--no-shuffle: write shuffle=false", "nnrun shuffle=false"),
    ("--gpu", "--gpu: write device=cuda", "nnrun device=cuda"),
    ("--epochs", "--epochs: write epochs=VALUE", None),
    ("--multrun", "--multrun: unknown flag; did you mean '--multirun'?", "nnrun --multirun"),
    ("–m|epochs=1", "–m: unknown flag; did you mean '-m'?", "nnrun -m epochs=1"),
    ("-x", "-x: unknown flag; nnrun --help lists the flags", None),
    ("--cfg", "--cfg: wants one of job, hydra, all", "nnrun --cfg job"),
    ("--config-dir", "--config-dir: wants a value", None),
    (
        "--epohcs=5",
        "--epohcs=5: unknown option 'epohcs'; did you mean 'epochs'? write epochs=5",
        "nnrun epochs=5",
    ),
    # 73: last names and synonyms
    ("lr=0.1", "lr=0.1: unknown option 'lr'; write optim.lr=0.1", "nnrun optim.lr=0.1"),
    ("LR=0.1", "LR=0.1: unknown option 'LR'; write optim.lr=0.1", "nnrun optim.lr=0.1"),
    (
        "learning_rate=0.1",
        "learning_rate=0.1: unknown option 'learning_rate'; write optim.lr=0.1",
        "nnrun optim.lr=0.1",
    ),
    (
        "lerning_rate=0.1",
        "lerning_rate=0.1: unknown option 'lerning_rate'; did you mean 'optim.lr'?",
        "nnrun optim.lr=0.1",
    ),
    ("hidden=20", "hidden=20: unknown option 'hidden'; write model.hidden=20", "nnrun model.hidden=20"),
    ("optimizer=adam", "optimizer=adam: unknown option 'optimizer'; write optim=adam", "nnrun optim=adam"),
    ("net=mlp", "net=mlp: unknown option 'net'; write model=mlp", "nnrun model=mlp"),
    ("batch=8", "batch=8: unknown option 'batch'; write batch_size=8", "nnrun batch_size=8"),
    (
        "activation=tanh",
        "activation=tanh: unknown option 'activation'; write model.activation=tanh",
        "nnrun model.activation=tanh",
    ),
    (
        "data.samples=9",
        "data.samples=9: unknown option 'data.samples'; write dataset.samples=9",
        "nnrun dataset.samples=9",
    ),
    ("train.epochs=5", "train.epochs=5: unknown option 'train.epochs'; write epochs=5", "nnrun epochs=5"),
    (
        "bias=1",
        "bias=1: unknown option 'bias'; write dataset.bias=1 or model.bias=1",
        None,
    ),
    # 74: bare words
    ("quadratic", "quadratic: write dataset=quadratic", "nnrun dataset=quadratic"),
    ("linear", "linear: write dataset=linear or model=linear", None),
    ("qudratic", "qudratic: unknown word; did you mean dataset=quadratic?", "nnrun dataset=quadratic"),
    (
        "run|dataset=quadratic",
        "run: nnrun trains without a first word; leave out 'run'",
        "nnrun dataset=quadratic",
    ),
    ("train", "train: nnrun trains without a first word; leave out 'train'", "nnrun"),
    ("-m|list|models", "list: 'list' comes first; write nnrun list", "nnrun list models"),
    ("epochs=5|show", "show: 'show' comes first; write nnrun show", "nnrun show epochs=5"),
    ("--list", "--list: 'list' comes first; write nnrun list", "nnrun list"),
    ("epochs", "epochs: write epochs=VALUE", None),
    ("data|quadratic", "data quadratic: write dataset=quadratic", "nnrun dataset=quadratic"),
    ("zzzz", "zzzz: unknown word; write KEY=VALUE, nnrun --help lists the keys", None),
    ("|epochs=5", "'': an empty argument; leave it out", "nnrun epochs=5"),
    # 76: blanks that no quotes protected
    (
        "name=my|first|run",
        'name=my first run: a value with blanks needs quotes; write "name=my first run"',
        'nnrun "name=my first run"',
    ),
    (
        "dataset.expression=x|+|1",
        'dataset.expression=x + 1: a value with blanks needs quotes; write "dataset.expression=x + 1"',
        'nnrun "dataset.expression=x + 1"',
    ),
    ("name=???", "name=???: '???' stands for a missing value and cannot be a text", None),
]


@pytest.mark.parametrize(("line", "problem", "command"), WRONG, ids=[case[0] for case in WRONG])
def test_what_is_wrong_is_one_line_with_the_command_to_type(
    vocabulary: Vocabulary, line: str, problem: str, command: str | None
) -> None:
    error = refusal(vocabulary, *words(line))
    assert error.problems == (problem,)
    assert error.command == command


@pytest.mark.parametrize("line", [case[0] for case in WRONG if case[2] not in (None, "nnrun list", "nnrun")])
def test_the_corrected_command_is_right(vocabulary: Vocabulary, line: str) -> None:
    command = refusal(vocabulary, *words(line)).command
    assert command is not None
    program, *argv = shell_words(command)
    assert program == "nnrun"
    parse(argv, SUBCOMMANDS, vocabulary)


def test_plus_is_never_suggested(vocabulary: Vocabulary) -> None:
    for line, *_ in WRONG:
        error = refusal(vocabulary, *words(line))
        assert "+" not in (error.command or "").replace("x + 1", "")


def test_all_problems_come_in_the_order_of_typing_with_one_command(vocabulary: Vocabulary) -> None:
    error = refusal(
        vocabulary,
        *["lr=0.1,0.2", "model=mpl", "-q", "epochs", "5", "sizes=1,2", "name=a,b"],
    )
    assert [problem.partition(":")[0] for problem in error.problems] == [
        "lr=0.1,0.2",
        "lr=0.1,0.2",
        "model=mpl",
        "epochs 5",
    ]
    assert error.command == ('nnrun -m optim.lr=0.1,0.2 model=mlp -q epochs=5 "sizes=[1,2]" "name=\'a,b\'"')


@pytest.mark.parametrize(
    ("line", "override"),
    [
        ("model.hiden=64", "++model.hiden=64"),
        ("model=linear|model.hidden=64", "++model.hidden=64"),
        ("-m|model=linear,mlp|model.hidden=1,2", "++model.hidden=1,2"),
        ("experiment=parabola_fit|model.hidden=64", "++model.hidden=64"),
        ("experiment=parabola_fit|model=mlp|model.hidden=64", "model.hidden=64"),
        ("experiment=parabola_fit|model.bias=false", "model.bias=false"),
        ("-m|experiment=parabola_fit,lessons/first|model.hidden=64", "model.hidden=64"),
    ],
)
def test_1_a_key_that_a_part_lacks_reaches_the_binding(
    vocabulary: Vocabulary, line: str, override: str
) -> None:
    assert overrides(vocabulary, *words(line))[-1] == override


def test_10_the_last_of_two_counts_and_a_warning_names_both(vocabulary: Vocabulary) -> None:
    invocation = parse(["epochs=5", "seed=1", "epochs=6"], (), vocabulary)
    assert invocation.overrides == ("seed=1", "epochs=6")
    assert invocation.warnings == ("epochs given twice: 5, then 6; the last counts",)


def test_73_an_ambiguous_name_is_that_of_the_chosen_part(vocabulary: Vocabulary) -> None:
    assert refusal(vocabulary, "bias=1", "model=linear").command == "nnrun model.bias=1 model=linear"
    assert refusal(vocabulary, "bias=1", "dataset=linear").command == "nnrun dataset.bias=1 dataset=linear"


def test_74_of_two_groups_the_one_that_is_not_set_is_meant(vocabulary: Vocabulary) -> None:
    assert refusal(vocabulary, "linear", "mlp").command == "nnrun dataset=linear model=mlp"
    assert refusal(vocabulary, "model=mlp", "linear").command == "nnrun model=mlp dataset=linear"


@pytest.mark.parametrize("key", ["optimizer", "data", "net", "network", "batch", "batchsize"])
def test_73_every_synonym_of_the_contract_is_known(key: str) -> None:
    assert key in KEYS


def test_73_synonyms_lead_to_keys_and_choices_that_exist(shipped: Vocabulary) -> None:
    context = Context(shipped, multirun=False, chosen={})
    for synonym, key in KEYS.items():
        assert key in (*shipped.options, *shipped.part_keys), synonym
        assert meanings(synonym, context) == (key,)
        assert synonym not in shipped.options
    for group, names in CHOICES.items():
        assert set(names.values()) <= set(shipped.choices(group))
        assert not set(names) & set(shipped.choices(group))


# 75: full-width characters.


@pytest.mark.parametrize(
    ("typed", "override"),
    [
        ("seed＝3", "seed=3"),
        ("optim.lr=０．５", "optim.lr=0.5"),
        ("ｓｅｅｄ=３", "seed=3"),
        ("model＝ｍｌｐ", "model=mlp"),
        ("model.hidden=［20，20］", "model.hidden=[20,20]"),
        ("sizes=1，2、3", "sizes=[1,2,3]"),
        ("optim.lr=−1", "optim.lr=-1"),
        ("name＝a，b＝（c）", "name='a，b＝（c）'"),
        ("name=a＝b", "name='a＝b'"),
    ],
)
def test_75_full_width_is_read_as_ascii_outside_texts(
    vocabulary: Vocabulary, typed: str, override: str
) -> None:
    assert overrides(vocabulary, typed) == (override,)


def test_75_full_width_commas_separate_the_values_of_a_sweep(vocabulary: Vocabulary) -> None:
    assert overrides(vocabulary, "-m", "optim.lr=0.1，0.5") == ("optim.lr=0.1,0.5",)


# 13, 76: texts.


@pytest.mark.parametrize(
    ("typed", "override"),
    [
        ("dataset.expression=sin(3*x)+0.1*x", "dataset.expression='sin(3*x)+0.1*x'"),
        ("dataset.expression=x^2", "dataset.expression='x^2'"),
        ("dataset.expression=max(x,0)", "dataset.expression='max(x,0)'"),
        ("dataset.expression='max(x,0)'", "dataset.expression='max(x,0)'"),
        ('dataset.expression="x^2"', 'dataset.expression="x^2"'),
        ("name=日本語 🎉", "name='日本語 🎉'"),
        ("name=a{b", "name='a{b'"),
        ("name=it's", 'name="it\'s"'),
        ("name=5", "name='5'"),
        ("name=true", "name='true'"),
        ("output=null", "output='null'"),
        ("name=", "name=''"),
        ("name=${oc.env:HOME}", "name='${oc.env:HOME}'"),
        ("tags=a b,日本,2024", "tags=['a b','日本','2024']"),
        ("tags=[x y, f(a,b)]", "tags=['x y','f(a,b)']"),
        ("tags=a b", "tags='a b'"),
        ("tags=", "tags=[]"),
        ("metrics=mse,mae", "metrics=[mse,mae]"),
    ],
)
def test_13_76_texts_are_taken_literally(vocabulary: Vocabulary, typed: str, override: str) -> None:
    assert overrides(vocabulary, "dataset=function", typed) == ("dataset=function", override)


@pytest.mark.parametrize(
    ("typed", "override"),
    [
        ("dataset.expression=sin(x),max(x,0)", "dataset.expression='sin(x)','max(x,0)'"),
        ("dataset.expression='x,y',z", "dataset.expression='x,y',z"),
        ("name=a{b,c", "name='a{b',c"),
        ("name=it's,b", 'name="it\'s",b'),
        ("name=null", "name=null"),
        ("tags=[a b,c],d", "tags=['a b',c],d"),
    ],
)
def test_76_in_a_sweep_texts_split_at_commas_outside_brackets(
    vocabulary: Vocabulary, typed: str, override: str
) -> None:
    assert overrides(vocabulary, "-m", "dataset=function", typed) == ("dataset=function", override)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
awkward = st.text(st.sampled_from("'\"\\,()[]{}$=:~ \t\n.aé日?#^-0"))


@given(texts | awkward)
def test_13_hydra_reads_any_text_as_it_was_typed(text: str) -> None:
    assert hydra_value(f"name={quoted(text)}") == text
    if not is_quoted(text) and "${" not in text:
        assert hydra_value(f"name={literal(text)}") == text


@given(texts | awkward)
def test_13_a_text_survives_hydras_splitting_of_a_sweep(text: str) -> None:
    parser = OverridesParser.create()
    parsed = parser.parse_overrides([f"name={quoted(text)},{quoted(text + 'x')}"])
    jobs = BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]
    assert [hydra_value(job[0]) for job in jobs] == [text, f"{text}x"]


@given(awkward, st.sampled_from(["${", "\\${", "\\\\${", "${a ${"]), st.text("'\"\\,()[]{$=: aé^"))
def test_13_an_opened_interpolation_that_nothing_closes_is_text(start: str, opening: str, end: str) -> None:
    text = start.replace("}", "").replace("$", "") + opening + end
    if not is_quoted(text):
        config = OmegaConf.create({"name": hydra_value(f"name={literal(text)}")})
        assert config.name == text


def test_12_an_interpolation_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNRUN_TEST_TITLE", "from outside")
    value = hydra_value(f"name={literal('my ${oc.env:NNRUN_TEST_TITLE}')}")
    assert OmegaConf.create({"name": value}).name == "my from outside"


# 49, 50: bytes and control characters.


def test_49_bytes_that_are_not_utf8_are_a_problem(vocabulary: Vocabulary) -> None:
    error = refusal(vocabulary, b"name=\xff".decode("utf-8", "surrogateescape"), "epochs=5")
    assert error.problems == ("name=\\xff: is not valid UTF-8; type it as UTF-8 text",)
    assert error.command is None


def test_50_control_characters_are_shown_and_never_printed(vocabulary: Vocabulary) -> None:
    assert refusal(vocabulary, "\x1f", "list").command is None
    error = refusal(vocabulary, "na\x1bme=\x07\u202e\r\n")
    assert error.problems[0].startswith("na\\x1bme=\\x07\\u202e\\x0d\\x0a: unknown option 'na\\x1bme'")
    assert error.command is None


@given(st.lists(st.text()))
def test_50_what_is_shown_has_no_control_characters(parts: list[str]) -> None:
    shown = visible("".join(parts))
    shown.encode()
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in shown)


# The grammar.


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("a", ["a"]),
        ("", [""]),
        ("a,b , c", ["a", "b", "c"]),
        ("f(a,b),[c,d],{e,f}", ["f(a,b)", "[c,d]", "{e,f}"]),
        ("a(b,c", ["a(b", "c"]),
        ("a)b,c(", ["a)b", "c("]),
        ("([a,)b],c", ["([a,)b]", "c"]),
        ("'a,b',c", ["'a,b'", "c"]),
        ("it's,don't", ["it's", "don't"]),
        ("['],',a],b", ["['],',a]", "b"]),
        ("${f:a,b},c", ["${f:a,b}", "c"]),
    ],
)
def test_values_split_at_commas_outside_brackets_and_quotes(text: str, elements: list[str]) -> None:
    assert split(text) == elements


@given(awkward)
def test_splitting_loses_nothing_but_commas_and_blanks(text: str) -> None:
    joined = ",".join(split(text))
    assert "".join(joined.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("1,2,3", 3),
        ("[1,2]", 1),
        ("choice(1,2)", 2),
        ("range(1,9)", None),
        ("int(3)", 1),
    ],
)
def test_values_are_counted(text: str, count: int | None) -> None:
    assert values_meant(text) == count


ATOMS = [
    "a", "1", "1e3", "-", ".", "${x}", "$", "\\", "\\,", "'b'", '"c"', "'", "(", ")", "[", "]", "{", "}",
    ",", ":", "=", " ", "\t", "\n", "é", "int", "choice", "range", "f", "true", "null", "@", "?", "^",
]  # fmt: skip


@settings(max_examples=600)
@given(st.lists(st.sampled_from(ATOMS), max_size=8).map("".join))
def test_what_counts_as_readable_hydra_reads(text: str) -> None:
    value = text.strip(" \t")
    calls_a_function = any(f"{name}" in value for name in ("int", "choice", "range"))
    assert is_readable(value) == hydra_reads(value) or calls_a_function


def hydra_reads(value: str) -> bool:
    try:
        OverridesParser.create().parse_override(f"key={value}")
    except HydraException:
        return False
    return True


# Anything at all.

KEY_PIECES = [
    "epochs", "model", "optim.lr", "name", "tags", "sizes", "dataset.expression", "plots", "lr", "hydra.x",
    "model.x", "bias", "", "+epochs", "~epochs", "model@a", "device.a", "é", "a.b",
]  # fmt: skip
VALUE_PIECES = ["1", "1,2", "mlp", "[1,2]", "choice(1,2)", "0..3", "a b", "'", "null", "${", "{", "=", "，"]
anything = st.text(max_size=12) | st.sampled_from(
    [f"{key}={value}" for key, value in itertools.product(KEY_PIECES, VALUE_PIECES)]
    + [
        "-m",
        "-q",
        "--",
        "--cfg",
        "--info",
        "-cd",
        "--epochs",
        "--x",
        "-1",
        "run",
        "list",
        "mlp",
        "linear",
        "epochs",
    ]
    + ["=", "=5", "epochs=", "~", "+", "-", "--no-shuffle", "--=", "-m=2", "--lr=1"]
)


@settings(max_examples=600, deadline=None)
@given(argv=st.lists(anything, max_size=6))
def test_any_words_give_an_invocation_or_problems(vocabulary: Vocabulary, argv: list[str]) -> None:
    invocation, lines = passed_or_refused(argv, vocabulary)
    assert invocation is not None or lines
    assert list(lines) == [visible(line) for line in lines]
    for override in invocation.overrides if invocation else ():
        hydras = override.lstrip("+~").startswith("hydra")
        if not hydras and not any(name in override for name in SWEEPS):
            OverridesParser.create().parse_override(override)


def passed_or_refused(argv: list[str], vocabulary: Vocabulary) -> tuple[Invocation | None, tuple[str, ...]]:
    try:
        return parse(argv, SUBCOMMANDS, vocabulary), ()
    except BadInput as error:
        return None, error.lines


@given(st.lists(texts, min_size=1))
@settings(max_examples=25, deadline=None)
def test_a_printed_command_reaches_the_program_as_it_was_meant(arguments: list[str]) -> None:
    assert shell_words(command_line(arguments)) == arguments


def test_what_shells_expand_is_kept_in_printed_commands() -> None:
    arguments = [
        "a$HOME",
        "`id`",
        'say "hi"',
        "C:\\dir\\",
        "\\\\host",
        "\\$x",
        "it's",
        "*",
        "a b",
        "",
        "~",
        "x;y",
    ]
    assert shell_words(command_line(arguments)) == arguments


def test_printed_commands_use_double_quotes_and_only_where_needed() -> None:
    assert command_line(["nnrun", "-m", "optim.lr=0.1,1", "model.hidden=[1,2]"]) == (
        'nnrun -m optim.lr=0.1,1 "model.hidden=[1,2]"'
    )


def shell_words(line: str) -> list[str]:
    """What a POSIX shell makes of `line`."""
    script = f"for word in {line}; do printf '%s\\0' \"$word\"; done"
    done = subprocess.run(["sh", "-s"], input=script.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


# Cheap and complete.


def test_help_and_version_import_no_part() -> None:
    code = (
        "import sys; from nnrun.arguments import parse; parse(['--help']); parse(['--version'])\n"
        "print(sorted(n for n in sys.modules if n.split('.')[0] in ('numpy', 'torch', 'hydra', 'omegaconf')"
        " or n.startswith('nnrun.') and not n.startswith('nnrun.arguments')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['nnrun.errors']"


def test_the_gate_loads_neither_torch_nor_hydra() -> None:
    code = (
        "import sys; from nnrun.arguments import parse; parse(['model=mlp', 'epochs=5', 'name=a b'])\n"
        "print([n for n in ('torch', 'hydra', 'omegaconf', 'matplotlib') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_registered_part_and_key_passes(shipped: Vocabulary) -> None:
    for group in shipped.registries:
        for choice in shipped.choices(group):
            assert parse([f"{group}={choice}"], (), shipped).overrides == (f"{group}={choice}",)
    for key in {*shipped.part_keys, *shipped.settings} - {"plugins"}:
        assert parse([f"{key}=1"], (), shipped).typed == {key: f"{key}=1"}


def test_choices_of_a_configuration_directory_are_known(shipped: Vocabulary, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "wide.yaml").write_text("name: mlp\nhidden: [500]\n")
    invocation = parse(["--config-dir", str(tmp_path), "model=wide", "model.hidden=3,4"])
    assert invocation.overrides == ("model=wide", "model.hidden=[3,4]")
    with pytest.raises(BadInput, match="no model 'wide'"):
        parse(["model=wide"], (), shipped)
