"""A file is recognised in a process of its own, and what it does there ends there."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hitl_desktop.errors import ModelError
from hitl_desktop.inference import model_library
from hitl_desktop.inference.recognition.probe import FoundBox, preview, probe
from hitl_desktop.inference.registry import find_card, load_detector
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.workflows.detection.models import add_model, known_models, recognise_file
from tests.inference.graphs import SIDE, THINGS, save
from tests.inference.test_families import v8_columns, v10_table


class Cancelled:
    """A progress that was cancelled."""

    def report(self, done: int, total: int, what: str) -> None:
        """Nobody looks at it."""

    def check_cancelled(self) -> None:
        """It was."""
        raise JobCancelled


def endless(file: Path) -> Path:
    """A graph that would loop for days."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Add", ["x", "x"], ["y"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("n", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [1]),
        ],
    )
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
            helper.make_node("Unsqueeze", ["mean", "axes"], ["start"]),
            helper.make_node("Loop", ["many", "true", "start"], ["output"], body=body),
        ],
        "endless",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1])],
        [
            numpy_helper.from_array(np.array(2**60, np.int64), "many"),
            numpy_helper.from_array(np.array(True), "true"),
            numpy_helper.from_array(np.array([0], np.int64), "axes"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(file))
    return file


def test_a_file_is_recognised_and_added(tmp_path: Path) -> None:
    file = save(tmp_path / "mine.onnx", v8_columns())
    (tmp_path / "mine.names").write_text("rbc\nwbc\nplatelets\n")
    result = recognise_file(file, [np.full((SIDE, SIDE, 3), 90, np.uint8)], Quiet())
    assert not result.is_ambiguous
    assert [len(boxes) for boxes in result.findings[0].boxes] == [3]
    card = add_model(result, licence="ours")
    assert card.classes == ("rbc", "wbc", "platelets")
    assert [m.name for m in known_models()][-1] == "mine"
    assert find_card("mine") == card
    assert find_card(str(file)) == card
    assert load_detector(card).predict([np.full((SIDE, SIDE, 3), 90, np.uint8)])[0].bboxes.shape == (3, 4)
    model_library.remove("mine")
    assert "mine" not in [m.name for m in known_models()]
    assert file.is_file()


class Quiet:
    """A progress that nobody looks at."""

    def report(self, done: int, total: int, what: str) -> None:
        """Nothing."""

    def check_cancelled(self) -> None:
        """It was not."""


def test_a_file_without_a_card_is_probed_when_it_is_named(tmp_path: Path) -> None:
    file = save(tmp_path / "table.onnx", v10_table(), metadata={"names": "['a', 'b', 'c']"})
    card = find_card(str(file))
    assert card.family == "table"
    assert card.classes == ("a", "b", "c")


def test_a_model_that_is_another_file_now_is_listed_as_broken(tmp_path: Path) -> None:
    file = save(tmp_path / "mine.onnx", v8_columns())
    add_model(probe(file, [np.zeros((SIDE, SIDE, 3), np.uint8)]))
    save(file, v10_table())
    assert known_models()[-1].problem == "its file is another one now"
    file.unlink()
    assert "is missing" in known_models()[-1].problem


def test_the_same_file_is_added_once_and_two_of_one_name_keep_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    images = [np.zeros((SIDE, SIDE, 3), np.uint8)]
    first = probe(save(tmp_path / "mine.onnx", v8_columns()), images)
    other = probe(save(tmp_path / "a" / "mine.onnx", v10_table()), images)
    assert [add_model(r).name for r in (first, first, other)] == ["mine", "mine", "mine-2"]


def test_one_that_never_ends_is_stopped(tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(ModelError, match="did not finish its probe within 4 seconds"):
        probe(endless(tmp_path / "endless.onnx"), longest=4)
    assert threading.active_count() == before


def test_a_probe_can_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        probe(endless(tmp_path / "endless.onnx"), progress=Cancelled())


@pytest.mark.parametrize("place", ["../weights.bin", "/etc/hostname"])
def test_weights_outside_its_folder_are_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(os.urandom(4))
    folder = tmp_path / "model"
    folder.mkdir()
    file = save(folder / "model.onnx", v8_columns())
    model = onnx.load(str(file))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", place), ("offset", "0"), ("length", "4")):
        tensor.external_data.append(onnx.StringStringEntryProto(key=key, value=value))
    file.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="outside its folder"):
        probe(file)


def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file = save(tmp_path / "model.onnx", v8_columns())
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ModelError, match="damaged or cut off"):
        probe(file)


