"""The help page: every subcommand once, in one aligned block; each has help of its own."""

from __future__ import annotations

import re

import pytest

from nnrun.characters import cells
from nnrun.cli import SUBCOMMANDS
from nnrun.commands.help import help_text
from nnrun.words import LANGUAGES

COLUMN = 30
"""At which the texts of the block begin."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_page_lists_every_subcommand_once_in_one_aligned_block(language: str) -> None:
    blocks = help_text(language).split("\n\n")
    (block,) = [block for block in blocks if re.search(r"^nnrun parts ", block, re.MULTILINE)]
    rows = block.splitlines()[1:]
    named = [row.split()[1] for row in rows]
    assert sorted(named) == sorted(SUBCOMMANDS)
    for row in rows:
        shape = re.fullmatch(r"(nnrun \S.*?\S) {2,}(\S.*)", row)
        assert shape is not None, row
        assert cells(row) - cells(shape[2]) == COLUMN, row


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_a_subcommands_help_opens_with_its_usage_and_what_it_does(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = __import__(f"nnrun.commands.{name}", fromlist=["main"])
    with pytest.raises(SystemExit, match="0"):
        module.main(["--help"])
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    assert usage.startswith(f"usage: nnrun {name} ")
    assert rest[:1].isupper()
    assert re.search(r"[.:]\n", rest)
    assert "examples:\n  nnrun " in rest or "examples:\n  echo " in rest
    assert (module.__doc__ or "").startswith(f"`nnrun {name}")
