"""A detector of any family in an exported graph: the same boxes as the program's, since its decoder is traced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from hitl_desktop.domain.geometry import iou_matrix
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.onnx_export.foreign_detector import foreign_detections
from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder
from hitl_desktop.inference.onnx_export.network import load_network
from hitl_desktop.inference.onnx_export.preprocessing import InputImage
from hitl_desktop.inference.recognition.probe import bundled_photos, probe
from hitl_desktop.inference.registry import load_detector
from tests.inference.graphs import save
from tests.inference.test_families import LAYOUTS, ONE_CLASS, Outputs, centre_maps, grey, read
from tests.inference.test_foreign import FOREIGN

NOT_TRACED = ("centre_maps",)


def exported(card: ModelCard, image: RgbImage) -> tuple[np.ndarray, np.ndarray]:
    g = GraphBuilder()
    found = foreign_detections(g, InputImage(g), load_network(card))
    outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("boxes", "scores")]
    for name, value in (("boxes", found.boxes), ("scores", found.class_scores)):
        g.nodes.append(helper.make_node("Identity", [value], [name]))
    pixels = helper.make_tensor_value_info("image", TensorProto.UINT8, ["height", "width", 3])
    session = onnxruntime.InferenceSession(g.model([pixels], outputs, {}))
    boxes, scores = session.run(None, {"image": image})
    return boxes, scores


def check_equal(card: ModelCard, image: RgbImage, *, iou: float, score: float, above: float = 0.06) -> int:
    (own,) = load_detector(card, threads=1).predict([image])
    boxes, scores = exported(card, image)
    rows = [n for n in range(len(own.bboxes)) if own.scores[n].max() > above]  # beside it both may be right
    assert (scores.max(axis=1) > above + score).sum() <= len(rows)
    for n in rows:
        same = np.abs(scores - own.scores[n]).max(axis=1) <= score
        overlaps = iou_matrix(own.bboxes[n : n + 1], boxes[same].astype(np.float64))
        assert overlaps.max(initial=0) >= iou, (own.bboxes[n], own.scores[n].max())
    return len(rows)


@pytest.mark.parametrize(
    "layout", [e for e in (*LAYOUTS, *ONE_CLASS) if e.__name__ not in NOT_TRACED], ids=lambda e: e.__name__
)
def test_a_family_gives_the_same_boxes_in_an_exported_graph(
    layout: Callable[[], Outputs], tmp_path: Path
) -> None:
    card = read(save(tmp_path / "model.onnx", layout())).candidates[0].card
    assert check_equal(card, grey(333, 222), iou=0.999, score=1e-4, above=0.3) >= 2


def test_a_decoder_that_looks_for_peaks_is_refused_in_words(tmp_path: Path) -> None:
    card = read(save(tmp_path / "model.onnx", centre_maps())).candidates[0].card
    with pytest.raises(ModelError, match="cannot be exported with a head"):
        exported(card, grey())


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="the detectors of others are not here")
@pytest.mark.parametrize(
    "name",
    ["fastestdet_coco", "nanodet_m_320", "picodet_layout_cdla", "yolox_person192", "deimv2_atto_coco_int8"],
)
def test_a_real_detector_gives_the_same_boxes_in_an_exported_graph(name: str) -> None:
    card = probe(FOREIGN / f"{name}.onnx").card
    photo = bundled_photos()[0]
    check_equal(card, photo, iou=0.95, score=0.02, above=0.5)
