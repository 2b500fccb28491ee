"""What a training run shows on the terminal: its parts, its progress, its result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnrun.arguments import command_line
from nnrun.characters import number, padded, values, visible
from nnrun.commands import explaining
from nnrun.commands.console import Bar, Console
from nnrun.config import Binding
from nnrun.experiment.summary import optimization
from nnrun.training.loop import Epoch
from nnrun.words import words

REFRESH_SECONDS = 0.1
LABEL_WIDTH = 10


class View:
    """The lines of one run, in order: `begin`, `epoch` for each, `end`.

    Args:
        console: where they go.
        binding: the run.
    """

    def __init__(self, console: Console, binding: Binding) -> None:
        self._console, self._binding = console, binding
        self._say = words(binding.spec.settings.language)
        self._bar: Bar | None = None
        self._shown = 0.0
        self._first_loss = float("nan")
        every = binding.spec.settings.log_every
        self._every = every if every is not None else max(1, round(binding.spec.epochs / 10))

    def begin(self) -> None:
        """Data, model and training."""
        spec, source, network, say = (
            self._binding.spec,
            self._binding.source,
            self._binding.network,
            self._say,
        )
        self._line(
            "data",
            say["run.data"].format(name=source.name, description=source.wording.text(spec.settings.language)),
        )
        self._line(
            "model",
            say["run.model"].format(
                name=spec.model.name, description=network.description, count=f"{network.size:,}"
            ),
        )
        if spec.settings.verbose:
            self._lines("layers", explaining.layers(self._binding))
            self._lines("start", explaining.initial_parameters(self._binding))
        batches = (
            say["run.batches.all"]
            if spec.batch_size is None or spec.batch_size >= source.samples
            else say["run.batches.some"].format(size=spec.batch_size)
        )
        self._line(
            "training",
            say["run.training"].format(
                loss=spec.loss.name,
                optimization=optimization(spec),
                epochs=self._epochs(spec.epochs),
                batches=batches,
                seed=spec.seed,
                engine=spec.engine,
                device=spec.device,
            ),
        )
        for note in self._binding.notes:
            self._line("note", note.text(self._say))

    def resumed(self, epoch: int, first_loss: float) -> None:
        """The run goes on: after which epoch, and with which loss it began."""
        if epoch == 0:
            self._line("resumed", self._say["run.restarted"])
            return
        self._first_loss = first_loss
        told = {"epoch": epoch, "epochs": self._binding.spec.epochs}
        self._line("resumed", self._say["run.resumed"].format(**told))

    def epoch(self, epoch: Epoch) -> None:
        """Progress: a bar that moves at most ten times a second, or a line now and then."""
        if epoch.number == 1:
            self._first_loss = float(epoch.train["loss"][0])
        last = epoch.number == self._binding.spec.epochs
        if self._console.live:
            moment = time.monotonic()
            if last or moment - self._shown >= REFRESH_SECONDS:
                self._shown = moment
                self._move_bar(epoch)
        elif last or epoch.number % self._every == 0 or epoch.number == 1:
            self._line("", self._progress(epoch))

    def end(self, summary: Mapping[str, Any], directory: Path) -> None:
        """Losses, what they compare with, learned parameters, and where everything is."""
        self._stop_bar()
        say = self._say
        self._line("loss", "   ".join(self._losses(summary)))
        compared = self._references(summary)
        if compared:
            self._line("", say["run.references"].format(losses=say["run.references.next"].join(compared)))
        self._lines("learned", self._parameters(summary))
        if self._binding.spec.settings.verbose:
            self._lines("end", explaining.final_parameters(summary))
            self._lines("meaning", explaining.meanings(self._binding, summary))
        stop = summary["stop"]
        if stop is not None:
            reason = say[f"stop.{stop['kind']}"].format(**stop)
            told = {
                "epoch": stop["epoch"],
                "epochs": self._binding.spec.epochs,
                "reason": reason,
                "command": command_line(["nnrun", "resume", str(directory)]),
            }
            text = say[f"run.{summary['status']}"].format(**told)
            self._line("", text, emphasis=True)
        self._lines("verdict", self._verdicts(summary))
        self._console.path(self._label("saved"), directory)

    def picture_failed(self, kind: str, message: str) -> None:
        """One picture is missing."""
        self._line("note", self._say["run.picture_failed"].format(kind=kind, message=message))

    def note(self, text: str) -> None:
        """Something about the pictures as a whole."""
        self._line("note", text)

    def window_stays(self) -> None:
        """What the command is still waiting for."""
        self._line("note", self._say["plot.window"])

    def no_window(self, reason: str) -> None:
        """The fit is not shown while it trains."""
        self._line("note", self._say["plot.no_window"].format(reason=reason))

    def no_animation(self, key: str) -> None:
        """There will be no `fit.gif`; `key` is that of the reason in the catalogue."""
        self._line("note", self._say["plot.no_animation"].format(reason=self._say[key]))

    def close(self) -> None:
        """Leaves the terminal as it was, also after a failure."""
        self._stop_bar()

    def _lines(self, label: str, texts: Sequence[str]) -> None:
        """Several lines under one label."""
        for position, text in enumerate(texts):
            self._line("" if position else label, text)

    def _label(self, name: str) -> str:
        return padded(self._say[f"run.label.{name}"] if name else "", LABEL_WIDTH)

    def _line(self, label: str, text: str, emphasis: bool = False) -> None:
        self._console.line(self._label(label), text, emphasis)

    def _epochs(self, count: int) -> str:
        return self._say["run.epochs.one" if count == 1 else "run.epochs.many"].format(epochs=count)

    def _progress(self, epoch: Epoch) -> str:
        loss, total = number(epoch.train["loss"][0]), self._binding.spec.epochs
        text = self._say["run.progress"].format(epoch=epoch.number, epochs=total, loss=loss)
        if epoch.val:
            text += self._say["run.validation"].format(loss=number(epoch.val["loss"][0]))
        return text

    def _move_bar(self, epoch: Epoch) -> None:
        if self._bar is None:
            self._bar = self._console.bar(" " * LABEL_WIDTH, self._binding.spec.epochs)
        self._bar.move(epoch.number, self._progress(epoch))

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _losses(self, summary: Mapping[str, Any]) -> list[str]:
        """First and final training loss, then the final losses elsewhere and the metrics."""
        say, final, test = self._say, summary["final"], summary["test"]
        last = number(final["train/loss"])
        key = "run.losses" if summary["epochs"] else "run.loss_alone"
        texts = [say[key].format(first=number(self._first_loss), last=last)]
        if "val/loss" in final:
            texts.append(say["run.on_validation"].format(loss=number(final["val/loss"])))
        if test:
            held_out = self._binding.spec.test_fraction > 0
            new = "run.on_new" if self._draws_points() else "run.on_new_samples"
            texts.append(say["run.on_held_out" if held_out else new].format(loss=number(test["test/loss"])))
        part = "val" if "val/loss" in final else "train"
        names = [name for name in self._binding.spec.metrics or () if name in ("r2", "accuracy")]
        return texts + [f"{name} {number(_without_rounding(final[f'{part}/{name}']))}" for name in names]

    def _draws_points(self) -> bool:
        return self._binding.source.task == "regression"

    def _references(self, summary: Mapping[str, Any]) -> list[str]:
        say, known = self._say, summary["reference"]
        one_input = self._draws_points() and self._binding.source.inputs == 1
        truth = "run.reference.truth.points" if one_input else "run.reference.truth.samples"
        constant = "run.reference.mean" if self._draws_points() else "run.reference.classes"
        pairs = ((truth, known["truth"]), (constant, known["constant"]))
        return [say[key].format(loss=number(value)) for key, value in pairs if value is not None]

    def _verdicts(self, summary: Mapping[str, Any]) -> list[str]:
        """What there is to say of the run, each with the command to try next."""
        say, texts = self._say, []
        for verdict in summary["verdicts"]:
            text, command = say[f"verdict.{verdict['key']}"].format(**verdict["evidence"]), verdict["command"]
            texts.append(text if command is None else say["verdict.try"].format(text=text, command=command))
        return texts

    def _formulas(self, weight: Any, bias: Any) -> list[str]:
        """A linear model in the units and names of its data, one line for each target."""
        source, lines = self._binding.source, []
        for target, row, constant in zip(source.outputs_named, weight, bias, strict=True):
            pairs = [*zip(row, source.inputs_named, strict=True), (constant, "")]
            terms = [f"{'-' if value < 0 else '+'} {abs(value):.5g} {name}".rstrip() for value, name in pairs]
            lines.append(visible(f"{target} = {' '.join(terms).removeprefix('+ ')}"))
        return lines

    def _parameters(self, summary: Mapping[str, Any]) -> list[str]:
        """Each parameter of a small model, beside the true one where it is known."""
        parameters = summary["parameters"]
        if parameters is not None and parameters["in_units"] is not None:
            return self._formulas(**parameters["in_units"])
        if parameters is None or parameters["true"] is None:
            return []
        texts = []
        noise = parameters["noise_mean"]
        for name, learned in parameters["learned"].items():
            text = self._say["run.parameter"].format(name=name, value=values(learned))
            true = np.asarray(parameters["true"][name])
            if name == "bias" and noise:
                constant = values(true - noise)
                text += self._say["run.true_noise"].format(
                    value=values(true), constant=constant, noise=f"{noise:.4g}"
                )
            else:
                text += self._say["run.true"].format(value=values(true))
            texts.append(text)
        return texts


def _without_rounding(metric: float | None) -> float | None:
    """A metric of order 1 without what rounding leaves of 0, and without its sign."""
    return None if metric is None else round(metric, 12) + 0.0
