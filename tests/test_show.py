"""`nnrun show`: one run or sweep on a page, whatever is left of it; and how RUN words find it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save as safetensors

from conftest import Command
from nnrun.errors import BadInput
from nnrun.runs.finding import find_run
from saved_runs import rewrite, save, save_sweep, summary_of

DAY = Path("outputs", "2026-11-21")
PARAMETERS = {
    "learned": {"weight": [[1.5]], "bias": [0.25]},
    "true": {"weight": [[2.0]], "bias": [0.1]},
    "noise_mean": 0.1,
}


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of a linear model with learned parameters and a verdict."""
    monkeypatch.setenv("TZ", "UTC")
    evidence = {"rate": 1.0, "epoch": 2}
    made = save(
        DAY / "10-30-15_linear",
        {"optim.lr": 0.1},
        name="mine",
        tags=["a", "b"],
        parameters=PARAMETERS,
        verdicts=[{"key": "exploded", "evidence": evidence, "command": "nnrun optim.lr=0.01"}],
        stop={"epoch": 2, "reason": "loss not finite"},
        status="diverged",
    )
    (made / ".hydra" / "config.yaml").write_text("seed: 0\n")
    (made / "model.safetensors").write_bytes(safetensors({"bias": np.zeros(3)}))
    np.savez(made / "plots.npz", grid=np.zeros(3))
    return made


def test_a_page_has_everything_of_a_run(run: Path, nnrun: Command) -> None:
    done = nnrun("show")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:7] == [
        f"run       {run}",
        "title     quadratic, mlp",
        "name      mine",
        "tags      a, b",
        "status    diverged at epoch 2: loss not finite",
        "when      2026-11-21 09:30:15, 100 epochs, 1.50 s",
        "command   nnrun",
    ]
    assert "settings  optim.lr=0.1" in lines
    assert "metrics   column      first   last   best  epoch  curve" in lines
    assert "          train/loss  0.750  0.500  0.500      2  █▁" in lines
    assert "final     metric  train   test" in lines
    assert "          loss    0.250  0.300" in lines
    assert "          r2      0.500      -" in lines
    assert "learned   parameter  learned  true" in lines
    assert "          weight     1.5      2" in lines
    assert any("the rate 1 is too high; try nnrun optim.lr=0.01" in line for line in lines)
    assert any(line.split()[:2] == ["metrics.csv", "46"] for line in lines)


def test_all_of_a_configuration_is_shown_if_asked_for(run: Path, nnrun: Command) -> None:
    assert "model.hidden=10" not in nnrun("show").out
    assert "model.hidden=10" in nnrun("show", "--all").out


def test_a_run_of_defaults_says_so(place: Path, nnrun: Command) -> None:
    save(DAY / "10-30-15_x")
    assert "settings  the defaults\n" in nnrun("show").out


def test_json_has_raw_numbers(run: Path, nnrun: Command) -> None:
    record = json.loads(nnrun("show", "--json").out)
    assert record["directory"] == str(run)
    assert record["settings"] == {"optim.lr": 0.1}
    assert record["metrics"]["train/loss"] == {"first": 0.75, "last": 0.5, "best": 0.5, "best_epoch": 2}
    assert record["summary"]["parameters"] == PARAMETERS
    assert record["problems"] == []
    assert {"name": "metrics.csv", "bytes": 46, "note": None} in record["files"]
    assert "curves" not in record
    whole = json.loads(nnrun("show", "--json", "--all").out)
    assert whole["curves"]["train/loss"] == [0.75, 0.5]
    assert whole["settings"]["model.hidden"] == [10]


def test_the_best_of_a_metric_is_the_greatest_where_that_is_better(run: Path, nnrun: Command) -> None:
    (run / "metrics.csv").write_text("epoch,train/r2,val/loss,mine\n1,0.9,nan,1\n2,0.1,3,1\n3,0.5,inf,1\n")
    measured = json.loads(nnrun("show", "--json").out)["metrics"]
    assert (measured["train/r2"]["best"], measured["train/r2"]["best_epoch"]) == (0.9, 1)
    assert (measured["val/loss"]["best"], measured["val/loss"]["best_epoch"]) == (3, 2)
    assert measured["val/loss"]["first"] is None
    assert measured["mine"]["best"] is None


def test_a_failed_run_shows_the_end_of_its_log(run: Path, nnrun: Command) -> None:
    rewrite(run, summary_of({}, status="failed", error="the run failed: boom"))
    (run / "nnrun.log").write_text(
        "".join(f"line {number}\n" for number in range(100)) + "ZeroDivisionError: \x1b[1m\n"
    )
    out = nnrun("show").out
    assert "status    failed: the run failed: boom" in out
    assert out.endswith("ZeroDivisionError: \\x1b[1m\n")
    assert "line 99" in out
    assert "line 9\n" not in out


