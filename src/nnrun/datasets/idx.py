"""MNIST and what has its form, from files on this machine: IDX, packed or not, or one .npz archive."""

from __future__ import annotations

import functools
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nnrun.characters import visible
from nnrun.datasets.source import Samples, Source, Wording
from nnrun.errors import BadInput, EnvironmentFault
from nnrun.schema import Count, Seed, Whole

CLOTHES = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
PARTS = {"train": ("train", "x_train", "y_train"), "test": ("t10k", "x_test", "y_test")}
"""Part -> beginning of its IDX files' names, names of its arrays in an archive."""

MOST_BYTES = 2 * 1024**3
"""Of a file when unpacked."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Pictures:
    """Training and test pictures (picture, row, column) in bytes, their classes, and the files' hash."""

    images: dict[str, Bytes]
    labels: dict[str, npt.NDArray[Any]]
    sha256: str


def mnist(
    *,
    seed: Seed = 0,
    path: str | None = None,
    samples: Count | None = None,
    test_samples: Whole | None = None,
    sha256: str | None = None,
) -> Source:
    """Handwritten digits: 28 x 28 shades of grey from 0 to 1, ten classes; 60,000 and a test of 10,000."""
    return _source("mnist", tuple(map(str, range(10))), seed, path, samples, test_samples, sha256)


def fashion_mnist(
    *,
    seed: Seed = 0,
    path: str | None = None,
    samples: Count | None = None,
    test_samples: Whole | None = None,
    sha256: str | None = None,
) -> Source:
    """Clothes in MNIST's form: 28 x 28 shades of grey from 0 to 1, ten classes; harder than the digits."""
    return _source("fashion_mnist", CLOTHES, seed, path, samples, test_samples, sha256)


def _source(
    name: str,
    classes: tuple[str, ...],
    seed: int,
    path: str | None,
    samples: int | None,
    test_samples: int | None,
    sha256: str | None,
) -> Source:
    if path is None:
        raise BadInput(
            f"dataset.path is missing; write dataset.path=DIR, the directory of the four IDX files of {name},"
            " or dataset.path=FILE.npz"
        )
    found = _pictures(path)
    if sha256 is not None and sha256.lower() != found.sha256:
        raise BadInput(f"dataset.sha256={visible(sha256)[:12]}...: {visible(path)} holds other data")
    images, labels = found.images["train"], found.labels["train"]
    kept = min(samples or len(images), len(images))
    tests = len(found.images["test"])
    wanted = tests if test_samples is None else min(test_samples, tests)
    rows, columns = images.shape[1:]

    def held_out(count: int, rng: np.random.Generator) -> Samples:
        """Test pictures: the first ones, or with more than there are, all."""
        return _shades(found.images["test"][:count]), found.labels["test"][:count]

    return Source(
        name=name,
        wording=Wording(f"data.{name}", {"samples": kept, "rows": rows, "columns": columns}),
        task="classification",
        inputs=rows * columns,
        outputs=len(classes),
        samples=kept,
        seed=seed,
        draw=lambda rng: (_shades(images[:kept]), labels[:kept]),
        fresh=held_out,
        test_samples=wanted,
        image_shape=(rows, columns),
        classes=classes,
        sha256=found.sha256,
    )


def _shades(images: Bytes) -> npt.NDArray[np.float64]:
    """Pictures as rows of numbers from 0 to 1."""
    return images.reshape(len(images), -1) / 255.0


def _pictures(path: str) -> Pictures:
    """All pictures below a path; kept as bytes, so that a sweep reads them once."""
    place = Path(path).expanduser()
    try:
        files = _files(place, path)
        changed = tuple(
            (str(file.absolute()), file.stat().st_mtime_ns, file.stat().st_size) for file in files
        )
        return _kept(changed, visible(path))
    except PermissionError as error:
        raise EnvironmentFault(f"dataset.path={visible(path)}: may not be read: permission denied") from error
    except OSError as error:
        reason = str(error.strerror or error).lower()
        raise BadInput(f"dataset.path={visible(path)}: cannot be read: {reason}") from error


