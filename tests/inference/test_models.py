import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import read_upright
from hitl_desktop.inference.encoder import crop
from hitl_desktop.inference.model_card import ModelCard, file_hash, read_card
from hitl_desktop.inference.nanodet import NanoDet
from hitl_desktop.inference.postprocess import class_wise_nms
from hitl_desktop.inference.preprocess import prepare
from hitl_desktop.inference.registry import (
    DEFAULT_DETECTOR,
    DEFAULT_ENCODER,
    DETECTOR_FAMILIES,
    ENCODER_FAMILIES,
    find_card,
    load_detector,
    load_encoder,
)
from hitl_desktop.inference.session import Session
from hitl_desktop.paths import models_dir, resources_dir
from tests.conftest import SHARED

PHOTOS = resources_dir() / "samples" / "photos"


@pytest.fixture(scope="module")
def detector() -> NanoDet:
    loaded = load_detector(find_card(DEFAULT_DETECTOR), threads=1)
    assert isinstance(loaded, NanoDet)
    return loaded


@pytest.mark.parametrize("path", sorted(models_dir().glob("*.toml")), ids=lambda p: p.stem)
def test_every_bundled_card_is_whole_and_its_model_loads(path: Path) -> None:
    card = read_card(path)
    assert card.name == path.stem
    assert card.license
    assert card.source
    assert card.sha256 == hashlib.sha256(card.file.read_bytes()).hexdigest()
    if card.task == "detect":
        assert card.family in DETECTOR_FAMILIES
        assert load_detector(card, threads=1).card == card
    else:
        assert card.family in ENCODER_FAMILIES
        assert load_encoder(card, threads=1).card == card
    assert f"{card.name}.onnx" in (models_dir() / "LICENSES.md").read_text()


@pytest.mark.parametrize(
    ("photo", "name", "box"),
    [
        ("chelsea.png", "cat", (0, 0, 451, 300)),
        ("coffee.png", "cup", (150, 40, 330, 310)),
        ("astronaut.png", "person", (0, 0, 460, 512)),
    ],
)
def test_the_detector_sees_what_the_photographs_show(
    detector: NanoDet, photo: str, name: str, box: tuple[float, ...]
) -> None:
    (found,) = detector.predict([read_upright(PHOTOS / photo)])
    column = detector.card.classes.index(name)
    best = int(np.argmax(found.scores[:, column]))
    assert found.scores[best, column] > 0.25
    assert BBox(*found.bboxes[best]).iou(BBox(*box)) > 0.5


@pytest.mark.parametrize("shape", [(1, 1), (50, 3000), (3000, 50), (37, 411)])
def test_boxes_stay_inside_images_of_any_shape(detector: NanoDet, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)
    (found,) = detector.predict([pixels])
    assert found.bboxes.shape == (len(found.scores), 4)
    assert (found.bboxes[:, :2] >= 0).all()
    assert (found.bboxes[:, 0] + found.bboxes[:, 2] <= shape[1] + 1e-6).all()
    assert (found.bboxes[:, 1] + found.bboxes[:, 3] <= shape[0] + 1e-6).all()
    assert (np.diff(found.scores.max(axis=1)) <= 0).all()


def test_the_three_feature_maps_are_there(detector: NanoDet) -> None:
    maps = detector.feature_maps(np.zeros((100, 100, 3), np.uint8))
    assert [m.shape for m in maps] == [(128, 52, 52), (256, 26, 26), (512, 13, 13)]


@pytest.mark.parametrize("size", [(640, 480), (100, 900), (416, 416), (1, 1)])
def test_a_box_found_in_the_input_comes_back_to_where_it_was(size: tuple[int, int]) -> None:
    card = find_card(DEFAULT_DETECTOR)
    width, height = size
    batch, place = prepare(np.zeros((height, width, 3), np.uint8), card.input)
    assert batch.shape == (3, 416, 416)
    box = np.array([[width * 0.25, height * 0.5, width * 0.75, height]])
    in_input = box * np.array([place.scale_x, place.scale_y] * 2)
    in_input = in_input + np.array([place.offset_x, place.offset_y] * 2)
    back = place.to_image(in_input, width, height)[0]
    assert back == pytest.approx([width * 0.25, height * 0.5, width * 0.5, height * 0.5], abs=1e-6)


def test_every_class_of_a_box_competes_for_itself() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 11], [50, 0, 10, 10]], float)
    scores = np.array([[0.9, 0.2], [0.8, 0.6], [0.0, 0.01]], np.float32)
    rows, classes = class_wise_nms(boxes, scores, 0.05, 0.5)
    assert list(zip(rows.tolist(), classes.tolist(), strict=True)) == [(0, 0), (1, 1)]
    empty, _ = class_wise_nms(np.zeros((0, 4)), np.zeros((0, 2), np.float32), 0.05, 0.5)
    assert empty.size == 0


def test_the_encoder_tells_a_cat_from_a_cup() -> None:
    encoder = load_encoder(find_card(DEFAULT_ENCODER), threads=1)
    cat, cup = read_upright(PHOTOS / "chelsea.png"), read_upright(PHOTOS / "coffee.png")
    crops = [cat, cat[20:280, 30:400], cup, cup[30:370, 100:500]]
    vectors = encoder.embed(crops)
    assert vectors.shape == (4, 448)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similar = unit @ unit.T
    assert similar[0, 1] > similar[0, 2]
    assert similar[2, 3] > similar[1, 3]
    assert encoder.embed([]).shape[0] == 0


