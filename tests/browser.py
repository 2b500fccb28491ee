"""A headless Chromium that tests drive over its DevTools protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket

SECONDS = 60
"""After which a page, or the browser, counts as hanging."""

NAMES = ("chromium", "chromium-browser", "google-chrome")


class Browser:
    """One page of a browser of its own, and what went wrong in it.

    Raises:
        RuntimeError: there is no browser, or it does not start.
    """

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise RuntimeError("these tests need Chromium: apt-get install chromium")
        self._profile = Path(tempfile.mkdtemp(prefix="nnrun-browser-"))
        flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ]
        ports = ["--remote-debugging-port=0", "--remote-allow-origins=*", f"--user-data-dir={self._profile}"]
        self._process = subprocess.Popen(
            [program, *flags, *ports, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._asked = 0
        self.events: list[dict[str, Any]] = []
        try:
            self._socket = websocket.create_connection(self._address(), timeout=SECONDS)
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.ask(f"{domain}.enable")
            self.ask(
                "Emulation.setDeviceMetricsOverride",
                width=1280,
                height=900,
                deviceScaleFactor=1,
                mobile=False,
            )
        except BaseException:
            self._end()
            raise

    def _address(self) -> str:
        """Of the page's socket, once the browser has said at which port it listens."""
        said = self._profile / "DevToolsActivePort"
        port = waited(lambda: said.is_file() and said.read_text("ascii").split("\n")[0])
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=SECONDS) as answer:
            pages = [target for target in json.load(answer) if target["type"] == "page"]
        return str(pages[0]["webSocketDebuggerUrl"])

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What a method of the protocol answers."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._asked:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return dict(message["result"])
            self.events.append(message)

    def value(self, expression: str) -> Any:
        """Of JavaScript in the page; promises are waited for."""
        told = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise RuntimeError(f"{expression}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def until(self, expression: str) -> Any:
        """The first true value of an expression."""
        return waited(lambda: self.value(expression))

    def open(self, page: Path, fragment: str = "") -> None:
        """Loads a page from disk, until its script has run."""
        self.ask("Page.navigate", url="about:blank")
        self.events.clear()
        self.ask("Page.navigate", url=page.absolute().as_uri() + fragment)
        self.until("document.readyState === 'complete' && document.getElementById('made')?.textContent")

    def screenshot(self) -> bytes:
        """PNG of what is in sight."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.ask("Page.printToPDF")["data"])

    @property
    def problems(self) -> list[str]:
        """Complaints in the console, errors, and whatever was fetched but the page itself."""
        found = []
        for event in self.events:
            method, told = event.get("method"), event.get("params", {})
            if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
                found.append(str([argument.get("value") for argument in told["args"]]))
            elif method == "Runtime.exceptionThrown":
                found.append(str(told["exceptionDetails"]))
            elif method == "Log.entryAdded":
                found.append(str(told["entry"]["text"]))
            elif method == "Network.requestWillBeSent":
                url = str(told["request"]["url"])
                found += [] if url.startswith(("file:", "about:", "data:", "blob:")) else [url]
        return found

    def close(self) -> None:
        """Ends the browser."""
        self._socket.close()
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)


def waited(answer: Any) -> Any:
    """The first true answer.

    Raises:
        RuntimeError: none came.
    """
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = answer()
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError("the browser does not answer")