def _files(place: Path, path: str) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise BadInput(f"dataset.path={visible(path)}: no such file or directory")
    found, missing = [], []
    for beginning, *_ in PARTS.values():
        for kind in ("images-idx3", "labels-idx1"):
            names = [f"{beginning}-{name}-ubyte{end}" for name in _spelled(kind) for end in ("", ".gz")]
            file = next((place / name for name in names if (place / name).is_file()), None)
            if file is None:
                missing.append(names[0])
            else:
                found.append(file)
    if missing:
        raise BadInput(f"dataset.path={visible(path)}: lacks {', '.join(missing)} (or packed, with .gz)")
    return found


def _spelled(kind: str) -> tuple[str, str]:
    """`images-idx3`, or `images.idx3` as some archives unpack it."""
    return kind, kind.replace("-", ".")


@functools.lru_cache(2)
def _kept(files: tuple[tuple[str, int, int], ...], where: str) -> Pictures:
    paths = [Path(path) for path, _, _ in files]
    digest = hashlib.sha256()
    contents = []
    for path in paths:
        contents.append(path.read_bytes())
        digest.update(contents[-1])
    if len(paths) == 1:
        images, labels = _from_archive(paths[0], where)
    else:
        arrays = [_idx(path, content) for path, content in zip(paths, contents, strict=True)]
        images, labels = (
            dict(zip(PARTS, arrays[::2], strict=True)),
            dict(zip(PARTS, arrays[1::2], strict=True)),
        )
    for part in PARTS:
        _require_pictures(images[part], labels[part], f"{where}: {part}")
        labels[part] = labels[part].astype(np.int64)
    if images["train"].shape[1:] != images["test"].shape[1:]:
        raise BadInput(f"{where}: pictures to train and to test on are of different sizes")
    return Pictures(images, labels, digest.hexdigest())


def _from_archive(path: Path, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise BadInput(f"{where}: unpacks to more than 2 GiB")
        with np.load(path, allow_pickle=False) as arrays:
            images = {part: arrays[names[1]] for part, names in PARTS.items()}
            labels = {part: arrays[names[2]] for part, names in PARTS.items()}
    except KeyError as error:
        raise BadInput(f"{where}: lacks an array of x_train, y_train, x_test, y_test") from error
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise BadInput(f"{where}: is no .npz file of plain arrays: {error}") from error
    return images, labels


def _idx(path: Path, content: bytes) -> npt.NDArray[Any]:
    """An array in IDX form: two zeros, a type (8: bytes), the number of axes, their lengths, the bytes."""
    if path.suffix == ".gz":
        import gzip

        try:
            with gzip.open(path) as file:
                content = file.read(MOST_BYTES + 1)
        except (EOFError, gzip.BadGzipFile, OSError) as error:
            raise BadInput(f"{visible(path.name)}: is no whole packed file: {error}") from error
    axes = content[3] if len(content) > 3 else 0
    if content[:3] != b"\0\0\x08" or axes not in (1, 3) or len(content) < 4 + 4 * axes:
        raise BadInput(f"{visible(path.name)}: is no IDX file of bytes")
    shape = tuple(np.frombuffer(content, ">u4", axes, 4).tolist())
    size = int(np.prod(shape, dtype=object))
    if len(content) != 4 + 4 * axes + size:
        raise BadInput(
            f"{visible(path.name)}: promises {size:,} bytes, holds {len(content) - 4 - 4 * axes:,}"
        )
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _require_pictures(images: npt.NDArray[Any], labels: npt.NDArray[Any], where: str) -> None:
    if images.ndim != 3 or images.dtype != np.uint8 or not len(images):
        raise BadInput(f"{where}: wants pictures in bytes (picture, row, column)")
    if labels.shape != images.shape[:1]:
        raise BadInput(f"{where}: has {len(images)} pictures and {labels.size} labels")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 9:
        raise BadInput(f"{where}: labels must be from 0 to 9")
