"""Why a graph that runs is no detector."""

from __future__ import annotations

from pathlib import Path

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.families.outputs import Arrays, Size
from hitl_desktop.translation import tr

_COLOURS = 3


def gives_image(name: str) -> ModelError:
    """The graph turns an image into another one."""
    return ModelError(
        tr("{name} is no detector: it turns an image into another image.", name=name),
        hint=tr("Choose a model that gives boxes."),
    )


def refusal(name: str, arrays: Arrays, size: Size) -> ModelError:
    """What a graph gives instead of boxes."""
    hint = tr("Choose a model that gives boxes, or write a card {name}.toml for it.", name=Path(name).stem)
    shapes = ", ".join(f"{n} {list(a.shape)}" for n, a in list(arrays.items())[:6])
    maps = [a for a in arrays.values() if a.ndim == 4]
    for a in maps:
        for rows, columns, channels in (
            (a.shape[2], a.shape[3], a.shape[1]),
            (a.shape[1], a.shape[2], a.shape[3]),
        ):
            if len(arrays) == 1 and rows >= size[1] // 4 and columns >= size[0] // 4:
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
    batches = {a.shape[0] for a in arrays.values() if a.ndim > 1}
    if len(batches) == 1 and (batch := batches.pop()) > 1 and all(a.ndim > 2 for a in arrays.values()):
        return ModelError(
            tr("{name} takes {n} images at once.", name=name, n=batch),
            hint=tr("Export it for one image, or with a free batch size."),
        )
    if any(a.size == 0 for a in arrays.values()):
        return ModelError(
            tr(
                "{name} found nothing on the probe images, so what its outputs are cannot be seen.", name=name
            ),
            hint=tr("Probe it on images of its objects: --images FOLDER, or in an open project."),
        )
    if len(arrays) == 1:
        (array,) = arrays.values()
        if array.size == max(array.shape, default=1):
            return ModelError(
                tr(
                    "{name} is no detector: it gives {n} numbers for the image as a whole, as classifiers "
                    "and encoders do.",
                    name=name,
                    n=array.size,
                ),
                hint=hint,
            )
    return ModelError(
        tr(
            "The outputs of {name} are those of no known kind of detector: {shapes}.",
            name=name,
            shapes=shapes,
        ),
        hint=hint,
    )
