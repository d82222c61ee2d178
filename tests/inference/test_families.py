"""A contract for each family: outputs laid out as its exporters do, the boxes known by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.families import prior_boxes
from hitl_desktop.inference.family_table import FAMILIES
from hitl_desktop.inference.model_card import file_hash
from hitl_desktop.inference.recognition.recognise import Recognised, recognise
from hitl_desktop.inference.registry import load_detector
from tests.inference.graphs import (
    CLASSES,
    SIDE,
    THINGS,
    Array,
    bins,
    by_stride,
    cells,
    dense,
    f32,
    logit,
    maps,
    owners,
    save,
    scores_of,
    sides,
)

Outputs = dict[str, Array]
_V8 = (8, 16, 32)
_ANCHORS = ((10, 13, 16, 30, 33, 23), (30, 61, 62, 45, 59, 119), (116, 90, 156, 198, 373, 326))


def corners_of(boxes: Array) -> Array:
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)


def v8_columns() -> Outputs:
    _, boxes, scores = dense(_V8)
    return {"output0": f32(np.concatenate([boxes, scores], axis=1).T[None])}


def v8_shares() -> Outputs:
    _, boxes, scores = dense(_V8)
    return {"output0": f32(np.concatenate([boxes / SIDE, scores], axis=1).T[None])}


def v8_segment() -> Outputs:
    _, boxes, scores = dense(_V8)
    masks = np.random.default_rng(0).normal(0, 1, (len(boxes), 32))
    prototypes = np.zeros((1, 32, SIDE // 4, SIDE // 4))
    return {
        "output0": f32(np.concatenate([boxes, scores, masks], axis=1).T[None]),
        "output1": f32(prototypes),
    }


def v5_decoded() -> Outputs:
    _, boxes, scores = dense(_V8, 3)
    objects = scores.max(axis=1, keepdims=True)
    classes = np.where(scores == objects, 0.999, 0.02)
    return {"output": f32(np.concatenate([boxes, objects, classes], axis=1)[None])}


def yolox_offsets() -> Outputs:
    places, boxes, scores = dense(_V8)
    stride = places[:, 2:3]
    objects = scores.max(axis=1, keepdims=True)
    classes = np.where(scores == objects, 0.999, 0.02)
    rows = [boxes[:, :2] / stride - places[:, :2], np.log(boxes[:, 2:] / stride), objects, classes]
    return {"output": f32(np.concatenate(rows, axis=1)[None])}


def v10_table() -> Outputs:
    rows = np.zeros((300, 6))
    rows[:, 4] = np.linspace(0.02, 0.001, 300)
    for row, thing in enumerate(THINGS):
        rows[row] = [*thing.corners, thing.score, thing.label]
    return {"output0": f32(rows[None])}


def v7_table() -> Outputs:
    rows = [[0, *t.corners, t.label, t.score] for t in THINGS]
    return {"output": f32(rows)}


def paddle_table() -> Outputs:
    rows = [[t.label, t.score, *t.corners] for t in THINGS] + [[0, 0.02, 5, 5, 40, 40]]
    return {"multiclass_nms3_0.tmp_0": f32(rows), "multiclass_nms3_0.tmp_2": np.array([4], np.int32)}


def ssd_table() -> Outputs:
    rows = [[0, t.label + 1, t.score, *np.array(t.corners) / SIDE] for t in THINGS]
    return {"detection_out": f32(rows)[None, None]}


def mmdeploy_dets() -> Outputs:
    rows = [[*t.corners, t.score] for t in THINGS] + [[0, 0, 0, 0, 0]]
    return {"dets": f32([rows]), "labels": np.array([[*(t.label for t in THINGS), 0]], np.int64)}


def torchvision_lists() -> Outputs:
    return {
        "boxes": f32([t.corners for t in THINGS]),
        "labels": np.array([t.label + 1 for t in THINGS], np.int64),
        "scores": f32([t.score for t in THINGS]),
    }


def tensorflow_lists() -> Outputs:
    shares = [np.array([t.corners[1], t.corners[0], t.corners[3], t.corners[2]]) / SIDE for t in THINGS]
    return {
        "detection_boxes": f32([[*shares, np.zeros(4)]]),
        "detection_classes": f32([[*(t.label + 1 for t in THINGS), 1]]),
        "detection_scores": f32([[*(t.score for t in THINGS), 0.0]]),
        "num_detections": f32([3]),
    }


def _queries(columns: int, low: float) -> tuple[Array, Array]:
    boxes = np.tile([0.5, 0.5, 0.1, 0.1], (100, 1)) + np.random.default_rng(1).uniform(
        -0.3, 0.3, (100, 4)
    ) * [1, 1, 0.1, 0.1]
    logits = np.full((100, columns), low)
    for row, thing in enumerate(THINGS):
        boxes[row] = np.array(thing.centre) / SIDE
        logits[row, thing.label] = float(logit(thing.score))
    return boxes, logits


def detr_logits() -> Outputs:
    boxes, logits = _queries(CLASSES, -6.0)
    return {"logits": f32(logits[None]), "boxes": f32(boxes[None])}


def detr_softmax() -> Outputs:
    boxes, logits = _queries(CLASSES + 1, -6.0)
    logits[:, -1] = 6.0
    for row, thing in enumerate(THINGS):
        logits[row] = np.log((1 - thing.score) / CLASSES)
        logits[row, thing.label] = np.log(thing.score)
    return {"pred_logits": f32(logits[None]), "pred_boxes": f32(boxes[None])}


def boxes_and_scores() -> Outputs:
    _, boxes, scores = dense(_V8)
    return {"scores": f32(scores[None]), "boxes": f32(corners_of(boxes)[None])}


def boxes_and_scores_by_class() -> Outputs:
    _, boxes, scores = dense(_V8)
    return {"boxes": f32(corners_of(boxes)[None]), "scores": f32(scores.T[None])}


def nanodet_by_stride() -> Outputs:
    places, boxes, scores = dense(_V8)
    distances = bins(sides(places, boxes) / places[:, 2:3], 8)
    outputs = {f"cls_pred_stride_{s}": a for s, a in zip(_V8, by_stride(scores, _V8), strict=True)}
    return outputs | {f"dis_pred_stride_{s}": a for s, a in zip(_V8, by_stride(distances, _V8), strict=True)}


def picodet_by_stride() -> Outputs:
    strides = (8, 16, 32, 64)
    places, boxes, scores = dense(strides)
    distances = bins(sides(places, boxes) / places[:, 2:3], 8)
    outputs = {f"transpose_{n}": a for n, a in enumerate(by_stride(scores, strides))}
    return outputs | {f"reshape_{n}": a for n, a in enumerate(by_stride(distances, strides))}


def nanodet_plus() -> Outputs:
    places, boxes, scores = dense((8, 16, 32, 64))
    distances = bins(sides(places, boxes, 0.0) / places[:, 2:3], 8)
    return {"output": f32(np.concatenate([scores, distances], axis=1)[None])}


def v8_heads() -> Outputs:
    places, boxes, scores = dense(_V8)
    distances = bins(sides(places, boxes) / places[:, 2:3], 16)
    rows = np.concatenate([distances, logit(scores)], axis=1)
    return {f"out{n}": a for n, a in enumerate(maps(rows, _V8))}


def _anchored(style: str) -> Array:
    """Raw rows [cells * 3, 5 + classes]; each thing by the anchor that is most like it."""
    places = cells(_V8, 3)
    rows = np.full((len(places), 5 + CLASSES), -7.0)
    rows[:, :4] = 0.0
    for thing in THINGS:
        x, y, w, h = thing.centre
        stride = 32 if max(w, h) > 100 else 16
        level = _V8.index(stride)
        anchors = np.array(_ANCHORS[level], float).reshape(-1, 2)
        best = np.abs(np.log(anchors / [w, h])).sum(axis=1).argsort()[:2]  # objects are seen by several
        column, row = int(x // stride), int(y // stride)
        dx, dy = x / stride - column, y / stride - row
        for anchor in best.tolist():
            n = next(i for i in range(anchor, len(places), 3) if tuple(places[i]) == (column, row, stride))
            shares = np.array([w, h]) / anchors[anchor]
            if style == "v5":
                values = [*logit((np.array([dx, dy]) + 0.5) / 2), *logit(np.sqrt(shares) / 2)]
            else:
                values = [*logit(np.clip([dx, dy], 1e-4, 1 - 1e-4)), *np.log(shares)]
            rows[n, :4] = values
            rows[n, 4], rows[n, 5 + thing.label] = logit(thing.score), 7.0
    return rows


def v5_heads() -> Outputs:
    rows, outputs, start = _anchored("v5"), {}, 0
    for number, stride in enumerate(_V8):
        side = SIDE // stride
        part = rows[start : start + 3 * side * side].reshape(side, side, 3, -1)
        outputs[f"head{number}"] = f32(part.transpose(2, 0, 1, 3)[None])
        start += 3 * side * side
    return outputs


def v3_heads() -> Outputs:
    rows, outputs, start = _anchored("v3"), {}, 0
    for number, stride in enumerate(_V8):
        side = SIDE // stride
        part = rows[start : start + 3 * side * side].reshape(side, side, -1)
        outputs[f"head{number}"] = f32(part.transpose(2, 0, 1)[None])
        start += 3 * side * side
    return outputs


def fcos_heads() -> Outputs:
    places, boxes, scores = dense(_V8)
    centred = np.full((len(places), 1), logit(0.99))
    parts = {"cls": logit(scores), "bbox": sides(places, boxes), "ctr": centred}
    return {f"{k}{n}": a for k, rows in parts.items() for n, a in enumerate(maps(rows, _V8))}


def rtmdet_heads() -> Outputs:
    places = cells(_V8)
    owned = owners(places, 0.0)
    boxes = np.concatenate(
        [places[:, :2] * places[:, 2:3], np.repeat(places[:, 2:3] * 1.5, 2, axis=1)], axis=1
    )
    for row, thing in owned.items():
        boxes[row] = thing.centre
    parts = {"cls": logit(scores_of(owned, len(places))), "bbox": sides(places, boxes, 0.0)}
    return {f"{k}{n}": a for k, rows in parts.items() for n, a in enumerate(maps(rows, _V8))}


def centre_maps() -> Outputs:
    side = SIDE // 4
    heat, extent, offset = (
        np.full((CLASSES, side, side), 0.001),
        np.zeros((2, side, side)),
        np.zeros((2, side, side)),
    )
    for thing in THINGS:
        x, y, w, h = (v / 4 for v in thing.centre)
        heat[thing.label, int(y), int(x)] = thing.score
        extent[:, int(y), int(x)], offset[:, int(y), int(x)] = (w, h), (x % 1, y % 1)
    return {"hm": f32(heat[None]), "wh": f32(extent[None]), "reg": f32(offset[None])}


def v5_face() -> Outputs:
    """One class behind ten numbers of landmarks."""
    _, boxes, scores = dense(_V8, 3)
    objects = scores.max(axis=1, keepdims=True)
    points = np.repeat(boxes[:, :2], 5, axis=1)
    return {
        "output": f32(np.concatenate([boxes, objects, points, np.full((len(boxes), 1), 0.999)], axis=1)[None])
    }


def v8_pose() -> Outputs:
    _, boxes, scores = dense(_V8)
    points = np.tile([100.0, 100.0, 0.9], (len(boxes), 17))
    rows = np.concatenate([boxes, scores.max(axis=1, keepdims=True), points], axis=1)
    return {"output0": f32(rows.T[None])}


def detr_with_states() -> Outputs:
    return detr_logits() | {"last_hidden_state": np.ones((1, 100, 256), np.float32)}


def tensorflow_with_more() -> Outputs:
    more = {
        "detection_anchor_indices": f32([[7, 8, 9, 10]]),
        "raw_detection_boxes": np.zeros((1, 1917, 4), np.float32),
    }
    return tensorflow_lists() | more


def efficientdet_table() -> Outputs:
    rows = [[0, t.corners[1], t.corners[0], t.corners[3], t.corners[2], t.score, t.label + 1] for t in THINGS]
    return {"detections:0": f32([rows])}


def zoo_yolov3() -> Outputs:
    _, boxes, scores = dense(_V8)
    corners = corners_of(boxes)[:, [1, 0, 3, 2]]
    indices = np.zeros((1, 3, 3), np.int32)
    return {
        "yolonms_layer_1": f32(corners[None]),
        "yolonms_layer_1:1": f32(scores.T[None]),
        "yolonms_layer_1:2": indices,
    }


def scrfd_heads() -> Outputs:
    """Two boxes a cell, distances in strides from its corner, landmarks; one class."""
    places = cells(_V8, 2)
    owned = owners(places, 0.0)
    boxes = np.concatenate(
        [places[:, :2] * places[:, 2:3], np.repeat(places[:, 2:3] * 1.5, 2, axis=1)], axis=1
    )
    scores = np.full((len(places), 1), 0.01)
    for row, thing in owned.items():
        boxes[row], scores[row] = thing.centre, thing.score
    parts = {
        "score": scores,
        "bbox": sides(places, boxes, 0.0) / places[:, 2:3],
        "kps": np.ones((len(places), 10)),
    }
    return {f"{k}_{n}": a[0] for k, rows in parts.items() for n, a in enumerate(by_stride(rows, _V8, 2))}


def retinaface_outputs() -> Outputs:
    priors = prior_boxes.retinaface((SIDE, SIDE))
    offsets, scores = np.zeros((len(priors), 4)), np.full((len(priors), 2), [0.99, 0.01])
    for thing in THINGS:
        wanted = np.array(thing.centre) / SIDE
        for n in np.argsort(np.abs(priors - wanted).sum(axis=1))[:2]:
            offsets[n, :2] = (wanted[:2] - priors[n, :2]) / (0.1 * priors[n, 2:])
            offsets[n, 2:] = np.log(wanted[2:] / priors[n, 2:]) / 0.2
            scores[n] = 1 - thing.score, thing.score
    landmarks = np.zeros((len(priors), 10))
    return {"loc": f32(offsets[None]), "conf": f32(scores[None]), "landms": f32(landmarks[None])}


ONE_CLASS: tuple[Callable[[], Outputs], ...] = (v5_face, v8_pose, scrfd_heads, retinaface_outputs)
LAYOUTS: tuple[Callable[[], Outputs], ...] = (
    v8_columns, v8_shares, v8_segment, v5_decoded, yolox_offsets, v10_table, v7_table, paddle_table, ssd_table,
    mmdeploy_dets, torchvision_lists, tensorflow_lists, detr_logits, detr_softmax, boxes_and_scores,
    boxes_and_scores_by_class, nanodet_by_stride, picodet_by_stride, nanodet_plus, v8_heads, v5_heads, v3_heads,
    fcos_heads, rtmdet_heads, centre_maps, detr_with_states, tensorflow_with_more, efficientdet_table, zoo_yolov3,
)  # fmt: skip


@pytest.mark.parametrize("layout", ONE_CLASS, ids=lambda layout: layout.__name__)
def test_a_layout_of_one_class_is_recognised_and_decoded(
    layout: Callable[[], Outputs], tmp_path: Path
) -> None:
    done = read(save(tmp_path / "model.onnx", layout()))
    card = done.candidates[0].card
    assert len(card.classes) == 1
    found = load_detector(card).predict([grey()])[0]
    sure = found.bboxes[found.scores[:, 0] >= 0.5]
    wanted = [(t.corners[0], t.corners[1], t.centre[2], t.centre[3]) for t in THINGS]
    assert np.array(sorted(sure.round().tolist())) == pytest.approx(np.array(sorted(wanted)), abs=2)


def grey(width: int = SIDE, height: int = SIDE) -> Array:
    return np.full((height, width, 3), 120, np.uint8)


def read(file: Path, **more: Any) -> Recognised:
    return recognise(file, file_hash(file), [grey()], **more)


def check(done: Recognised, *, pixels: float = 1.5) -> None:
    detector = load_detector(done.candidates[0].card)
    found = detector.predict([grey()])[0]
    sure = found.scores.max(axis=1) >= 0.5
    boxes, labels = found.bboxes[sure], found.scores[sure].argmax(axis=1)
    wanted = {t.label: (t.corners[0], t.corners[1], t.centre[2], t.centre[3]) for t in THINGS}
    assert sorted(labels.tolist()) == sorted(wanted)
    for box, label in zip(boxes, labels.tolist(), strict=True):
        assert box == pytest.approx(wanted[label], abs=pixels)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_a_layout_is_recognised_and_decoded(layout: Callable[[], Outputs], tmp_path: Path) -> None:
    has_labels = any(kind in layout.__name__ for kind in ("table", "lists", "dets", "tensorflow"))
    names = '["a", "b", "c"]' if has_labels else ""
    file = save(tmp_path / "model.onnx", layout(), metadata={"names": names} if names else {})
    done = read(file)
    assert len(done.candidates[0].card.classes) == CLASSES
    check(done)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((1, SIDE, SIDE, 3), TensorProto.FLOAT),
        ((1, 3, SIDE, SIDE), TensorProto.FLOAT16),
        ((1, 3, SIDE, SIDE), TensorProto.UINT8),
        (("batch", 3, SIDE, SIDE), TensorProto.FLOAT),
        ((3, SIDE, SIDE), TensorProto.FLOAT),
    ],
)
def test_inputs_are_found_out(shape: tuple[int | str, ...], kind: int, tmp_path: Path) -> None:
    done = read(save(tmp_path / "model.onnx", v8_columns(), shape=shape, kind=kind))
    assert done.candidates[0].card.input.size == (SIDE, SIDE)
    check(done)


def test_a_graph_that_takes_the_size_of_the_image_gets_that_of_its_input(tmp_path: Path) -> None:
    outputs = {
        "labels": np.array([[1, 0, 2, 2]], np.int64),
        "boxes": f32([[*(t.corners for t in THINGS), (0, 0, 9, 9)]]),
    }
    outputs["scores"] = f32([[*(t.score for t in THINGS), 0.01]])
    names = {"names": "{0: 'a', 1: 'b', 2: 'c'}"}
    done = read(save(tmp_path / "model.onnx", outputs, sizes="orig_target_sizes", metadata=names))
    assert done.candidates[0].card.classes == ("a", "b", "c")
    check(done)


def test_key_points_and_masks_are_no_classes(tmp_path: Path) -> None:
    _, boxes, scores = dense(_V8)
    points = np.tile([100.0, 100.0, 0.9], (len(boxes), 17))
    rows = np.concatenate([boxes, scores, points], axis=1)
    pose = {"task": "pose", "names": "{0: 'a', 1: 'b', 2: 'c'}"}
    done = read(save(tmp_path / "pose.onnx", {"output0": f32(rows.T[None])}, metadata=pose))
    assert done.candidates[0].card.classes == ("a", "b", "c")
    check(done)


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ({"probabilities": f32(np.full((1, 1000), 0.001))}, "numbers for the image as a whole"),
        ({"image": f32(np.zeros((1, 3, SIDE, SIDE)))}, "turns an image into another image"),
        ({"classes": f32(np.zeros((1, 21, SIDE, SIDE)))}, "21 numbers for each pixel"),
        ({"features": f32(np.ones((1, 64, 7, 7)))}, r"no known kind of detector: features \[1, 64, 7, 7\]"),
    ],
)
def test_what_is_no_detector_is_refused_with_the_reason(outputs: Outputs, words: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=words):
        read(save(tmp_path / "model.onnx", outputs))


def test_every_family_has_a_title_and_what_its_networks_take() -> None:
    for name, family in FAMILIES.items():
        assert family.title
        assert family.takes
        assert name == name.lower()


def test_segmentation_rows_without_sure_objects_are_no_distributions(tmp_path: Path) -> None:
    outputs = v8_segment()
    outputs["output0"][0, 4:7] *= 0.02  # nothing on the probe images
    names = {"task": "segment", "names": "{0: 'a', 1: 'b', 2: 'c'}"}
    for shares in (False, True):
        outputs["output0"][0, :4] /= SIDE if shares else 1
        done = read(save(tmp_path / f"seg{shares}.onnx", outputs, metadata=names))
        assert [c.card.family for c in done.candidates] == ["rows"]
        assert done.candidates[0].card.classes == ("a", "b", "c")


def test_a_table_without_rows_is_not_called_unknown(tmp_path: Path) -> None:
    file = save(tmp_path / "nms.onnx", {"output0": f32(np.zeros((0, 6)))})
    with pytest.raises(ModelError, match="found nothing on the probe images") as refused:
        read(file)
    assert "--images" in refused.value.hint


def test_several_images_at_once_are_refused_as_that(tmp_path: Path) -> None:
    outputs = {"output0": np.repeat(v8_columns()["output0"], 4, axis=0)}
    with pytest.raises(ModelError, match="takes 4 images at once"):
        read(save(tmp_path / "batch.onnx", outputs, shape=(4, 3, SIDE, SIDE)))


def test_names_that_do_not_fit_are_remarked_on(tmp_path: Path) -> None:
    done = read(save(tmp_path / "few.onnx", v8_columns(), metadata={"names": "['a', 'b', 'c', 'd']"}))
    assert "There are 4 names for 3 classes, so they are not used." in done.remarks


def test_a_graph_that_takes_a_mask_of_its_pixels_gets_all_of_them(tmp_path: Path) -> None:
    names = {"names": "{0: 'a', 1: 'b', 2: 'c'}"}
    check(read(save(tmp_path / "model.onnx", detr_softmax(), mask="pixel_mask", metadata=names)))
