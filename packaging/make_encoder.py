"""Make the bundled encoder of crops: MobileNetV2 cut off in its middle, pooled in parts, and projected.

    python packaging/make_encoder.py mobilenetv2_224.onnx resources/samples/photos
    resources/models/mobilenetv2_mid.onnx

The last layer of a classifier forgets what its thousand classes share, such as where in a crop something is,
or its texture. Block 13, pooled in 3 by 3 parts, keeps that, and names better what nobody trained for. The
864 numbers are projected to 448, half whitened, along directions from crops of the sample photographs.
Average precision of names over proposals that cover an object, or none, with logistic regression on 5 and 20
taught images (four to five draws):

    vectors                               numbers   bccd        cards last layer, pooled
    1,280   .879 .919   .482 .597 block 13 in 3 by 3 parts                  864   .912 .939   .487 .622 the
    same, half whitened                   512   .908 .933   .482 .628
                                              384   .907 .931   .475 .609
    a random projection of it                 512   .901 .932   .483 .591

A taught image with some ninety crops takes 50 KB with 448 numbers.
"""

from __future__ import annotations

import random
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.utils import Extractor

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.inference.encoder import crop
from hitl_desktop.inference.model_card import read_card
from hitl_desktop.inference.preprocess import prepare

BLOCK, CHANNELS, CELLS, PARTS, WIDTH = 13, 96, 14, 3, 448
CROPS_PER_PHOTO = 400


def main(source: str, photos: str, target: str) -> None:
    """Write the encoder."""
    model = onnx.load(source)
    made_by = {output: node.op_type for node in model.graph.node for output in node.output}
    end = [o for o, operator in made_by.items() if f"/features.{BLOCK}/" in o and operator == "Add"][-1]
    part = Extractor(model).extract_model([model.graph.input[0].name], [end])
    add(part, "Reshape", [end, "cells_shape"], "cells", cells_shape=np.array([-1, CHANNELS, CELLS * CELLS]))
    add(part, "MatMul", ["cells", "parts"], "pooled", parts=pooling())
    add(part, "Flatten", ["pooled"], "flat")
    end_with(part, "flat", CHANNELS * PARTS**2)
    Path(target).write_bytes(part.SerializeToString())  # the card speaks of a file that is there
    card = read_card(Path(target).with_suffix(".toml"))
    session = onnxruntime.InferenceSession(part.SerializeToString())
    crops = (
        each for photo in sorted(Path(photos).iterdir()) for each in random_crops(read_for_models(photo)[1])
    )
    seen = np.concatenate([session.run(None, {"images": prepare(c, card.input)[0][None]})[0] for c in crops])
    _, spread, directions = np.linalg.svd(seen - seen.mean(axis=0), full_matrices=False)
    projection = (directions[:WIDTH] / np.sqrt(spread[:WIDTH, None] / np.sqrt(len(seen)))).T
    add(part, "Cast", ["half"], "projection", to=TensorProto.FLOAT, half=projection.astype(np.float16))
    add(part, "MatMul", ["flat", "projection"], "embedding")
    end_with(part, "embedding", WIDTH)
    onnx.checker.check_model(part)
    Path(target).write_bytes(part.SerializeToString())


def add(
    model: Any, operator: str, inputs: list[str], output: str, to: int | None = None, **constants: Any
) -> None:
    """Append a node to the graph, with the arrays it needs."""
    attributes = {} if to is None else {"to": to}
    model.graph.node.append(helper.make_node(operator, inputs, [output], **attributes))
    for name, array in constants.items():
        model.graph.initializer.append(numpy_helper.from_array(array, name))


def end_with(model: Any, output: str, width: int) -> None:
    """Make this the graph's only output."""
    del model.graph.output[:], model.graph.value_info[:]
    model.graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", width]))


def pooling() -> NDArray[np.float32]:
    """[cells, parts] that take the mean of cells; neighbouring parts share a row of cells where they must."""
    edges = np.linspace(0, CELLS, PARTS + 1)
    spans = [(int(np.floor(a)), int(np.ceil(b))) for a, b in pairwise(edges)]
    columns: list[NDArray[np.float64]] = []
    for top, bottom in spans:
        for left, right in spans:
            plane = np.zeros((CELLS, CELLS))
            plane[top:bottom, left:right] = 1 / ((bottom - top) * (right - left))
            columns.append(plane.ravel())
    return np.stack(columns, axis=1).astype(np.float32)


def random_crops(photo: RgbImage) -> list[RgbImage]:
    """Crops of all sizes and shapes, always the same."""
    rng, (height, width) = random.Random(0), photo.shape[:2]  # noqa: S311 - a draw, not a secret
    boxes: list[BBox] = []
    for _ in range(CROPS_PER_PHOTO):
        size, shape = np.exp(rng.uniform(np.log(24), np.log(300))), np.exp(rng.gauss(0, 0.4))
        w, h = size * shape, size / shape
        boxes.append(
            BBox(rng.uniform(-w / 4, width - 0.75 * w), rng.uniform(-h / 4, height - 0.75 * h), w, h)
        )
    return [crop(photo, box) for box in boxes]


if __name__ == "__main__":
    main(*sys.argv[1:4])
