"""Composing: Hydra puts a configuration together, once, and its complaints become lines for people."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import yaml
from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.core.utils import run_job
from hydra.errors import HydraException, OverrideParseException
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from nnrun.config import REGISTRIES, bind
from nnrun.config.composed import KeepingLoader
from nnrun.errors import BadInput
from nnrun.plugins import primary, source
from nnrun.plugins.declaring import user_directory
from nnrun.plugins.naming import own_names
from nnrun.plugins.trust import allow
from nnrun.registry import suggestion
from nnrun.shipped import config_directory

CONFIG_NAME = "config"

SWEEPERS = {"joblib": "hydra-joblib-launcher", "optuna": "hydra-optuna-sweeper"}
"""Plugins of Hydra's that nnrun is tested with, and their packages."""

_MISSING = re.compile(r"In '([^']+)': Could not find '([^']+)/([^'/]+)'\s*(.*)")
Result = TypeVar("Result")

COMPLAINTS = (HydraException, OmegaConfBaseException, ValueError)
"""What Hydra raises for a configuration that cannot be composed."""


class Composer:
    """One Hydra application over nnrun's configuration; a context manager, because Hydra keeps it globally.

    Args:
        config_dir: the user's own directory, searched first.
        config_name: the primary configuration.

    Raises:
        BadInput: the directory, or a file in it, cannot be used.
    """

    def __init__(self, config_dir: str | None = None, config_name: str = CONFIG_NAME) -> None:
        if config_dir is not None:
            check_files(Path(config_dir))
        self._name = config_name
        GlobalHydra.instance().clear()
        own = user_directory()
        if own is not None:
            check_files(own)
        directories = [Path(config_dir)] if config_dir is not None else []
        path = _search_path([*directories, *([own] if own else [])])
        self.hydra = Hydra.create_main_hydra2("nnrun", path)
        self.hydra.config_loader = KeepingLoader(path, lasting=config_dir is None and own is None)

    def __enter__(self) -> Composer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        GlobalHydra.instance().clear()

    def compose(
        self, overrides: Sequence[str], typed: Mapping[str, str], mode: RunMode = RunMode.RUN
    ) -> DictConfig:
        """The configuration that `overrides` make.

        Raises:
            BadInput: with every problem, of names and of values.
        """
        try:
            config = self._composed(overrides, mode)
        except COMPLAINTS as error:
            raise BadInput(self.diagnosed(overrides, typed, mode, error)) from error
        if "experiment" in typed:
            chosen = {group: typed[group].partition("=")[2] for group in set(REGISTRIES) & set(typed)}
            forget_preset(config, self.loader, chosen, typed)
        return config

    @property
    def loader(self) -> ConfigLoaderImpl:
        """Hydra's own."""
        assert isinstance(self.hydra.config_loader, ConfigLoaderImpl)
        return self.hydra.config_loader

    def job(self, config: DictConfig, task: Callable[[], Result], logs: bool = True) -> Result:
        """Runs `task` as Hydra's job: its files are written and its log is open; `hydra.run.dir` exists.

        Args:
            config: of the job.
            task: what it does.
            logs: sets logging up for the whole process, as the configuration says.

        Raises:
            OSError: Hydra's files cannot be written.
            Whatever the task raises.
        """
        if logs:
            # A log that cannot be written must not fill the screen with tracebacks of its own.
            logging.raiseExceptions = False
        callbacks = Callbacks(config)
        callbacks.on_run_start(config=config, config_name=self._name)
        results: list[Result] = []
        try:
            returned = run_job(
                task_function=lambda _: results.append(task()),
                config=config,
                job_dir_key="hydra.run.dir",
                job_subdir_key=None,
                hydra_context=HydraContext(config_loader=self.hydra.config_loader, callbacks=callbacks),
                configure_logging=logs,
            )
        except ValueError as error:
            # So logging reports a log file that cannot be opened.
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from error
            raise
        callbacks.on_run_end(config=config, config_name=self._name, job_return=returned)
        if not results:
            raise returned._return_value
        return results[0]

    def _composed(self, overrides: Sequence[str], mode: RunMode) -> DictConfig:
        return self.hydra.compose_config(
            config_name=self._name, overrides=list(overrides), run_mode=mode, with_log_configuration=False
        )

    def problems(self, overrides: Sequence[str], typed: Mapping[str, str]) -> list[str]:
        """All that is wrong with one run's overrides; empty where nothing is."""
        try:
            self._composed(overrides, RunMode.RUN)
        except COMPLAINTS as error:
            return self.diagnosed(overrides, typed, RunMode.RUN, error)
        return []

    def diagnosed(
        self, overrides: Sequence[str], typed: Mapping[str, str], mode: RunMode, error: Exception
    ) -> list[str]:
        """All that is wrong: each override is tried on top of those before it, choices of parts first."""
        try:
            parsed = [self._parsed(override) for override in overrides]
        except HydraException as cause:
            return [_explained(cause)]
        structural, problems = self._composable(
            [override.input_line or "" for override in parsed if _is_structural(override)], mode
        )
        kept = list(structural)
        for override in parsed:
            line = override.input_line or ""
            if _is_structural(override):
                continue
            try:
                self._composed([*structural, line], mode)
                kept.append(line)
            except COMPLAINTS:
                forced = f"++{line.lstrip('+~')}"
                kept.append(forced)
        try:
            bind(self._composed(kept, mode), typed)
        except BadInput as found:
            problems += found.problems
        except COMPLAINTS as cause:
            problems.append(_explained(cause))
        return problems or [_explained(error)]

    def _composable(self, lines: Sequence[str], mode: RunMode) -> tuple[list[str], list[str]]:
        """Those of `lines` that can be composed together, and what is wrong with the others."""
        kept: list[str] = []
        problems: list[str] = []
        for line in lines:
            try:
                self._composed([*kept, line], mode)
                kept.append(line)
            except COMPLAINTS as cause:
                problems.append(f"{line}: {_explained(cause)}")
        return kept, problems

    @staticmethod
    def _parsed(override: str) -> Override:
        from hydra.core.override_parser.overrides_parser import OverridesParser

        return OverridesParser.create().parse_override(override)


