"""The class-agnostic boxes of the bundled detector, and what others say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import read_upright
from hitl_desktop.inference.box_branch import BoxBranch, grid_of, has_box_branch, load_box_branch
from hitl_desktop.inference.graph_cut import cut_graph
from hitl_desktop.inference.preprocess import Placement
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, DEFAULT_ENCODER, find_card, load_detector
from hitl_desktop.paths import resources_dir
from tests.toy_models import toy

PHOTOS = resources_dir() / "samples" / "photos"


@pytest.fixture(scope="module")
def branch() -> BoxBranch:
    return load_box_branch(find_card(DEFAULT_DETECTOR), threads=1)


def test_a_distribution_becomes_a_box_around_the_middle_of_its_cell() -> None:
    logits = np.full((2, 4, 3), -50, np.float32)
    logits[0, :, 1] = 50  # surely one stride to each side
    logits[1, :, 0], logits[1, :, 2] = 50, 50  # none or two, one on average, and half as sharp
    grid = grid_of(logits.reshape(2, 12), 2, 8, Placement(0.5, 0.5, 0, 4), (1000, 1000))
    # the middles of the cells are (4, 4) and (12, 4) in the input, so (8, 0) and (24, 0) in the image
    assert grid.corners[0].tolist() == [[0, 0, 24, 16], [8, 0, 40, 16]]
    assert grid.sharpness[0] == pytest.approx([0, np.log(0.5)], abs=1e-6)
    assert (grid.origin, grid.step) == ((0, -8), (16, 16))
    corners, _ = grid.around(24, 0)
    assert corners.tolist() == [[0, 0, 24, 16], [8, 0, 40, 16]]


@pytest.mark.parametrize(
    ("photo", "box"),
    [
        ("coffee.png", (172, 18, 236, 267)),  # the cup
        ("coffee.png", (196, 227, 64, 80)),  # its handle
        ("astronaut.png", (278, 344, 234, 168)),  # the helmet
        ("astronaut.png", (134, 348, 76, 75)),  # the round patch
        ("astronaut.png", (20, 15, 345, 497)),  # the astronaut
        ("camera.png", (0, 64, 332, 448)),  # the man
        ("camera.png", (411, 117, 22, 76)),  # the tower far away
    ],
)
def test_a_click_in_the_middle_of_a_clear_object_gives_its_box(
    branch: BoxBranch, photo: str, box: tuple[float, ...]
) -> None:
    pixels, truth = read_upright(PHOTOS / photo), BBox(*box)
    field = branch.field(pixels, (pixels.shape[1], pixels.shape[0]))
    found = field.boxes_at(truth.x + truth.w / 2, truth.y + truth.h / 2)
    assert found[0].iou(truth) >= 0.7
    assert all(b.is_valid() and b == b.clipped(*field.size) for b in found)


def test_boxes_of_a_smaller_view_lie_on_the_whole_image(branch: BoxBranch) -> None:
    pixels = read_upright(PHOTOS / "coffee.png")
    own = branch.field(pixels, (600, 400)).boxes_at(290, 152)
    large = branch.field(pixels, (6000, 4000)).boxes_at(2900, 1520)
    assert [b.scaled(0.1) for b in large] == [pytest.approx(b, abs=0.01) for b in own]


def test_the_branch_alone_gives_the_distributions_of_the_whole_detector() -> None:
    card = find_card(DEFAULT_DETECTOR)
    batch = np.random.default_rng(0).normal(size=(1, 3, 416, 416)).astype(np.float32)
    names = [f"dis_pred_stride_{stride}" for stride in card.decode.strides]
    whole = load_detector(card, threads=1).session.run(names, batch)
    alone = load_box_branch(card, threads=1)._session.run(names, batch)
    for ours, theirs in zip(alone, whole, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_model_without_such_a_branch_says_so() -> None:
    card = find_card(DEFAULT_ENCODER)
    assert not has_box_branch(card)
    with pytest.raises(ModelError, match="mobilenetv2_mid cannot propose a box at a point"):
        load_box_branch(card, threads=1)


def test_a_graph_that_takes_one_input_size_only_is_used_at_that(tmp_path: Path) -> None:
    branch = load_box_branch(find_card(str(toy(tmp_path / "toy.onnx"))), threads=1)
    for _ in range(2):
        field = branch.field(np.full((64, 64, 3), 200, np.uint8), (64, 64))
        assert [grid.corners.shape for grid in field.grids] == [(8, 8, 4), (4, 4, 4), (2, 2, 4)]
    assert BBox(0, 0, 48, 48) in field.boxes_at(16, 16)


def test_a_graph_with_other_cells_than_its_card_says_so(tmp_path: Path) -> None:
    branch = load_box_branch(find_card(str(toy(tmp_path / "toy.onnx", cells=1))), threads=1)
    with pytest.raises(ModelError, match=r"gives dis_pred_stride_8 as \[1, 65, 32\]"):
        branch.field(np.full((64, 64, 3), 200, np.uint8), (64, 64))


def test_a_graph_without_the_tensors_cannot_be_cut_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be cut at nothing"):
        cut_graph(toy(tmp_path / "toy.onnx"), ("nothing",))
