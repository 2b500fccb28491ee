"""The site: no broken link, complete offline, readable on a phone, searchable in two languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from browser import Browser

ROOT = Path(__file__).parent.parent
SECONDS = 120
"""After which a build counts as hanging."""
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
DESKTOP = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}


@dataclass
class Seen:
    """What a page links to, loads and offers as targets."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    undescribed: list[str] = field(default_factory=list)
    language: str = ""


class Reader(HTMLParser):
    """Reads one page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.seen.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "html":
            self.seen.language = given.get("lang", "")
        if tag == "a" and "href" in given:
            self.seen.links.append(given["href"])
        elif tag == "link" and given.get("rel", "") not in ("prev", "next", "canonical"):
            self.seen.loaded.append(given["href"])
        elif tag in ("script", "img", "iframe", "source", "video", "audio", "embed") and "src" in given:
            self.seen.loaded.append(given["src"])
        if tag == "img" and not given.get("alt", "").strip():
            self.seen.undescribed.append(given.get("src", ""))


def read(page: Path) -> Seen:
    reader = Reader()
    reader.feed(page.read_text("utf-8"))
    return reader.seen


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)]
    quiet = {"NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | quiet,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return place


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Seen]:
    """Every page of the site, read."""
    found = {page.relative_to(site).as_posix(): read(page) for page in sorted(site.rglob("*.html"))}
    found.pop("404.html")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    opened = Browser()
    yield opened
    opened.close()


def visit(browser: Browser, page: Path, screen: dict[str, int]) -> None:
    """Opens a page from disk on a screen of some size."""
    browser.ask("Emulation.setDeviceMetricsOverride", **screen)
    browser.ask("Page.navigate", url="about:blank")
    browser.events.clear()
    browser.ask("Page.navigate", url=page.as_uri())
    browser.until("document.readyState === 'complete' && location.protocol === 'file:'")


def test_every_page_of_the_guide_is_in_the_site(pages: dict[str, Seen]) -> None:
    guide = {
        page.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for page in ROOT.glob("docs/*.md")
    }
    assert set(pages) == guide - {"README.html"} | {"index.html", "notebook-page.html"}


def test_every_link_and_anchor_leads_somewhere(site: Path, pages: dict[str, Seen]) -> None:
    lost = []
    for name, page in pages.items():
        for link in page.links:
            path, _, anchor = link.partition("#")
            if re.match(r"\w+:", path):
                continue
            there = os.path.normpath(Path(name).parent / path) if path else name
            known = pages[there].anchors if there in pages else None
            if not (site / there).exists() or (known is not None and anchor and anchor not in known):
                lost.append(f"{name}: {link}")
    assert not lost


def test_every_picture_is_described(pages: dict[str, Seen]) -> None:
    assert not {name: page.undescribed for name, page in pages.items() if page.undescribed}


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, Seen]) -> None:
    for name, page in pages.items():
        for source in page.loaded:
            assert not re.match(r"(\w+:)?//", source), (name, source)
            assert (site / os.path.normpath(Path(name).parent / source.partition("?")[0])).is_file(), source
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:\w+:)?//", sheet.read_text("utf-8")), sheet.name


def test_chinese_pages_say_that_they_are_chinese(pages: dict[str, Seen]) -> None:
    assert {name: page.language for name, page in pages.items() if page.language != "en"} == {
        "first-hour.zh.html": "zh-Hans"
    }


def test_the_tools_of_the_documentation_are_no_part_of_it(site: Path) -> None:
    assert not [path for path in site.rglob("*") if path.suffix in (".py", ".pyc", ".md")]
    assert (site / "notebook.ipynb").is_file()


@pytest.mark.parametrize("name", ["first-hour.html", "first-hour.zh.html", "configuration.html"])
def test_a_page_fits_a_phone(site: Path, browser: Browser, name: str) -> None:
    visit(browser, site / name, PHONE)
    browser.value("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert browser.value("window.innerWidth") == PHONE["width"]
    assert browser.value("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not browser.problems


@pytest.mark.parametrize(
    ("words", "page"),
    [("momentum", "configuration.html"), ("学习率", "first-hour.zh.html"), ("pandas", "python.html")],
)
def test_the_search_finds_words_of_both_languages_without_a_server(
    site: Path, browser: Browser, words: str, page: str
) -> None:
    visit(browser, site / "index.html", DESKTOP)
    browser.value(
        "(() => { const field = document.querySelector('[data-md-component=search-query]');"
        " document.querySelector('[data-md-toggle=search]').click();"
        f" field.value = '{words}'; field.dispatchEvent(new Event('keyup')); }})()"
    )
    found = browser.until(
        "(() => { const links = document.querySelectorAll('.md-search-result__item a');"
        " return links.length ? [...links].map((link) => link.href).join(' ') : null; })()"
    )
    assert f"/{page}" in found
    assert not browser.problems


def test_an_answer_opens_and_a_page_goes_dark(site: Path, browser: Browser) -> None:
    visit(browser, site / "first-hour.html", DESKTOP)
    assert browser.value("document.querySelector('details pre, details p').checkVisibility()") is False
    browser.value("document.querySelector('details summary').click()")
    assert browser.until("document.querySelector('details p').checkVisibility()")
    light = browser.value("getComputedStyle(document.body).backgroundColor")
    browser.value("document.querySelector('label[for=__palette_1]').click()")
    assert browser.until(f"getComputedStyle(document.body).backgroundColor !== '{light}'")
