"""`nnrun list`: every run that is there, what it was and how it ended, whatever state it is in."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Command
from nnrun.commands import list as command
from nnrun.completing.runs import Runs
from nnrun.index import INDEX, cache, listing, walking
from nnrun.runs.finding import find_run
from nnrun.runs.locking import RunLock
from saved_runs import rewrite, save, save_sweep, summary_of

DAY = Path("outputs", "2026-11-21")
Listed = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def root(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs and a sweep, in a directory whose cache is used from the first run on."""
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(cache, "WORTHWHILE", 1)
    save(DAY / "10-30-15_quadratic-mlp", started="2026-11-21T10:30:15Z")
    rate = {"optim.lr": 0.1, "model.hidden": [20, 20]}
    save(DAY / "10-30-16_fast", rate, started="2026-11-21T10:30:16Z", tags=["a"], name="fast")
    failed = {"status": "failed", "error": "out of memory", "objective": None}
    save(DAY / "10-30-17_linear", {"model.name": "linear"}, started="2026-11-21T10:30:17Z", **failed)
    save_sweep(DAY / "10-30-18_sweep")
    for job in ("0", "1"):
        summary = json.loads((DAY / "10-30-18_sweep" / job / "summary.json").read_text())
        rewrite(DAY / "10-30-18_sweep" / job, summary | {"started": "2026-11-21T10:30:18Z"})
    return place / "outputs"


@pytest.fixture
def listed(root: Path, nnrun: Command) -> Listed:
    """The rows of `nnrun list --json` with more arguments."""

    def rows(*arguments: str) -> list[dict[str, Any]]:
        done = nnrun("list", "--json", *arguments)
        assert done.status == 0, done.err
        found: list[dict[str, Any]] = json.loads(done.out)
        return found

    return rows


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"].partition("_")[2] for row in rows]


def test_runs_and_sweeps_are_listed_the_newest_first(listed: Listed) -> None:
    rows = listed()
    assert [row["id"] for row in rows] == [
        "2026-11-21/10-30-18_sweep",
        "2026-11-21/10-30-17_linear",
        "2026-11-21/10-30-16_fast",
        "2026-11-21/10-30-15_quadratic-mlp",
    ]
    assert rows[2]["differences"] == {"optim.lr": 0.1, "model.hidden": [20, 20]}
    assert rows[3]["differences"] == {}
    assert rows[3]["objective"] == 0.25
    assert rows[1]["note"] == "out of memory"


def test_a_sweep_is_one_row_with_what_its_runs_share(listed: Listed) -> None:
    row = listed()[0]
    assert row["kind"] == "sweep"
    assert (row["jobs"], row["counts"], row["best"]) == (2, {"completed": 2}, "optim.lr=0.1")
    assert (row["dataset"], row["model"], row["objective"]) == ("quadratic", "mlp", 0.1)
    assert row["differences"] == {"epochs": 5}


def test_the_runs_of_sweeps_are_listed_behind_them_if_asked_for(listed: Listed) -> None:
    rows = listed("--jobs")
    assert ids(rows)[:3] == ["sweep", "sweep/0", "sweep/1"]
    assert rows[1]["objective"] == 0.1


