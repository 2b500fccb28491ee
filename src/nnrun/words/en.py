"""The English catalogue."""

from __future__ import annotations

WORDS = {
    # What a training run prints.
    "run.label.data": "data",
    "run.label.model": "model",
    "run.label.training": "training",
    "run.label.loss": "loss",
    "run.label.learned": "learned",
    "run.label.saved": "saved",
    "run.label.note": "note",
    "run.label.verdict": "verdict",
    "run.data": "{name}: {description}",
    "run.model": "{name}: {description}, {count} parameters",
    "run.training": "{loss}, {optimization}, {epochs}, {batches}, seed {seed}, {engine} on {device}",
    "run.epochs.one": "1 epoch",
    "run.epochs.many": "{epochs} epochs",
    "run.batches.all": "full batch",
    "run.batches.some": "batches of {size}",
    "run.progress": "{epoch}/{epochs}  loss {loss}",
    "run.validation": "  val {loss}",
    "run.losses": "{first} -> {last}",
    "run.loss_alone": "{last}",
    "run.on_validation": "on validation {loss}",
    "run.on_new": "on new points {loss}",
    "run.on_held_out": "on held-out points {loss}",
    "run.on_new_samples": "on new samples {loss}",
    "run.reference.truth.points": "the true curve: {loss}",
    "run.reference.truth.samples": "the truth: {loss}",
    "run.reference.mean": "always the mean: {loss}",
    "run.reference.classes": "always the classes' shares: {loss}",
    "run.parameter": "{name} {value}",
    "run.true": ", true {value}",
    "run.true_noise": ", true {value}: {constant} + {noise} from the noise",
    "run.diverged": "diverged at epoch {epoch}: {reason}",
    "run.stopped": "stopped at epoch {epoch}: {reason}",
    "run.interrupted": "interrupted at epoch {epoch}/{epochs}, saved",
    "run.picture_failed": "{kind} could not be drawn: {message}",
    # What is said of a finished run.
    "verdict.try": "{text}; try {command}",
    "verdict.beyond_curvature": "the rate {rate:g} is beyond {limit:.4g}, which is 2 / {curvature:.4g}, the"
    " loss's largest curvature: each step overshoots further",
    "verdict.beyond_curvature.momentum": "the rate {rate:g} is beyond {limit:.4g}, the most that momentum"
    " {momentum:g} and the loss's largest curvature {curvature:.4g} allow: each step overshoots further",
    "verdict.exploded": "exploded from epoch {epoch} on: the rate {rate:g} is too high",
    "verdict.oscillating": "oscillating: the loss changes by {swing:.0%} from epoch to epoch and falls no"
    " more; the rate {rate:g} is too high",
    "verdict.overfitting.since": "overfitting since epoch {epoch}: validation loss rose from {best:.3g} to"
    " {loss:.3g} while training loss fell",
    "verdict.overfitting.noise": "overfitting: training loss {loss:.3g} is below the truth's {floor:.3g}, but"
    " on new data it is {test:.3g}, above the truth's {test_floor:.3g}",
    "verdict.stuck.dead": "stuck at {loss:.3g}: {count} of {units} hidden units are 0 at every training"
    " point",
    "verdict.stuck.saturated": "stuck at {loss:.3g}: {count} of {units} hidden units are saturated, flat at"
    " every training point",
    "verdict.nothing": "nothing to learn here: the truth is the same for every input, its loss {floor:.3g}",
    "verdict.noisy": "the data is too noisy for more: the truth itself has a loss of {floor:.3g},"
    " {share:.0%} of what a constant guess has",
    "verdict.floor": "at the floor: the truth itself has a loss of {floor:.3g}, so more training has nothing"
    " to learn",
    "verdict.improving": "still improving: {more} more epochs would bring the loss to about {promised:.3g}",
    "verdict.no_better.mean": "no better than always predicting the mean ({constant:.3g})",
    "verdict.no_better.classes": "no better than always guessing the classes' shares ({constant:.3g})",
    # Why a run did not reach its last epoch.
    "stop.stopped": "no better loss for {patience} epochs",
    "stop.interrupted": "interrupted",
    "stop.grown": "loss {growth:.3g} times the first (lr={lr:g})",
    "stop.not_finite": "loss not finite (lr={lr:g})",
    # What `verbose=true` adds.
    "run.label.layers": "layers",
    "run.label.start": "start",
    "run.label.end": "end",
    "run.label.meaning": "meaning",
    "verbose.affine": "{inputs} -> {outputs}, {count} parameters: {names}",
    "verbose.activation": "{activation}: {formula}",
    "verbose.dropout": "dropout: {probability:g} of the outputs are 0 in training",
    "verbose.power": "x^{exponent:g}",
    "verbose.truth": "the truth's loss is what the noise leaves: no network should get lower on new data",
    "verbose.constant.mean": "the mean is the best guess that does not look at x; worse has learned nothing",
    "verbose.constant.classes": "the classes' shares do not look at x; worse has learned nothing",
    # What to expect of the presets, and what to try next.
    "preset.linear_regression.expect": (
        "Expect each learned weight within 0.02 of the truth (8.1, 2, 2, 4, bias 1.1), and a loss "
        "that falls from 7 to about 0.01, close to the 0.008 that the noise leaves."
    ),
    "preset.linear_regression.next": "Next: optim.lr=0.001, and see that 50 epochs are then far too few.",
    "preset.quadratic_autograd.expect": (
        "Expect w near 3 and b near 2.1, the noise having mean 0.1, found by tensors and automatic "
        "differentiation; experiment=quadratic_manual ends at the same numbers."
    ),
    "preset.quadratic_autograd.next": (
        "Next: optim.lr=0.0178, just beyond where gradient descent can follow the curve, and see it diverge."
    ),
    "preset.quadratic_fit.expect": (
        "Expect a network of ten ReLU units to bend a line through the data, with a final loss below "
        "0.01 (three seeds in four get there; most of the others are stuck, many of their units being"
        " dead)."
    ),
    "preset.quadratic_fit.next": (
        "Next: seed=1, seed=2, ... until one is stuck, then optim.lr=0.1 with that seed."
    ),
    "preset.quadratic_manual.expect": (
        "Expect w near 3 and b near 2.1, the noise having mean 0.1, found by NumPy and gradients "
        "derived by hand: dw = sum(r x^2), db = sum(r); experiment=quadratic_autograd ends at the "
        "same numbers."
    ),
    "preset.quadratic_manual.next": (
        "Next: optim.lr=0.0178, just beyond where gradient descent can follow the curve, and see it diverge."
    ),
    "preset.random_mnist.expect": (
        "Expect losses near ln 10 = 2.3026: labels are random, and two epochs are too few to learn "
        "them by heart."
    ),
    "preset.random_mnist.next": (
        "Next: epochs=200 optim.lr=0.1, and see accuracy reach 1 on the training data and stay at "
        "chance on new."
    ),
    "preset.ten_points.expect": (
        "Expect five sigmoid units, trained one sample at a time, to find the fall in the middle and "
        "to miss the dip; the average loss drops fast, then crawls."
    ),
    "preset.ten_points.next": "Next: epochs=5000, and watch the curve reach for the dip.",
    # What datasets hold.
    "data.curve": "{formula}, {samples} points on [{low:g}, {high:g}]",
    "data.given": "{samples} given points",
    "data.linear": "{formula}, {samples} points, x from N(0, 1)",
    "data.random_images": "{samples} random pictures of {rows} x {columns}, random labels 0..{last}",
    # Labels of pictures.
    "plot.accuracy": "accuracy",
    "plot.at_epoch": " at epoch {epoch}",
    "plot.best": "best, epoch {epoch}",
    "plot.class": "class",
    "plot.classes_of": "{split}, each with its class",
    "plot.confusion": "{split}: accuracy {accuracy}",
    "plot.count.test": "{count} test samples",
    "plot.count.train": "{count} training samples",
    "plot.count.val": "{count} validation samples",
    "plot.data": "data",
    "plot.diverged": "diverged",
    "plot.epoch": "epoch",
    "plot.epochs.many": "{epochs} epochs",
    "plot.epochs.one": "1 epoch",
    "plot.feature": "feature {feature}",
    "plot.final.test": "test loss {value}",
    "plot.final.train": "training loss {value}",
    "plot.final.val": "validation loss {value}",
    "plot.font_missing": "plots.font={font}: no such family is installed; the usual one is used",
    "plot.frame": "epoch {epoch} · training loss {loss}",
    "plot.frame.start": "epoch 0 · initial weights",
    "plot.floor": "floor {value}",
    "plot.loss": "loss",
    "plot.lr": "learning rate",
    "plot.model": "model",
    "plot.model_left": "model, outside the axes",
    "plot.model_nan": "model, not finite",
    "plot.no_epochs": "no epochs: initial weights",
    "plot.no_characters": "no installed font has these characters: pictures are labelled in English;"
    " install one such as Noto Sans CJK, or name one in plots.font",
    "plot.no_window": "no window: {reason}",
    "plot.nothing_to_show": "only a fit over one input can be shown while it trains",
    "plot.path": "path by epoch",
    "plot.place.end": "end",
    "plot.place.solution": "least squares",
    "plot.place.start": "start",
    "plot.place.truth": "truth",
    "plot.predicted": "predicted y",
    "plot.predicted_class": "predicted class",
    "plot.r2": "R²",
    "plot.recall": "recall: share of each class that was found",
    "plot.residual": "residual",
    "plot.residuals_left": "all residuals lie outside these axes",
    "plot.residuals_nan": "no residual is finite",
    "plot.samples": "samples: true → predicted",
    "plot.some_outputs": "first {shown} of {outputs} outputs",
    "plot.split.test": "test data",
    "plot.split.train": "training data",
    "plot.split.val": "validation data",
    "plot.status.completed": "completed",
    "plot.status.diverged": "diverged",
    "plot.status.failed": "failed",
    "plot.status.interrupted": "interrupted",
    "plot.status.running": "still running",
    "plot.status.stopped": "stopped early",
    "plot.train": "training",
    "plot.true": "y",
    "plot.true_class": "true class",
    "plot.truth": "truth",
    "plot.val": "validation",
    "plot.validation_data": "validation data",
    "plot.window": "the window stays until it is closed",
}
