"""Hydra's own flags that print instead of training, such as `--cfg job` and `--info`."""

from __future__ import annotations

import argparse
import contextlib
import io

from nnrun.commands.console import emit
from nnrun.commands.train import Request
from nnrun.composing import Composer, explaining


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
            composer.compose(overrides, request.typed)
            hydra.show_cfg(
                config_name=request.config_name,
                overrides=overrides,
                cfg_type=flags.cfg,
                package=flags.package,
                resolve=flags.resolve,
            )
    emit(printed.getvalue())
    return 0
