"""Export what was trained: the detector with its head as one ONNX file, and the head as plain arrays and
JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hitl_desktop.domain.calibration import BY_HEAD, FOUND, SURE
from hitl_desktop.domain.overlap import CANDIDATE_IOU, SAME_PLACE_IOU
from hitl_desktop.errors import HitlError
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.onnx_export import build
from hitl_desktop.inference.onnx_export.arrays import DecodingRules, RefinerArrays, ScoringArrays, ViewArrays
from hitl_desktop.learning import box_refiner, detection_head
from hitl_desktop.learning.blending import found_weight
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.predictions import KEEP_FROM, MOST_CANDIDATES
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.detector import backbone_of, card_of, encoder_of, finding_key
from hitl_desktop.workflows.prediction.scoring import SECOND, Scorer, load_scorer
from hitl_desktop.workflows.training.detection_head import FOUND_FROM

_RULES = DecodingRules(
    detection_head.FLOOR, detection_head.AGREES_FROM, detection_head.OTHER_OBJECT, detection_head.MOST_SEEDS,
    detection_head.MOST_FOUND, FOUND_FROM, detection_head.MOST_LOG_SIDE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeadExport:
    """What was written."""

    folder: Path
    version: int
    names: int
    bytes: int


def export_head(project: Project, folder: Path) -> HeadExport:
    """Write the active head into a folder: `detector.onnx`, its card, and the head alone as arrays and JSON.

    Raises:
        HitlError: nothing was trained yet, the detector is another one, or the folder cannot be written.
    """
    with project.db.snapshot():
        version = project.heads.active()
        scorer = load_scorer(project)
        key = finding_key(project, scorer.detector) if scorer else ""
        finding = project.heads.finding_of(version.id, key) if version and scorer else None
    if (
        version is not None
        and scorer is not None
        and finding is None
        and project.heads.detector_of(version.id) != key
    ):
        raise HitlError(
            tr("The version in use learned beside another detector, or on other feature maps."),
            hint=tr("Train first: hitl-desktop train {name}.", name=project.path.name),
        )
    if version is None or scorer is None or scorer.head is None:
        raise HitlError(
            tr("Nothing has been trained yet."),
            hint=tr("Decide some images first, then export what was learned."),
        )
    detector, encoder = card_of(project, scorer.detector), encoder_of(project)
    head = DetectionHead.from_bytes(finding) if finding else None
    graph = build(
        detector, backbone_of(project), encoder, _views(head), _refiner_arrays(head), _RULES, _scoring_arrays(scorer),
        _metadata(scorer, detector, encoder),
    )  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HitlError(
            tr("{folder} cannot be made ({strerror}).", folder=folder, strerror=error.strerror),
            hint=tr("Choose another place."),
        ) from error
    write_atomically(folder / "detector.onnx", graph)
    write_atomically(folder / "detector.toml", _card(scorer, graph, detector, encoder).encode())
    write_atomically(folder / "naming.npz", version.weights)
    if finding is not None:
        write_atomically(folder / "finding.npz", finding)
    else:
        (folder / "finding.npz").unlink(missing_ok=True)  # of an older export
    write_atomically(folder / "head.json", _contents(version, scorer, detector, encoder).encode())
    return HeadExport(folder, version.id, len(scorer.names), len(graph))


def _views(head: DetectionHead | None) -> dict[int, ViewArrays]:
    if head is None:
        return {}
    return {
        side: ViewArrays(
            v.weights,
            v.bias,
            v.is_category,
            v.quality_weights,
            float(v.quality_level),
            v.box_weights,
            v.box_levels,
        )
        for side, v in head.views.items()
    }


def _refiner_arrays(head: DetectionHead | None) -> RefinerArrays | None:
    if head is None or head.refiner is None:
        return None
    refiner, width = head.refiner, len(next(iter(head.views.values())).weights)
    return RefinerArrays(
        refiner.side, box_refiner.directions(width), refiner.weights, refiner.level, box_refiner.POINTS,
        box_refiner.SPREAD, box_refiner.PASSES, box_refiner.MOST_MOVED,
    )  # fmt: skip


def _scoring_arrays(scorer: Scorer) -> ScoringArrays:
    head, names = scorer.head, len(scorer.names)
    if head is None:
        raise HitlError(tr("Nothing has been trained yet."), hint=tr("Decide some images first."))
    own_weight = np.ones((2, names), np.float32)
    class_to_name = np.zeros((len(scorer.class_column), names), np.float32)
    for row, column in enumerate(scorer.class_column.tolist()):
        class_to_name[row, column] = scorer.trust[row]
        own_weight[:, column] = 1.0 - scorer.trust[row], found_weight(scorer.trust[row])
    own_to_name = np.zeros((len(head.category_ids), names), np.float32)
    for column, own in enumerate(scorer.head_column.tolist()):
        own_to_name[own, column] = 1.0
    calibration = scorer.calibration
    offsets = np.array([calibration.offsets.get(c or 0, 0.0) for c in scorer.category_ids], np.float32)
    return ScoringArrays(
        scorer.names, head.centre, head.weights, head.bias, own_to_name, own_weight, scorer.class_index,
        class_to_name, head.typical_score, head.detector_recall,
        (calibration.slopes[BY_HEAD], calibration.slopes[FOUND]),
        (calibration.biases[BY_HEAD], calibration.biases[FOUND]), offsets,
        SURE, SECOND, CANDIDATE_IOU, MOST_CANDIDATES, SAME_PLACE_IOU, KEEP_FROM,
    )  # fmt: skip


def _metadata(scorer: Scorer, detector: ModelCard, encoder: ModelCard) -> dict[str, str]:
    """The metadata of the file, as the program's other models have it."""
    return {
        "task": "detect",
        "family": "taught",
        "classes": json.dumps(scorer.names),
        "input": json.dumps({"size": [0, 0], "mean": [0, 0, 0], "std": [1, 1, 1], "color": "RGB"}),
        "license": f"{detector.license} (detector), {encoder.license} (encoder)",
        "threshold": str(DISPLAY_THRESHOLD),
    }


