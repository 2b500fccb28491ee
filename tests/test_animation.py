from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from conftest import Command
from nnrun import plots
from nnrun.errors import BadInput
from nnrun.plots import animation
from nnrun.plots.numerals import short
from nnrun.runs.reading import read_run
from nnrun.spec import MOST_MOMENTS, Choice, EarlyStopping, PlotSettings, Settings
from nnrun.training.loop import train
from nnrun.training.population import Population
from nnrun.training.portrait import portraits
from nnrun.training.snapshots import MOST_SNAPSHOTS, Snapshots, snapshot_epochs
from picture_records import RECORDS, animated
from small_runs import choice, spec

MOVING = [name for name, record in RECORDS.items() if "animation" in plots.kinds(record())]


def pages(path: Path) -> list[Any]:
    """Frames of a GIF as arrays, after one another."""
    found = []
    with Image.open(path) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            found.append(np.array(image.convert("RGB")))
    return found


@pytest.fixture(scope="module")
def gif(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An animation that tests only look at."""
    path = tmp_path_factory.mktemp("animated") / "fit.gif"
    plots.animate(animated(), path)
    return path


@pytest.mark.parametrize("name", MOVING)
def test_a_gif_has_a_frame_for_each_snapshot_and_repeats(name: str, tmp_path: Path) -> None:
    record = RECORDS[name]()
    plots.animate(record, tmp_path / "fit.gif", pace=0.2)
    with Image.open(tmp_path / "fit.gif") as image:
        assert image.info["loop"] == 0
        durations = []
        for index in range(image.n_frames):
            image.seek(index)
            durations.append(image.info["duration"])
    assert len(durations) == len(record.plots["snapshot_epochs"])
    assert durations == [800, *[200] * (len(durations) - 2), 2500]


def test_only_the_line_and_the_loss_change_from_frame_to_frame(gif: Path) -> None:
    first, second, *_ = (page.astype(int) for page in pages(gif))
    assert first.shape == (600, 800, 3)
    changed = (first != second).any(axis=2)
    assert 0 < changed.mean() < 0.1
    assert not changed[:60].any()
    assert not changed[560:].any()


def test_a_frame_is_what_a_whole_drawing_of_it_shows() -> None:
    record = animated()
    with plots.drawing.page(record, "animation", "en", None, plots.Theme(), None, None) as (sheet, language):
        moments = animation.frames(record)
        last = list(animation.images(animation.stage(record, sheet, language, moments), moments))[-1]
    content = io.BytesIO()
    plots.draw(record, "animation").savefig(content, format="png")
    whole = np.array(Image.open(content).convert("RGB"))
    assert (np.abs(whole.astype(int) - last.astype(int)).max(axis=2) > 40).mean() < 0.002


def test_the_background_is_the_themes_own_white(gif: Path) -> None:
    assert all((page[0, 0] == 255).all() for page in pages(gif))


def test_the_same_animation_is_the_same_bytes_and_small(gif: Path, tmp_path: Path) -> None:
    plots.animate(animated(), tmp_path / "again.gif")
    content = (tmp_path / "again.gif").read_bytes()
    assert content == gif.read_bytes()
    assert len(content) < 400_000
    for path in (tmp_path / "again.gif", gif):
        assert list(path.parent.iterdir()) == [path]


def test_the_last_frame_can_be_drawn_alone_and_has_its_loss() -> None:
    record = animated()
    figure = plots.draw(record, "animation")
    (axes,) = figure.axes
    np.testing.assert_array_equal(
        axes.lines[-1].get_ydata(), record.plots["snapshot_predictions"][-1][:, 0].astype(float)
    )
    assert "epoch 100 · training loss 0.00400" in [text.get_text() for text in figure.texts]


def test_losses_are_those_of_the_curves(nnrun: Command) -> None:
    run = nnrun("epochs=6", "plots.every=1", "plots.save=false")
    moments = animation.frames(read_run(run.directory))
    assert [moment.epoch for moment in moments] == list(range(7))
    # The table has an epoch's loss from before its update: the one that the curve before it has.
    expected = [*run.metrics["train/loss"], run.summary["final"]["train/loss"]]
    np.testing.assert_allclose([moment.loss for moment in moments], expected, rtol=1e-6)


def test_a_run_without_snapshots_has_no_animation(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="only a fit over one input, or of classes in the plane, is recorded"):
        plots.animate(RECORDS["linear"](), tmp_path / "fit.gif")
    with pytest.raises(
        BadInput, match="animation: this run has no such picture; choose one of fit, curves, data"
    ):
        plots.draw(RECORDS["random_mnist"](), "animation")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("epochs", [0, 1, 5, 20, 21, 100, 12345])
def test_snapshots_are_at_most_21_with_the_first_and_the_last(epochs: int) -> None:
    taken = snapshot_epochs(epochs)
    assert len(taken) == min(21, epochs + 1)
    assert {0, epochs} <= taken


@pytest.mark.parametrize(
    ("epochs", "every", "expected"),
    [(10, 5, {0, 5, 10}), (10, 4, {0, 4, 8, 10}), (3, 1, {0, 1, 2, 3}), (3, 50, {0, 3}), (0, 7, {0})],
)
def test_snapshots_can_be_asked_for_every_so_many_epochs(epochs: int, every: int, expected: set[int]) -> None:
    assert snapshot_epochs(epochs, every) == expected


def test_snapshots_are_bounded_however_often_they_are_asked_for() -> None:
    taken = snapshot_epochs(1_000_000, 1)
    assert len(taken) == MOST_SNAPSHOTS
    assert {0, 1_000_000} <= taken


def test_each_member_of_a_population_keeps_its_own_snapshots() -> None:
    specs = [spec(epochs=6, settings=Settings(plots=PlotSettings(every=every))) for every in (None, 2, 4)]
    population = Population(specs)
    snapshots = Snapshots(population)
    for epoch in train(population):
        snapshots.take(epoch.number)
    kept = [snapshots.of_member(index, 6)["snapshot_epochs"].tolist() for index in range(3)]
    assert kept == [[0, 1, 2, 3, 4, 5, 6], [0, 2, 4, 6], [0, 4, 6]]


def test_snapshots_are_shown_as_they_come() -> None:
    shown: list[Any] = []
    population = Population([spec(epochs=3, dtype="float64")])
    snapshots = Snapshots(population, shown.append)
    losses = []
    for epoch in train(population):
        snapshots.take(epoch.number)
        losses.append(epoch.train["loss"][0])
    losses.append(population.evaluate(population.train)["loss"][0])
    stage, *frames = shown
    assert {"train_x", "train_y", "grid", "grid_truth", "grid_prediction", "snapshot_grid"} <= set(stage)
    assert [frame["snapshot_epoch"].item() for frame in frames] == [0, 1, 2, 3]
    # The loss of a curve is what the next epoch begins with.
    assert [frame["snapshot_loss"].item() for frame in frames] == losses
    recorded = snapshots.of_member(0, 3)["snapshot_predictions"]
    np.testing.assert_allclose([frame["snapshot_prediction"] for frame in frames], recorded, atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "has_landscape", "expected"),
    [
        (PlotSettings(), False, ("fit", "curves")),
        (PlotSettings(), True, ("fit", "curves", "landscape")),
        (PlotSettings(data=True, animation=True), False, ("fit", "curves", "data", "animation")),
        (PlotSettings(save=False), True, ()),
        (PlotSettings(save=False, animation=True), True, ("animation",)),
    ],
)
def test_settings_say_which_pictures_are_drawn(
    settings: PlotSettings, has_landscape: bool, expected: tuple[str, ...]
) -> None:
    assert plots.asked(settings, has_landscape) == expected


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["experiment=random_mnist", "epochs=1"],
            "only a fit over one input, or of classes in the plane, can be animated",
        ),
        (
            ["experiment=linear_regression", "epochs=1"],
            "only a fit over one input, or of classes in the plane, can be animated",
        ),
        (["epochs=0"], "without epochs nothing moves"),
    ],
)
def test_what_cannot_be_animated_is_said_before_it_trains(
    nnrun: Command, arguments: list[str], reason: str
) -> None:
    done = nnrun(*arguments, "plots.animation=true", "plots.save=false")
    lines = done.err.splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith(("loss", " ")))
    assert done.status == 0
    assert lines[first - 1] == f"note      no animation: {reason}"
    assert done.err.count("animat") == (2 if "animated" in reason else 1)
    assert not (done.directory / "fit.gif").exists()


def test_what_cannot_be_shown_live_is_said_before_it_trains(
    nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnrun.plots.live._lack", lambda environment: None)
    done = nnrun("experiment=random_mnist", "epochs=1", "plots.live=true", "plots.save=false")
    told = "note      no window: only a fit over one input can be shown while it trains"
    assert done.err.splitlines()[3] == told
    assert done.err.count("no window") == 1


def test_frames_stand_where_they_were_recorded_however_they_are_spaced(tmp_path: Path) -> None:
    record = animated()
    arrays = dict(record.plots) | {"snapshot_epochs": np.array([*range(0, 20), 100])}
    uneven = type(record)(record.directory, record.metrics, record.summary, arrays)
    assert [moment.epoch for moment in animation.frames(uneven)] == [*range(0, 20), 100]
    plots.animate(uneven, tmp_path / "fit.gif")
    assert len(pages(tmp_path / "fit.gif")) == 21


def portraits_of(*specs: Any) -> list[dict[str, Any]]:
    population = Population(specs)
    snapshots = Snapshots(population)
    for epoch in train(population):
        snapshots.take(epoch.number)
    population.settle()
    return portraits(population, snapshots)


def stopping(restore: bool = True, **changes: Any) -> Any:
    """A run that stops early, between two of its snapshots."""
    never = EarlyStopping(patience=3, threshold=0.9, restore_best=restore)
    optim = choice("optim", "sgd", lr=1e-3)
    return spec(optim=optim, epochs=1000, dtype="float64", early_stopping=never, **changes)


@pytest.mark.parametrize("restore", [True, False])
def test_the_last_fit_of_a_run_that_stops_early_is_recorded(restore: bool) -> None:
    (arrays,) = portraits_of(stopping(restore))
    epochs, kept = arrays["snapshot_epochs"].tolist(), 1 if restore else 4
    assert kept in epochs
    assert kept not in snapshot_epochs(1000)
    assert arrays.get("snapshot_kept") == (1 if restore else None)
    curve = np.interp(arrays["snapshot_grid"][:, 0], arrays["grid"][:, 0], arrays["grid_prediction"][:, 0])
    found = arrays["snapshot_predictions"][epochs.index(kept)][:, 0]
    np.testing.assert_allclose(found, curve, atol=0.01 * np.ptp(curve))


@pytest.mark.parametrize("data", [choice("dataset", "quadratic"), choice("dataset", "moons")])
def test_last_fits_are_those_of_lone_runs(data: Choice) -> None:
    loss = "mse" if data.name == "quadratic" else "cross_entropy"
    specs = [stopping(seed=seed, dataset=data, loss=loss) for seed in (0, 1)]
    specs.append(replace(specs[0], seed=2, early_stopping=EarlyStopping(patience=20, threshold=0.9)))
    together = portraits_of(*specs)
    for given, arrays in zip(specs, together, strict=True):
        (alone,) = portraits_of(given)
        assert alone.keys() == arrays.keys()
        for name in alone:
            np.testing.assert_array_equal(alone[name], arrays[name], err_msg=name)


def test_the_last_frame_shows_the_weights_that_are_kept(nnrun: Command) -> None:
    run = nnrun(
        "val_fraction=0.2",
        "early_stopping.patience=3",
        "early_stopping.threshold=0.9",
        "epochs=1000",
        "plots.save=false",
    )
    record = read_run(run.directory)
    *_, last = animation.frames(record)
    assert (last.about, last.epoch) == ("kept", run.summary["best"]["epoch"])
    assert last.loss == pytest.approx(run.summary["final"]["train/loss"], rel=1e-5)
    shown = [text.get_text() for text in plots.draw(record, "animation").texts]
    assert f"the best, epoch {last.epoch}, is kept · training loss {short(last.loss)}" in shown


def test_frames_of_an_exploding_run_say_where_the_model_is_and_where_it_diverged(nnrun: Command) -> None:
    run = nnrun("optim.lr=1.2", "plots.save=false")
    record = read_run(run.directory)
    with plots.drawing.page(record, "animation", "en", None, plots.Theme(), None, None) as (sheet, language):
        moments = animation.frames(record)
        stage = animation.stage(record, sheet, language, moments)
        for moment, expected in ((moments[0], ""), (moments[-1], "model, outside the axes")):
            stage.show(moment)
            assert [text.get_text() for text in stage.figure.axes[0].texts] == [expected]
        stage.show(replace(moments[0], prediction=np.full_like(moments[0].prediction, np.nan)))
        assert [text.get_text() for text in stage.figure.axes[0].texts] == ["model, not finite"]
    epoch = run.summary["stop"]["epoch"]
    told = [text.get_text() for text in plots.draw(record, "animation").texts]
    assert any(text.startswith(f"diverged at epoch {epoch} · training loss ") for text in told)


def test_classes_have_the_line_of_the_picture_in_every_frame(nnrun: Command) -> None:
    record = read_run(nnrun("dataset=moons", "epochs=20", "plots.save=false").directory)
    with plots.drawing.page(record, "animation", "en", None, plots.Theme(), None, None) as (sheet, language):
        moments = animation.frames(record)
        stage = animation.stage(record, sheet, language, moments)
        stage.show(moments[-1])
        (lines,) = (artist for artist in stage.artists if isinstance(artist, LineCollection))
        drawn = np.concatenate(lines.get_segments())
        (expected,) = plots.draw(record, "fit").axes[0].collections
        border = np.concatenate([path.vertices for path in expected.get_paths()])
        step = np.ptp(record.plots["region_across"]) / 40
        assert all(np.abs(border - point).max(axis=1).min() < step for point in drawn)
        stage.show(replace(moments[-1], prediction=np.zeros_like(moments[-1].prediction)))
        assert not lines.get_segments()


def test_thinned_moments_are_told_once_and_slow_frames_refused(nnrun: Command) -> None:
    done = nnrun("plots.every=1", "epochs=600", "plots.save=false")
    told = f"plots.every=1: of 601 moments {MOST_MOMENTS} are recorded, evenly chosen"
    assert done.err.count(told) == 1
    assert "moments" not in nnrun("plots.every=2", "epochs=600", "plots.save=false").err
    refused = nnrun("plots.pace=1e9")
    assert (refused.status, refused.found) == (2, None)
    assert refused.err == "nnrun: plots.pace=1e9: larger than the limit 60\n"
