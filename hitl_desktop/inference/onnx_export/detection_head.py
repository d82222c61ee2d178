"""The detection head in the graph: cells of the feature maps scored, decoded, and counted as votes for boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitl_desktop.inference.onnx_export.arrays import DecodingRules, RefinerArrays, ViewArrays
from hitl_desktop.inference.onnx_export.boxes import overlaps, suppressed, to_sides
from hitl_desktop.inference.onnx_export.network import Detections, Network
from hitl_desktop.inference.onnx_export.preprocessing import InputImage, NetworkInput, in_layout
from hitl_desktop.inference.onnx_export.refiner import refined

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


@dataclass(frozen=True, slots=True)
class _Grid:
    """The cells [count * count, D] of the feature maps at one input size."""

    cells: str
    count: int
    stride: int
    network_input: NetworkInput


@dataclass(frozen=True, slots=True)
class _Votes:
    """Boxes that cells vote for: corners [N, 4] in pixels, scores [N], and whether each is a peak [N]."""

    corners: str
    scores: str
    peaks: str


def find_objects(
    g: GraphBuilder,
    image: InputImage,
    backbone: Network,
    detections: Detections,
    views: Mapping[int, ViewArrays],
    refiner: RefinerArrays | None,
    rules: DecodingRules,
) -> tuple[str, str]:
    """Boxes [N, 4] that the detection head finds, and their scores [N]."""
    votes: list[_Votes] = []
    numbers: list[str] = []
    grids: dict[int, _Grid] = {}
    for number, (side, view) in enumerate(views.items()):
        grids[side] = _grid(g, image, backbone, detections, side)
        votes.append(_votes(g, image, grids[side], view, rules))
        numbers.append(g("Add", g("Mul", votes[-1].scores, g.constant(0.0)), g.constant(float(number))))
    columns = ([v.corners for v in votes], [v.scores for v in votes], [v.peaks for v in votes], numbers)
    corners, scores, peaks, view_of = (
        g("Concat", *column, axis=0) if len(votes) > 1 else column[0] for column in columns
    )
    corners, scores = _counted(g, _Votes(corners, scores, peaks), view_of, len(votes), rules)
    if refiner is not None:
        grid = grids[refiner.side]
        corners = refined(g, image, corners, refiner, grid.cells, grid.stride, grid.network_input)
    return to_sides(g, corners, 1.0), scores


def _grid(g: GraphBuilder, image: InputImage, backbone: Network, detections: Detections, side: int) -> _Grid:
    """The cells at an input size; at the detector's own size its feature maps are there already."""
    card = backbone.card
    if detections.feature_maps and side == card.input.size[0]:
        maps, network_input = detections.feature_maps, detections.network_input
    else:
        network_input = image.placed(card.input, side)
        inputs = {backbone.input_name: in_layout(g, network_input.batch, card.input.layout)}
        maps = g.include(backbone.graph, inputs, card.decode.features, f"b{side}")
    stride = card.decode.feature_stride
    count = -(-side // stride)
    return _Grid(_cells(g, maps, count), count, stride, network_input)


def _cells(g: GraphBuilder, maps: list[str], count: int) -> str:
    """[count * count, D] all feature maps at the finest stride."""
    same = [
        maps[0],
        *(
            g(
                "Resize", each, "", "", g("Concat", g.ints(1), g.size(each, 1), g.ints(count, count), axis=0),
                mode="linear", coordinate_transformation_mode="half_pixel",
            )
            for each in maps[1:]
        ),
    ]  # fmt: skip
    stacked = g("Transpose", g("Concat", *same, axis=1), perm=[0, 2, 3, 1])
    return g("Reshape", stacked, g.ints(count * count, -1))


def _votes(g: GraphBuilder, image: InputImage, grid: _Grid, view: ViewArrays, rules: DecodingRules) -> _Votes:
    """The boxes that the cells of one input size vote for, with a score above the floor."""
    categories = int(view.is_category.sum())
    rows, columns = np.divmod(np.arange(grid.count * grid.count), grid.count)
    centres = g.constant((np.stack([columns, rows], axis=1) + 0.5) * grid.stride)
    inside = _inside(g, image, centres, grid.network_input)
    chances, quality = _chances_and_quality(g, grid.cells, view, inside)
    scores = g("Sqrt", g("Mul", g.total(chances, 1, keep=True), quality))  # [N, 1]
    peaks = _peaks(g, scores, g("Sqrt", g("Mul", chances, quality)), categories + 1, grid.count, rules.floor)
    flat = g("Squeeze", scores, g.ints(1))
    kept = g.where_true(g("Greater", flat, g.constant(rules.floor)))
    cells, chances = g.rows(grid.cells, kept), g.rows(chances, kept)
    boxes = _boxes_of_best(g, cells, chances, categories, view)
    middle = g("Add", g.rows(centres, kept), g("Mul", g.slice(boxes, 0, 2, 1), g.constant(grid.stride)))
    sides = g("Clip", g.slice(boxes, 2, 4, 1), g.constant(0.0), g.constant(rules.most_log_side))
    half = g("Mul", g("Exp", sides), g.constant(0.5))
    corners = g("Concat", g("Sub", middle, half), g("Add", middle, half), axis=1)
    return _Votes(image.to_pixels(corners, grid.network_input), g.rows(flat, kept), g.rows(peaks, kept))


def _inside(g: GraphBuilder, image: InputImage, centres: str, network_input: NetworkInput) -> str:
    """[N, 1] whether the centre of a cell lies on the image and not on the padding."""
    scale, offset = network_input.scale, network_input.offset
    first = g.slice(offset, 0, 2, 0)
    last = g("Add", first, g("Mul", g.slice(image.size, 0, 2, 0), g.slice(scale, 0, 2, 0)))
    inside = g("And", g("Greater", centres, first), g("Less", centres, last))
    return g("ReduceMin", g.cast(inside), axes=[1], keepdims=1)


def _chances_and_quality(g: GraphBuilder, cells: str, view: ViewArrays, inside: str) -> tuple[str, str]:
    """The probability [N, K] of each category in each cell, and the predicted quality [N, 1] of its box."""
    chances = g(
        "Softmax", g("Add", g("MatMul", cells, g.constant(view.weights)), g.constant(view.bias)), axis=1
    )
    chances = g("Mul", g.columns(chances, *np.flatnonzero(view.is_category).tolist()), inside)
    level = g(
        "Add",
        g("MatMul", cells, g.constant(view.quality_weights[:, None])),
        g.constant(view.quality_level),
    )
    return chances, g("Max", level, g.constant(1e-3))


def _peaks(
    g: GraphBuilder, scores: str, category_scores: str, planes_count: int, count: int, floor: float
) -> str:
    """[N] whether a cell is the best of its neighbours, overall or for some category."""
    planes = g("Concat", scores, category_scores, axis=1)
    planes = g("Reshape", g("Transpose", planes, perm=[1, 0]), g.ints(1, planes_count, count, count))
    around = g("MaxPool", planes, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1])
    peak = g("And", g("GreaterOrEqual", planes, around), g("Greater", planes, g.constant(floor)))
    return g.most(g("Reshape", g.cast(peak), g.ints(planes_count, count * count)), 0)