def test_a_sweep_shows_its_settings_ranked(place: Path, nnrun: Command) -> None:
    sweep = save_sweep(DAY / "10-30-15_sweep", tuple((50 - number) / 100 for number in range(12)))
    out = nnrun("show").out
    lines = out.splitlines()
    assert lines[0] == f"sweep     {sweep}"
    assert "objective train/loss, less is better" in lines
    assert "ranking   rank  optim.lr  median  lowest  highest  runs  lost" in lines
    assert "             1  0.39       0.390   0.390    0.390     1     0" in lines
    assert "          ... and 2 more: --all" in lines
    assert "best      nnrun epochs=5 optim.lr=0.5" in lines
    assert "try nnrun epochs=5 -m optim.lr=0.02,0.1,0.5" in out
    assert "            12  0.5" in nnrun("show", "--all").out
    record = json.loads(nnrun("show", "--json").out)
    assert record["rankings"][0]["settings"][0]["median"] == pytest.approx(0.39)
    assert record["kind"] == "sweep"


def test_problems_of_a_sweep_are_ranked_apart(place: Path, nnrun: Command) -> None:
    sweep = save_sweep(DAY / "10-30-15_sweep", (0.1, 0.5))
    summary = json.loads((sweep / "summary.json").read_text())
    objective = {"name": "val/r2", "greater_is_better": True}
    problems = [
        {"values": {"dataset": name}, "objective": objective, "jobs": [job]} for job, name in enumerate("ab")
    ]
    rewrite(sweep, summary | {"problems": problems})
    rankings = json.loads(nnrun("show", "--json").out)["rankings"]
    assert [ranking["problem"] for ranking in rankings] == ["dataset=a", "dataset=b"]
    assert [len(ranking["settings"]) for ranking in rankings] == [1, 1]
    assert "dataset=a: val/r2, greater is better" in nnrun("show").out


@pytest.mark.parametrize("gone", ["results.csv", "summary.json", "both", "garbage"])
def test_a_damaged_sweep_shows_what_is_left(gone: str, place: Path, nnrun: Command) -> None:
    sweep = save_sweep(DAY / "10-30-15_sweep")
    if gone == "garbage":
        (sweep / "results.csv").write_bytes(b"\xff\x00")
        (sweep / "summary.json").write_text("[]")
    for name in ("results.csv", "summary.json"):
        if gone in (name, "both"):
            (sweep / name).unlink()
    done = nnrun("show")
    assert (done.status, done.err) == (0, "")
    if gone != "summary.json":
        assert "problem   " in done.out
        assert "runs      id" in done.out
    else:
        assert "ranking   " in done.out
    assert nnrun("show", "--json").status == 0


def test_a_run_that_trains_is_not_missing_what_it_leaves_at_its_end(place: Path, nnrun: Command) -> None:
    content = summary_of({}, status="running")
    known = {name: value for name, value in content.items() if name not in ("final", "test", "config")}
    rewrite(save(DAY / "10-30-15_x"), known)
    assert "problem" not in nnrun("show").out


def test_a_sweep_that_has_lost_runs_says_so(place: Path, nnrun: Command) -> None:
    sweep = save_sweep(DAY / "10-30-15_sweep", (0.1, 0.2, 0.3))
    shutil.rmtree(sweep / "1")
    (sweep / "2" / "summary.json").unlink()
    done = nnrun("show")
    assert "status    incomplete: 3 runs" in done.out
    assert "problem   2 of 3 run directories are missing or without their files: 1, 2; nnrun" in done.out
    assert json.loads(nnrun("show", "--json").out)["status"] == "incomplete"


def remove(name: str) -> Any:
    return lambda run: (run / name).unlink()


def write(name: str, content: bytes) -> Any:
    return lambda run: (run / name).write_bytes(content)


def cut(name: str) -> Any:
    return lambda run: (run / name).write_bytes((run / name).read_bytes()[:-8])


def link(run: Path) -> None:
    (run / "metrics.csv").rename(run / "other.csv")
    (run / "metrics.csv").symlink_to("other.csv")


def pipe(run: Path) -> None:
    (run / "metrics.csv").unlink()
    os.mkfifo(run / "metrics.csv")


