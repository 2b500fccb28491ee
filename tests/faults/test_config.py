"""Bad configurations: exit status 2, one line per problem, nothing on disk."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from conftest import Command
from nnrun import cli, memory

SEVERAL = "choices: conv, linear, mlp, power"

REFUSED: list[tuple[str, str, list[str]]] = [
    ("1", "epohcs=5", ["epohcs=5: unknown option 'epohcs'; did you mean 'epochs'?", "try: nnrun epochs=5"]),
    ("1", "model.hiden=64", ["model.hiden=64: mlp has no parameter 'hiden'; did you mean 'hidden'?"]),
    ("1", "model=linear model.hidden=64", ["model.hidden=64: linear has no parameter 'hidden'"]),
    ("2", "+epohcs=5", ["+epohcs=5: unknown option 'epohcs'; did you mean 'epochs'?", "try: nnrun epochs=5"]),
    (
        "2",
        "+optimizer.lrr=1",
        [
            "+optimizer.lrr=1: unknown option 'optimizer.lrr'; did you mean 'optim.lr'?",
            "try: nnrun optim.lr=1",
        ],
    ),
    ("3", "model=mpl", [f"model=mpl: no model 'mpl'; did you mean 'mlp'? {SEVERAL}", "try: nnrun model=mlp"]),
    (
        "4",
        "model.hidden=abc epochs=1.5 plots.save=maybe",
        [
            "epochs=1.5: wants a whole number",
            "plots.save=maybe: wants true or false",
            "model.hidden=abc: wants whole numbers such as 20 or 20x20",
        ],
    ),
    ("4", "epochs=true", ["epochs=true: wants a whole number"]),
    ("4", "epochs=", ["epochs=: wants a whole number"]),
    ("4", "dtype=float16", ["dtype=float16: wants one of float32, float64"]),
    ("5", "epochs=1e2.5", ["epochs=1e2.5: wants a whole number"]),
    (
        "6",
        "epochs=-1 batch_size=0 seed=-1 model.hidden=-1",
        [
            "seed=-1: must be at least 0",
            "epochs=-1: must be at least 0",
            "batch_size=0: must be at least 1",
            "model.hidden=-1: must be at least 1",
        ],
    ),
    ("6", "early_stopping.patience=0", ["early_stopping.patience=0: must be at least 1"]),
    ("6", "clip_norm=0", ["clip_norm=0: must be greater than 0"]),
    ("6", "val_fraction=1.5", ["val_fraction=1.5: must be less than 1"]),
    (
        "6",
        "val_fraction=0.6 test_fraction=0.6",
        ["val_fraction=0.6 test_fraction=0.6: leave none of 100 samples to train on; choose smaller ones"],
    ),
    ("6", "dataset.low=2", ["dataset.low=2 dataset.high=1: low must be less than high"]),
    ("6", "plots.feature=3", ["plots.feature=3: the data has 1 feature, counted from 0; write at most 0"]),
    ("7", "optim.lr=nan", ["optim.lr=nan: must be a finite number"]),
    ("7", "optim.lr=inf", ["optim.lr=inf: must be a finite number"]),
    ("7", "optim.lr=-1", ["optim.lr=-1: must be at least 0"]),
    (
        "8",
        "epochs=99999999999999999999 seed=18446744073709551616",
        [
            "seed=18446744073709551616: larger than the limit 18446744073709551615",
            "epochs=99999999999999999999: larger than the limit 1000000000",
        ],
    ),
    (
        "10",
        "-m seed=5 seed=6",
        [
            "seed given twice; write seed=5,6 (a shell turns {1,2} into two arguments)",
            "try: nnrun -m seed=5,6",
        ],
    ),
    (
        "11",
        "model=[mlp,linear]",
        [
            "model=[mlp,linear]: model takes one name; to try each: -m and no brackets",
            "try: nnrun -m model=mlp,linear",
        ],
    ),
    ("11", "model=null", [f"model=null: a model is needed; {SEVERAL}"]),
    ("11", "~epochs", ["~epochs: nothing can be removed; leave out '~epochs' for its default", "try: nnrun"]),
    (
        "12",
        "name=${oc.env:NNRUN_NOPE}",
        [
            "name=${oc.env:NNRUN_NOPE}: the environment variable 'NNRUN_NOPE' is not set;"
            " set it, or type the value"
        ],
    ),
    ("12", "name=${nokey}", ["name=${nokey}: there is no key 'nokey' to take a value from"]),
    ("12", "name=${name}", ["name=${name}: refers to itself; type a value"]),
    (
        "12",
        "name=a${nokey}b epochs=x optim.lr=${nokey} model.hidden=0",
        [
            "optim.lr=${nokey}: there is no key 'nokey' to take a value from",
            "name=a${nokey}b: there is no key 'nokey' to take a value from",
            "epochs=x: wants a whole number",
            "model.hidden=0: must be at least 1",
        ],
    ),
    ("14", "model._target_=os.system", ["model._target_=os.system: not allowed in nnrun"]),
    ("14", "+x._target_=os.system", ["+x._target_=os.system: not allowed in nnrun"]),
    ("14", "--experimental-rerun=f", ["--experimental-rerun=f: not allowed in nnrun"]),
    (
        "14",
        "hydra.foo=1 epochs=x",
        ["hydra.foo=1: Could not override 'hydra.foo'.", "epochs=x: wants a whole number"],
    ),
    ("35", "output=", ["output=: wants a directory; write output=DIR, or set NNRUN_OUTPUTS=DIR"]),
    ("35", "hydra.run.dir=/", ["hydra.run.dir=/: is no name for a new directory; write hydra.run.dir=DIR"]),
    ("35", "hydra.run.dir=..", ["hydra.run.dir=..: is no name for a new directory; write hydra.run.dir=DIR"]),
    (
        "70",
        "dataset=random_mnist loss=mse",
        [
            "loss=mse: is for regression, and dataset random_mnist is for classification;"
            " write loss=auto or one of cross_entropy"
        ],
    ),
    (
        "70",
        "loss=cross_entropy",
        [
            "loss=cross_entropy: is for classification, and dataset quadratic is for regression;"
            " write loss=auto or one of mse, mae, half_sse, huber"
        ],
    ),
    ("70", "metrics=accuracy", ["metrics=accuracy: is not for regression; choices: mae, r2"]),
    (
        "71",
        "optim.lr=0.1,0.5",
        [
            "optim.lr=0.1,0.5: 2 values for optim.lr; to try each: nnrun -m optim.lr=0.1,0.5",
            "try: nnrun -m optim.lr=0.1,0.5",
        ],
    ),
    (
        "71",
        "seed=0..4",
        ["seed=0..4: 5 values for seed; to try each: nnrun -m seed=0..4", "try: nnrun -m seed=0..4"],
    ),
    ("72", "--epochs 200", ["--epochs 200: write epochs=200", "try: nnrun epochs=200"]),
    ("72", "-epochs=200", ["-epochs=200: write epochs=200", "try: nnrun epochs=200"]),
    ("72", "epochs 200", ["epochs 200: write epochs=200", "try: nnrun epochs=200"]),
    (
        "73",
        "lr=0.1 hidden=20 optimizer=adam activation=tanh",
        [
            "lr=0.1: unknown option 'lr'; write optim.lr=0.1",
            "hidden=20: unknown option 'hidden'; write model.hidden=20",
            "optimizer=adam: unknown option 'optimizer'; write optim=adam",
            "activation=tanh: unknown option 'activation'; write model.activation=tanh",
            "try: nnrun optim.lr=0.1 model.hidden=20 optim=adam model.activation=tanh",
        ],
    ),
    (
        "73",
        "learning_rate=0.1",
        ["learning_rate=0.1: unknown option 'learning_rate'; write optim.lr=0.1", "try: nnrun optim.lr=0.1"],
    ),
    ("74", "quadratic", ["quadratic: write dataset=quadratic", "try: nnrun dataset=quadratic"]),
    (
        "74",
        "run dataset=quadratic",
        ["run: nnrun trains without a first word; leave out 'run'", "try: nnrun dataset=quadratic"],
    ),
    ("74", "-m parts", ["parts: 'parts' comes first; write nnrun parts", "try: nnrun parts"]),
    (
        "75",
        "optim.lr=0.1，0.5",
        [
            "optim.lr=0.1，0.5: 2 values for optim.lr; to try each: nnrun -m optim.lr=0.1,0.5",
            "try: nnrun -m optim.lr=0.1,0.5",
        ],
    ),
    (
        "76",
        "dataset=function dataset.expression=sin(x",
        ["dataset.expression=sin(x: this parenthesis is not closed; add ')' (character 4)"],
    ),
    (
        "76",
        "dataset=function dataset.expression=",
        ["dataset.expression=: the expression is empty; write one like 'sin(3*x)' (character 1)"],
    ),
]


@pytest.mark.parametrize(
    ("fault", "line", "problems"), REFUSED, ids=[f"{case[0]}-{case[1]}" for case in REFUSED]
)
def test_fault_1_to_14_and_70_to_76_every_problem_is_one_line_and_nothing_is_made(
    nnrun: Command, place: Path, fault: str, line: str, problems: list[str]
) -> None:
    done = nnrun(*line.split())
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines() == [f"nnrun: {problem}" for problem in problems]
    assert list(place.iterdir()) == []


def test_fault_1_problems_of_names_and_of_values_come_together(nnrun: Command, place: Path) -> None:
    done = nnrun("epohcs=5", "model=mpl", "optim.lr=x", "batch_size=0", "dataset.nosie=1")
    assert done.status == 2
    assert [line.split(":")[1].strip() for line in done.err.splitlines()] == [
        "epohcs=5",
        "model=mpl",
        "batch_size=0",
        "dataset.nosie=1",
        "optim.lr=x",
    ]
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("epochs=1e0", ("training", "epochs"), 1),
        ("seed＝3 epochs=1", ("training", "seed"), 3),
        ("seed=18446744073709551615 epochs=0", ("training", "seed"), 2**64 - 1),
        ("name=日本語|epochs=0", ("name",), "日本語"),
        ("name=two words 🎉|epochs=0", ("name",), "two words 🎉"),
        ("name=a{b epochs=0", ("name",), "a{b"),
        ("tags=a,b epochs=0", ("tags",), ["a", "b"]),
    ],
)
def test_fault_5_8_13_75_what_is_meant_is_accepted(
    nnrun: Command, line: str, key: tuple[str, ...], value: object
) -> None:
    done = nnrun(*(line.split("|") if "|" in line else line.split()), "plots.save=false")
    assert done.status == 0, done.err
    found = done.summary
    for name in key:
        found = found[name]
    assert found == value


def test_fault_6_no_epochs_at_all_evaluate_and_save(nnrun: Command) -> None:
    done = nnrun("epochs=0")
    assert done.status == 0
    assert done.summary["status"] == "completed"
    assert done.metrics_text.count("\n") == 1
    assert {path.name for path in done.directory.iterdir()} >= {"model.safetensors", "fit.png", "curves.png"}


def test_fault_7_a_learning_rate_of_zero_trains_with_a_note(nnrun: Command) -> None:
    done = nnrun("optim.lr=0", "epochs=1", "plots.save=false")
    assert done.status == 0
    assert "note      optim.lr=0: nothing will be learned; the weights stay as they start\n" in done.err


def test_fault_9_memory_is_counted_before_anything_is_allocated(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnrun("epochs=x")
    monkeypatch.setattr(memory, "free", lambda: 22 * 10**9)
    begun = time.process_time()
    done = nnrun("model.hidden=1000000x1000000")
    assert time.process_time() - begun < 1
    assert done.status == 2
    assert "needs about 32 TB, 22 GB free" in done.err
    assert done.err.count("\n") == 1
    assert list(place.iterdir()) == []


def test_fault_10_of_two_values_the_last_counts_with_a_warning(nnrun: Command) -> None:
    done = nnrun("epochs=5", "epochs=1", "plots.save=false")
    assert done.status == 0
    assert done.summary["training"]["epochs"] == 1
    assert done.err.startswith("nnrun: epochs given twice: 5, then 1; the last counts\n")


def test_fault_12_a_missing_key_is_named_and_no_other_value_is(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNRUN_TEST_SECRET", "swordfish99")
    done = nnrun("name=${oc.env:NNRUN_TEST_SECRET}${nokey}")
    assert done.status == 2
    assert "swordfish99" not in done.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "conf/x.yaml: is empty; delete it, or write key: value lines"),
        (b" \n\n", "conf/x.yaml: is empty; delete it, or write key: value lines"),
        (b"a: 1\nb: [1, 2\n", "conf/x.yaml:3: expected ',' or ']', but got '<stream end>'"),
        (b"a: 1\nname: \xff\n", "conf/x.yaml:2: is not UTF-8 text; save it as UTF-8"),
        (b"a: 1\na: 2\n", "conf/x.yaml:2: found duplicate key a"),
        (b"a:\n\tb: 1\n", "conf/x.yaml:2: found character '\\t' that cannot start any token"),
    ],
    ids=["0 bytes", "blank", "truncated", "not UTF-8", "duplicate key", "tab"],
)
def test_fault_15_a_damaged_file_of_the_users_is_named_with_its_line(
    nnrun: Command, place: Path, content: bytes, problem: str
) -> None:
    (place / "conf").mkdir()
    (place / "conf" / "x.yaml").write_bytes(content)
    done = nnrun("--config-dir", "conf", "epochs=1")
    assert (done.status, done.err) == (2, f"nnrun: {problem}\n")
    assert [path.name for path in place.iterdir()] == ["conf"]


def test_fault_15_a_directory_that_is_not_there_is_named(nnrun: Command, place: Path) -> None:
    done = nnrun("--config-dir", "nowhere")
    assert (done.status, done.err) == (2, "nnrun: --config-dir nowhere: there is no such directory\n")
    assert list(place.iterdir()) == []


def test_fault_70_a_device_that_is_not_there_says_what_there_is(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for line in ("device=cuda", "device=mps"):
        done = nnrun(line)
        assert done.status == 2
        assert done.err == f"nnrun: {line}: this machine has cpu alone; write device=cpu\n"
    both = nnrun("engine=manual", "device=cuda", "loss=cross_entropy").err.splitlines()
    assert both[0] == "nnrun: device=cuda: this machine has cpu alone; write device=cpu"
    assert both[1].startswith("nnrun: engine=manual device=cuda: NumPy runs on the cpu alone")
    assert both[2].startswith("nnrun: loss=cross_entropy: is for classification")
    assert list(place.iterdir()) == []


def test_a_file_of_the_users_overrides_a_shipped_one_and_adds_others(nnrun: Command, place: Path) -> None:
    for name, content in {
        "model/mlp.yaml": "name: mlp\nhidden: [7]\n",
        "experiment/mine.yaml": "# @package _global_\ndefaults:\n  - override /optim: adam\nepochs: 2\n",
    }.items():
        path = place / "conf" / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
    done = nnrun("--config-dir", "conf", "experiment=mine", "plots.save=false")
    assert done.status == 0, done.err
    assert done.summary["training"]["optim"]["name"] == "adam"
    assert done.summary["training"]["epochs"] == 2
    assert done.summary["model"]["parameters"] == 22


def test_hydras_own_flags_print_and_train_nothing(nnrun: Command, place: Path) -> None:
    job = nnrun("--cfg", "job", "epochs=7")
    assert (job.status, job.err) == (0, "")
    assert "epochs: 7\n" in job.out
    assert "output: ${oc.env:NNRUN_OUTPUTS,outputs}\n" in job.out
    assert "output: outputs\n" in nnrun("--cfg", "job", "--resolve").out
    assert nnrun("--cfg", "job", "--package", "optim").out.startswith("# @package optim\nname: sgd\n")
    assert "hydra:" in nnrun("--cfg", "hydra").out
    assert "Config search path" in nnrun("--info", "searchpath").out
    assert "optim" in nnrun("--info").out
    assert "--config-dir" in nnrun("--hydra-help").out
    assert nnrun("--cfg", "job", "+epohcs=5").status == 2
    assert list(place.iterdir()) == []


def test_help_fits_a_screen_and_version_is_one_line(nnrun: Command, place: Path) -> None:
    lines = nnrun("--help").out.splitlines()
    assert len(lines) <= 48
    assert max(map(len, lines)) <= 110
    assert nnrun("--version").out.startswith("nnrun ")
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("variable", ["NNRUN_DEBUG", "HYDRA_FULL_ERROR"])
def test_debugging_shows_the_traceback_too(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    done = nnrun("epochs=x")
    assert done.status == 2
    assert "Traceback (most recent call last)" in done.err
    assert done.err.endswith("nnrun: epochs=x: wants a whole number\n")


def test_quiet_says_nothing_but_errors(nnrun: Command) -> None:
    done = nnrun("-q", "epochs=1", "plots.save=false")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"{done.directory.relative_to(Path.cwd())}\n"
    assert nnrun("-q", "epochs=x").err == "nnrun: epochs=x: wants a whole number\n"


def test_fault_27_memory_that_runs_out_is_the_environments_fault(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(cli, "_dispatch", exhausted)
    done = nnrun("epochs=1")
    assert done.status == 3
    assert done.err == "nnrun: out of memory; try a smaller batch_size, fewer samples or fewer units\n"
