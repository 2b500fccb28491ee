"""A traced step as lines for people, in the order of computing; long arrays show their beginning."""

from __future__ import annotations

from nnrun.characters import padded
from nnrun.tracing import matrix_page, scalar_page, update_page
from nnrun.tracing.gradients import MOST_PROBED, probes_of
from nnrun.tracing.own import without_gradients
from nnrun.tracing.parameters import ParameterTrace
from nnrun.tracing.phrases import Phrases
from nnrun.tracing.scalars import Scalars
from nnrun.tracing.step import Trace
from nnrun.tracing.text import Line, elements, indented, matrix, number, shape, side_by_side

LABEL_WIDTH = 7


def page(
    trace: Trace, rows: int, origin: str | None = None, scalars: Scalars | None = None, language: str = "en"
) -> list[Line]:
    """The whole step.

    Args:
        trace: the step.
        rows: of a matrix, and elements of a gradient, that are shown.
        origin: the run whose weights it starts from, if any.
        scalars: shown in place of layers and signals.
        language: of all words.
    """
    say, written_out = Phrases(language), scalars is not None
    passes = (
        matrix_page.sections(trace, rows, say)
        if scalars is None
        else scalar_page.sections(trace, scalars, say)
    )
    update = update_page.section(trace, rows, written_out, say)
    lines = _opening(trace, origin, say)
    for section in (_batch(trace, rows, say), *passes, _gradients(trace, rows, say), update):
        lines += [Line(""), *section]
    return lines


def _opening(trace: Trace, origin: str | None, say: Phrases) -> list[Line]:
    moment, binding = trace.moment, trace.binding
    spec, source, network = binding.spec, binding.source, binding.network
    place = say(
        "step",
        step=moment.step,
        epoch=moment.epoch,
        epochs=moment.epochs,
        batch=moment.batch,
        batches=moment.batches,
    )
    description, count = source.wording.text(say.language), f"{network.size:,}"
    facts = [
        ("data", say("data", name=source.name, description=description)),
        ("model", say("model", name=network.name, description=network.description, count=count)),
        *([("start", say("start", origin=origin))] if origin is not None else []),
        *(("note", say.note(note)) for note in binding.notes),
    ]
    lines = [f"{padded(say(f'label.{label}'), LABEL_WIDTH)}{text}" for label, text in facts]
    precision = say("precision", dtype=spec.dtype, engine=spec.engine)
    drift = [] if trace.drift is None else [say("drift", value=number(trace.drift))]
    return [Line(place, heading=True), *indented([*lines, precision, *drift])]


def _batch(trace: Trace, rows: int, say: Phrases) -> list[Line]:
    x, y = trace.moment.x[0], trace.moment.y[0]
    title = say("batch.one" if len(x) == 1 else "batch.many", samples=len(x))
    blocks = [[f"{name} {shape(array)}", *matrix(array, rows)] for name, array in (("x", x), ("y", y))]
    return [Line(title, heading=True), *indented(side_by_side(blocks))]


def _gradients(trace: Trace, rows: int, say: Phrases) -> list[Line]:
    """Three ways beside each other."""
    by_hand = trace.binding.network.is_by_hand
    lines = [Line(say("gradients" if by_hand else "gradients.two"), heading=True)]
    for own in trace.parameters:
        ways = (("hand", own.hand), ("autograd", own.autograd), ("differences", own.differences))
        columns = {say(f"way.{way}"): array for way, array in ways if array is not None}
        lines += indented([_named(own, say)])
        lines += indented(elements(columns, rows), 2)
    if not trace.parameters:
        return [*lines, *indented([say("no_weights")])]
    remarks = [say("largest_difference", value=number(trace.largest_difference))]
    if trace.binding.network.size > MOST_PROBED:
        remarks.append(say("probed", count=probes_of(trace.binding.network)))
    if trace.kinks and not trace.agrees:
        places = [say("kink", function=kink.function, place=kink.place) for kink in trace.kinks]
        remarks.append(say("both_sides", places=say.listed(places)))
    if without_gradients(trace.binding) and not trace.kinks and not trace.agrees:
        remarks.append(say("both_sides.own"))
    return [*lines, *indented(remarks)]


def _named(own: ParameterTrace, say: Phrases) -> str:
    """An array, and the formula of its gradient where there is one."""
    if own.hand is None:
        return f"{own.name} {shape(own.autograd)}"
    formula = f"{own.symbol} = {say.backward(own.layer)[own.symbol]}"
    return say("gradient", name=own.name, shape=shape(own.hand), formula=formula)
