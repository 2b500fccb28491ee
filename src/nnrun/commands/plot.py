"""`nnrun plot RUN`: the pictures of a saved run or sweep drawn again, from what it recorded."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nnrun.commands.console import Console, emit
from nnrun.commands.drawing_flags import FORMATS, Drawing, add_drawing
from nnrun.commands.flags import language_as_flag, refuse_repeats
from nnrun.commands.options import Options
from nnrun.errors import BadInput, Refused
from nnrun.plots import KINDS, kinds
from nnrun.plots.sound import has_curves, sound
from nnrun.registry import suggestion
from nnrun.runs.entry import Entry, read_entry
from nnrun.runs.files import explaining
from nnrun.runs.finding import find_run
from nnrun.runs.marks import is_sweep
from nnrun.runs.reading import Remains, RunRecord, read_remains, read_run
from nnrun.runs.writing import METRICS, PLOTS, SUMMARY

SHEETS = ("sweep", "fits")
"""Pictures of a sweep as a whole."""
_WITHOUT_CURVES = "has no columns epoch and train/loss"

EXAMPLES = (
    "nnrun plot latest",
    "nnrun plot latest --kind curves --theme paper -o curves.pdf",
    "nnrun plot latest --kind animation -o fit.gif",
)


def main(arguments: Sequence[str]) -> int:
    """Draws one picture and prints the path of its file."""
    typed = language_as_flag(arguments)
    refuse_repeats(typed)
    asked = _options().parse_args(typed)
    drawing = Drawing.of(asked, (*FORMATS, "gif"))
    own = _own(asked.kind)
    directory = find_run(asked.run)
    if own is not None:
        path = _place(drawing, own)
        _draw_own(directory, asked.kind, drawing, path)
    elif is_sweep(directory):
        kind = _chosen(asked, SHEETS, f"{directory}, a sweep,")
        path = _place(drawing, kind)
        _draw_sheet(directory, kind, drawing, path)
    else:
        entry, remains = read_entry(directory), read_remains(directory)
        kind = _chosen_of_run(asked.kind, entry, remains)
        path = _place(drawing, kind)
        _draw(sound(remains.record, entry.status), kind, drawing, path, asked.feature)
    emit(str(path))
    return 0


def _options() -> Options:
    options = Options(
        "plot",
        "Draw a picture of a saved run or sweep again, without training. Nothing is overwritten.",
        EXAMPLES,
    )
    options.add_argument("run", metavar="RUN", help="directory, start of its name, or latest")
    options.add_argument(
        "--kind",
        metavar="KIND",
        help=f"{', '.join((*KINDS, *SHEETS))}, or ./FILE.py:NAME, your own; default: fit, of a sweep sweep",
    )
    options.add_argument(
        "--feature", type=int, default=0, metavar="N", help="which input is on the x-axis, from 0; default: 0"
    )
    add_drawing(options, (*FORMATS, "gif"))
    return options


def _own(kind: str | None) -> str | None:
    """What the file of a picture of the user's own is called; None where nnrun draws it.

    Raises:
        BadInput: there is no such picture.
    """
    if kind is None or kind in (*KINDS, *SHEETS):
        return None
    from nnrun.own_pictures import file_name, pictures
    from nnrun.plugins.naming import own_name
    from nnrun.plugins.registering import load_installed
    from nnrun.plugins.trust import allow

    load_installed()
    own = own_name(kind)
    if own is None and kind not in pictures:
        known = [*KINDS, *SHEETS, *pictures]
        raise BadInput(f"--kind {kind}: no such picture{suggestion(kind, known)} choices: {', '.join(known)}")
    if own is not None:
        allow([own.path])
        _ = pictures[kind]
    return file_name(kind)


def _chosen(asked: argparse.Namespace, there: Sequence[str], what: str) -> str:
    """The picture to draw.

    Raises:
        BadInput: there is no such picture of this run or sweep.
    """
    if asked.kind is None:
        return there[0]
    if asked.kind not in there:
        raise BadInput(f"--kind {asked.kind}: {what} has no such picture; choices: {', '.join(there)}")
    return str(asked.kind)


def _chosen_of_run(asked: str | None, entry: Entry, remains: Remains) -> str:
    """The picture to draw; where that is not the one that would be drawn of a whole run, says why.

    Raises:
        BadInput: what the directory holds does not suffice for it.
    """
    record = remains.record
    there = [kind for kind in kinds(record) if (has_curves(record) if kind == "curves" else record.plots)]
    if not there:
        found = remains.problems or {METRICS: _WITHOUT_CURVES, PLOTS: "holds no arrays"}
        problems = [f"{entry.directory}: {name}: {reason}" for name, reason in found.items()]
        running = [f"{entry.directory}: is running, and has no epoch to draw yet"]
        raise BadInput(running if entry.status == "running" else problems)
    kind = asked or there[0]
    if kind not in there:
        raise BadInput(f"--kind {kind}: {_reason(kind, entry, remains)}; choices: {', '.join(there)}")
    if asked is None and kind != KINDS[0]:
        _tell(f"{kind}, not {KINDS[0]}: {_reason(KINDS[0], entry, remains)}")
    if SUMMARY in remains.problems:
        _tell(f"{SUMMARY}: {remains.problems[SUMMARY]}; what it says of the run is left out")
    if kind == "curves" and record.skipped:
        _tell(f"{METRICS}: {record.skipped} row{'s' * (record.skipped > 1)} cannot be read, and left out")
    return kind


def _reason(kind: str, entry: Entry, remains: Remains) -> str:
    """Why a run has no such picture."""
    problems = remains.problems
    if kind == "curves":
        return f"{METRICS}: {problems.get(METRICS, _WITHOUT_CURVES)}"
    if kind not in KINDS or remains.record.plots:
        return f"{entry.directory} has no such picture"
    if entry.status == "running":
        return f"the run is still running, and {PLOTS} is written at its end"
    if problems.get(PLOTS) == "is missing" and entry.status in ("interrupted", "failed"):
        return f"the run is {entry.status}, and {PLOTS} is written at its end"
    return f"{PLOTS}: {problems.get(PLOTS, 'holds no arrays')}"


def _place(drawing: Drawing, kind: str) -> Path:
    """The file to write, whose format suits the picture.

    Raises:
        BadInput: only an animation can be a GIF, and it can be nothing else.
    """
    moves = kind == "animation"
    if drawing.file_format is not None and moves != (drawing.file_format == "gif"):
        wanted = ".gif" if moves else ", ".join(f".{name}" for name in FORMATS)
        raise BadInput(f"-o {drawing.path}: --kind {kind} is drawn as {wanted}")
    return drawing.place("fit" if moves else kind, "gif" if moves else "png")


def _draw(record: RunRecord, kind: str, drawing: Drawing, path: Path, feature: int) -> None:
    from nnrun.plots import animate, draw, save
    from nnrun.plots.lettering import lettering

    look = {"theme": drawing.theme, "width": drawing.width, "height": drawing.height}
    _tell(lettering(drawing.theme, drawing.language, None).problem)
    with _understood(record.directory, kind), explaining(path):
        if kind == "animation":
            animate(record, path, language=drawing.language, **look)  # type: ignore[arg-type]
            return
        figure = draw(record, kind, feature=feature, language=drawing.language, **look)  # type: ignore[arg-type]
        save(figure, path, drawing.file_format or "png", drawing.theme)


def _draw_own(directory: Path, kind: str, drawing: Drawing, path: Path) -> None:
    from nnrun.plots import save
    from nnrun.plots.own import draw_own
    from nnrun.plugins.loading import explaining as quoting

    record = read_run(directory)
    with quoting(f"--kind {kind}: failed", Path(kind.rpartition(":")[0])):
        figure = draw_own(record, kind, drawing.theme, drawing.width, drawing.height)
    with explaining(path):
        save(figure, path, drawing.file_format or "png", drawing.theme)


def _draw_sheet(directory: Path, kind: str, drawing: Drawing, path: Path) -> None:
    from nnrun.plots import save
    from nnrun.plots.fits import draw_fits
    from nnrun.plots.lettering import lettering
    from nnrun.plots.sweep import draw_sweep

    draw = draw_sweep if kind == "sweep" else draw_fits
    _tell(lettering(drawing.theme, drawing.language, None).problem)
    with _understood(directory, kind), explaining(path):
        figure = draw(
            directory,
            language=drawing.language,
            theme=drawing.theme,
            width=drawing.width,
            height=drawing.height,
        )
        if figure is None:
            raise Refused(f"{directory}: no run of this sweep has recorded a fit")
        save(figure, path, drawing.file_format or "png", drawing.theme)


@contextmanager
def _understood(directory: Path, kind: str) -> Iterator[None]:
    """Refuses numbers that do not go together: the directory may be a stranger's.

    Raises:
        Refused: whatever went wrong in drawing them.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError) as error:
        raise Refused(
            f"{directory}: --kind {kind} cannot be drawn: what it recorded makes no sense"
        ) from error


def _tell(problem: str | None) -> None:
    if problem is not None:
        Console().line("note  ", problem)
