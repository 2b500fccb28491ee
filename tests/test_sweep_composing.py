"""Jobs composed once and patched: whatever the overrides, the result is Hydra's own, or its own complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.types import RunMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf, open_dict

from nnrun.composing import Composer
from nnrun.config.composed import KeepingLoader
from nnrun.sweep.composing import SweepLoader

Loaders = tuple[ConfigLoaderImpl, KeepingLoader, DictConfig, SweepLoader]


@pytest.fixture(scope="module")
def loaders() -> Iterator[Loaders]:
    with Composer() as composer:
        master = composer.compose(["hydra.sweep.dir=sweeps", "tags=[a]"], {}, RunMode.MULTIRUN)
        loader = composer.loader
        assert isinstance(loader, KeepingLoader)
        yield ConfigLoaderImpl(loader.get_search_path()), loader, master, SweepLoader(loader)


VALUES = st.sampled_from(
    [
        "1",
        "-3",
        "0.5",
        "1e-3",
        "nan",
        "null",
        "true",
        "abc",
        "'it\\'s'",
        '"x,y"',
        "[]",
        "[1,2]",
        "[a,[b]]",
        "{}",
        "{a:1}",
        "{lr:3,b:[1]}",
        "${seed}",
        "'${optim.lr}'",
        "日本",
        "a/b",
        "1,2",
        "range(3)",
        "int(3)",
        "'a b'",
    ]
)
PLAIN_KEYS = st.sampled_from(
    [
        "seed",
        "epochs",
        "optim.lr",
        "model.hidden",
        "dataset.noise",
        "name",
        "tags",
        "plots.format",
        "optim",
        "nokey",
        "optim.nokey",
        "model.hidden.0",
        "early_stopping.patience",
        "early_stopping",
    ]
)
GROUPS = st.sampled_from(
    [
        "optim=adam",
        "optim=sgd",
        "model=linear",
        "model=null",
        "dataset=function",
        "experiment=ten_points",
        "schedule=cosine",
        "optim=nope",
        "optim=[adam]",
        "+optim=adam",
        "~optim",
        "~optim=sgd",
        "++optim=adam",
        "optim@other=adam",
        "+optim@other=adam",
        "model@_global_=mlp",
        "hydra/job_logging=default",
    ]
)
PLAIN = st.builds(
    lambda prefix, key, value: f"{prefix}{key}={value}",
    st.sampled_from(["", "", "", "+", "++"]),
    PLAIN_KEYS,
    VALUES,
)
DELETIONS = st.builds(lambda key: f"~{key}", PLAIN_KEYS)
HYDRA = st.sampled_from(
    ["hydra.job.name=x", "hydra.job.chdir=true", "+hydra.job.env_set.A=b", "hydra.nope=1"]
)
OVERRIDES = st.lists(st.one_of(PLAIN, PLAIN, PLAIN, GROUPS, DELETIONS, HYDRA), max_size=5)


def outcome(
    load: Callable[[DictConfig, list[str]], DictConfig], master: DictConfig, overrides: list[str]
) -> tuple[object, ...]:
    """A configuration as text and by its interpolations, or an error's type and text."""
    try:
        config = load(master, list(overrides))
    except Exception as error:
        return type(error), str(error), str(error.__cause__)
    return OmegaConf.to_yaml(config), OmegaConf.is_struct(config), OmegaConf.get_cache(config)


@pytest.mark.parametrize("examples", [8, pytest.param(60, marks=pytest.mark.campaign)])
def test_a_patched_configuration_equals_hydras_own(loaders: Loaders, examples: int) -> None:
    hydras, keeping, master, own = loaders

    @settings(max_examples=examples, deadline=None)
    @given(overrides=OVERRIDES)
    def require_equal(overrides: list[str]) -> None:
        expected = outcome(hydras.load_sweep_config, master, overrides)
        assert outcome(keeping.load_sweep_config, master, overrides) == expected
        assert outcome(own.load_sweep_config, master, overrides) == expected
        assert outcome(lambda *job: own.lend(*job).config, master, overrides) == expected

    require_equal()


SWEPT = st.sampled_from(
    ["seed=0,1", "optim=adam,sgd", "optim.lr=range(3)", "hydra/launcher=basic", "model=mlp"]
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(overrides=st.lists(st.one_of(PLAIN, GROUPS, SWEPT), max_size=4), mode=st.sampled_from(RunMode))
def test_a_kept_composition_with_other_values_equals_hydras_own(
    loaders: Loaders, overrides: list[str], mode: RunMode
) -> None:
    hydras, keeping, master, _ = loaders

    def load(loader: ConfigLoaderImpl) -> Callable[[DictConfig, list[str]], DictConfig]:
        return lambda _, lines: loader.load_configuration("config", lines, mode)

    found, expected = (outcome(load(loader), master, overrides)[:2] for loader in (keeping, hydras))
    assert found == expected


def test_what_is_done_to_a_composition_is_not_kept(
    loaders: Loaders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, keeping, *_ = loaders
    first = keeping.load_configuration("config", ["optim=adam", "seed=4"], RunMode.RUN)
    with open_dict(first):
        first.optim.lr, first.hydra.job.name, first.more = 7, "other", 1
    monkeypatch.chdir(tmp_path)
    second = keeping.load_configuration("config", ["optim=adam"], RunMode.RUN)
    assert (second.seed, second.hydra.job.name, "more" in second) == (0, "nnrun", False)
    assert second.optim.lr != 7
    # The time of day is looked at anew.
    assert not OmegaConf.get_cache(second)
    assert list(second.hydra.overrides.task) == ["optim=adam"]
    assert second.hydra.runtime.cwd == str(tmp_path)


def test_a_users_own_files_are_read_anew_by_every_command(tmp_path: Path) -> None:
    (tmp_path / "optim").mkdir()
    for rate in (0.25, 0.75):
        (tmp_path / "optim" / "sgd.yaml").write_text(f"name: sgd\nlr: {rate}\n")
        with Composer(str(tmp_path)) as composer:
            assert composer.compose(["seed=1"], {}).optim.lr == rate
    with Composer() as composer:
        assert composer.compose(["seed=1"], {}).optim.lr not in (0.25, 0.75)


def test_jobs_with_nodes_of_their_own_do_not_share_anything(loaders: Loaders) -> None:
    *_, master, own = loaders
    first = own.load_sweep_config(master, ["optim.lr=0.1"])
    second = own.load_sweep_config(master, ["optim.lr=0.2"])
    second.optim.lr = 7
    second.hydra.job.name = "other"
    assert first.optim.lr == 0.1
    assert first.hydra.job.name == "nnrun"
    assert list(first.hydra.overrides.task) == ["optim.lr=0.1"]


def test_one_composition_serves_all_jobs_that_differ_in_values(
    loaders: Loaders, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, hydras, master, _ = loaders
    composed = []
    original = hydras.load_configuration
    monkeypatch.setattr(hydras, "load_configuration", lambda *a, **k: composed.append(1) or original(*a, **k))
    loader = SweepLoader(hydras)
    for number in range(20):
        loader.lend(master, [f"seed={number}", f"optim={'adam' if number % 2 else 'sgd'}"])
    assert len(composed) == 2
