"""Hydra's own flags that print instead of training, such as `--cfg job` and `--info`."""

from __future__ import annotations

import argparse
import contextlib
import io

from omegaconf import OmegaConf

from nnrun.commands.console import emit
from nnrun.commands.train import Request
from nnrun.composing import Composer, explaining
from nnrun.errors import BadInput


def show(request: Request, flags: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Lets Hydra print; nothing is created on disk."""
    overrides = list(request.overrides)
    printed = io.StringIO()
    with (
        Composer(request.config_dir, request.config_name) as composer,
        explaining(),
        contextlib.redirect_stdout(printed),
    ):
        hydra = composer.hydra
        if flags.hydra_help:
            hydra.hydra_help(config_name=request.config_name, args_parser=parser, args=flags)
        elif flags.shell_completion:
            hydra.shell_completion(config_name=request.config_name, overrides=overrides)
        elif flags.info:
            hydra.show_info(flags.info, config_name=request.config_name, overrides=overrides)
        else:
            print(_configuration(composer, request, flags))
    emit(printed.getvalue())
    return 0


def _configuration(composer: Composer, request: Request, flags: argparse.Namespace) -> str:
    """What would be trained, as Hydra prints it, after nnrun's own part in composing."""
    from hydra.core.hydra_config import HydraConfig

    config = composer.compose(request.overrides, request.typed)
    HydraConfig.instance().set_config(config)
    OmegaConf.set_readonly(config.hydra, None)
    shown = composer.hydra.get_sanitized_cfg(config, flags.cfg)
    package = None if flags.package == "_global_" else flags.package
    if package is not None:
        shown = OmegaConf.select(shown, package)
        if shown is None:
            raise BadInput(f"--package {package}: there is no such key")
    if not OmegaConf.is_config(shown):
        return str(shown)
    if flags.resolve:
        OmegaConf.resolve(shown)
    head = "" if package is None else f"# @package {package}\n"
    return head + OmegaConf.to_yaml(shown).rstrip()