def huge(run: Path) -> None:
    with (run / "metrics.csv").open("r+b") as file:
        file.truncate(10 * 1024**3)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (remove("summary.json"), "summary.json is missing"),
        (write("summary.json", b"{"), "summary.json: is no whole JSON"),
        (write("summary.json", b"[" * 100_000), "summary.json: is nested too deeply"),
        (remove("metrics.csv"), "metrics.csv is missing"),
        (write("metrics.csv", b""), "metrics.csv is empty"),
        (write("metrics.csv", b"\xff\x00\xff"), "metrics.csv: has no column 'epoch'"),
        (
            write("metrics.csv", b"epoch,train/loss\n1,2\nx,y,z\n2,1\n3,0."),
            "metrics.csv: 2 rows cannot be read",
        ),
        (link, "metrics.csv: is a link, which is not followed"),
        (pipe, "metrics.csv: is no ordinary file"),
        (huge, "metrics.csv: is larger than 256 MiB"),
        (remove(".hydra/config.yaml"), ".hydra/config.yaml is missing"),
        (write(".hydra/config.yaml", b"a: [1,\nb: {"), ".hydra/config.yaml: is no whole YAML (line "),
        (write(".hydra/config.yaml", b"[" * 300_000), ".hydra/config.yaml: is nested too deeply"),
        (write(".hydra/config.yaml", b"- 1"), ".hydra/config.yaml: holds no configuration"),
        (remove("model.safetensors"), "model.safetensors is missing"),
        (write("model.safetensors", b"\x08"), "model.safetensors: is no whole safetensors file"),
        (cut("model.safetensors"), "model.safetensors: is cut off"),
        (remove("plots.npz"), "plots.npz is missing"),
        (cut("plots.npz"), "plots.npz: is no whole ZIP file"),
    ],
)
def test_a_damaged_run_shows_what_is_left_and_what_is_wrong(
    damage: Any, problem: str, run: Path, nnrun: Command
) -> None:
    damage(run)
    done = nnrun("show")
    assert (done.status, done.err) == (0, "")
    assert f"problem   {problem}" in done.out
    assert len([line for line in done.out.splitlines() if line.startswith("problem")]) == 1
    assert json.loads(nnrun("show", "--json").out)["problems"][0].startswith(problem)


def test_a_directory_of_which_nothing_can_be_read_is_bad_input(run: Path, nnrun: Command) -> None:
    (run / "summary.json").unlink()
    (run / "metrics.csv").write_bytes(b"")
    done = nnrun("show")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines() == [
        f"nnrun: {run}: summary.json is missing",
        f"nnrun: {run}: metrics.csv is empty",
    ]


@pytest.mark.parametrize("junk", [None, 3, "x", [], [1], {}, {"name": []}, {"key": 1, "learned": {"a": "b"}}])
def test_a_summary_of_junk_makes_a_page(junk: object, run: Path, nnrun: Command) -> None:
    fields = dict.fromkeys(summary_of({}, error=1, wider_command=1, problems=1, best_run=1, swept=1), junk)
    rewrite(run, fields | {"schema": 1})
    sweep = save_sweep(DAY / "10-30-16_sweep")
    rewrite(sweep, fields | {"schema": 1})
    for word in ("10-30-15", "10-30-16"):
        for flags in ((), ("--all",), ("--json",)):
            assert nnrun("show", word, *flags).status == 0


@pytest.mark.parametrize(
    "verdict", [3, {}, {"key": "exploded", "evidence": {}}, {"key": "exploded", "evidence": 1}]
)
def test_a_verdict_of_junk_is_named_or_left_out(verdict: object, run: Path, nnrun: Command) -> None:
    rewrite(run, summary_of({}, verdicts=[verdict]))
    assert nnrun("show").status == 0


def test_nothing_of_a_stranger_reaches_the_terminal_or_the_environment(
    run: Path, nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "not to be seen")
    evil = "[bold]\x1b]0;x\x07\u202e${oc.env:SECRET}"
    rewrite(run, summary_of({"dataset.expression": evil}, name=evil, title=evil, tags=[evil], command=evil))
    (run / "metrics.csv").write_text(f"epoch,{evil}\n1,2\n")
    (run / "x\x1b").write_text("")
    for flags in ((), ("--all",), ("--json",)):
        out = nnrun("show", *flags).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)
        assert "not to be seen" not in out
        assert "${oc.env:SECRET}" in out


