"""Why a graph that runs is no detector."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.families.outputs import Array, Arrays, Size
from hitl_desktop.translation import tr

_COLOURS = 3


def gives_image(name: str) -> ModelError:
    """The graph turns an image into another one."""
    return ModelError(
        tr("{name} is no detector: it turns an image into another image.", name=name),
        hint=tr("Choose a model that gives boxes."),
    )


class Refusal(NamedTuple):
    """Why a graph is refused; `may_be_detector` where it is only of no known family."""

    error: ModelError
    may_be_detector: bool = False


def refusal(name: str, arrays: Arrays, size: Size) -> Refusal:
    """What a graph gives instead of boxes."""
    hint = tr("Choose a model that gives boxes, or write a card {name}.toml for it.", name=Path(name).stem)
    found = _batch(name, arrays) or _nothing(name, arrays)
    if found is None:
        reasons = [_of_one(name, array, size, hint) for array in arrays.values()]
        found = reasons[0] if reasons and None not in reasons else None
    if found is not None:
        return Refusal(found)
    shapes = ", ".join(f"{n} {list(a.shape)}" for n, a in list(arrays.items())[:6])
    error = ModelError(
        tr(
            "The outputs of {name} are those of no known kind of detector: {shapes}.",
            name=name,
            shapes=shapes,
        ),
        hint=hint,
    )
    return Refusal(error, may_be_detector=True)


def _batch(name: str, arrays: Arrays) -> ModelError | None:
    batches = {a.shape[0] if a.ndim > 2 else 1 for a in arrays.values()}
    is_sequence = any(a.ndim > 2 and a.shape[1] == 1 for a in arrays.values())  # of steps before the batch
    if len(batches) != 1 or is_sequence or (batch := batches.pop()) < 2:
        return None
    return ModelError(
        tr("{name} takes {n} images at once.", name=name, n=batch),
        hint=tr("Export it for one image, or with a free batch size."),
    )


def _nothing(name: str, arrays: Arrays) -> ModelError | None:
    if all(a.size for a in arrays.values()):
        return None
    return ModelError(
        tr("{name} found nothing on the probe images, so what its outputs are cannot be seen.", name=name),
        hint=tr("Probe it with images that show its objects: --images FOLDER, or add it in an open project."),
    )


def _of_one(name: str, array: Array, size: Size, hint: str) -> ModelError | None:
    """Of a graph with one output: an image, numbers for each pixel, or for the image as a whole."""
    if array.ndim == 4:
        _, *sides = array.shape
        for rows, columns, channels in ((sides[1], sides[2], sides[0]), sides):
            if rows < size[1] // 4 or columns < size[0] // 4:
                continue
            if channels == _COLOURS:
                return gives_image(name)
            if channels < rows:
                return ModelError(
                    tr(
                        "{name} is no detector: it gives {channels} numbers for each pixel, as networks "
                        "for segmentation do.",
                        name=name,
                        channels=channels,
                    ),
                    hint=hint,
                )
    if array.size != max(array.shape, default=1):
        return None
    return ModelError(
        tr(
            "{name} is no detector: it gives {n} numbers for the image as a whole, as classifiers "
            "and encoders do.",
            name=name,
            n=array.size,
        ),
        hint=hint,
    )
