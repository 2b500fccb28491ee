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
    "run.label.resumed": "resumed",
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
    "run.references": "({losses})",
    "run.references.next": "; ",
    "run.no_viewer": "no viewer found; the picture is {path}",
    "run.parameter": "{name} {value}",
    "run.true": ", true {value}",
    "run.true_noise": ", true {value}: {constant} + {noise} from the noise",
    "run.diverged": "diverged at epoch {epoch}: {reason}",
    "run.stopped": "stopped at epoch {epoch}: {reason}",
    "run.interrupted": "interrupted at epoch {epoch}/{epochs}, saved; to go on: {command}",
    "run.resumed": "going on after epoch {epoch} of {epochs}",
    "run.restarted": "there is no checkpoint yet: it starts over",
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
    "verdict.too_low": "the loss has not moved from {loss:.3g}: the rate {rate:g} is too low",
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
    "verbose.part": "{name}: {text} -> {shape}, {count} parameters",
    "verbose.part.plain": "{name}: {text} -> {shape}",
    "verbose.more_parts": "... and {count} more",
    "verbose.other_parameters": "outside of these: {count} parameters",
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
    "preset.digits.expect": (
        "Expect 64 hidden units to read some 98 in 100 handwritten digits that they have never seen; "
        "which ones they mistake shows in the picture."
    ),
    "preset.digits.next": ("Next: model=linear, which misreads some 5 in 100, and then model.hidden=256."),
    "preset.moons.expect": (
        "Expect a border that is nearly straight for a hundred epochs, then bends between the two "
        "moons until hardly a point is on the wrong side; fit.gif shows it happen."
    ),
    "preset.moons.next": (
        "Next: model.hidden=3, which here bends too little, and then dataset.noise=0.3, where nothing helps."
    ),
    "preset.lr_curve.expect": (
        "Expect losses that fall as the rate grows, down to the noise's floor of 0.19 from 0.001 "
        "on, and then a cliff: with 0.0176 every seed still ends there, with 0.0178 none does."
    ),
    "preset.lr_curve.next": (
        "Next: nnrun -m experiment=lr_curve optim.lr=0.0176..0.0178:11, and find the edge to five"
        " digits; a single run's verdict says where it must be."
    ),
    "preset.width_curve.expect": (
        "Expect one unit to do no better than a constant, and ten to be the best of seven widths,"
        " with a median loss near 0.006; at this rate, wider networks do not gain."
    ),
    "preset.width_curve.next": (
        "Next: optim.lr=0.1, a rate at which the widest network wins, and see that width and rate"
        " cannot be chosen apart."
    ),
    "preset.lucky_seeds.expect": (
        "Expect 43 of 50 runs to end below 0.02 and seven to be stuck above 0.06, though nothing "
        "differs but the seed: one run says little, and neither does the best of many."
    ),
    "preset.lucky_seeds.next": ("Next: optim.lr=0.1 epochs=1000, slower and longer, and count again."),
    # What `nnrun trace` shows.
    "trace.separator": ", ",
    "trace.step": "step {step}: epoch {epoch} of {epochs}, batch {batch} of {batches}",
    "trace.label.data": "data",
    "trace.label.model": "model",
    "trace.label.start": "start",
    "trace.label.note": "note",
    "trace.data": "{name}: {description}",
    "trace.model": "{name}: {description}, {count} parameters",
    "trace.start": "the weights of {origin}",
    "note.dropped": "{dropped} of {rows} rows lack a value and are left out",
    "note.constant_features": "the same in every row, so there is nothing to learn from: {names}",
    "note.unrepeated_texts": "texts of which none repeats, so each is an input for one row: {names};"
    " leave them out with dataset.features=...",
    "note.row_numbers": "counts the rows, which is nothing to predict from: {names}; leave it out with"
    " dataset.features=...",
    "note.frames": "plots.every={every}: of {wanted} moments {most} are recorded, evenly chosen",
    "note.still": "optim.lr=0: nothing will be learned; the weights stay as they start",
    "note.sweep": "{preset} is a sweep; this is one run of it, with the usual value of {keys}",
    "trace.precision": "Weights are {dtype}, as the {engine} engine has them; the other numbers are float64.",
    "trace.drift": "In float64 predictions differ from the run's own by up to {value}: the module draws or"
    " rounds otherwise.",
    "trace.batch.one": "batch: 1 sample",
    "trace.batch.many": "batch: {samples} samples",
    "trace.forward": "forward",
    "trace.forward.scalars": "forward, scalar by scalar: {sample}",
    "trace.forward.scalars.first": "forward, scalar by scalar, the first sample: {sample}",
    "trace.layer": "layer {index}: {kind}",
    "trace.layer.affine": "weighted sum {inputs} -> {outputs}",
    "trace.layer.dropout": "dropout",
    "trace.layer.power": "power",
    "trace.layer.module": "{model}, a torch.nn.Module of class {kind}",
    "trace.formula.affine": "y = x W^T + b, as torch.nn.Linear; weight (out, in), bias (out)",
    "trace.formula.dropout": "y = x * mask, where the mask is 0 with probability {probability} and"
    " 1 / (1 - {probability}) otherwise",
    "trace.formula.power": "y = x^p with a fixed exponent p, p = {exponent}",
    "trace.formula.module": "y = {kind}(x) in training mode",
    "trace.formula.module.chance": "y = {kind}(x) in training mode, with the random numbers of this step",
    "trace.formula.where": "{value} where {condition}, else {other}",
    "trace.formula.with": "{formula}, {definition}",
    "trace.derivative.affine.db": "sum of g over the batch",
    "trace.role.pre-activation": "pre-activation",
    "trace.role.activation": "activation",
    "trace.role.prediction": "prediction",
    "trace.role.output": "output",
    "trace.parameters": "parameters: {first}",
    "trace.frozen": "frozen parameters, kept as they are: {first}",
    "trace.buffers": "buffers, kept by the module itself: {first}",
    "trace.children": "its parts as they ran: shape, and the first sample's first numbers",
    "trace.mask": "mask",
    "trace.loss": "loss {name}: {value}",
    "trace.loss.own": "by autograd ({part} has no gradient by hand)",
    "trace.loss.huber.formula": "mean of e^2/2 where |e| = |p - y| <= delta, else delta (|e| - delta/2)",
    "trace.loss.cross_entropy.formula": "mean over samples of -log softmax(p)[class of y]",
    "trace.loss.cross_entropy.slope": "(softmax(p) - y) / samples, y being one-hot",
    "trace.loss.cross_entropy.text": "Cross-entropy of logits p: mean over samples of"
    " -log softmax(p)[class], as torch.nn.CrossEntropyLoss."
    " With q_c = w_c ((1 - s) y_c + s / classes), s being label_smoothing, y the one-hot target and w the"
    " class_weights, it is -sum q_c log softmax(p)_c / D, where D is the sum of the weights of the samples'"
    " own classes (the number of samples without weights). Its gradient is (softmax(p) sum_c q_c - q) / D",
    "trace.kink": "{function} at {place}",
    "trace.kink.met.one": "{function} has no derivative at {place}, met once: {used} is used",
    "trace.kink.met.many": "{function} has no derivative at {place}, met {count} times: {used} is used",
    "trace.backward": "backward, g = d loss / d y of each layer",
    "trace.backward.module": "backward",
    "trace.backward.why": "{part} has no gradients by hand: autograd goes back through it",
    "trace.backward.scalars": "backward, each gradient by the chain rule",
    "trace.backward.share": "backward, each gradient by the chain rule: this sample's share, {samples} of"
    " which make up the batch's",
    "trace.product": "{formula}: {shapes}",
    "trace.product.bias": "({outputs}) from {shape}",
    "trace.gradients": "gradients, three ways",
    "trace.gradients.two": "gradients, two ways",
    "trace.gradient": "{name} {shape}: {formula}",
    "trace.way.hand": "by hand",
    "trace.way.autograd": "autograd",
    "trace.way.differences": "differences",
    "trace.no_weights": "this layer has no weights",
    "trace.largest_difference": "largest difference {value}",
    "trace.probed": "finite differences: of at most {count} elements of each array",
    "trace.both_sides": "finite differences see both sides of a kink: {places}",
    "trace.both_sides.own": "they differ: a part of your own has a kink here, as relu has at 0, or rounds",
    "trace.update": "update by {name}",
    "trace.torch": "An optimizer of PyTorch's, computed there; the tables show what it keeps",
    "trace.changed": "kept by the module itself, and changed in this step",
    "trace.rate": "lr = {lr} × {factor} ({schedule}) = {rate}",
    "trace.clip": "clip_norm {limit}: the gradient's length is {norm}, so it is multiplied by {scale}",
    "trace.element": "{name}: g = {value}",
    "trace.column.before": "before",
    "trace.column.gradient": "gradient",
    "trace.column.new": "new {slot}",
    "trace.column.change": "change",
    "trace.column.after": "after",
    "trace.slot.mean": "mean",
    "trace.slot.square": "square",
    "trace.slot.total": "total",
    "trace.slot.velocity": "velocity",
    "trace.optim.sgd.rule": "Gradient descent: p <- p - lr b, with b <- momentum b + g and"
    " g = gradient + weight_decay p",
    "trace.optim.sgd.symbols": "With nesterov, p <- p - lr (g + momentum b), b being the new one (Sutskever"
    " et al., ICML 2013, in the form of torch.optim.SGD). b starts at 0; without momentum, b = g and"
    " nesterov changes nothing",
    "trace.optim.adam.rule": "Adam: p <- p - lr M / (sqrt(V) + eps), from running means of the gradient and"
    " of its square",
    "trace.optim.adam.symbols": "m <- beta1 m + (1 - beta1) g and M = m / (1 - beta1^step);"
    " v <- beta2 v + (1 - beta2) g^2 and V = v / (1 - beta2^step); g = gradient + weight_decay p (Kingma and"
    " Ba, ICLR 2015, as torch.optim.Adam)",
    "trace.optim.adamw.rule": "AdamW: adam without decay in its gradient, after p <- p (1 - lr weight_decay)",
    "trace.optim.adamw.symbols": "Source: Loshchilov and Hutter, ICLR 2019, as torch.optim.AdamW",
    "trace.optim.rmsprop.rule": "RMSprop: p <- p - lr b, with b <- momentum b + g / (sqrt(v) + eps) and"
    " v <- alpha v + (1 - alpha) g^2",
    "trace.optim.rmsprop.symbols": "g = gradient + weight_decay p (Hinton, lecture 6e, 2012, as"
    " torch.optim.RMSprop, not centred)",
    "trace.optim.adagrad.rule": "Adagrad: p <- p - lr g / (sqrt(s) + eps), s being the sum of all g^2 so far",
    "trace.optim.adagrad.symbols": "g = gradient + weight_decay p (Duchi, Hazan and Singer, JMLR 2011, as"
    " torch.optim.Adagrad)",
    # What datasets hold.
    "data.curve": "{formula}, {samples} points on [{low:g}, {high:g}]",
    "data.own": "{samples} samples, {inputs} features",
    "data.own.one": "{samples} samples, one feature",
    "data.given": "{samples} given points",
    "data.linear": "{formula}, {samples} points, x from N(0, 1)",
    "data.random_images": "{samples} random pictures of {rows} x {columns}, random labels 0..{last}",
    "data.moons": "two half moons, {samples} points, noise {noise:g}",
    "data.circles": "{classes} rings around each other, {samples} points, noise {noise:g}",
    "data.spirals": "{classes} spiral arms, {samples} points, noise {noise:g}",
    "data.blobs": "{classes} round clouds, {samples} points, deviation {noise:g}",
    "data.xor": "a chessboard of {classes} x {classes} fields, {samples} points, noise {noise:g}",
    "data.digits": "{samples} handwritten digits of 8 x 8 pixels",
    "data.iris": "{samples} irises by four lengths, three species",
    "data.wine": "{samples} wines by thirteen measurements, three growers",
    "data.breast_cancer": "{samples} tumours by thirty measurements, malignant or benign",
    "data.diabetes": "{samples} patients by ten measurements, progression after a year",
    "data.mnist": "{samples} handwritten digits of {rows} x {columns} pixels",
    "data.fashion_mnist": "{samples} pictures of clothes of {rows} x {columns} pixels, ten kinds",
    "data.remembered": "{description}",
    "data.table.numbers": "{path}: {samples} rows, {features} -> {targets}",
    "data.table.numbers.standardized": "{path}: {samples} rows, {features} -> {targets}, standardized",
    "data.table.classes": "{path}: {samples} rows, {features} -> {classes} classes of {targets}",
    "data.table.classes.standardized": "{path}: {samples} rows, {features} -> {classes} classes of {targets},"
    " standardized",
    # What a sweep prints when it has ended.
    "sweep.best": "{setting}: median {median} of {runs} runs; the typical one:",
    "sweep.best.alone": "{median}",
    "sweep.best.run": "{setting}: {median}",
    "sweep.best.seeds": "median {median} of {runs} seeds; the typical run:",
    "sweep.comma": ", ",
    "sweep.count": "{count} {status}",
    "sweep.distorting": "{key} changes what is measured: a lower objective there is no better model",
    "sweep.edge.highest": "{key}={value} is the highest value tried: better ones may lie beyond",
    "sweep.edge.lowest": "{key}={value} is the lowest value tried: better ones may lie below",
    "sweep.greater": "more is better",
    "sweep.highest": "highest",
    "sweep.label.best": "best",
    "sweep.edge.try": "try",
    "sweep.label.edge": "edge",
    "sweep.label.note": "note",
    "sweep.label.objective": "objective",
    "sweep.label.rank": "rank",
    "sweep.label.saved": "saved",
    "sweep.label.report": "report",
    "sweep.label.sweep": "sweep",
    "sweep.less": "less is better",
    "sweep.lost": "lost",
    "sweep.lowest": "lowest",
    "sweep.median": "median",
    "sweep.minutes": "{minutes} min {seconds} s",
    "sweep.more": "and {count} more in results.csv",
    "sweep.no_objective": "none: no run got so far",
    "sweep.none": "no setting's median run ended well",
    "sweep.objective": "final {name}, {direction}",
    "sweep.overview": "{counts}; {seconds}, {rate} runs per second",
    "sweep.overview.instant": "{counts}; {seconds}",
    "sweep.problems": "objectives of different problems cannot be compared: settings are ranked within each",
    "sweep.runs": "runs",
    "sweep.seconds": "{seconds} s",
    "sweep.extended": "{runs}: trained alone to another length than the sweep's, and left out of the ranking",
    "sweep.status.completed": "completed",
    "sweep.status.diverged": "diverged",
    "sweep.status.extended": "extended",
    "sweep.status.failed": "failed",
    "sweep.status.interrupted": "interrupted",
    "sweep.status.not_started": "not started",
    "sweep.status.running": "still running",
    "sweep.status.stopped": "stopped early",
    "sweep.within": "{problem}: ",
    # What a sweep says before it starts and while it runs.
    "plan.label.sweep": "sweep",
    "plan.label.note": "note",
    "plan.label.time": "time",
    "plan.job": "1 job",
    "plan.jobs": "{jobs} jobs",
    "plan.colon": ": ",
    "plan.population": "1 population of {size}",
    "plan.populations": "{count} populations of {size}",
    "plan.alone": "{count} alone",
    "plan.because.one": " ({keys} differs in structure)",
    "plan.because.many": " ({keys} differ in structure)",
    "plan.stays_alone": "trained alone, one after the other: {count}, because {reason}",
    "plan.skipped": "{jobs} of {of} are done already, and not run again",
    "plan.interrupted": "interrupted: what is not trained or drawn by now is left out; to go on: {command}",
    "plan.invalid": "{count} of them cannot be trained; they will be recorded as failed",
    "plan.nothing_swept": "nothing is swept; give a key several values, such as optim.lr=0.1,0.5 seed=0..4",
    "plan.launcher": ", one by one under hydra/launcher={launcher}",
    "plan.failed": "failed: {message} ({jobs})",
    "plan.repeated.one": "1 job is equal to another and will be filled from it: {listed}",
    "plan.repeated.many": "{count} jobs are equal to others and will be filled from them: {listed}",
    "plan.estimate": "about {seconds}",
    "plan.progress": "{runs} runs  {epochs} epochs  {rate} epochs/s  {left} left",
    "plan.drawing": "pictures of {done}/{asked} runs",
    "plan.picture_failed": "{kind} of {directory} could not be drawn: {message}",
    # Labels of pictures.
    "plot.accuracy": "accuracy",
    "plot.at_epoch": " at epoch {epoch}",
    "plot.best": "best, epoch {epoch}",
    "plot.class": "class",
    "plot.classes_of": "{split}, each with its class",
    "plot.compare.by": "Learning and fit by {keys}",
    "plot.compare.by_more": "Learning and fit by {keys} and {more} more",
    "plot.compare.class": "class {name}",
    "plot.compare.errors": "learned − true",
    "plot.compare.final": "final {name} beside the names",
    "plot.compare.frame": "epoch {epoch}",
    "plot.compare.left_out": "fits are shown of up to six, or over common data",
    "plot.compare.loss.train": "training loss",
    "plot.compare.loss.val": "validation loss",
    "plot.compare.medians": "medians over seeds",
    "plot.compare.medians_rest": "medians over all else",
    "plot.compare.named": "{named} of {units} are named",
    "plot.compare.nothing": "no epochs: nothing was learned",
    "plot.compare.runs": "Learning and fit of {runs} runs",
    "plot.confusion": "{split}: accuracy {accuracy}",
    "plot.count.test": "{count} test samples",
    "plot.count.train": "{count} training samples",
    "plot.count.val": "{count} validation samples",
    "plot.data": "data",
    "plot.diverged": "diverged",
    "plot.ending": "{ending}: {reason}",
    "plot.epoch": "epoch",
    "plot.epochs.many": "{epochs} epochs",
    "plot.epochs.one": "1 epoch",
    "plot.feature": "feature {feature}",
    "plot.final.test": "test loss {value}",
    "plot.final.train": "training loss {value}",
    "plot.final.val": "validation loss {value}",
    "plot.font_missing": "plots.font={font}: no such family is installed; the usual one is used",
    "plot.frame": "epoch {epoch} · training loss {loss}",
    "plot.frame.diverged": "diverged at epoch {epoch} · training loss {loss}",
    "plot.frame.kept": "the best, epoch {epoch}, is kept · training loss {loss}",
    "plot.frame.start": "epoch 0 · initial weights · training loss {loss}",
    "plot.floor": "floor {value}",
    "plot.leaves": "leaves at epoch {epoch}",
    "plot.lack.display": "there is no display",
    "plot.lack.tkinter": "this Python has no tkinter",
    "plot.loss": "loss",
    "plot.lr": "learning rate",
    "plot.model": "model",
    "plot.model_left": "model, outside the axes",
    "plot.model_nan": "model, not finite",
    "plot.no_epochs": "no epochs: initial weights",
    "plot.no_animation": "no animation: {reason}",
    "plot.no_characters": "no installed font has these characters: pictures are labelled in English;"
    " install one such as Noto Sans CJK, or name one in plots.font",
    "plot.no_penalty": "the loss without the penalty of weight_decay",
    "plot.no_window": "no window: {reason}",
    "plot.nothing_moves": "without epochs nothing moves",
    "plot.nothing_to_animate": "only a fit over one input, or of classes in the plane, can be animated",
    "plot.nothing_to_show": "only a fit over one input can be shown while it trains",
    "plot.path": "path by epoch",
    "plot.place.end": "end",
    "plot.place.solution": "least squares",
    "plot.place.start": "start",
    "plot.place.truth": "truth",
    "plot.predicted": "predicted {name}",
    "plot.predicted_class": "predicted class",
    "plot.r2": "R²",
    "plot.recall": "recall: share of each class that was found",
    "plot.residual": "residual",
    "plot.residuals_left": "all residuals lie outside these axes",
    "plot.residuals_nan": "no residual is finite",
    "plot.samples": "samples: true → predicted",
    "plot.some_features": "features {first} to {last} of {features}",
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
    "plot.sweep.all_lost": "every run diverged or failed",
    "plot.sweep.best": "best: median {value} at {setting}",
    "plot.sweep.best_run": "best: {value} at {setting}",
    "plot.sweep.best_each": "best setting of each",
    "plot.sweep.camps": "{good} runs up to {last}, {rest} from {first} on",
    "plot.sweep.constant": "constant guess {value}",
    "plot.sweep.equal": "predicted = true",
    "plot.sweep.first_output": "first of {outputs} outputs",
    "plot.sweep.fits.alone": "Fit",
    "plot.sweep.fits.every": "all {runs} runs",
    "plot.sweep.fits.order": "each: {keys}",
    "plot.sweep.fits.sample": "{shown} of {runs} runs, from best to worst",
    "plot.sweep.fits.title": "Fits by {keys}",
    "plot.sweep.fits.typical": "the median run of each setting, {shown} of {runs} runs",
    "plot.sweep.lost.diverged": "{count} diverged",
    "plot.sweep.lost.either": "{count} diverged or failed",
    "plot.sweep.lost.failed": "{count} failed",
    "plot.sweep.lost_run.diverged": "diverged",
    "plot.sweep.lost_run.either": "diverged or failed",
    "plot.sweep.lost_run.failed": "failed",
    "plot.sweep.median": "median over seeds",
    "plot.sweep.median_is": "median {value}",
    "plot.sweep.median_rest": "median over all else",
    "plot.sweep.objective": "final {name}",
    "plot.sweep.quartiles": "middle half",
    "plot.sweep.ranked": "runs, best first",
    "plot.sweep.run": "one run",
    "plot.sweep.runs.many": "{runs} runs",
    "plot.sweep.runs.one": "1 run",
    "plot.sweep.sample": "training sample",
    "plot.sweep.strip": "one run: further right is worse",
    "plot.sweep.title.one": "{objective} of one run",
    "plot.sweep.title.over": "{objective} by {keys}",
    "plot.sweep.title.seeds": "{objective} of {runs} runs that differ in their seed alone",
    "plot.sweep.truth": "floor {value}",
    "plot.train": "training",
    "plot.true": "y",
    "plot.true_class": "true class",
    "plot.truth": "truth",
    "plot.val": "validation",
    "plot.validation_data": "validation data",
    "plot.window": "the window stays until it is closed",
    # What `nnrun --help` prints: at most 80 columns.
    "help.page": """\
nnrun: train, record and compare small neural networks from configuration files

nnrun [GROUP=NAME | KEY=VALUE]... [-m] [-q] [Hydra's own flags]    trains
nnrun parts [GROUP [NAME]]    what can be picked, with formulas, keys, defaults
nnrun list [DIR]              what was trained, the newest first
nnrun show [RUN]              a run or sweep: settings, metrics, verdicts
nnrun compare [RUN]...        runs side by side: a table and a picture
nnrun plot RUN                a saved run's pictures, drawn again
nnrun open [RUN]              a run's picture in the system's viewer
nnrun report [RUN]...         runs as one page, with curves that move
nnrun predict RUN             what a trained network makes of samples
nnrun export RUN              a saved run for use without nnrun
nnrun resume [RUN]            goes on with what was interrupted
nnrun rerun RUN [OVERRIDES]   a saved run's configuration, trained again
nnrun trace [OVERRIDES]       one training step with all its numbers
nnrun grad EXPRESSION x=1,2   the gradient of a formula, three ways
nnrun new DIR                 a small project with parts of your own
nnrun completion [SHELL]      the tab key, in bash, zsh, fish and PowerShell

pick with GROUP=NAME:
{groups}
often set: seed=0 epochs=100 batch_size=32 val_fraction=0.2 optim.lr=0.1
  model.hidden=20x20 early_stopping.patience=20 name=TITLE output=DIR

examples:
  nnrun                                                 a curve through points
  nnrun dataset=function "dataset.expression=sin(3*x)"  any function of x
  nnrun experiment=random_mnist epochs=5                a tutorial, changed
  nnrun -m optim.lr=0.1,0.5 seed=1,2,3                  every combination

flags:
  -m                several values per key: one run for each combination
  -q, --quiet       errors alone
  --cfg job         print the configuration, train nothing (--resolve: in full)
  --config-dir DIR  take configuration files of your own from DIR as well
  --version         print the version; --hydra-help: Hydra's own flags
Each run leaves in outputs/: metrics.csv, summary.json, pictures, weights.
""",
    # What `nnrun parts` shows beside names and docstrings.
    "parts.group.dataset": "dataset",
    "parts.group.model": "model",
    "parts.group.loss": "loss",
    "parts.group.optim": "optim",
    "parts.group.schedule": "schedule",
    "parts.group.device": "device",
    "parts.group.engine": "engine",
    "parts.group.metric": "metric",
    "parts.group.plot": "pictures of your own (plots.own)",
    "parts.group.activation": "activation (model.activation)",
    "parts.group.init": "init (model.init)",
    "parts.group.experiment": "experiment",
    "parts.loss.auto": "`mse` for regression, `cross_entropy` for classification: the default.",
    "parts.wants.int": "a whole number",
    "parts.wants.float": "a number",
    "parts.wants.bool": "true or false",
    "parts.wants.str": "a text",
    "parts.wants.Table": "keys and values in braces, such as betas:[0.8,0.99]",
    "parts.wants.int.many": "whole numbers such as 20 or 20x20",
    "parts.wants.float.many": "numbers such as 1,2,3",
    "parts.wants.str.many": "a list of texts",
    "parts.wants.choice": "one of {choices}",
    "parts.wants.optional": "{wanted}, or null",
    "parts.range": "{wanted}, {bounds}",
    "parts.range.and": " and ",
    "parts.range.least": "at least {bound:g}",
    "parts.range.above": "more than {bound:g}",
    "parts.range.below": "less than {bound:g}",
    # What `nnrun grad` shows.
    "grad.heading.values": "values",
    "grad.heading.graph": "graph",
    "grad.heading.chain": "chain rule, from the result back",
    "grad.heading.symbols": "gradient in symbols",
    "grad.heading.ways": "gradient, three ways",
    "grad.heading.notes": "notes",
    "grad.without": "{difference}, without {places}",
    "grad.without_more": "{difference}, without {places} and {more} more",
    "grad.way.chain_rule": "chain rule",
    "grad.way.autograd": "autograd",
    "grad.way.finite_differences": "finite differences",
    "grad.way.largest_difference": "largest difference",
    "grad.too_long": "(too long to be written out; the chain rule above is it)",
    "grad.as_above": "{name} (as above)",
    "grad.shortened": "{values} ({count} values)",
    "grad.place.more": "{listed} and {count} more{at}",
    "grad.and": "{first} and {second}",
    "grad.kink": "{step}: {name} has no derivative at {place}; {used}",
    "grad.gives": "{remark}; the chain rule gives {slopes} there",
    "grad.slope": "d {out}/d {by} = {value}",
    "grad.no_product": "d {out}/d {by}: {outer} * {factor} has no value, so it is nan",
    "grad.used.zero": "0 is used",
    "grad.used.half": "each of the two gets half of the gradient",
    "grad.used.whole": "x gets the whole gradient",
    "grad.flat": "{step}: {name} is flat between its jumps, so its derivative is 0",
    "grad.border": "{step}: where changes sides at {place}; the side taken is used",
    "grad.steep": "{step}: {name} has no derivative at {place}",
    "grad.undefined": "{step}: {name} has no value at {place}, so no derivative either",
    "grad.undefined.here": "{step}: {name} has no value here, so no derivative either",
    "grad.name.function": "{function}",
    "grad.name./": "division",
    "grad.name.^": "the power",
    "grad.name.%": "the remainder",
    "grad.rounding": "{place}: sums of numbers of size {size} are rounded, so finite differences of them are"
    " right to about {limit} only",
    "grad.not_finite": "{step} is not finite: {value}",
    "grad.differ": "the three ways differ at {place}: chain rule {chain_rule}, autograd {autograd},"
    " finite differences {finite_differences}",
    "grad.not_all_finite": "not every way gives a finite gradient at {place}: chain rule {chain_rule},"
    " autograd {autograd}, finite differences {finite_differences}",
    "grad.differ.more": "... and at {count} more elements of {name}",
}
