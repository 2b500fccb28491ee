"""What the site does to the guide's pages that mkdocs does not do by itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

NOTEBOOK = "notebook.ipynb"
_NAMED = re.compile(r"\[([\w.-]+\.md)\]\((\1(?:#[^)]*)?)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the notebook as a page; the file itself stays beside it, to download."""
    notebook = json.loads((Path(config.docs_dir) / NOTEBOOK).read_text("utf-8"))
    files.append(File.generated(config, "notebook-page.md", content=notebook_page(notebook)))
    return files


def notebook_page(notebook: dict[str, Any]) -> str:
    """The cells of a notebook as Markdown."""
    cells = [("".join(cell["source"]), cell["cell_type"]) for cell in notebook["cells"]]
    shown = [text if kind == "markdown" else f"```python\n{text}\n```" for text, kind in cells]
    title, *rest = "\n\n".join(shown).split("\n", 1)
    return "\n".join([title, f"\n[The notebook itself]({NOTEBOOK}), to download and run.\n", *rest])


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Writes what GitHub reads as Python-Markdown wants it, and calls pages by their titles."""
    titles = {file.src_uri: file.page.title for file in files.documentation_pages() if file.page is not None}

    def titled(link: re.Match[str]) -> str:
        return f"[{titles.get(link[1], link[1])}]({link[2]})"

    return _NAMED.sub(titled, indented(markdown)).replace("<details>", '<details markdown="1">')


def indented(markdown: str) -> str:
    """Widens the indentation in numbered lists from three columns to the four that the parser asks for."""
    lines, inside = [], False
    for line in markdown.split("\n"):
        if line[:1].strip():
            inside = bool(re.match(r"\d+\. ", line))
        lines.append(f" {line}" if inside and line.startswith("   ") else line)
    return "\n".join(lines)


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Names the language of Chinese pages."""
    chinese = page.file.src_uri.endswith(".zh.md")
    return output.replace('<html lang="en"', '<html lang="zh-Hans"', 1) if chinese else output