def _card(scorer: Scorer, graph: bytes, detector: ModelCard, encoder: ModelCard) -> str:
    """The card: TOML's strings are JSON's."""
    lines = [
        "# An image in, named boxes out; needs ONNX Runtime alone:",
        "#   session = onnxruntime.InferenceSession('detector.onnx')",
        "#   boxes, scores, classes, class_scores = session.run(None, {'image': image})",
        "# image: uint8 [height, width, 3], RGB, upright; boxes: x, y, w, h in its pixels; classes: places in the",
        "# list below. Boxes are suppressed already and come best first; the program shows those with a score of",
        f"# {DISPLAY_THRESHOLD} or more.",
        f"name = {json.dumps('taught-' + hashlib.sha256(graph).hexdigest()[:8])}",
        f"title = {json.dumps(f'{detector.title}, taught {scorer.trained_count} names')}",
        'task = "detect"',
        'family = "taught"',
        'file = "detector.onnx"',
        f"sha256 = {json.dumps(hashlib.sha256(graph).hexdigest())}",
        f"license = {json.dumps(f'{detector.license} (detector), {encoder.license} (encoder)')}",
        f"source = {json.dumps(f'{detector.source}; {encoder.source}')}",
        f"classes = {json.dumps(scorer.names, ensure_ascii=False)}",
        "",
        "[input]",
        "size = [0, 0]  # as the image is",
        "mean = [0, 0, 0]",
        "std = [1, 1, 1]",
        'colour = "RGB"',
        "",
    ]
    return "\n".join(lines)


def _contents(version: HeadVersion, scorer: Scorer, detector: ModelCard, encoder: ModelCard) -> str:
    """What the arrays mean."""
    contents = {
        "version": version.id,
        "made": version.created,
        "learned": asdict(version.summary),
        "names": list(scorer.names),
        "category_ids": list(scorer.category_ids),
        "taught": scorer.trained_count,
        "calibration": asdict(version.calibration),
        "detector": {"name": detector.name, "sha256": detector.sha256},
        "encoder": {"name": encoder.name, "sha256": encoder.sha256},
        "arrays": {
            "naming.npz": "category_ids [K], centre [D], weights [D, K + 1], bias [K + 1] (last: no object), "
            "trust [C], typical_score, reach; logits = unit(embedding - centre) @ weights + bias",
            "finding.npz": "for each input size S: S.category_ids [K], S.weights [D, R], S.bias [R], "
            "S.is_category [R], S.quality_weights [D], S.quality_level, S.box_weights [K, D, 4], S.box_levels [K, 4]; "
            "of the second look refiner.side, refiner.weights [F, 4], refiner.level [4]",
        },
    }
    return json.dumps(contents, indent=1, ensure_ascii=False)
