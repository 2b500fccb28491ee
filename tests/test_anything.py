"""Whatever is typed, nnrun trains or says what is wrong: no traceback, no half-made run, no stray file.

ANYTHING_EXAMPLES=10000 makes a campaign of it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnrun import cli
from nnrun.plots import process

EXAMPLES = int(os.environ.get("ANYTHING_EXAMPLES", "500"))
SMALL = ("plots.save=false", "dataset.samples=6", "epochs=1")

_KEYS = (
    "epochs batch_size seed shuffle val_fraction test_fraction dtype clip_norm metrics objective init_from"
    " early_stopping.patience early_stopping.threshold early_stopping.restore_best name tags verbose"
    " log_every checkpoint_every threads plots.feature plots.font dataset model loss optim schedule device"
    " engine dataset.noise dataset.seed dataset.a dataset.low dataset.high dataset.noise_kind"
    " dataset.expression dataset.test_samples model.hidden model.activation model.bias model.init"
    " model.init_scale model.dropout optim.lr optim.momentum optim.nesterov optim.beta1 optim.weight_decay"
    " schedule.every loss.delta experiment sweep.skip_invalid sweep.fail_fast sweep.plots sweep.dry_run"
    " epohcs lr hidden optimizer learning_rate hydra.run.dir hydra/launcher model.hiden _target_ x"
)

_VALUES = (
    "0 1 2 3 -1 0.5 1e-3 1e2 nan inf -inf null true false abc [] [1,2] {a:1} 2x3 2,3 1..3 range(3)"
    " choice(1,2) 0.1,0.5 linear quadratic mlp power sgd adam mse mae huber cross_entropy cosine step"
    " constant cpu cuda manual autograd auto relu tanh sigmoid none float32 float64 train/loss val/r2"
    " mae,r2 latest sin(x) x^2 x**3+1 1/0 ${seed} ${nokey} ${oc.env:NOPE} ${name} '' 99999999999999999999"
    " 1_000 ３ 日本 a=b ' \" \\ [ ( { , = : ~ + @ * \x1b[31m \x00 \u202e random_mnist ten_points 30s 1h 5m"
)
KEYS, VALUES = _KEYS.split(), _VALUES.split(" ")

text = st.text(max_size=12)
# Not so many epochs that an example would train for hours.
number = st.floats().filter(lambda value: not 1000 < value <= 1_000_000_000)
value = st.one_of(st.sampled_from(VALUES), st.integers(-3, 4).map(str), number.map(repr), text)
prefix = st.sampled_from(["", "", "", "", "", "", "+", "++", "~", "--", "-"])
override = st.builds(
    lambda sign, key, sep, value: f"{sign}{key}{sep}{value}",
    prefix,
    st.one_of(st.sampled_from(KEYS), st.sampled_from(KEYS), text),
    st.sampled_from(["=", "=", "=", "=", "=", " ", "==", ""]),
    value,
)
word = st.one_of(override, override, override, override, value, st.sampled_from(["-m", "-q", "--cfg", "job"]))
SUBCOMMANDS = ("list", "show", "compare", "trace", "grad", "parts", "resume", "rerun", "predict", "export")
KINDS = {
    "overrides": st.lists(override, min_size=1, max_size=2),
    "words": st.lists(word, max_size=4),
    "sweeps": st.builds(
        lambda words: ["-m", "sweep.max_jobs=6", *words], st.lists(override, min_size=1, max_size=3)
    ),
    "subcommands": st.builds(
        lambda name, words: [name, *words], st.sampled_from(SUBCOMMANDS), st.lists(word, max_size=2)
    ),
}


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    """A working directory for all examples, each of which finds it empty."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_worth_it", lambda: False)
        # What a power cut would take is tried elsewhere.
        patch.setattr(os, "fsync", lambda handle: None)
        patch.setattr(os, "sync", lambda: None)
        place = Path(directory) / "place"
        place.mkdir()
        os.chdir(place)
        yield place
        os.chdir(before)


def said_by(words: list[str]) -> tuple[int, str]:
    """Exit status, and what came on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.run(words)
    return status, out.getvalue() + err.getvalue()


@pytest.mark.parametrize("command", KINDS.values(), ids=KINDS)
@settings(
    max_examples=EXAMPLES // len(KINDS),
    suppress_health_check=list(HealthCheck),
    derandomize=EXAMPLES <= 500,
)
@given(data=st.data())
def test_whatever_is_typed_is_done_or_refused_in_words(
    empty: Path, command: st.SearchStrategy[list[str]], data: st.DataObject
) -> None:
    words = data.draw(command)
    for path in empty.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    subcommand = bool(words) and words[0] in SUBCOMMANDS
    status, said = said_by(words if subcommand else [*SMALL, *words])
    assert status in ((0, 1, 2, 4) if subcommand else (0, 1, 2)), said
    assert "Traceback" not in said
    assert status == 0 or "nnrun: " in said or status == 1
    for path in empty.rglob("summary.json"):
        assert json.loads(path.read_text("utf-8")).get("status") != "running", path
    stray = [path.name for path in empty.parent.iterdir() if path != empty]
    assert stray == []
    made = {"outputs"} | {word.partition("=")[2].strip() for word in words if "run.dir=" in word}
    for path in empty.iterdir():
        assert any(name.startswith(path.name) for name in made), path
