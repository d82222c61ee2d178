"""Contracts of families with priors, and of exporters with their own shapes: boxes by hand, read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hitl_desktop.inference.families import prior_boxes
from hitl_desktop.inference.registry import load_detector
from tests.inference.graphs import CLASSES, SIDE, THINGS, Array, cells, dense, f32, logit, owners, save
from tests.inference.test_families import check, corners_of, grey, read

Outputs = Mapping[str, NDArray[np.generic]]
_STRIDES = (8, 16, 32)


def _offsets(priors: Array, classes: int, *, background: float) -> tuple[Array, Array]:
    """[N, 4] offsets from priors in x, y, width, height, and [N, 1 + classes] chances."""
    offsets, scores = np.zeros((len(priors), 4)), np.full((len(priors), 1 + classes), 0.01)
    scores[:, 0] = background
    for thing in THINGS:
        wanted = np.array(thing.centre) / SIDE
        for n in np.argsort(np.abs(priors - wanted).sum(axis=1))[:2]:
            offsets[n, :2] = (wanted[:2] - priors[n, :2]) / (0.1 * priors[n, 2:])
            offsets[n, 2:] = np.log(wanted[2:] / priors[n, 2:]) / 0.2
            scores[n, 0], scores[n, 1 + thing.label % classes] = 1 - thing.score, thing.score
    return offsets, scores


def ssd_of_tensorflow() -> Outputs:
    offsets, scores = _offsets(prior_boxes.tensorflow((SIDE, SIDE)), CLASSES, background=0.01)
    return {
        "box_encodings": f32(offsets[None, :, None, [1, 0, 3, 2]]),
        "class_predictions": f32(logit(scores)[None]),
    }


def yolov4() -> Outputs:
    _, boxes, scores = dense(_STRIDES, 3)
    return {"boxes": f32(corners_of(boxes)[None, :, None] / SIDE), "confs": f32(scores[None])}


def yolov6() -> Outputs:
    _, boxes, scores = dense(_STRIDES)
    return {"outputs": f32(np.concatenate([boxes, np.ones((len(boxes), 1)), scores], axis=1)[None])}


def damo_yolo() -> Outputs:
    _, boxes, scores = dense(_STRIDES)
    return {"output": f32(scores[None]), "958": f32(corners_of(boxes)[None])}


def faster_rcnn_of_the_zoo() -> Outputs:
    """Boxes in pixels, labels from 1 on."""
    return {
        "6379": f32([t.corners for t in THINGS]),
        "6381": np.array([t.label + 1 for t in THINGS], np.int64),
        "6383": f32([t.score for t in THINGS]),
    }


def rf_detr() -> Outputs:
    """Three hundred queries, boxes as shares, logits without softmax."""
    boxes, scores = np.full((300, 4), 0.5), np.full((300, CLASSES), 0.003)
    for row, thing in enumerate(THINGS):
        boxes[7 * row], scores[7 * row, thing.label] = np.array(thing.centre) / SIDE, thing.score
    return {"dets": f32(boxes[None]), "labels": f32(logit(scores)[None])}


def d_fine() -> Outputs:
    """Post-processed: labels, boxes and scores of three hundred queries."""
    labels, boxes, scores = np.zeros((1, 300), np.int64), np.zeros((1, 300, 4)), np.full((1, 300), 0.01)
    for row, thing in enumerate(THINGS):
        labels[0, row], boxes[0, row], scores[0, row] = thing.label, thing.corners, thing.score
    return {"labels": labels, "boxes": f32(boxes), "scores": f32(scores)}


def fastestdet() -> Outputs:
    """One map at stride 16: objectness, a box, classes that sum to 1."""
    places = cells((16,))
    rows = np.zeros((len(places), 5 + CLASSES))
    rows[:, 0], rows[:, 5:], rows[:, 3:5] = 0.001, 1 / CLASSES, -4
    for thing in THINGS:
        x, y, w, h = thing.centre
        column, line = int(x // 16), int(y // 16)
        row = line * (SIDE // 16) + column
        rows[row, 0], rows[row, 5:] = thing.score, 0.01
        rows[row, 5 + thing.label] = 1 - 0.01 * (CLASSES - 1)
        rows[row, 1:3] = np.arctanh([x / 16 - column, y / 16 - line])
        rows[row, 3:5] = logit(np.array([w, h]) / SIDE)
    side = SIDE // 16
    return {"output": f32(rows.T.reshape(1, -1, side, side))}


def ultraface() -> Outputs:
    offsets, scores = _offsets(prior_boxes.ultraface((SIDE, SIDE)), 1, background=0.99)
    return {"scores": f32(scores[None]), "boxes": f32(offsets[None])}


def ultraface_decoded() -> Outputs:
    priors = prior_boxes.ultraface((SIDE, SIDE))
    boxes, scores = priors.copy(), np.full((len(priors), 2), [0.99, 0.01])
    for thing in THINGS:
        n = int(np.argmin(np.abs(priors - np.array(thing.centre) / SIDE).sum(axis=1)))
        boxes[n], scores[n] = np.array(thing.centre) / SIDE, (1 - thing.score, thing.score)
    return {"scores": f32(scores[None]), "boxes": f32(corners_of(boxes)[None])}


def blaze_of_mediapipe() -> Outputs:
    """Offsets in pixels from cells, with key points; logits."""
    priors = prior_boxes.blaze(((8, 2), (16, 6)))((SIDE, SIDE))
    boxes, scores = np.full((len(priors), 18), 1.0), np.full((len(priors), 1), 0.001)
    for thing in THINGS:
        x, y, w, h = thing.centre
        for n in np.argsort(np.hypot(*(priors[:, :2] * SIDE - [x, y]).T))[:2]:
            boxes[n, :4] = (x - priors[n, 0] * SIDE, y - priors[n, 1] * SIDE, w, h)
            scores[n] = thing.score
    return {"regressors": f32(boxes[None]), "classificators": f32(logit(scores)[None])}


def yunet() -> Outputs:
    """Class, objectness, box and landmarks for each stride."""
    places = cells(_STRIDES)
    rows, scores = np.zeros((len(places), 4)), np.full((len(places), 1), 0.001)
    for row, thing in owners(places, 0.0).items():
        x, y, w, h = np.array(thing.centre) / places[row, 2]
        rows[row], scores[row] = (x - places[row, 0], y - places[row, 1], np.log(w), np.log(h)), thing.score
    parts = {"cls": scores, "obj": scores, "bbox": rows, "kps": np.zeros((len(places), 10))}
    return {
        f"{name}_{stride}": f32(part[places[:, 2] == stride][None])
        for name, part in parts.items()
        for stride in _STRIDES
    }


OF_CLASSES: tuple[Callable[[], Outputs], ...] = (
    ssd_of_tensorflow, yolov4, yolov6, damo_yolo, faster_rcnn_of_the_zoo, rf_detr, d_fine, fastestdet,
)  # fmt: skip
OF_ONE: tuple[Callable[[], Outputs], ...] = (ultraface, ultraface_decoded, blaze_of_mediapipe, yunet)


@pytest.mark.parametrize("layout", OF_CLASSES, ids=lambda layout: layout.__name__)
def test_a_layout_is_recognised_and_decoded(layout: Callable[[], Outputs], tmp_path: Path) -> None:
    done = read(save(tmp_path / "model.onnx", layout(), metadata={"names": "{0: 'a', 1: 'b', 2: 'c'}"}))
    assert done.candidates[0].card.classes == ("a", "b", "c")
    check(done)


@pytest.mark.parametrize("layout", OF_ONE, ids=lambda layout: layout.__name__)
def test_a_layout_of_one_class_is_recognised_and_decoded(
    layout: Callable[[], Outputs], tmp_path: Path
) -> None:
    done = read(save(tmp_path / "model.onnx", layout()))
    assert len(done.candidates[0].card.classes) == 1
    found = load_detector(done.candidates[0].card).predict([grey()])[0]
    sure = found.bboxes[found.scores[:, 0] >= 0.5]
    wanted = [(t.corners[0], t.corners[1], t.centre[2], t.centre[3]) for t in THINGS]
    assert np.array(sorted(sure.round().tolist())) == pytest.approx(np.array(sorted(wanted)), abs=2)


def test_text_is_where_a_map_of_it_is_sure(tmp_path: Path) -> None:
    """A word of 100 x 20 pixels in a map of shrunk text: its box is grown by area x 1.5 / perimeter."""
    chances = np.zeros((1, 1, SIDE, SIDE), np.float32)
    chances[0, 0, 100:121, 60:161] = 0.9
    done = read(save(tmp_path / "model.onnx", {"maps": chances}))
    found = load_detector(done.candidates[0].card).predict([grey()])[0]
    grown = 100 * 20 * 1.5 / (2 * (100 + 20))
    box = (60 - grown, 100 - grown, 101 + 2 * grown, 21 + 2 * grown)
    assert found.bboxes[0] == pytest.approx(box, abs=1.5)
