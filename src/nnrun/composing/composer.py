"""One Hydra application: overrides in, a configuration or everything that is wrong with them out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override
from hydra.core.utils import run_job
from hydra.errors import HydraException
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig

from nnrun.composing.complaints import COMPLAINTS, explained
from nnrun.composing.places import check_files, search_path
from nnrun.composing.presets import forget_preset
from nnrun.config import REGISTRIES, bind
from nnrun.config.composed import KeepingLoader
from nnrun.errors import BadInput
from nnrun.plugins.declaring import user_directory

CONFIG_NAME = "config"

Result = TypeVar("Result")


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
        path = search_path([*directories, *([own] if own else [])])
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
            return [explained(cause)]
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
            problems.append(explained(cause))
        return problems or [explained(error)]

    def _composable(self, lines: Sequence[str], mode: RunMode) -> tuple[list[str], list[str]]:
        """Those of `lines` that can be composed together, and what is wrong with the others."""
        kept: list[str] = []
        problems: list[str] = []
        for line in lines:
            try:
                self._composed([*kept, line], mode)
                kept.append(line)
            except COMPLAINTS as cause:
                problems.append(f"{line}: {explained(cause)}")
        return kept, problems

    @staticmethod
    def _parsed(override: str) -> Override:
        from hydra.core.override_parser.overrides_parser import OverridesParser

        return OverridesParser.create().parse_override(override)


def _is_structural(override: Override) -> bool:
    key = override.key_or_group
    return key in REGISTRIES or key == "experiment" or key.startswith("hydra")
