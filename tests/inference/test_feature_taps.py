"""Where a foreign graph can be tapped: found by walking it, verified at other input sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hitl_desktop.inference.features import open_features
from hitl_desktop.inference.model_card import DecodeSpec, InputSpec, ModelCard, file_hash
from hitl_desktop.inference.recognition.feature_taps import BACKBONE, find_taps, tapped
from hitl_desktop.inference.recognition.probe import bundled_photos, probe
from tests.inference.test_foreign import FOREIGN

SIDE = 320
PHOTO = bundled_photos()[0]


def network(file: Path, *, shuffles: bool = False, fixed: bool = False) -> ModelCard:
    """Three blocks at strides 8, 16 and 32; between two of them channels may be shuffled, as in ShuffleNet, with
    height and width written into the graph, or positions of a fixed number added, as in transformers."""
    random = np.random.default_rng(1)
    weights: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def constant(name: str, values: np.ndarray) -> str:
        weights.append(numpy_helper.from_array(values, name))
        return name

    value, channels = "image", 3
    for stride, step in ((8, 8), (16, 2), (32, 2)):
        kernel = constant(f"w{stride}", random.normal(0, 0.2, (32, channels, step, step)).astype(np.float32))
        nodes.append(helper.make_node("Conv", [value, kernel], [f"c{stride}"], strides=[step, step]))
        nodes.append(helper.make_node("Relu", [f"c{stride}"], [f"r{stride}"]))
        value, channels, cells = f"r{stride}", 32, SIDE // stride
        if stride == 8 and shuffles:
            groups = constant("groups", np.array([1, 2, 16, cells, cells], np.int64))
            whole = constant("whole", np.array([1, 32, cells, cells], np.int64))
            nodes += [
                helper.make_node("Reshape", [value, groups], ["split"]),
                helper.make_node("Transpose", ["split"], ["mixed"], perm=[0, 2, 1, 3, 4]),
                helper.make_node("Reshape", ["mixed", whole], ["shuffled"]),
            ]
            value = "shuffled"
        if stride == 8 and fixed:
            places = constant("places", np.ones((1, 32, cells, cells), np.float32))
            nodes.append(helper.make_node("Add", [value, places], ["placed"]))
            value = "placed"
    shape = constant("shape", np.array([1, 32, (SIDE // 32) ** 2], np.int64))
    nodes.append(helper.make_node("Reshape", [value, shape], ["output"]))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 32, (SIDE // 32) ** 2])
    graph = helper.make_graph(nodes, "g", [image], [output], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(file))
    spec = InputSpec((SIDE, SIDE), (0.0, 0.0, 0.0), (255.0, 255.0, 255.0))
    decode = DecodeSpec(outputs=("output",))
    return ModelCard("toy", "Toy", "detect", "rows", file, file_hash(file), "", spec, "", ("a",), decode)


@pytest.mark.parametrize("shuffles", [False, True])
def test_the_last_activation_of_each_stride_is_tapped_at_any_input_size(
    shuffles: bool, tmp_path: Path
) -> None:
    card = network(tmp_path / "toy.onnx", shuffles=shuffles)
    (taps,) = find_taps(card, PHOTO)
    assert taps == (BACKBONE, ("r8", "r16", "r32"), (8, 16, 32))
    net = open_features(tapped(card, taps), threads=1)
    assert net.width == 96
    for side in (256, 416):
        grid = net.cells(PHOTO, side)
        assert (grid.columns, grid.rows, grid.stride) == (side // 8, side // 8, 8.0)
        assert grid.features.shape == ((side // 8) ** 2, 96)


def test_cells_are_those_of_the_graph_itself_at_its_own_size(tmp_path: Path) -> None:
    plain = network(tmp_path / "plain.onnx")
    mixed = network(tmp_path / "mixed.onnx", shuffles=True)
    both = [
        open_features(tapped(c, find_taps(c, PHOTO)[0]), threads=1).cells(PHOTO, SIDE) for c in (plain, mixed)
    ]
    assert np.array_equal(both[0].features[:, :32], both[1].features[:, :32])
    assert not np.allclose(both[0].features[:, 32:], both[1].features[:, 32:])  # the channels were shuffled


def test_a_graph_that_works_at_one_size_only_has_no_taps(tmp_path: Path) -> None:
    assert find_taps(network(tmp_path / "toy.onnx", fixed=True), PHOTO) == []


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the detectors of others are not here")
@pytest.mark.parametrize(
    "name",
    ["deimv2_atto_coco_int8", "fastestdet_coco", "nanodet_m_320", "picodet_layout_cdla", "yolox_person192"],
)
def test_real_detectors_have_taps(name: str) -> None:
    kinds = [taps.kind for taps in find_taps(probe(FOREIGN / f"{name}.onnx").card, PHOTO)]
    assert kinds == ["backbone", "last"]
