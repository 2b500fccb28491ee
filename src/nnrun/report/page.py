"""One HTML file from a page's data: template, style, scripts and plotting library in it, nothing fetched."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import importlib.util
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnrun.errors import EnvironmentFault

ASSETS = Path(__file__).parent / "assets"

SCRIPTS = (
    "data",
    "format",
    "dom",
    "address",
    "look",
    "figure",
    "filter",
    "thumbnail",
    "pictures",
    "summary",
    "objective",
    "curves",
    "table",
    "dialog",
    "explore",
    "main",
)
"""The page's modules, each after those that it imports; they become one script."""

_MARKER = re.compile(r"\{\{(\w+)\}\}")
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|function) (\w+))", re.MULTILINE)


def page(content: Mapping[str, Any]) -> bytes:
    """The page that shows `content`, which `payload` gives.

    Raises:
        EnvironmentFault: the plotting library is not installed.
    """
    library, script = plotly(), program()
    parts = {
        "title": html.escape(str(content["title"])),
        "policy": policy(library, script),
        "style": (ASSETS / "page.css").read_text("utf-8"),
        "data": embedded(content),
        "library": library,
        "script": script,
    }
    template = (ASSETS / "page.html").read_text("utf-8")
    return _MARKER.sub(lambda marker: parts[marker[1]], template).encode("utf-8")


def policy(*scripts: str) -> str:
    """What the page may do: run these scripts and nothing else, and fetch nothing.

    Styles may stand in the page: plotly sets them on the elements of its pictures. `data:` and `blob:` images
    are what it makes of a picture that is saved.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def embedded(content: Mapping[str, Any]) -> str:
    """`content` as JSON that cannot end the element that it stands in."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@functools.cache
def program() -> str:
    """The page's own modules as one: each a function that returns what it exports."""
    return "\n".join(_module(name, (ASSETS / f"{name}.js").read_text("utf-8")) for name in SCRIPTS)


def _module(name: str, text: str) -> str:
    exported = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = $\2;", text))
    return f"const ${name} = (() => {{\n{body}return {{ {exported} }};\n}})();"


@functools.cache
def plotly() -> str:
    """plotly.js, from the Python package of that name, which is found and not imported: that takes seconds.

    Raises:
        EnvironmentFault: it is not there.
    """
    found = importlib.util.find_spec("plotly")
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(place, "package_data", "plotly.min.js")
        if path.is_file():
            return path.read_text("utf-8").replace("</script", r"<\/script").replace("<!--", r"<\!--")
    raise EnvironmentFault("a report needs the package plotly, which is not installed: pip install plotly")