def test_a_crop_has_at_least_one_pixel() -> None:
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert crop(pixels, BBox(6.9, 4.9, 0.05, 0.05)).shape == (1, 1, 3)
    assert crop(pixels, BBox(-5, -5, 100, 100)).shape == (5, 7, 3)
    assert np.array_equal(crop(pixels, BBox(1, 2, 3, 2)), pixels[2:4, 1:4])


def test_models_that_cannot_be_used_say_why(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model called"):
        find_card("nothing")
    with pytest.raises(ModelError, match="no model file"):
        find_card(str(tmp_path / "nothing.onnx"))
    (tmp_path / "broken.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="is a text file, not an ONNX model"):
        find_card(str(tmp_path / "broken.onnx"))
    with pytest.raises(ModelError, match="made to embed"):
        load_detector(find_card(DEFAULT_ENCODER))


def _copy_of_the_detector(folder: Path, **changes: str) -> Path:
    shutil.copy(models_dir() / f"{DEFAULT_DETECTOR}.onnx", folder / f"{DEFAULT_DETECTOR}.onnx")
    card = (models_dir() / f"{DEFAULT_DETECTOR}.toml").read_text()
    for old, new in changes.items():
        lines = [f'{old} = "{new}"' if line.startswith(f"{old} =") else line for line in card.splitlines()]
        card = "\n".join(lines)
    (folder / f"{DEFAULT_DETECTOR}.toml").write_text(card)
    return folder / f"{DEFAULT_DETECTOR}.onnx"


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"family": "nonsense"}, "unknown family"), ({"sha256": "0" * 64}, "not the file its card"), ({"task": "dance"}, "incomplete"),
     ({"file": "other.onnx"}, "missing")],
)  # fmt: skip
def test_cards_that_do_not_fit_say_why(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    file = _copy_of_the_detector(tmp_path, **changes)
    with pytest.raises(ModelError, match=words):
        load_detector(find_card(str(file)))


def test_a_card_without_strides_and_a_folder_in_place_of_a_model_say_so(tmp_path: Path) -> None:
    file = _copy_of_the_detector(tmp_path)
    card = file.with_suffix(".toml")
    card.write_text(re.sub(r"strides = .*", "strides = []", card.read_text()))
    with pytest.raises(ModelError, match="strides must be one number or more"):
        find_card(str(file))
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ModelError, match="is a folder, not a model file"):
        find_card(str(tmp_path / "folder.onnx"))


def test_outputs_of_a_kind_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Cast", ["picture"], ["out"], to=onnx.TensorProto.BFLOAT16)
    takes = onnx.helper.make_tensor_value_info("picture", onnx.TensorProto.FLOAT, [1, 3, 2, 2])
    gives = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.BFLOAT16, [1, 3, 2, 2])
    graph = onnx.helper.make_graph([node], "g", [takes], [gives])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(tmp_path / "m.onnx"))
    session = Session(tmp_path / "m.onnx", threads=1)
    with pytest.raises(ModelError) as failed:
        session.run(["out"], np.ones((1, 3, 2, 2), np.float32))
    assert "bfloat16" in failed.value.hint
    assert "float32" in failed.value.hint


def test_a_file_with_metadata_needs_no_card(tmp_path: Path) -> None:
    file = tmp_path / "mine.onnx"
    shutil.copy(models_dir() / f"{DEFAULT_DETECTOR}.onnx", file)
    card = find_card(str(file))
    bundled = find_card(DEFAULT_DETECTOR)
    assert (card.sha256, card.classes, card.input) == (bundled.sha256, bundled.classes, bundled.input)
    assert file_hash(file) == card.sha256
    assert isinstance(load_detector(card, threads=1), NanoDet)


def test_a_foreign_file_needs_no_card() -> None:
    foreign = SHARED.parent / "models" / "for-tests-only" / "yolox_nano.onnx"
    if not foreign.exists():
        pytest.skip("the foreign model is not here")
    card = find_card(str(foreign))
    assert (card.family, card.input.colour, card.input.resize) == ("yolox", "BGR", "top_left")
    assert card.classes[:2] == ("person", "bicycle")


def test_a_card_of_a_family_whose_outputs_are_missing_says_so(tmp_path: Path) -> None:
    encoder = read_card(models_dir() / f"{DEFAULT_ENCODER}.toml")
    fields = {name: getattr(encoder, name) for name in encoder.__struct_fields__}
    with pytest.raises(ModelError, match="lacks the NanoDet outputs"):
        load_detector(ModelCard(**fields | {"task": "detect", "family": "nanodet"}))


def test_cards_are_plain_data() -> None:
    card = find_card(DEFAULT_DETECTOR)
    assert json.dumps(list(card.classes)).count("person") == 1
    assert len(card.classes) == 80


def test_a_card_with_another_number_of_classes_is_refused(tmp_path: Path) -> None:
    file = _copy_of_the_detector(tmp_path)
    card = file.with_suffix(".toml")
    card.write_text(card.read_text().replace('"person", ', ""))
    with pytest.raises(ModelError, match="scores 80 classes, but its card names 79"):
        load_detector(find_card(str(file)))


LOAD = """
import sys
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card, load_detector
load_detector(find_card(DEFAULT_DETECTOR))
"""


def test_the_runtime_does_not_call_home(tmp_path: Path) -> None:
    """ONNX Runtime's wheels gather and send telemetry unless told before they are imported; this works
    offline."""
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    env |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    subprocess.run([sys.executable, "-c", LOAD], check=True, env=env)
    assert [path.name for path in tmp_path.rglob("*") if "microsoft" in str(path).lower()] == []
