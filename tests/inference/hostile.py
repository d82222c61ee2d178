"""Files that mean harm, or are broken in ways of their own: each a name and a function that writes it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.inference.graphs import SIDE, Array, save
from tests.inference.test_families import v8_columns, v10_table

Write = Callable[[Path], object]
_FLOAT = TensorProto.FLOAT


def graph(
    file: Path,
    nodes: list[Any],
    *,
    shape: tuple[Any, ...] = (1, 3, SIDE, SIDE),
    outputs: Mapping[str, Any] = {"output": None},
    weights: Mapping[str, Array] = {},
    kind: int = _FLOAT,
    opset: int = 17,
) -> None:
    """A model of these nodes from `image` to the outputs."""
    image = helper.make_tensor_value_info("image", kind, list(shape))
    declared = [helper.make_tensor_value_info(name, _FLOAT, dims) for name, dims in outputs.items()]
    made = helper.make_graph(
        nodes, "g", [image], declared, [numpy_helper.from_array(a, name) for name, a in weights.items()]
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.example", 1)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=8)
    file.write_bytes(model.SerializeToString())


def node(operator: str, inputs: list[str], output: str = "output", **attributes: Any) -> Any:
    return helper.make_node(operator, inputs, [output], **attributes)


def text(data: bytes) -> Write:
    return lambda file: file.write_bytes(data)


def truncated(share: float) -> Write:
    def write(file: Path) -> None:
        data = save(file, v8_columns()).read_bytes()
        file.write_bytes(data[: int(len(data) * share)])

    return write


def flipped(seed: int) -> Write:
    def write(file: Path) -> None:
        data = bytearray(save(file, v10_table()).read_bytes())
        random = np.random.default_rng(seed)
        for at in random.integers(0, len(data), 60):
            data[at] = int(random.integers(0, 256))
        file.write_bytes(bytes(data))

    return write


def outside(place: str) -> Write:
    """Weights in a file that is missing, or is none of the model's business."""

    def write(file: Path) -> None:
        save(file, v8_columns())
        model = onnx.load(str(file))
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", place), ("offset", "0"), ("length", "4096")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        file.write_bytes(model.SerializeToString())

    return write


def sized(*shape: Any) -> Write:
    return lambda file: save(file, v8_columns(), shape=shape)


def giving(*values: float, columns: int = 6, rows: int = 300) -> Write:
    """A table that holds these values over and over."""
    table = np.resize(np.array(values, np.float32), (1, rows, columns))
    return lambda file: save(file, {"output0": table})


def shaped(*shape: int) -> Write:
    return lambda file: save(file, {"output0": np.zeros(shape, np.float32)})


def endless(file: Path) -> None:
    body = helper.make_graph(
        [node("Identity", ["go"], "still"), node("Add", ["x", "x"], "more")],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", _FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("more", _FLOAT, None),
        ],
    )
    weights = {"n": np.array(2**62, np.int64), "true": np.array(True)}
    graph(file, [helper.make_node("Loop", ["n", "true", "image"], ["output"], body=body)], weights=weights)


def nested(depth: int) -> Write:
    """Branches in branches."""

    def write(file: Path) -> None:
        inner = helper.make_graph(
            [node("Identity", ["image"], "b0")], "g0", [], [helper.make_tensor_value_info("b0", _FLOAT, None)]
        )
        for n in range(1, depth):
            branch = (
                helper.make_node("If", ["true"], [f"b{n}"], then_branch=inner, else_branch=inner)
                if n < 8
                else (helper.make_node("If", ["true"], [f"b{n}"], then_branch=inner, else_branch=_small(n)))
            )
            inner = helper.make_graph(
                [branch], f"g{n}", [], [helper.make_tensor_value_info(f"b{n}", _FLOAT, None)]
            )
        last = helper.make_node("If", ["true"], ["output"], then_branch=inner, else_branch=inner)
        graph(file, [last], weights={"true": np.array(True)})

    return write