def of_no_known_kind(file: Path) -> Path:
    """Twenty boxes as corner and size, scores with the classes first, and numbers that mean nothing here."""
    boxes, scores = np.full((20, 4), 3.0), np.full((3, 20), 0.02)
    for row, thing in zip((4, 9, 15), THINGS, strict=True):
        x1, y1, x2, y2 = thing.corners
        boxes[row], scores[thing.label, row] = (x1, y1, x2 - x1, y2 - y1), thing.score
    extra = np.random.default_rng(0).normal(0, 50, (20, 7))
    outputs = {"extra": extra, "where": boxes, "what": scores}
    return save(file, {name: array.astype(np.float32) for name, array in outputs.items()})


def test_outputs_of_no_known_kind_are_guessed_at_and_a_person_is_asked(tmp_path: Path) -> None:
    file = of_no_known_kind(tmp_path / "odd.onnx")
    result = probe(file)
    assert result.is_guess
    assert result.is_ambiguous
    assert result.remarks[0].startswith("Its outputs are of no known kind")
    assert result.outputs == {"extra": (20, 7), "where": (20, 4), "what": (3, 20)}
    forms = {finding.card.decode.boxes: finding for finding in result.findings}
    right = forms["sides"]
    assert right.card.decode.outputs == ("where", "what")
    assert sorted(b.name for b in right.boxes[0]) == ["0", "1", "2"]
    with pytest.raises(ModelError, match="can only be guessed at"):
        find_card(str(file))
    card = add_model(result, list(result.findings).index(right))
    found = load_detector(card).predict([np.zeros((SIDE, SIDE, 3), np.uint8)])[0]
    boxes = {int(s.argmax()): b for b, s in zip(found.bboxes, found.scores, strict=True) if s.max() > 0.3}
    for thing in THINGS:
        x1, y1, x2, y2 = thing.corners
        np.testing.assert_allclose(boxes[thing.label], (x1, y1, x2 - x1, y2 - y1), atol=0.1)


def few_boxes(style: str) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """The things and a few faint boxes: in columns with labels apart, or score first in narrow tables."""
    rows = np.array(
        [[t.score, *t.corners, t.label] for t in THINGS] + [[0.02, 5, 5, 9, 9, 0]] * 3, np.float32
    )
    if style == "columns":
        return {"boxes": rows[:, 1:5].T[None], "scores": rows[:, 0], "labels": rows[:, 5].astype(np.int64)}
    return {"table": rows if style == "table" else rows[:, :5]}


@pytest.mark.parametrize("style", ["columns", "table", "one class"])
def test_boxes_in_an_order_of_their_own_are_among_the_guesses(style: str, tmp_path: Path) -> None:
    result = probe(save(tmp_path / "odd.onnx", few_boxes(style)))
    wanted = sorted(t.corners for t in THINGS)

    def corners(boxes: Sequence[FoundBox]) -> list[tuple[float, ...]]:
        return sorted((x, y, x + w, y + h) for x, y, w, h in (b.bbox for b in boxes))

    grey = [np.zeros((SIDE, SIDE, 3), np.uint8)]
    found = [preview(finding.card, grey, NoProgress()) for finding in result.findings]
    sure = [np.array(corners(f.boxes[0])) for f in found if len(f.boxes[0]) == len(wanted)]
    assert any(np.allclose(boxes, wanted, atol=0.1) for boxes in sure)
    names = {b.name for f in found for b in f.boxes[0]}
    assert (names == {"0"}) == (style == "one class")


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({"depth": np.linspace(0, 1, SIDE * SIDE).reshape(1, SIDE, SIDE)}, "no known kind"),
        ({"age": np.ones((1, 101)), "gender": np.ones((1, 2))}, "numbers for the image as a whole"),
        ({"text": np.random.default_rng(0).normal(size=(40, 1, 66))}, "no known kind"),
        ({"map": np.arange((SIDE // 8) ** 2).reshape(1, SIDE // 8, SIDE // 8)}, "no known kind"),
    ],
    ids=["depth", "two classifiers", "text", "classes by place"],
)
def test_what_has_no_boxes_is_not_guessed_at(
    outputs: dict[str, np.ndarray],
    words: str,
    tmp_path: Path,  # type: ignore[type-arg]
) -> None:
    arrays = {name: array.astype(np.float32) for name, array in outputs.items()}
    with pytest.raises(ModelError, match=words):
        probe(save(tmp_path / "none.onnx", arrays))