def test_the_text_says_what_differs_as_it_is_typed(root: Path, nnrun: Command) -> None:
    done = nnrun("list")
    lines = done.out.splitlines()
    assert lines[0].split() == [
        "id",
        "when",
        "status",
        "dataset",
        "model",
        "settings",
        "objective",
        "of",
        "note",
    ]
    assert "optim.lr=... epochs=5" in lines[1]
    assert lines[1].endswith("2 runs, best optim.lr=0.1")
    assert "2026-11-21 10:30:17  failed" in lines[2]
    assert "model.hidden=20x20 optim.lr=0.1" in lines[3]
    assert done.err == ""


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("optim.lr>0.1 and status==completed", ["quadratic-mlp"]),
        ("model == mlp", ["sweep", "fast", "quadratic-mlp"]),
        ("kind == run and model.hidden == 20x20", ["fast"]),
        ("tags == a", ["fast"]),
        ("train/loss < 1 and name == fast", ["fast"]),
        ("status == failed or objective < 0.2", ["sweep", "linear"]),
        ("started > 2026-11-21T10:30:17", ["sweep", "linear"]),
        ("jobs == 2", ["sweep"]),
    ],
)
def test_a_condition_chooses(condition: str, expected: list[str], listed: Listed) -> None:
    assert ids(listed("--where", condition)) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("objective", ["sweep", "fast", "quadratic-mlp", "linear"]),
        ("-objective", ["fast", "quadratic-mlp", "sweep", "linear"]),
        ("started", ["quadratic-mlp", "fast", "linear", "sweep"]),
        ("model.hidden", ["sweep", "linear", "quadratic-mlp", "fast"]),
        ("train/loss", ["linear", "fast", "quadratic-mlp", "sweep"]),
    ],
)
def test_any_value_sorts_and_runs_without_it_come_last(key: str, expected: list[str], listed: Listed) -> None:
    assert ids(listed("--sort", key)) == expected
    assert ids(listed("--sort", key, "--limit", "2")) == expected[:2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sort", "objectve"), "--sort objectve: no run has 'objectve'; did you mean 'objective'?"),
        (("--sort", "hidden"), "--sort hidden: no run has 'hidden'; did you mean 'model.hidden'?"),
        (
            ("--where", "optim.rl > 1"),
            "unknown name 'optim.rl'; did you mean 'optim.lr'? at 1 in 'optim.rl > 1'",
        ),
        (("--where", "status = failed"), "'=' does not compare; write '==' at 8 in 'status = failed'"),
        (("--limit", "0"), "--limit 0: must be at least 1"),
        (("--limit", "x"), "--limit x: must be a whole number"),
        (("--json", "--csv"), "argument --csv: not allowed with argument --json (nnrun list --help)"),
        (("nowhere",), "nowhere: no such directory"),
        (
            ("outputs/2026-11-21/10-30-16_fast/metrics.csv",),
            "outputs/2026-11-21/10-30-16_fast/metrics.csv: is a file",
        ),
        (("--wher", "x"), "--wher: unknown flag; did you mean '--where'?"),
    ],
)
def test_bad_input_is_refused(root: Path, nnrun: Command, arguments: tuple[str, ...], message: str) -> None:
    done = nnrun("list", *arguments)
    assert done.status == 2
    assert message in done.err
    assert done.out == ""


def test_what_was_swept_is_a_matter_of_the_sweeps_runs(root: Path, nnrun: Command, listed: Listed) -> None:
    for name in ("10-30-15_quadratic-mlp", "10-30-16_fast", "10-30-17_linear"):
        shutil.rmtree(DAY / name)
    done = nnrun("list", "--where", "optim.lr > 0.2")
    assert done.status == 2
    assert "optim.lr differs from run to run of 2026-11-21/10-30-18_sweep; add --jobs" in done.err
    assert ids(listed("--where", "optim.lr > 0.2", "--jobs")) == ["sweep/1"]


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_root_is_no_error(place: Path, nnrun: Command, exists: bool) -> None:
    if exists:
        Path("outputs").mkdir()
    assert (nnrun("list").status, nnrun("list").out) == (0, "")
    assert nnrun("list").err == "no runs under outputs; nnrun trains one\n"
    assert nnrun("list", "--json").out == "[]\n"
    assert nnrun("list", "--where", "optim.lr > 1").status == 0


def test_a_part_is_shown_by_the_word_that_chooses_it(root: Path, nnrun: Command) -> None:
    save(DAY / "10-30-19_adam", {"optim.name": "adam", "optim.lr": 0.02}, started="2026-11-21T10:30:19Z")
    assert "optim=adam optim.lr=0.02" in nnrun("list").out
    assert "settings  optim=adam\n" in nnrun("show", "10-30-19").out


def test_no_match_is_said(root: Path, nnrun: Command) -> None:
    done = nnrun("list", "--where", "optim.lr > 100")
    assert (done.status, done.out, done.err) == (0, "", "none of 4 matches\n")


def test_a_root_is_the_variables_or_the_arguments(
    root: Path, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.rename(root.with_name("moved"))
    assert listed() == []
    assert len(listed("moved")) == 4
    assert len(listed("moved/2026-11-21")) == 4
    assert ids(listed("moved/2026-11-21/10-30-18_sweep", "--jobs"))[1:] == ["", ""]
    monkeypatch.setenv("NNRUN_OUTPUTS", "moved")
    assert len(listed()) == 4


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (200, ["id", "when", "status", "dataset", "model", "settings", "objective", "of", "note"]),
        (150, ["id", "when", "status", "dataset", "model", "settings", "objective", "note"]),
        (120, ["id", "status", "model", "settings", "objective", "note"]),
        (80, ["id", "status", "settings", "objective", "note"]),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns_and_whole_ids(
    columns: int, shown: list[str], root: Path, nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "terminal_width", lambda: columns)
    lines = nnrun("list").out.splitlines()
    assert lines[0].split() == shown
    assert all(len(line) <= columns for line in lines)
    assert lines[4].startswith("2026-11-21/10-30-15_quadratic-mlp ")


def test_csv_has_utc_and_every_column(root: Path, nnrun: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(nnrun("list", "--csv").out)))
    assert rows[1]["started"] == "2026-11-21T10:30:17Z"
    assert rows[3]["objective"] == "0.25"


