"""`nnrun open`: the path alone on stdout, and what happened to it on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnrun.commands import open as command
from nnrun.errors import BadInput
from nnrun.runs.finding import find_run
from nnrun.words import words


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recorded run with a picture, in a root that is the working directory's `outputs`."""
    directory = tmp_path / "outputs" / "2026-11-21" / "10-30-15_quadratic-mlp"
    directory.mkdir(parents=True)
    for name in ("summary.json", "metrics.csv", "fit.png", "curves.png"):
        (directory / name).write_text("{}")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "NNRUN_OUTPUTS", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setattr(command.sys, "platform", "linux")
    monkeypatch.chdir(tmp_path)
    return directory


RELATIVE = str(Path("outputs", "2026-11-21", "10-30-15_quadratic-mlp", "fit.png"))


@pytest.mark.parametrize("word", ["latest", "10-30", "outputs/2026-11-21/10-30-15_quadratic-mlp"])
def test_without_a_viewer_that_is_said_and_the_path_is_the_answer(
    run: Path, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([word]) == 0
    said = capsys.readouterr()
    assert said.out == f"{RELATIVE}\n"
    assert said.err == f"no viewer found; the picture is {RELATIVE}\n"


@pytest.mark.parametrize("way", ["absolute argument", "absolute root", "linked root"])
def test_a_picture_below_the_working_directory_is_named_from_there(
    run: Path, way: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = tmp_path / "outputs"
    if way == "linked root":
        root = tmp_path / "link"
        root.symlink_to(tmp_path / "outputs")
    if way != "absolute argument":
        monkeypatch.setenv("NNRUN_OUTPUTS", str(root))
    command.main([str(run)] if way == "absolute argument" else [])
    assert capsys.readouterr().out.endswith(f"{Path('2026-11-21', run.name, 'fit.png')}\n")
    command.main([str(run)])
    assert capsys.readouterr().out == f"{RELATIVE}\n"


@pytest.mark.parametrize("kind", ["fit.gif", "animation", "gif"])
def test_an_animation_has_three_names(run: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "fit.gif").write_text("")
    assert command.main(["--kind", kind]) == 0
    assert capsys.readouterr().out == f"{Path(RELATIVE).with_name('fit.gif')}\n"
    with pytest.raises(BadInput, match=r"has no picture '\.\./fit\.gif'"):
        command.main(["--kind", "../fit.gif"])


def test_without_any_run_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNRUN_OUTPUTS", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"there are no runs yet under outputs; nnrun alone trains one"):
        command.main([])


def test_a_picture_elsewhere_is_named_in_full(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    command.main([str(Path("..", "outputs", "2026-11-21", run.name))])
    assert capsys.readouterr().out == f"{run.resolve() / 'fit.png'}\n"


def test_with_a_viewer_it_is_shown_and_nothing_else_is_said(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(command, "_viewer", lambda: "viewer")
    monkeypatch.setattr(command, "_show", lambda viewer, picture: shown.append((viewer, str(picture))))
    command.main(["latest", "--kind", "curves"])
    said = capsys.readouterr()
    assert shown == [("viewer", RELATIVE.replace("fit", "curves"))]
    assert said.out == f"{shown[0][1]}\n"
    assert said.err == ""


def test_it_is_said_in_the_locales_language(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    command.main([])
    assert capsys.readouterr().err == f"找不到看图程序；图片是 {RELATIVE}\n"


def test_a_picture_that_is_not_there_is_bad_input(run: Path) -> None:
    with pytest.raises(BadInput, match=r"has no picture 'landscape'; there is curves\.png, fit\.png"):
        command.main(["latest", "--kind", "landscape"])


@pytest.mark.parametrize("asked", [("--language", "zh"), ("--language=zh",), ("language=zh",)])
def test_the_language_is_asked_for_as_a_flag_or_as_a_key(
    run: Path, asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["latest", *asked]) == 0
    said = capsys.readouterr()
    assert said.out == f"{RELATIVE}\n"
    assert said.err == words("zh")["run.no_viewer"].format(path=RELATIVE) + "\n"


def test_of_two_that_began_in_one_second_the_link_knows_the_later(place: Path) -> None:
    for name in ("10-00-00_b", "10-00-00_a"):
        run = place / "outputs" / "2026-11-21" / name
        run.mkdir(parents=True)
        (run / "summary.json").write_text("{}")
    (place / "outputs" / "latest").symlink_to(Path("2026-11-21") / "10-00-00_a", target_is_directory=True)
    assert find_run("latest").name == "10-00-00_a"
    assert find_run("latest~1").name == "10-00-00_b"
