"""Classes in the plane and real sets: as they are said to be, and drawn as regions of probability."""

from __future__ import annotations

import gzip
import importlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Command
from nnrun.datasets import collected, datasets, draw
from nnrun.errors import BadInput
from nnrun.plots.regions import painted
from nnrun.plots.theme import LIGHT
from small_runs import NEEDED, choice, spec, trained

PLANAR = ("moons", "circles", "spirals", "blobs", "xor")
planar = pytest.mark.parametrize("name", PLANAR)


@planar
def test_every_class_of_a_plane_has_its_share_of_the_points(name: str) -> None:
    many = {} if name == "moons" else {"classes": 4}
    source = datasets.build(name, samples=400, **many)
    counts = np.bincount(source.drawn()[1])
    assert len(counts) == source.outputs
    assert set(counts) == {400 // source.outputs}


@planar
def test_noise_moves_points_by_its_deviation(name: str) -> None:
    least = 1e-9 if name == "blobs" else 0.0
    still, noisy = (datasets.build(name, samples=4000, noise=noise).drawn()[0] for noise in (least, 0.2))
    assert (noisy - still).std() == pytest.approx(0.2, rel=0.03)


def test_points_without_noise_lie_where_they_are_said_to() -> None:
    x, y = datasets.build("circles", noise=0.0, classes=3).drawn()
    np.testing.assert_allclose(np.hypot(*x.T), (y + 1) / 3)
    x, y = datasets.build("xor", noise=0.0).drawn()
    np.testing.assert_array_equal((x[:, 0] > 0) != (x[:, 1] > 0), y == 1)
    x, y = datasets.build("spirals", noise=0.0, turns=1.0).drawn()
    turned = np.arctan2(x[:, 1], x[:, 0]) / (2 * np.pi) - np.hypot(*x.T) - y / 2
    np.testing.assert_allclose(turned - np.round(turned), 0, atol=1e-9)
    x, y = datasets.build("moons", noise=0.0).drawn()
    centre = np.where(y[:, None] == 0, [-0.5, -0.25], [0.5, 0.25])
    np.testing.assert_allclose(np.hypot(*(x - centre).T), 1)


def test_the_truth_of_blobs_is_right_more_often_than_any_network() -> None:
    source = datasets.build("blobs", samples=4000, noise=0.6)
    x, y = source.drawn()
    assert source.truth is not None
    right = (source.truth.mean(x).argmax(axis=1) == y).mean()
    best = [
        (
            np.column_stack([x @ [np.cos(a), np.sin(a)] for a in 2 * np.pi * np.arange(3) / 3]).argmax(1) == y
        ).mean()
    ]
    assert right == pytest.approx(max(best))


@pytest.mark.parametrize(("name", "loader"), [(n, f"load_{n}") for n in ("digits", "iris", "wine")])
def test_real_sets_are_scikit_learns(name: str, loader: str) -> None:
    sklearn = importlib.import_module("sklearn.datasets")
    theirs = getattr(sklearn, loader)()
    source = datasets.build(name)
    x, y = source.drawn()
    np.testing.assert_array_equal(x * (16 if name == "digits" else 1), theirs.data)
    np.testing.assert_array_equal(y, theirs.target)
    assert list(source.classes) == [str(one) for one in theirs.target_names]


def test_the_other_real_sets_are_scikit_learns_too() -> None:
    from sklearn.datasets import load_breast_cancer, load_diabetes

    theirs = load_breast_cancer()
    source = datasets.build("breast_cancer")
    np.testing.assert_array_equal(source.drawn()[0], theirs.data)
    np.testing.assert_array_equal(source.drawn()[1], theirs.target)
    assert source.classes == ("malignant", "benign")
    theirs = load_diabetes(scaled=False)
    x, y = datasets.build("diabetes").drawn()
    np.testing.assert_array_equal(x, theirs.data)
    np.testing.assert_array_equal(y[:, 0], theirs.target)


def test_a_real_set_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collected, "find_spec", lambda name: None)
    collected._read.cache_clear()
    with pytest.raises(BadInput, match=r"which is not installed here; install it with: pip install"):
        datasets.build("iris")


def test_digits_reach_97_in_100_with_the_preset(nnrun: Command) -> None:
    done = nnrun("experiment=digits", "plots.save=false")
    assert done.status == 0, done.err
    assert done.summary["test"]["test/accuracy"] >= 0.97


def idx(values: Any) -> bytes:
    return (
        bytes([0, 0, 8, values.ndim])
        + struct.pack(f">{values.ndim}I", *values.shape)
        + values.astype(np.uint8).tobytes()
    )