def damage_nothing(run: Path) -> None:
    (run / "summary.json").unlink()


def damage_garbage(run: Path) -> None:
    (run / "summary.json").write_text('{"schema": 1, "status"')


def damage_binary(run: Path) -> None:
    (run / "summary.json").write_bytes(b"\xff\xfe\x00")


def damage_newer(run: Path) -> None:
    rewrite(run, summary_of({}, schema=99))


def damage_deep(run: Path) -> None:
    (run / "summary.json").write_text("[" * 100_000)


def damage_link(run: Path) -> None:
    (run / "summary.json").rename(run / "elsewhere.json")
    (run / "summary.json").symlink_to("elsewhere.json")


def damage_pipe(run: Path) -> None:
    (run / "summary.json").unlink()
    os.mkfifo(run / "summary.json")


DAMAGES = {
    damage_nothing: "summary.json is missing",
    damage_garbage: "is no whole JSON",
    damage_binary: "is no UTF-8 text",
    damage_newer: "was written by a newer nnrun",
    damage_deep: "summary.json: is nested too deeply",
    damage_link: "is a link, which is not followed",
    damage_pipe: "is no ordinary file",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_run_is_unknown_with_a_reason_and_the_others_are_listed(
    damage: Callable[[Path], None], root: Path, listed: Listed, nnrun: Command
) -> None:
    listed()
    damage(DAY / "10-30-16_fast")
    for rows in (listed(), listed("--jobs")):
        row = next(row for row in rows if row["id"].endswith("fast"))
        assert row["status"] == "unknown"
        assert DAMAGES[damage] in row["note"]
        assert row["started"] == "2026-11-21T10:30:16Z"
    assert len(listed()) == 4
    assert DAMAGES[damage] in nnrun("list").out


def test_a_run_from_before_configurations_were_recorded_is_listed(root: Path, listed: Listed) -> None:
    old = {name: value for name, value in summary_of({}).items() if name != "config"}
    rewrite(DAY / "10-30-16_fast", old)
    row = next(row for row in listed() if row["id"].endswith("fast"))
    assert (row["status"], row["dataset"], row["differences"]) == ("completed", "quadratic", {})


@pytest.mark.parametrize("junk", [None, 3, "x", [], [1], {}, {"name": []}])
def test_a_summary_of_junk_is_listed(junk: object, root: Path, listed: Listed, nnrun: Command) -> None:
    fields = summary_of({}, swept=1, jobs=1, counts=1, error=1, best_run=1)
    for directory in (DAY / "10-30-16_fast", DAY / "10-30-18_sweep", DAY / "10-30-18_sweep" / "0"):
        rewrite(directory, dict.fromkeys(fields, junk) | {"schema": 1})
    assert len(listed("--jobs", "--where", "not status == nonsense", "--sort", "objective")) == 6
    assert nnrun("list", "--jobs").status == 0


def test_names_of_strangers_are_shown_as_they_are(root: Path, nnrun: Command) -> None:
    rewrite(
        DAY / "10-30-16_fast",
        summary_of({"dataset.name": "[/foo]\x1b[1m\u202e"}, dataset="[/foo]\x1b[1m\u202e"),
    )
    (DAY / "10-30-15_quadratic-mlp").rename(DAY / "10-30-15_\x1b]0;x\x07")
    for flag in ((), ("--csv",), ("--md",), ("--latex",), ("--json",)):
        out = nnrun("list", *flag).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert "[/foo]\\x1b[1m\\u202e" in nnrun("list").out


def test_links_are_not_followed_and_loops_end(
    root: Path, listed: Listed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    save(elsewhere / "11-11-11_secret")
    (root / "latest").symlink_to(Path("2026-11-21", "10-30-16_fast"))
    (root / "loop").symlink_to(root)
    (root / "day").symlink_to(elsewhere)
    (DAY / "run").symlink_to(elsewhere / "11-11-11_secret")
    assert len(listed()) == 4


def agreed(listed: Listed) -> list[str]:
    """Names of what is listed, which is what `latest`, `latest~1`, ... and completion say, too."""
    rows = listed()
    found = [find_run(f"latest~{back}") for back in range(len(rows))]
    assert [path.relative_to("outputs").as_posix() for path in found] == [row["id"] for row in rows]
    assert Runs(Path("outputs")).latest == found
    return ids(rows)


@pytest.mark.parametrize("left", [None, "", "{}"], ids=["no summary", "empty", "no moment"])
def test_the_latest_run_comes_first_though_it_says_no_moment_of_its_own(
    left: str | None, root: Path, listed: Listed
) -> None:
    before = agreed(listed)
    begun = DAY / "09-00-00_begun"
    (begun / ".hydra").mkdir(parents=True)
    if left is not None:
        (begun / "summary.json").write_text(left)
    assert agreed(listed) == [*before, "begun"]
    (root / "latest").symlink_to(Path("2026-11-21", begun.name))
    assert agreed(listed) == ["begun", *before]


@pytest.mark.parametrize(
    "moment",
    [
        *(3, None, True, [], {}, "", "yesterday", "2026-11-21T23:59:59Z", "2026-99-99T99:99:99.999999Z"),
        *("٢٠٢٦-١١-٢١T٢٣:٥٩:٥٩.٩٩٩٩٩٩Z", "2026-11-21T23:59:59.999999Z\n"),
    ],
)
def test_a_damaged_moment_of_a_claim_is_none(moment: object, root: Path, listed: Listed) -> None:
    before = agreed(listed)
    rewrite(DAY / "10-30-16_fast", summary_of({}, started="2026-11-21T10:30:16Z", claimed=moment))
    assert agreed(listed) == before


def test_runs_that_lie_deeper_or_not_so_deep_are_counted_too(root: Path, listed: Listed) -> None:
    for hour, place in enumerate(("deep/er/and/deeper/x_deep", "x_flat"), 11):
        save(root / place, started=f"2026-11-21T{hour}:00:00Z")
    save(root / "hidden" / ".trash" / "x_gone", started="2026-11-21T13:00:00Z")
    assert ids(listed())[:3] == ["flat", "deep", "sweep"]
    words = ("latest", "latest~1", "latest~2", "x_deep")
    assert [find_run(word).name for word in words] == ["x_flat", "x_deep", "10-30-18_sweep", "x_deep"]


def test_a_latest_run_outside_the_root_is_one_more(root: Path, place: Path) -> None:
    mine = save(place / "mine")
    (root / "latest").symlink_to(mine)
    assert [find_run(f"latest~{back}").name for back in range(3)] == [
        "mine",
        "10-30-18_sweep",
        "10-30-17_linear",
    ]
    assert find_run("latest") == mine


def test_a_run_is_running_as_long_as_somebody_holds_it(root: Path, listed: Listed) -> None:
    run = DAY / "10-30-16_fast"
    rewrite(run, summary_of({}, status="running"))
    lock = RunLock(run)
    assert {row["status"] for row in listed("--where", "name == null")} >= {"running"}
    lock.release()
    statuses = [row["status"] for row in listed()]
    assert "running" not in statuses
    assert "interrupted" in statuses


@pytest.mark.parametrize("kept", [(), ("metrics.csv", "fit.png")], ids=["whole", "summary"])
def test_a_sweep_that_has_lost_runs_is_incomplete(
    root: Path, listed: Listed, nnrun: Command, kept: tuple[str, ...]
) -> None:
    listed()
    job = DAY / "10-30-18_sweep" / "1"
    shutil.rmtree(job)
    for name in kept:
        job.mkdir(exist_ok=True)
        (job / name).touch()
    row = next(row for row in listed() if row["kind"] == "sweep")
    assert (row["status"], "1 run missing" in row["note"]) == ("incomplete", True)
    assert "incomplete" in nnrun("list").out


def test_a_sweep_without_a_summary_counts_its_runs(root: Path, listed: Listed) -> None:
    sweep = DAY / "10-30-18_sweep"
    (sweep / "summary.json").unlink()
    rewrite(sweep / "1", summary_of({}, status="running"))
    row = next(row for row in listed() if row["kind"] == "sweep")
    assert (row["status"], row["counts"]) == ("interrupted", {"completed": 1, "interrupted": 1})


def same(root: Path) -> Iterator[list[Any]]:
    """The listing with the cache as it is, without it, and with it again."""
    yield list(listing(root, jobs=True).found)
    (root / INDEX).unlink()
    yield list(listing(root, jobs=True).found)
    yield list(listing(root, jobs=True).found)


def test_the_cache_says_what_the_files_say(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing(root, jobs=True)
    assert (root / INDEX).is_file()
    first, second, third = same(root)
    assert first == second == third
    monkeypatch.setattr(cache, "read_entry", lambda directory: pytest.fail(f"{directory} is read again"))
    assert list(listing(root, jobs=True).found) == first


def test_the_runs_of_sweeps_stay_in_the_cache_while_only_sweeps_are_listed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing(root, jobs=True)
    save(DAY / "10-30-19_new")
    listing(root)
    monkeypatch.setattr(cache, "read_entry", lambda directory: pytest.fail(f"{directory} is read again"))
    assert len(listing(root, jobs=True).found) == 7


@pytest.mark.parametrize("change", ["content", "renamed", "deleted", "replaced by another", "new"])
def test_the_cache_notices_every_change(change: str, root: Path, listed: Listed) -> None:
    listed()
    run = DAY / "10-30-16_fast"
    if change == "content":
        rewrite(run, summary_of({"optim.lr": 0.25}))
    elif change == "renamed":
        run.rename(DAY / "10-30-16_other")
    elif change == "deleted":
        shutil.rmtree(run)
    elif change == "replaced by another":
        shutil.rmtree(run)
        (DAY / "10-30-15_quadratic-mlp").rename(run)
    else:
        save(DAY / "10-30-20_new")
    (root / INDEX).rename(root / "kept")
    without = listed()
    (root / "kept").rename(root / INDEX)
    assert listed() == without


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"null", b'{"format": 1}', b"[" * 100_000]
    + [
        b'{"format":%s,"items":[],"runs":%s}' % (json.dumps(cache.FORMAT).encode(), runs)
        for runs in (b"3", b"[1]")
    ]
    + [
        b'{"format":%s,"items":[["a",1]],"runs":{"2026-11-21/10-30-16_fast":%s}}'
        % (json.dumps(cache.FORMAT).encode(), record)
        for record in (b"3", b'[[1],"run",{}]', b'[[1],"run",{"config":[7]}]', b'[[1],"run",3]')
    ],
)
def test_a_corrupt_cache_is_no_cache(content: bytes, root: Path, listed: Listed) -> None:
    expected = listed()
    (root / INDEX).write_bytes(content)
    assert listed() == expected
    assert listed() == expected


def test_a_cache_that_is_a_link_is_neither_followed_nor_written_through(root: Path, listed: Listed) -> None:
    target = root.parent / "target"
    target.write_text("mine")
    (root / INDEX).symlink_to(target)
    assert len(listed()) == 4
    assert target.read_text() == "mine"


def test_a_root_that_cannot_be_written_is_listed_without_a_cache(
    root: Path, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nnrun.errors import EnvironmentFault

    def refuse(*arguments: object, **named: object) -> None:
        raise EnvironmentFault("read-only")

    monkeypatch.setattr(cache, "write_atomically", refuse)
    assert len(listed()) == 4
    assert not (root / INDEX).exists()


def test_a_run_and_a_small_root_get_no_cache(
    root: Path, nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    nnrun("list", "outputs/2026-11-21/10-30-18_sweep", "--jobs")
    assert not list(root.rglob(INDEX))
    monkeypatch.undo()
    listing(root)
    assert not list(root.rglob(INDEX))


def test_a_summary_that_has_just_changed_is_not_kept(root: Path) -> None:
    fresh = DAY / "10-30-16_fast" / "summary.json"
    os.utime(fresh)
    listing(root)
    assert "2026-11-21/10-30-16_fast" not in json.loads((root / INDEX).read_text())["runs"]


def test_many_may_list_at_once(root: Path) -> None:
    expected = listing(root, jobs=True).found
    results: list[Any] = []

    def look() -> None:
        for _ in range(5):
            (root / INDEX).unlink(missing_ok=True)
            results.append(listing(root, jobs=True).found)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 20


def test_a_directory_that_may_not_be_read_is_named(
    root: Path, nnrun: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: Path) -> Any:
        if Path(path).name == "2026-11-21":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(walking.os, "scandir", refuse)
    done = nnrun("list")
    assert (done.status, done.out) == (0, "")
    assert done.err.startswith("note      may not be read: 2026-11-21\n")


def test_a_real_process_lists_what_real_training_left(nnrun: Command, nnrun_process: Command) -> None:
    nnrun("epochs=2", "optim.lr=0.25", "plots.save=false", "engine=manual")
    done = nnrun_process("list", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.status == 0
    assert "optim.lr=0.25" in done.out
    assert done.err == ""