def test_a_locale_without_bars_gets_other_characters(run: Path, nnrun_process: Command) -> None:
    done = nnrun_process("show", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.status == 0
    assert "0.500      2  #." in done.out
    assert done.out.isascii()


def test_bad_input_is_refused(run: Path, nnrun: Command) -> None:
    assert "--al: unknown flag; did you mean '--all'?" in nnrun("show", "--al").err
    assert nnrun("show", "nowhere").status == 2


@pytest.fixture
def root(place: Path) -> Path:
    """Two runs, a sweep, and what is left of a run."""
    for name in ("10-30-15_quadratic-mlp", "10-30-15_quadratic-mlp-2"):
        save(DAY / name, started="2026-11-21T10:30:15Z")
    save_sweep(DAY / "10-30-16_sweep")
    left = DAY / "10-30-17_left"
    (left / ".hydra").mkdir(parents=True)
    save(Path("outputs", "2026-11-22", "10-30-15_quadratic-mlp"), started="2026-11-22T10:30:15Z")
    return place / "outputs"


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("outputs/2026-11-21/10-30-16_sweep", "2026-11-21/10-30-16_sweep"),
        ("outputs/2026-11-21/10-30-16_sweep/", "2026-11-21/10-30-16_sweep"),
        ("outputs/2026-11-21/10-30-16_sweep/1/", "2026-11-21/10-30-16_sweep/1"),
        ("outputs/2026-11-21/10-30-16_sweep/best", "2026-11-21/10-30-16_sweep/0"),
        ("2026-11-21/10-30-16_sweep", "2026-11-21/10-30-16_sweep"),
        ("2026-11-21/10-30-16_sweep/1", "2026-11-21/10-30-16_sweep/1"),
        ("2026-11-21/10-30-16", "2026-11-21/10-30-16_sweep"),
        ("2026-11-21/10-30-16/1", "2026-11-21/10-30-16_sweep/1"),
        ("10-30-16", "2026-11-21/10-30-16_sweep"),
        ("10-30-16/best", "2026-11-21/10-30-16_sweep/0"),
        ("10-30-16_sweep/1", "2026-11-21/10-30-16_sweep/1"),
        ("10-30-15_quadratic-mlp-2", "2026-11-21/10-30-15_quadratic-mlp-2"),
        ("2026-11-21/10-30-15_quadratic-mlp", "2026-11-21/10-30-15_quadratic-mlp"),
        ("10-30-17", "2026-11-21/10-30-17_left"),
        ("latest", "2026-11-22/10-30-15_quadratic-mlp"),
        ("latest~1", "2026-11-21/10-30-17_left"),
        ("latest~2/1", "2026-11-21/10-30-16_sweep/1"),
        ("latest~2/best", "2026-11-21/10-30-16_sweep/0"),
        ("latest~4", "2026-11-21/10-30-15_quadratic-mlp"),
    ],
)
def test_a_word_means_a_run(word: str, found: str, root: Path) -> None:
    assert find_run(word).resolve() == root / found


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (
            "nothing",
            "nothing: no such run under outputs; write a directory, the start of its name, or latest",
        ),
        ("2026-11-21", "no such run under outputs"),
        ("outputs", "outputs: is no run; a run directory holds summary.json and metrics.csv"),
        ("latest~9", "latest~9: there are 5 runs under outputs"),
        ("latest/3", "10-30-15_quadratic-mlp/3: there is no such job in this sweep"),
        ("10-30-16/7", "10-30-16_sweep/7: there is no such job in this sweep"),
        ("10-30-16/../10-30-15_quadratic-mlp", "there is no such job in this sweep"),
        ("10-30-16/best/x", "there is no such job in this sweep"),
        (
            "10-30-15",
            "could be 2026-11-21/10-30-15_quadratic-mlp, 10-30-15_quadratic-mlp-2, 2026-11-22/10-30-15_",
        ),
        ("a\0b", "no such run"),
        ("x" * 5000, "no such run"),
    ],
)
def test_a_word_that_means_no_run_or_several_is_refused(word: str, message: str, root: Path) -> None:
    with pytest.raises(BadInput, match="".join(f"[{sign}]" if sign in "~.+" else sign for sign in message)):
        find_run(word)


def test_many_candidates_are_counted(place: Path) -> None:
    for second in range(12):
        save(DAY / f"10-30-{second:02d}_x")
    with pytest.raises(BadInput, match=r"10-30-07_x and 4 more; write more of the name"):
        find_run("10-30")


def test_a_sweeps_best_run_does_not_lead_out_of_it(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sweep = root / "2026-11-21" / "10-30-16_sweep"
    summary = json.loads((sweep / "summary.json").read_text())
    secret = save(tmp_path_factory.mktemp("elsewhere") / "run")
    (sweep / "link").symlink_to(secret)
    for named in (str(secret), "../10-30-15_quadratic-mlp", "link"):
        rewrite(sweep, summary | {"best_run": {"directory": named}})
        with pytest.raises(BadInput, match="there is no such job"):
            find_run("10-30-16/best")
    for best in (None, 3, {}, {"directory": 3}):
        rewrite(sweep, summary | {"best_run": best})
        with pytest.raises(BadInput, match="has no best run; name a job by its number"):
            find_run("10-30-16/best")
    (sweep / "summary.json").write_text("{")
    with pytest.raises(BadInput, match="of this sweep cannot be read"):
        find_run("10-30-16/best")


def test_a_run_that_vanishes_while_it_is_shown_is_no_traceback(
    run: Path, nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nnrun.commands import inspecting

    read = inspecting.read_metrics

    def vanish(path: Path) -> Any:
        shutil.rmtree(run)
        return read(path)

    monkeypatch.setattr(inspecting, "read_metrics", vanish)
    done = nnrun("show")
    assert done.status == 0
    assert "problem   metrics.csv is missing" in done.out