def test_idx_files_packed_or_not_are_the_pictures_of_the_archive(tmp_path: Path) -> None:
    archive = NEEDED["mnist"]["path"]
    with np.load(archive) as arrays:
        (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(arrays["x_train"]))
        (tmp_path / "train-labels.idx1-ubyte").write_bytes(idx(arrays["y_train"]))
        (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(arrays["x_test"])))
        (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(arrays["y_test"])))
        pictures = arrays["x_train"]
    one, other = (datasets.build("mnist", path=path) for path in (archive, str(tmp_path)))
    for mine, theirs in zip(one.drawn(), other.drawn(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one.drawn()[0] * 255, pictures.reshape(len(pictures), -1))
    test = draw(other, 0.0, 0.0).test
    assert test is not None
    assert len(test) == 30
    assert draw(datasets.build("mnist", path=archive, samples=7, test_samples=0), 0.0, 0.0).test is None
    assert one.sha256 != other.sha256


def test_pictures_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b.npz").write_bytes(b"nothing")
    np.savez(tmp_path / "c.npz", x_train=np.zeros(3))
    np.savez(tmp_path / "d.npz", **dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), np.zeros(3)))
    for name, wrong in {
        "none": "no such file or directory",
        "a": "lacks train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte",
        "b.npz": "is no .npz file of plain arrays",
        "c.npz": "lacks an array of x_train",
        "d.npz": "wants pictures in bytes",
    }.items():
        with pytest.raises(BadInput, match=wrong):
            datasets.build("mnist", path=str(tmp_path / name))
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / "a" / name).write_bytes(idx(np.zeros((2, 2, 2), int))[:-1])
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (tmp_path / "a" / name).write_bytes(b"x")
    with pytest.raises(BadInput, match=r"promises 8 bytes, holds 7"):
        datasets.build("mnist", path=str(tmp_path / "a"))
    with pytest.raises(BadInput, match=r"dataset.path is missing; write dataset.path=DIR"):
        datasets.build("fashion_mnist")


def test_regions_are_the_networks_own_probabilities(nnrun: Command) -> None:
    done = nnrun("dataset=moons", "epochs=30", "optim.lr=0.5", "plots.save=false", "val_fraction=0.2")
    with np.load(done.directory / "plots.npz") as plots:
        arrays = dict(plots)
    weights = done.weights
    across, along = np.meshgrid(arrays["region_across"], arrays["region_along"])
    x = np.column_stack([across.ravel(), along.ravel()]).astype(np.float32)
    hidden = np.maximum(x @ weights["0.weight"].T + weights["0.bias"], 0)
    logits = hidden @ weights["2.weight"].T + weights["2.bias"]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(arrays["region_probability"], shares.reshape(81, 81, 2), atol=2e-3)
    np.testing.assert_allclose(
        arrays["snapshot_regions"][-1] / 255, shares.reshape(81, 81, 2)[::2, ::2], atol=5e-3
    )
    assert arrays["snapshot_regions"].shape == (21, 41, 41, 2)
    assert len(arrays["train_class"]) == len(arrays["train_x"]) == 160
    assert len(arrays["val_class"]) == 40


def test_regions_of_a_standardized_table_are_in_its_units(nnrun: Command, place: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{1000 + 50 * a:.2f},{0.01 * b:.5f},{'up' if a + b > 0 else 'down'}"
        for a, b in rng.normal(size=(60, 2))
    ]
    (place / "t.csv").write_text("\n".join(["weight $,size,kind", *rows]))
    done = nnrun(
        "dataset=csv",
        "dataset.path=t.csv",
        "dataset.target=kind",
        "optim.lr=0.5",
        "epochs=40",
        "plots.animation=true",
        "plots.data=true",
    )
    assert done.status == 0, done.err
    with np.load(done.directory / "plots.npz") as plots:
        assert 800 < plots["region_across"].min() < plots["train_x"][:, 0].min()
        assert abs(plots["region_along"]).max() < 0.06
    for picture in ("fit.png", "data.png", "fit.gif"):
        assert (done.directory / picture).stat().st_size > 2000


def test_members_of_a_population_have_the_regions_that_they_have_alone() -> None:
    from nnrun.training.portrait import portraits
    from nnrun.training.snapshots import Snapshots

    runs = [
        spec("mlp", "cross_entropy", dataset=choice("dataset", "blobs", seed=seed), seed=seed, epochs=2)
        for seed in (0, 1)
    ]
    together = trained(runs).population
    shown = portraits(together, Snapshots(together))
    for member, run in enumerate(runs):
        alone = trained(run).population
        own = portraits(alone, Snapshots(alone))[0]
        assert set(own) == set(shown[member])
        np.testing.assert_array_equal(own["region_across"], shown[member]["region_across"])
        np.testing.assert_allclose(own["region_probability"], shown[member]["region_probability"], atol=2e-3)


def test_certain_places_have_their_classes_tint_and_undecided_ones_a_mixture() -> None:
    sure, torn = [[[1.0, 0.0]]], [[[0.5, 0.5]]]
    hues = ["#ff0000", "#0000ff"]
    np.testing.assert_allclose(painted(np.array(sure), hues, LIGHT)[0, 0], [1, 0.5, 0.5])
    np.testing.assert_allclose(painted(np.array(torn), hues, LIGHT)[0, 0], [0.75, 0.5, 0.75])
    nothing = painted(np.full((1, 1, 2), np.nan), hues, LIGHT)[0, 0]
    np.testing.assert_allclose(nothing, [1, 1, 1])


def test_a_diverged_classifier_is_drawn_all_the_same(nnrun: Command) -> None:
    done = nnrun("dataset=moons", "epochs=30", "optim.lr=1e30", "plots.animation=true")
    assert done.status == 0, done.err
    assert done.summary["status"] == "diverged"
    assert (done.directory / "fit.png").exists()