def _small(n: int) -> Any:
    name = f"e{n}"
    return helper.make_graph(
        [node("Identity", ["image"], name)], name, [], [helper.make_tensor_value_info(name, _FLOAT, None)]
    )


def many_outputs(file: Path) -> None:
    names = [f"o{n}" for n in range(3000)]
    graph(file, [node("Identity", ["image"], name) for name in names], outputs=dict.fromkeys(names))


def bomb(operator: str, *shape: int) -> Write:
    """An array far larger than any memory."""
    weights = {"shape": np.array(shape, np.int64)}
    inputs = ["shape"] if operator == "ConstantOfShape" else ["image", "shape"]
    return lambda file: graph(file, [node(operator, inputs)], weights=weights)


def named(names: str) -> Write:
    return lambda file: save(file, v8_columns(), metadata={"names": names})


def zipped(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.onnx", b"\0" * 1_000_000)


def hostile() -> Iterator[tuple[str, Write]]:
    """All of them."""
    for n in range(10):
        yield f"truncated_{n}", truncated(0.05 + n / 10.6)
    for n in range(12):
        yield f"flipped_{n}", flipped(n)
    yield "empty", text(b"")
    yield "html", text(b"<!DOCTYPE html><html>Sign in</html>")
    yield "lfs", text(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    yield "png", text(b"\x89PNG\r\n\x1a\n" + b"\0" * 900)
    yield "noise", text(np.random.default_rng(3).bytes(50_000))
    yield "zeros", text(b"\0" * 200_000)
    yield "zip", zipped
    for name, place in (
        ("missing", "weights.bin"), ("above", "../../secret.bin"), ("absolute", "/etc/passwd"),
        ("odd", "a\0b"), ("folder", "."),
    ):  # fmt: skip
        yield f"weights_{name}", outside(place)
    for name, shape in (
        ("zero", (1, 3, 0, 0)), ("one", (1, 3, 1, 1)), ("odd", (1, 3, 7, 9)), ("wide", (1, 3, 2, 8000)),
        ("huge", (1, 3, 100_000, 100_000)), ("channels", (1, 4, SIDE, SIDE)), ("five", (1, 1, 3, SIDE, SIDE)),
        ("scalar", ()), ("batch", (64, 3, SIDE, SIDE)),
    ):  # fmt: skip
        yield f"input_{name}", sized(*shape)
    yield "nan", giving(float("nan"))
    yield "infinite", giving(float("inf"), 0.5)
    yield "far", giving(1e30, 1e30, 2e30, 2e30, 0.9, 1)
    yield "inside_out", giving(200, 200, 100, 100, 0.9, 0)
    yield "negative", giving(-5000, -5000, -10, -10, 0.9, 2)
    yield "labels_beyond", giving(10, 10, 50, 50, 0.9, 1e9)
    for shape in ((1, 0, 6), (0, 6), (1,), (1, 1), (1, 300, 2), (1, 3, 3, 3, 3, 3)):
        yield f"output_{'x'.join(map(str, shape))}", shaped(*shape)
    yield "endless", endless
    yield "nested", nested(20)
    yield "many_outputs", many_outputs
    yield "constant_bomb", bomb("ConstantOfShape", 1, 400_000, 40_000)
    yield "expand_bomb", bomb("Expand", 4000, 3, SIDE, SIDE)
    yield "tile_bomb", bomb("Tile", 1, 1, 3000, 3000)
    yield "unknown_operator", lambda file: graph(file, [node("Frobnicate", ["image"])])
    yield "custom_operator", lambda file: graph(file, [node("Own", ["image"], domain="com.example")])
    yield "future", lambda file: graph(file, [node("Identity", ["image"])], opset=99)
    yield "cycle", lambda file: graph(file, [node("Add", ["image", "output"])])
    yield "strings", lambda file: graph(file, [node("Identity", ["image"])], kind=TensorProto.STRING)
    yield "many_names", named(str([f"name {n}" for n in range(100_000)]))
    yield "odd_names", named("{0: 'a\x00b', 'x': 3, 99999999999: '\U0001f600'}")
    yield "deep_names", named("[" * 20_000)
