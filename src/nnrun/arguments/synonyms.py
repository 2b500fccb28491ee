"""Words that other libraries and tutorials use for what nnrun calls otherwise; edit distance misses them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_KEYS = {
    "optim.lr": "learning_rate learningrate eta step_size alpha0 rate",
    "optim.weight_decay": "wd l2_penalty weightdecay",
    "optim.momentum": "mu",
    "model.hidden": "hidden_size hidden_sizes hidden_dim hidden_units hidden_layers layers units width",
    "model.activation": "act activation_function activation_fn nonlinearity",
    "model.dropout": "dropout_rate drop_rate",
    "dataset.samples": "n_samples num_samples points n_points size n",
    "dataset.noise": "noise_std noise_scale sigma",
    "dataset.expression": "expr formula func equation",
    "dataset.seed": "data_seed",
    "epochs": "epoch n_epochs num_epochs max_epochs iterations iters max_iter",
    "batch_size": "batch batchsize bs minibatch",
    "seed": "random_seed manual_seed random_state",
    "val_fraction": "val_split validation_split validation_fraction val_size",
    "test_fraction": "test_split test_size",
    "clip_norm": "clip grad_clip clip_grad_norm max_norm max_grad_norm",
    "dtype": "precision",
    "metrics": "metric",
    "output": "out out_dir outdir output_dir save_dir log_dir",
    "name": "run_name title",
    "tags": "tag",
    "log_every": "log_interval print_every",
    "dataset": "data",
    "model": "net network arch architecture",
    "loss": "criterion loss_fn loss_function objective_function",
    "optim": "optimizer optimiser opt",
    "schedule": "scheduler lr_scheduler lr_schedule",
    "engine": "backend",
    "device": "accelerator",
    "experiment": "exp preset",
}
KEYS: Mapping[str, str] = MappingProxyType(
    {synonym: key for key, synonyms in _KEYS.items() for synonym in synonyms.split()}
)
"""What is typed -> the key that it means."""

CHOICES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "device": {"gpu": "cuda", "nvidia": "cuda", "metal": "mps"},
        "engine": {"numpy": "manual", "torch": "autograd", "pytorch": "autograd"},
        "loss": {
            "l1": "mae",
            "l2": "mse",
            "mean_squared_error": "mse",
            "mseloss": "mse",
            "mean_absolute_error": "mae",
            "l1loss": "mae",
            "ce": "cross_entropy",
            "crossentropyloss": "cross_entropy",
        },
        "optim": {"gd": "sgd", "gradient_descent": "sgd"},
        "dataset": {"parabola": "quadratic"},
        "model": {"perceptron": "mlp", "nn": "mlp", "fc": "mlp"},
    }
)
"""Group -> what is typed -> the choice that it means."""

START_WORDS = frozenset({"run", "train", "fit", "start"})
"""First words of other tools; nnrun trains without one."""
