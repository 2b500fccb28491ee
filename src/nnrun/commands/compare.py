"""`nnrun compare [RUN...]`: what differs between runs and how they did, as a table and as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from nnrun.characters import visible
from nnrun.commands.comparing import sentences
from nnrun.commands.console import Console, emit
from nnrun.commands.drawing_flags import FORMATS, Drawing, add_drawing
from nnrun.commands.flags import language_as_flag, refuse_repeats
from nnrun.commands.options import Options
from nnrun.commands.tabulating import Table, add_formats, as_json, format_of, rendered, terminal_width
from nnrun.comparison.choosing import chosen
from nnrun.comparison.comparison import LETTERS, Comparison, compared
from nnrun.comparison.recorded import Recorded, recorded
from nnrun.comparison.tables import by_run, by_setting, side_by_side
from nnrun.errors import BadInput, EnvironmentFault

EXAMPLES = (
    "nnrun compare",
    "nnrun compare latest~1 latest -o compare.svg",
    'nnrun compare "outputs/*/*mlp*" --where "optim.lr>0.1"',
    "nnrun compare latest --animate",
)

MOST_ROWS = 30
"""Of settings that are printed unless everything is asked for."""

_MOVING = ("gif",)


def main(arguments: Sequence[str]) -> int:
    """Prints the table, then draws the picture."""
    options = Options("compare", "Set saved runs side by side: a table on stdout, and a picture.", EXAMPLES)
    options.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help="directories, sweeps, patterns, starts of names; default: the two newest",
    )
    options.add_argument("--where", metavar="CONDITION", help='such as "optim.lr>0.1 and status==completed"')
    options.add_argument(
        "--all", action="store_true", help="every key, metric and version, not the differences"
    )
    options.add_argument("--animate", action="store_true", help="draw them learning, side by side, as a GIF")
    add_formats(options)
    formats = _MOVING if "--animate" in arguments else FORMATS
    add_drawing(options, formats)
    typed = language_as_flag(arguments)
    refuse_repeats(typed)
    asked = options.parse_args(typed)
    drawing = Drawing.of(asked, formats)
    console = Console()
    if drawing.language != "en" and any(word.startswith("--language") for word in typed):
        console.line("note      ", f"language={drawing.language}: of the picture; this page is in English")
    found = compared(_readable(asked, console))
    emit(_printed(found, asked))
    _tell_damage(found, console)
    if format_of(asked) == "text" or drawing.path is not None:
        _draw(found, drawing, asked.animate, console)
    return 0


def _readable(asked: argparse.Namespace, console: Console) -> list[Recorded]:
    """The runs that can be compared; the others are named with the reason.

    Raises:
        BadInput: there is none.
    """
    entries = chosen(asked.runs, asked.where)
    runs = []
    for entry in entries:
        run = recorded(entry)
        problem = entry.problem or ("" if entry.config else "its configuration is not recorded")
        if problem:
            console.line("skipped   ", f"{run.name}: {problem}")
        else:
            runs.append(run)
    if not runs:
        raise BadInput(f"none of {len(entries)} runs can be compared" if entries else "there is no such run")
    return runs


def _tell_damage(found: Comparison, console: Console) -> None:
    """Which curves are missing or have gaps, and which fits are missing."""
    for run in found.runs:
        if run.trouble:
            console.line("note      ", f"{run.name}: {run.trouble}")
        elif run.skipped:
            rows = f"{run.skipped} row{'s' * (run.skipped != 1)} of metrics.csv cannot be read"
            console.line("note      ", f"{run.name}: {rows}, and left out")
    for unit in found.units if found.few else ():
        if unit.typical.without_fit:
            console.line(
                "note      ", f"{unit.typical.name}: {unit.typical.without_fit}; its fit is left out"
            )


def _printed(found: Comparison, asked: argparse.Namespace) -> str:
    format = format_of(asked)
    if format == "json":
        return as_json(_data(found))
    if format == "csv":
        runs = by_run(found)
        return rendered(Table(tuple(runs[0]), tuple(tuple(run.values()) for run in runs)), format)
    head, rows = side_by_side(found, asked.all) if found.few else by_setting(found)
    shown = rows if found.few or asked.all or format != "text" else rows[:MOST_ROWS]
    table = rendered(Table(head, tuple(shown)), format, terminal_width())
    if format != "text":
        return table
    more = (
        [] if len(shown) == len(rows) else [f"and {len(rows) - len(shown)} more settings; --all shows them"]
    )
    lines = [*more, "", *_members(found), *sentences(found)]
    return table + "\n".join(lines) + "\n"


def _members(found: Comparison) -> Iterator[str]:
    """Which runs the columns are."""
    if not found.few:
        return
    for letter, unit in zip(LETTERS, found.units, strict=False):
        first = visible(_from_here(unit.runs[0].directory).as_posix())
        more = f" and {len(unit.distinct) - 1} more" if len(unit.distinct) > 1 else ""
        repeated = len(unit.runs) - len(unit.distinct)
        runs = "run was" if repeated == 1 else "runs were"
        again = f" ({repeated} {runs} trained again, and counted once)" if repeated else ""
        yield f"{letter}  {first}{more}{again}"


def _from_here(directory: Path) -> Path:
    """Relative to the working directory where it lies below that."""
    here = Path.cwd()
    return directory.relative_to(here) if directory.is_relative_to(here) else directory


def _data(found: Comparison) -> dict[str, object]:
    """Everything, for a program."""
    told = found.contrast
    return {
        "runs": by_run(found),
        "differs": list(found.keys),
        "settings": [
            {
                "label": label,
                "values": dict(unit.values),
                "runs": [run.directory.as_posix() for run in unit.runs],
                "seeds": list(unit.by_seed),
                "objective": unit.typical.objective_name or None,
                "median": unit.objective.median,
                "lowest": unit.objective.lowest,
                "highest": unit.objective.highest,
                "lost": unit.lost,
                "epochs_to_goal": found.epochs_to_goal(unit),
                "fit_difference": None if gap is None else gap.size,
                "fit_difference_at": None if gap is None else list(gap.at),
                "parameters": dict(unit.typical.parameters) or None,
            }
            for unit, label, gap in zip(found.units, found.labels, found.gaps, strict=True)
        ],
        "goal": None if found.goal is None else {"column": found.goal.column, "loss": found.goal.loss},
        "contrast": None
        if told is None
        else {
            "outcome": told.outcome.value,
            "objective": told.name or None,
            "because_of": list(told.why),
            "paired": told.paired,
            "seeds": told.seeds,
            "better": told.better if told.paired else None,
            "ties": told.ties if told.paired else None,
            "lost": list(told.lost),
            "scale": told.scale,
            "estimate": told.estimate,
            "interval": [told.low, told.high],
        },
        "said": list(sentences(found)),
    }


def _draw(found: Comparison, drawing: Drawing, moving: bool, console: Console) -> None:
    """The picture, where there is anything to draw.

    Raises:
        EnvironmentFault: it cannot be written.
    """
    from nnrun.comparison.pictured import pictured
    from nnrun.plots.silence import silence

    with silence():
        from nnrun.plots.comparison import draw_comparison
        from nnrun.plots.race import race
        from nnrun.plots.saving import save
    path = drawing.place("compare", "gif" if moving else "png")
    content = pictured(found)
    try:
        if moving:
            race(
                content,
                path,
                language=drawing.language,
                theme=drawing.theme,
                width=drawing.width,
                height=drawing.height,
            )
        else:
            figure = draw_comparison(
                content,
                language=drawing.language,
                theme=drawing.theme,
                width=drawing.width,
                height=drawing.height,
            )
            save(figure, path, drawing.file_format or "png", drawing.theme)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentFault(
            f"cannot write {_shown(path)}: {reason}; choose another place with -o FILE"
        ) from error
    console.path("saved     ", path)


def _shown(path: Path) -> str:
    return visible(str(path))