def _boxes_of_best(g: GraphBuilder, cells: str, chances: str, categories: int, view: ViewArrays) -> str:
    """[M, 4] the offset of the middle and the log sides that cells predict for their best category."""
    weights = view.box_weights.transpose(1, 0, 2).reshape(view.box_weights.shape[1], -1)  # [D, K * 4]
    predicted = g("Add", g("MatMul", cells, g.constant(weights)), g.constant(view.box_levels.reshape(-1)))
    predicted = g("Reshape", predicted, g.ints(-1, categories, 4))
    best = g("Unsqueeze", g("ArgMax", chances, axis=1, keepdims=1), g.ints(2))  # [M, 1, 1]
    return g("Squeeze", g("GatherElements", predicted, g("Expand", best, g.ints(1, 1, 4)), axis=1), g.ints(1))


def _counted(
    g: GraphBuilder, votes: _Votes, view_of: str, views: int, rules: DecodingRules
) -> tuple[str, str]:
    """Greedy suppression among peaks; each box is the mean of all votes that agree with it, its score the mean
    over the views."""
    corners, scores = votes.corners, votes.scores
    seeds = g.where_true(g("Greater", votes.peaks, g.constant(0.5)))
    most = g("Min", g.size(seeds, 0), g.ints(rules.most_seeds))
    seed_scores, order = g("TopK", g.rows(scores, seeds), most, outputs=2)
    seeds = g.rows(seeds, order)
    chosen = suppressed(
        g, g.rows(corners, seeds), g("Unsqueeze", seed_scores, g.ints(1)),
        most=rules.most_found, iou=rules.other_object, floor=0.0,
    )  # fmt: skip
    chosen_corners = g.rows(corners, g.rows(seeds, g("Squeeze", g.slice(chosen, 1, 2, 1), g.ints(1))))
    iou = overlaps(g, chosen_corners, corners)
    span = rules.other_object - rules.agrees_from
    agrees = g("Div", g("Sub", iou, g.constant(rules.agrees_from)), g.constant(span))
    agrees = g("Clip", agrees, g.constant(0.0), g.constant(1.0))
    agreeing = g("Mul", g("Unsqueeze", scores, g.ints(0)), agrees)
    weights = g("Add", g("Mul", agreeing, iou), g("Mul", g.constant(1e-9), g("Sign", agrees)))
    means = g("Div", g("MatMul", weights, corners), g.total(weights, 1, keep=True))
    found = [
        g.most(g("Mul", agreeing, g.cast(g("Equal", view_of, g.constant(float(v))))), 1) for v in range(views)
    ]
    summed = g("Sum", *found)
    score = g("Min", g("Div", summed, g.constant(float(views))), g.constant(1.0))
    kept = g.where_true(g("GreaterOrEqual", score, g.constant(rules.kept_from)))
    return g.rows(means, kept), g.rows(score, kept)