def forget_preset(
    config: DictConfig, loader: ConfigLoaderImpl, chosen: Mapping[str, str], typed: Collection[str] = ()
) -> None:
    """Gives parts that were chosen beside a preset their own values: the preset's were for other parts.

    Args:
        config: composed.
        loader: reads the parts' own files.
        chosen: group -> part.
        typed: keys with a value of the user's, which stay.
    """
    for group, name in chosen.items():
        loaded = loader.repository.load_config(f"{group}/{name}")
        if loaded is None:
            continue
        own = OmegaConf.to_container(loaded.config, resolve=False)
        assert isinstance(own, dict)
        node = config[group]
        with open_dict(node):
            for key in [key for key in node if f"{group}.{key}" not in typed]:
                if key in own:
                    node[key] = own[key]
                else:
                    del node[key]


@contextmanager
def explaining() -> Iterator[None]:
    """Turns what Hydra raises while showing or sweeping into `BadInput`."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise BadInput(_explained(error)) from error


def check_files(directory: Path) -> None:
    """Reads every YAML file of a user's configuration directory; the code that it names may be executed.

    Raises:
        BadInput: naming file and line of whatever cannot be read, empty files among it.
    """
    from omegaconf._utils import get_yaml_loader

    if not directory.is_dir():
        raise BadInput(f"--config-dir {directory}: there is no such directory")
    problems = []
    for path in sorted(directory.rglob("*.yaml")):
        try:
            text = path.read_text("utf-8")
            if not text.strip():
                problems.append(f"{path}: is empty; delete it, or write key: value lines")
                continue
            allow(name.path for name in own_names(yaml.load(text, Loader=get_yaml_loader())))
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            problems.append(f"{path}:{line}: is not UTF-8 text; save it as UTF-8")
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problems.append(f"{path}:{line}: {_first_line(error.problem or 'cannot be read')}")
        except (yaml.YAMLError, OSError) as error:
            problems.append(f"{path}: {_first_line(str(error))}")
    if problems:
        raise BadInput(problems)


def _search_path(directories: Sequence[Path]) -> ConfigSearchPath:
    path = create_config_search_path(str(config_directory()))
    path.append("nnrun", source.place(REGISTRIES), anchor=SearchPathQuery(provider="main"))
    for directory in directories:
        place = f"file://{directory.absolute()}"
        path.prepend(provider="command-line", path=place, anchor=SearchPathQuery(provider="main"))
    primary_place = primary.place(directories)
    if primary_place is not None:
        path.prepend(provider="nnrun", path=primary_place)
    return path


def _is_structural(override: Override) -> bool:
    key = override.key_or_group
    return key in REGISTRIES or key == "experiment" or key.startswith("hydra")


def _explained(error: BaseException) -> str:
    """One line of what Hydra or OmegaConf said, without its advice."""
    if isinstance(error, OverrideParseException):
        return f"{error.override}: cannot be read; put quotes around the value: key=\"'...'\""
    cause = error.__cause__ or error
    text = str(error) if str(error).strip() and str(error) != "None" else str(cause)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = " ".join(
        line
        for line in lines
        if not re.match(r"(To append|full_key|object_type|Available|Config search path|provider=)", line)
    )
    missing = _MISSING.search(said)
    return _without(*missing.groups()) if missing else said or type(error).__name__


def _without(where: str, group: str, name: str, known: str) -> str:
    """What to do about a configuration, or a plugin of Hydra's, that is not there."""
    if name in SWEEPERS and group.startswith("hydra/"):
        return f"it is not installed here; install it with: pip install {SWEEPERS[name]}"
    place = "" if where.startswith("hydra") else f"{where}.yaml: "
    kind = group.rpartition("/")[2]
    return f"{place}no {kind} '{name}'{suggestion(name, known.split())} choices: {', '.join(known.split())}"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "cannot be read"
