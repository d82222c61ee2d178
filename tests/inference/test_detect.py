"""What comes out of a detector is checked, whoever made it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.detect import detect
from hitl_desktop.inference.registry import Detector, find_card, load_detector
from hitl_desktop.progress import NoProgress
from tests.toy_models import toy, write_card

IMAGE = np.full((50, 80, 3), 90, np.uint8)
GOOD = [10.0, 10, 20, 20]


def constant(file: Path, boxes: ArrayLike, scores: ArrayLike, box_type: str = "float32") -> Detector:
    """A detector of the taught family that finds the same boxes on every image."""
    graph = helper.make_graph(
        [],
        "constant",
        [helper.make_tensor_value_info("picture", TensorProto.UINT8, ["h", "w", 3])],
        [
            helper.make_tensor_value_info("boxes", helper.np_dtype_to_tensor_dtype(np.dtype(box_type)), None),
            helper.make_tensor_value_info("class_scores", TensorProto.FLOAT, [None, 3]),
        ],
        [
            numpy_helper.from_array(np.array(boxes, box_type), "boxes"),
            numpy_helper.from_array(np.array(scores, np.float32).reshape(-1, 3), "class_scores"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(file))
    write_card(file)
    card = file.with_suffix(".toml")
    card.write_text(card.read_text().replace('"nanodet"', '"taught"'))
    return load_detector(find_card(str(file)), threads=1)


@pytest.mark.parametrize("box_type", ["float32", "float16", "float64"])
def test_boxes_come_best_first_and_inside_the_image(tmp_path: Path, box_type: str) -> None:
    boxes = [GOOD, [70, 40, 30, 30], [5, 5, 0, 9]]
    detector = constant(tmp_path / "mine.onnx", boxes, [[0.5, 0, 0], [0, 1.004, 0], [0, 0, 0.7]], box_type)
    found = detect(detector, IMAGE, NoProgress())
    assert found.bboxes.tolist() == [[70, 40, 10, 10], GOOD]
    assert found.scores.tolist() == [[0, 1, 0], [0.5, 0, 0]]


def test_nothing_found_is_no_fault(tmp_path: Path) -> None:
    found = detect(constant(tmp_path / "mine.onnx", np.zeros((0, 4)), []), IMAGE, NoProgress())
    assert (found.bboxes.shape, found.scores.shape) == ((0, 4), (0, 3))


@pytest.mark.parametrize(
    ("boxes", "scores", "words"),
    [
        ([[10, 10, 1e30, 20]], [[0.9, 0, 0]], "do not lie on the image"),
        ([[-500, 10, 20, 20]], [[0.9, 0, 0]], "do not lie on the image"),
        ([[40, 10, -20, 20]], [[0.9, 0, 0]], "do not lie on the image"),
        ([[float("nan"), 10, 20, 20]], [[0.9, 0, 0]], "NaN or infinity"),
        ([[10, 10, float("inf"), 20]], [[0.9, 0, 0]], "NaN or infinity"),
        ([GOOD], [[12.5, 0, 0]], "scores from 0 to 12.5, which are not probabilities"),
        ([GOOD], [[-3, 0, 0]], "scores from -3 to 0"),
        ([GOOD, GOOD], [[0.9, 0, 0]], r"gave boxes \[2, 4\] and scores \[1, 3\]"),
        ([GOOD[:3]], [[0.9, 0, 0]], r"gave boxes \[1, 3\]"),
    ],
)
def test_impossible_boxes_and_scores_are_refused(
    tmp_path: Path, boxes: list[list[float]], scores: list[list[float]], words: str
) -> None:
    detector = constant(tmp_path / "mine.onnx", boxes, scores)
    with pytest.raises(ModelError, match=words) as raised:
        detect(detector, IMAGE, NoProgress())
    assert raised.value.hint


def test_a_damaged_model_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    detector = constant(tmp_path / "mine.onnx", [GOOD], [[0.9, 0, 0]])
    data = detector.card.file.read_bytes()
    for changed in (
        data.replace(b"constant", b"\x96onstant"),
        data.replace(b"boxes", b"b\xa1xes", 1),
        data[:-40],
    ):
        detector.card.file.write_bytes(changed)
        detector.card.file.with_suffix(".toml").unlink(missing_ok=True)
        with pytest.raises(ModelError):
            find_card(str(detector.card.file))
    assert capfd.readouterr() == ("", "")


def test_each_image_has_its_own_limit_of_time(tmp_path: Path) -> None:
    detector = load_detector(find_card(str(toy(tmp_path / "mine.onnx", endless=True))), threads=1)

    def words(_: int) -> str:
        with pytest.raises(ModelError) as caught:
            detect(detector, IMAGE, NoProgress(), longest=0.3)
        return caught.value.message

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(words, range(3))) == {"mine did not finish within 0.3 seconds on one image."}
