"""Suggested commands: what changes no result is left out, all else stays as it was typed."""

from __future__ import annotations

from dataclasses import fields

import pytest

from nnrun.spec import Settings
from nnrun.verdicts.command import with_setting


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("nnrun plots.live=true verbose=true seed=20", "nnrun seed=20 epochs=300"),
        ("nnrun verbose=true", "nnrun epochs=300"),
        ("nnrun ++plots.animation=true +plots.every=5 epochs=100", "nnrun epochs=300"),
        ('nnrun "plots.font=Noto Sans" "dataset.x=[1, 2]"', 'nnrun "dataset.x=[1, 2]" epochs=300'),
        ("nnrun name=a output=b tags=x,y", "nnrun name=a output=b epochs=300"),
        ('nnrun "name=plots.live=true"', 'nnrun "name=plots.live=true" epochs=300'),
        ("nnrun my.verbose=true verboseness=2", "nnrun my.verbose=true verboseness=2 epochs=300"),
        ("nnrun -q hydra.run.dir=d", "nnrun hydra.run.dir=d epochs=300"),
    ],
)
def test_settings_that_change_no_result_are_not_suggested_again(command: str, expected: str) -> None:
    assert with_setting(command, "epochs", "300") == expected


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_of_all_such_settings_only_name_place_and_language_stay(setting: str) -> None:
    suggested = with_setting(f"nnrun {setting}=x seed=1", "optim.lr", "0.1")
    kept = f"{setting}=x " if setting in ("name", "output", "language") else ""
    assert suggested == f"nnrun {kept}seed=1 optim.lr=0.1"
