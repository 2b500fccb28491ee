"""The launcher `vectorized` as Hydra sees it: its own test suites, for tasks that are not nnrun's."""

from __future__ import annotations

import pytest
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.test_utils.launcher_common_tests import IntegrationTestSuite, LauncherTestSuite

# What Hydra's suites do themselves: they compose without a version base, and leave logs open.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_hydra_finds_the_launcher() -> None:
    names = {launcher.__name__ for launcher in Plugins.instance().discover(Launcher)}
    assert "VectorizedLauncher" in names


@pytest.mark.parametrize(("launcher_name", "overrides"), [("vectorized", [])])
class TestVectorizedLauncher(LauncherTestSuite):
    pass


@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"),
    [({}, ["-m", "hydra/launcher=vectorized"])],
)
class TestVectorizedLauncherIntegration(IntegrationTestSuite):
    pass
