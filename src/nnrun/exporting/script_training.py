"""The part of a script that trains: loss, optimizer, schedule, and the loop over epochs and batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnrun.config import Binding
from nnrun.datasets import SplitSizes
from nnrun.errors import Refused
from nnrun.exporting.numpy_text import number_text
from nnrun.spec import Choice

PRINTED = 10
"""Epochs that are printed of a long run."""


@dataclass(frozen=True)
class Course:
    """What a training has beside forward, backward and update.

    Attributes:
        batched: several updates per epoch.
        moving: the learning rate changes.
        validated: there is data kept from training.
        patient: it may stop early.
        restoring: and ends with the best epoch's weights.
        silencing: there is dropout.
    """

    batched: bool
    moving: bool
    validated: bool
    patient: bool
    restoring: bool
    silencing: bool

    @classmethod
    def of(cls, binding: Binding) -> Course:
        """That of a run."""
        spec = binding.spec
        sizes = SplitSizes.of(binding.source.samples, spec.val_fraction, spec.test_fraction)
        patient = spec.early_stopping.patience is not None
        return cls(
            batched=(spec.batch_size or sizes.train) < sizes.train,
            moving=spec.schedule.name != "constant" or spec.schedule.options["warmup"] > 0,
            validated=sizes.val > 0,
            patient=patient,
            restoring=patient and spec.early_stopping.restore_best,
            silencing=bool(binding.network.dropouts),
        )


_HALF_SSE = """\
def loss_function(prediction, target):
    return 0.5 * ((prediction - target) ** 2).sum()


"""


def loss_definition(choice: Choice) -> str:
    """A function that the loss needs and torch has not, with two blank lines after it."""
    return _HALF_SSE if choice.name == "half_sse" else ""


def loss_lines(choice: Choice, dtype: str) -> list[str]:
    """Lines after which `loss_function(prediction, target)` is the run's."""
    options = choice.options
    match choice.name:
        case "mse":
            return ["loss_function = nn.MSELoss()"]
        case "mae":
            return ["loss_function = nn.L1Loss()"]
        case "huber":
            return [f"loss_function = nn.HuberLoss(delta={number_text(options['delta'])})"]
        case "half_sse":
            return []
        case "cross_entropy":
            weights = options["class_weights"]
            listed = "" if weights is None else ", ".join(map(number_text, weights))
            given = {
                "weight": f"torch.tensor([{listed}], dtype=torch.{dtype})" if listed else "",
                "label_smoothing": number_text(options["label_smoothing"])
                if options["label_smoothing"]
                else "",
            }
            arguments = ", ".join(f"{key}={value}" for key, value in given.items() if value)
            return [f"loss_function = nn.CrossEntropyLoss({arguments})"]
    raise Refused(f"--to script: loss={choice.name} has no form in torch that nnrun knows")


def optimizer_lines(optim: Choice, schedule: Choice, epochs: int) -> list[str]:
    """Lines after which `optimizer` and, where the rate changes, `scheduler` are the run's."""
    factor = _factor(schedule, epochs)
    lines = [f"optimizer = torch.optim.{_optimizer(optim)}"]
    if factor is not None:
        lines.append(f"scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: {factor})")
    return lines


def _optimizer(optim: Choice) -> str:
    options = optim.options
    lr = number_text(options["lr"])
    some = [
        f"{key}={number_text(options[key])}"
        for key in ("momentum", "weight_decay")
        if options.get(key) and not (optim.name == "adamw" and key == "weight_decay")
    ]
    eps = [f"eps={number_text(options['eps'])}"] if "eps" in options else []
    match optim.name:
        case "sgd":
            fast = ["nesterov=True"] if options["nesterov"] and options["momentum"] else []
            return _call("SGD", [f"lr={lr}", *some, *fast])
        case "adam" | "adamw":
            betas = f"betas=({number_text(options['beta1'])}, {number_text(options['beta2'])})"
            decay = [f"weight_decay={number_text(options['weight_decay'])}"] if optim.name == "adamw" else []
            kind = "Adam" if optim.name == "adam" else "AdamW"
            return _call(kind, [f"lr={lr}", betas, *eps, *some, *decay])
        case "rmsprop":
            return _call("RMSprop", [f"lr={lr}", f"alpha={number_text(options['alpha'])}", *eps, *some])
        case "adagrad":
            return _call("Adagrad", [f"lr={lr}", *eps, *some])
        case "torch":
            own = [f"{key}={value!r}" for key, value in options["options"].items()]
            return _call(options["optimizer"], [f"lr={lr}", *own])
    raise Refused(f"--to script: optim={optim.name} has no form in torch that nnrun knows")


