"""The notebook of the guide: it runs from top to bottom, says nothing wrong, and shows its pictures."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    # Of jupyter's own, about where it will keep its files.
    warnings.simplefilter("ignore")
    import nbformat
    from jupyter_client.manager import start_new_kernel
    from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent.parent / "docs" / "notebook.ipynb"
SECONDS = 300


def executed(notebook: Any, place: Path) -> Any:
    """The notebook with what its cells showed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = NotebookClient(
            notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(place)}}
        )
        return client.execute()


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Source of each cell of code -> what it showed."""
    done = executed(nbformat.read(NOTEBOOK, as_version=4), tmp_path_factory.mktemp("notebook"))
    return {cell.source: cell.outputs for cell in done.cells if cell.cell_type == "code"}


def shown(outputs: Any, kind: str) -> str:
    """All that was shown of one type, as one text."""
    return "\n".join(output.data[kind] for output in outputs if kind in output.get("data", {}))


def said(outputs: Any) -> str:
    """All that was printed."""
    return "".join(output.text for output in outputs if output.output_type == "stream")


def test_no_cell_warns_or_complains(cells: dict[str, Any]) -> None:
    streams = [output for outputs in cells.values() for output in outputs if output.output_type == "stream"]
    assert {stream.name for stream in streams} == {"stdout"}
    assert not any("Warning" in stream.text for stream in streams)


def test_every_cell_shows_something(cells: dict[str, Any]) -> None:
    assert [source for source, outputs in cells.items() if not outputs] == ["import nnrun"]


def test_pictures_are_present(cells: dict[str, Any]) -> None:
    figures = [shown(outputs, "image/png") for source, outputs in cells.items() if ".figure(" in source]
    assert len(figures) == 2
    assert all(figure.startswith("iVBOR") for figure in figures)
    cards = [shown(outputs, "text/html") for source, outputs in cells.items() if "nnrun." in source]
    assert len(cards) == 4
    assert all("data:image/png;base64," in card for card in cards)


def test_progress_stands_in_one_place(cells: dict[str, Any]) -> None:
    run = next(outputs for source, outputs in cells.items() if source.startswith("run = "))
    bars = [output.data["text/html"] for output in run if output.output_type == "display_data"]
    assert len(bars) == 1
    assert bars[0].startswith('<progress max="100" value="100"></progress> 100/100 ')
    assert "loss      0.857 -> " in said(run)


def test_the_explorer_is_a_frame(cells: dict[str, Any]) -> None:
    frame = shown(cells["sweep.explore()"], "text/html")
    assert frame.startswith("<iframe srcdoc=")


def test_the_file_has_no_outputs_of_its_own() -> None:
    content = json.loads(NOTEBOOK.read_text("utf-8"))
    assert not any(cell.get("outputs") for cell in content["cells"])


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    """A kernel, and who talks to it."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def answer(client: Any, asked: str) -> dict[str, Any]:
    """How the execution of a cell ended."""
    while True:
        message: dict[str, Any] = client.get_shell_msg(timeout=SECONDS)
        if message["parent_header"].get("msg_id") == asked:
            return dict(message["content"])


def wait_for(client: Any, kind: str) -> dict[str, Any]:
    """The next thing of a kind that a cell shows."""
    while True:
        message: dict[str, Any] = client.get_iopub_msg(timeout=SECONDS)
        if message["msg_type"] == kind:
            return dict(message["content"])


def test_the_stop_button_ends_a_run_in_good_order(kernel: tuple[Any, Any]) -> None:
    manager, client = kernel
    program = "import nnrun; run = nnrun.run('epochs=100000000', 'plots.save=false')"
    # After an error the kernel would turn away what is asked of it soon after.
    asked = client.execute(program, stop_on_error=False)
    wait_for(client, "update_display_data")
    manager.interrupt_kernel()
    assert answer(client, asked)["ename"] == "KeyboardInterrupt"
    asked = client.execute("print(nnrun.load_run('latest').status)")
    assert answer(client, asked)["status"] == "ok"
    while (text := wait_for(client, "stream")["text"]) != "interrupted\n":
        assert "interrupted\n" not in text.splitlines()
