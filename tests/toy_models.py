"""Small ONNX detectors of the NanoDet family, healthy and faulty, made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hitl_desktop.inference.model_card import file_hash

SIDE, STRIDES, CLASSES, BINS = 64, (8, 16, 32), ("cup", "fork", "spoon"), 8
IMAGE = [1, 3, SIDE, SIDE]


def toy(
    file: Path,
    *,
    score: float = 0.9,
    input_type: int = TensorProto.FLOAT,
    shape: Sequence[int | str] = tuple(IMAGE),
    inputs: int = 1,
    output_rank: int = 3,
    cells: int = 0,
    without: str = "",
    endless: bool = False,
    ir: int = 8,
    opset: int = 17,
    mean: Sequence[float] = (0, 0, 0),
    std: Sequence[float] = (1, 1, 1),
    weights_beside: bool = False,
) -> Path:
    """A model and its card: one cup of `score` in the middle of the image, NaN where the image is all
    black."""
    nodes = [
        helper.make_node("Cast", ["picture"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["brightness"], keepdims=0),
        helper.make_node("Div", ["brightness", "brightness"], ["one"]),  # 0 / 0 is NaN
    ]
    constants, outputs = [], []
    if endless:
        nodes.append(_endless())
        constants += [
            numpy_helper.from_array(np.int64(2**60), "times"),
            numpy_helper.from_array(np.array(True), "go"),
        ]
    for stride in STRIDES:
        count = (SIDE // stride) ** 2 + cells
        scores = np.zeros((1, count, len(CLASSES)), np.float32)
        if stride == 32:
            scores[0, 0, 0] = score
        sides = np.zeros((1, count, 4, BINS), np.float32)
        sides[..., 1] = 50  # one stride to each side
        arrays = {
            f"cls_pred_stride_{stride}": scores,
            f"dis_pred_stride_{stride}": sides.reshape(1, count, -1),
        }
        for name, array in arrays.items():
            if name == without:
                continue
            constants.append(
                numpy_helper.from_array(array if output_rank == 3 else array[0], f"{name}_values")
            )
            nodes.append(helper.make_node("Mul", [f"{name}_values", "ended" if endless else "one"], [name]))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    takes = [
        helper.make_tensor_value_info("picture" if n == 0 else f"more_{n}", input_type, shape)
        for n in range(inputs)
    ]
    if not inputs:
        constants.append(numpy_helper.from_array(np.ones(IMAGE, np.float32), "picture"))
    graph = helper.make_graph(nodes, "toy", takes, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    beside = {"save_as_external_data": True, "location": f"{file.stem}.data", "size_threshold": 0}
    onnx.save(model, str(file), **(beside if weights_beside else {}))
    write_card(file, mean=mean, std=std)
    return file


def write_card(file: Path, *, mean: Sequence[float] = (0, 0, 0), std: Sequence[float] = (1, 1, 1)) -> None:
    """The card beside a model file."""
    file.with_suffix(".toml").write_text(
        f"""name = "{file.stem}"
title = "{file.stem}"
task = "detect"
family = "nanodet"
file = "{file.name}"
sha256 = "{file_hash(file)}"
license = "none"
classes = {list(CLASSES)}
[input]
size = [{SIDE}, {SIDE}]
mean = {list(mean)}
std = {list(std)}
[decode]
strides = {list(STRIDES)}
"""
    )


def _endless() -> onnx.NodeProto:
    """A loop that never leaves by itself, from "one" to "ended"."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_on"], ["goes_on"]),
            helper.make_node("Add", ["value", "value"], ["twice"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("twice", TensorProto.FLOAT, []),
        ],
    )
    return helper.make_node("Loop", ["times", "go", "one"], ["ended"], body=body)
