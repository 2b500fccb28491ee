"""Values read from the environment, and text that would like to be code: neither gets out."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import nnrun.secrets as secrets
from conftest import Command
from nnrun.experiment import recording

SECRET = "hunter2-is-a-secret"
QUICK = ("epochs=2", "language=en")
NAMED = "name=${oc.env:SECRET_TOKEN}"


@pytest.fixture(autouse=True)
def _with_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", SECRET)


def leaks(place: Path) -> list[str]:
    """Files, and names of files, with the secret."""
    return [
        str(path)
        for path in place.rglob("*")
        if SECRET in path.name or (path.is_file() and SECRET.encode() in path.read_bytes())
    ]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ((*QUICK, NAMED), 0),
        ((*QUICK, "tags=[${oc.env:SECRET_TOKEN}]", "verbose=true", "plots.save=false"), 0),
        ((*QUICK, NAMED, "plots.save=false", "-m", "seed=0,1"), 0),
        ((*QUICK, "plots.save=false", "-m", "name=${oc.env:SECRET_TOKEN},b"), 0),
        ((*QUICK, NAMED, "plots.save=false", "-m", "seed=0,1", "hydra/launcher=basic"), 0),
        (("dataset=function", "dataset.expression=${oc.env:SECRET_TOKEN}"), 2),
        (("epochs=${oc.env:SECRET_TOKEN}",), 2),
        (("dataset=${oc.env:SECRET_TOKEN}",), 2),
        (("-m", "optim.lr=${oc.env:SECRET_TOKEN},0.1"), 2),
        ((NAMED, "--cfg", "job"), 0),
        ((NAMED, "--cfg", "job", "--resolve"), 0),
        ((NAMED, "--cfg", "all"), 0),
    ],
)
def test_fault_57_a_value_from_the_environment_is_never_shown(
    nnrun: Command, place: Path, words: tuple[str, ...], status: int
) -> None:
    done = nnrun(*words)
    assert done.status == status, done.err
    assert SECRET not in done.out + done.err
    assert leaks(place) == []
    if status == 0 and "--cfg" not in words:
        for reader in (("list", "--jobs"), ("show", "latest"), ("show", "--json"), ("report", "latest")):
            told = nnrun(*reader)
            assert SECRET not in told.out + told.err, reader
        assert leaks(place) == []


def test_fault_57_a_failure_that_quotes_the_value_is_redacted(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(population: Any, *rest: Any) -> Any:
        raise ValueError(f"cannot work with {population.specs[0].settings.name}")

    monkeypatch.setattr(recording, "train", failing)
    for words in ((), ("-m", "seed=0,1")):
        done = nnrun(*QUICK, NAMED, *words)
        assert done.status == 1
        assert SECRET not in done.out + done.err
        assert "cannot work with ${oc.env:SECRET_TOKEN}" in done.err
    monkeypatch.setenv("NNRUN_DEBUG", "1")
    assert SECRET not in nnrun(*QUICK, NAMED).err
    assert leaks(place) == []


def test_fault_57_resumed_and_trained_again_it_is_no_more_shown(nnrun: Command, place: Path) -> None:
    assert nnrun(*QUICK, NAMED, "plots.save=false").status == 0
    for words in (("resume", "--allow-env", "epochs=4"), ("rerun", "latest", "--allow-env")):
        done = nnrun(*words)
        assert done.status == 0, done.err
        assert SECRET not in done.out + done.err
    assert leaks(place) == []


def test_fault_57_words_numbers_and_the_place_of_outputs_are_no_secrets(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in (("SHORT", "short"), ("NUMBER", "0.12345678"), ("PLACE", str(place / "results"))):
        monkeypatch.setenv(variable, value)
    done = nnrun(*QUICK, "plots.save=false", "name=${oc.env:SHORT}", "output=${oc.env:PLACE}")
    assert done.status == 0, done.err
    assert Path(done.out.strip()).is_relative_to(place / "results")
    secrets.forget()
    secrets.note("NUMBER", "0.12345678")
    assert secrets.redacted("0.12345678") == "0.12345678"


def test_redaction_prefers_the_longer_of_two_values() -> None:
    secrets.forget()
    secrets.note("A", "password")
    secrets.note("B", "password-and-more")
    assert secrets.redacted("password-and-more, password") == "${oc.env:B}, ${oc.env:A}"
    secrets.spare("password")
    assert secrets.redacted("password") == "password"
    secrets.forget()
    assert secrets.redacted("password-and-more") == "password-and-more"


class Tags(HTMLParser):
    """What of a page could act."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(known["content"])
        if tag in ("img", "iframe", "object", "embed", "link") and "onerror" in known:
            self.active.append(tag)
        self.active += [name for name in known if name.startswith("on")]
        self.active += [str(value) for value in known.values() if str(value).startswith("javascript:")]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</script><script>alert(1)</script>",
        "javascript:alert(1)",
        "\u2028alert(1)\u2029",
        "<!--<script>",
    ],
)
def test_fault_56_no_text_of_a_run_is_code_in_a_report(nnrun: Command, place: Path, text: str) -> None:
    assert nnrun(*QUICK, "plots.save=false", f"name={text}", f"tags=['{text}']").status == 0
    done = nnrun("report", "latest", "-o", "report.html")
    assert done.status == 0, done.err
    page = (place / "report.html").read_text("utf-8")
    tags = Tags()
    tags.feed(page)
    assert tags.active == []
    assert "default-src 'none'" in tags.policy
    assert page.count("<script>alert") == 0
    assert "\u2028" not in page.partition("</head>")[2].partition("<script")[2]


def test_fault_57_a_value_that_messages_show_escaped_is_no_more_shown(
    nnrun: Command, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "first-secret\nit's\tsecond-secret")
    for words in (("dataset=csv", "dataset.path=${oc.env:SECRET_TOKEN}"), ("model=${oc.env:SECRET_TOKEN}",)):
        done = nnrun(*QUICK, *words)
        assert (done.status, "${oc.env:SECRET_TOKEN}" in done.err) == (2, True), done.err
        assert "first-secret" not in done.out + done.err
        assert "second-secret" not in done.out + done.err
    secrets.spare("first-secret\nit's\tsecond-secret")
    assert "first-secret" in secrets.redacted(r"first-secret\x0ait's\x09second-secret")


def test_fault_54_no_part_of_a_secret_is_quoted(nnrun: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETX", "hunter2-very-secret")
    done = nnrun("dataset=function", "dataset.expression=${oc.env:SECRETX}")
    assert done.status == 2
    assert "dataset.expression=${oc.env:SECRETX}: is no such formula" in done.err
    assert "hunter2" not in done.err