def _call(kind: str, arguments: list[str]) -> str:
    return f"{kind}(parameters, {', '.join(arguments)})"


def _factor(schedule: Choice, epochs: int) -> str | None:
    """What the rate is multiplied by in epoch `t`, counted from 0; None where it stays."""
    options: Mapping[str, Any] = schedule.options
    warmup = options["warmup"]
    t = f"(t - {warmup})" if warmup else "t"
    match schedule.name:
        case "constant":
            later = "1"
        case "step":
            later = f"{number_text(options['gamma'])} ** ({t} // {options['every']})"
        case "exponential":
            later = f"{number_text(options['gamma'])} ** {t}"
        case "cosine":
            last, length = options["final_factor"], max(epochs - warmup, 1)
            wave = f"(1 + np.cos(np.pi * min({t} / {length}, 1))) / 2"
            later = f"{number_text(last)} + {number_text(1 - last)} * {wave}" if last else wave
        case _:
            raise Refused(f"--to script: schedule={schedule.name} has no form that nnrun knows")
    if warmup:
        return f"(t + 1) / {warmup} if t < {warmup} else {later}"
    return None if schedule.name == "constant" else later


def loop_lines(binding: Binding, course: Course) -> list[str]:
    """The loop over the epochs."""
    spec = binding.spec
    lines = [f"for epoch in range(1, {spec.epochs + 1}):"]
    if course.silencing:
        lines += [
            f'    silence = chance({spec.seed}, "dropout", epoch)',
            "    model.train()",
        ]
    lines += _updates(binding, course)
    if course.moving:
        lines.append("    scheduler.step()")
    if course.validated:
        lines += ["    model.eval()"] if course.silencing else []
        lines += ["    with torch.no_grad():", "        val_loss = loss_function(model(x_val), y_val).item()"]
    shown = 'f"epoch {epoch}  loss {average:.6g}"'
    if course.validated:
        shown = 'f"epoch {epoch}  loss {average:.6g}  on data kept from it {val_loss:.6g}"'
    every = max(1, spec.epochs // PRINTED)
    printing = [f"    print({shown})"]
    if every > 1:
        printing = [f"    if epoch % {every} == 0:", f"        print({shown})"]
    return [*lines, *printing, *_stopping(binding, course)]


def _updates(binding: Binding, course: Course) -> list[str]:
    spec = binding.spec
    clip = []
    if spec.clip_norm is not None:
        clip = [f"torch.nn.utils.clip_grad_norm_(parameters, {number_text(spec.clip_norm)})"]
    step = [
        "optimizer.zero_grad()  # or the gradients add up",
        "loss.backward()",
        *clip,
        "optimizer.step()",
    ]
    if not course.batched:
        whole = ["loss = loss_function(model(x), y)", *step, "average = loss.item()"]
        return [f"    {line}" for line in whole]
    size = spec.batch_size
    order, rows = [], f"rows = slice(start, start + {size})"
    if spec.shuffle:
        order = [f'order = chance({spec.seed}, "order", epoch).permutation(len(x))  # or it learns the order']
        rows = f"rows = order[start : start + {size}]"
    batch = [rows, "loss = loss_function(model(x[rows]), y[rows])", *step]
    batch.append("average += loss.item() * len(x[rows]) / len(x)")
    head = [*order, "average = 0.0", f"for start in range(0, len(x), {size}):"]
    return [*(f"    {line}" for line in head), *(f"        {line}" for line in batch)]


def _stopping(binding: Binding, course: Course) -> list[str]:
    if not course.patient:
        return []
    stop = binding.spec.early_stopping
    watched = "val_loss" if course.validated else "average"
    better = f"{watched} < best"
    if stop.threshold:
        better = f"best_epoch == 0 or {watched} < best - {number_text(stop.threshold)} * abs(best)"
    keep = ["        best_weights = [values.detach().clone() for values in parameters]"]
    return [
        f"    if {better}:",
        f"        best, best_epoch = {watched}, epoch",
        *(keep if course.restoring else []),
        f"    if epoch - best_epoch >= {stop.patience}:  # it does not get better any more",
        "        break",
    ]


def ending_lines(course: Course) -> list[str]:
    """Lines after the loop, which print the final loss."""
    restored = []
    if course.restoring:
        restored = [
            "    for values, best_values in zip(parameters, best_weights):",
            "        values.copy_(best_values)",
        ]
    return [
        *(["model.eval()"] if course.silencing else []),
        "with torch.no_grad():",
        *restored,
        '    print(f"final loss {loss_function(model(x), y).item():.9g}")',
    ]
