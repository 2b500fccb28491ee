"""The shells that nnrun completes for, and the script of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

SCRIPTS: Mapping[str, str] = MappingProxyType(
    {"bash": "bash.sh", "zsh": "zsh.zsh", "fish": "fish.fish", "powershell": "powershell.ps1"}
)
"""Shell -> the file of its script."""

INSTALLING: Mapping[str, str] = MappingProxyType(
    {
        "bash": """echo 'eval "$(nnrun completion bash)"' >> ~/.bashrc""",
        "zsh": """echo 'eval "$(nnrun completion zsh)"' >> ~/.zshrc""",
        "fish": "nnrun completion fish > ~/.config/fish/completions/nnrun.fish",
        "powershell": "Add-Content $PROFILE 'nnrun completion powershell | Out-String | Invoke-Expression'",
    }
)
"""Shell -> the command that installs completion for good."""


def script(shell: str) -> str:
    """What the shell is to read."""
    return (Path(__file__).parent / SCRIPTS[shell]).read_text("utf-8")


def detected(environment: Mapping[str, str]) -> str | None:
    """The shell that SHELL names; None where it is not set, or names another one."""
    name = Path(environment.get("SHELL", "")).name
    return name if name in SCRIPTS else None
