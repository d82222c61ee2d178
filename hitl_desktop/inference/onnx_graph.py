"""A detector and what it was taught as one ONNX graph: a picture in, named boxes out.

Input `image` is uint8 [height, width, 3], upright, RGB. Outputs are `boxes` [N, 4] (x, y, w, h in pixels of
the picture), `scores` [N], `classes` [N] (places in the list of names) and `class_scores` [N, names], best
first, already suppressed. Everything between, from resizing to suppression, is in the graph; what is done and
why is told where the program itself does it (`preprocess`, `nanodet`, `features`, `encoder`, and the heads).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.model_card import InputSpec, ModelCard
from hitl_desktop.inference.nanodet import MOST_BOXES, SCORE_FLOOR

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ViewArrays:
    """The detection head at one input size: weights [D, R] and biases [R] of roles, which of them are
    categories, the quality's weights [D] and level, and box weights [K, D, 4] and levels [K, 4]."""

    weights: Floats
    bias: Floats
    is_category: NDArray[np.bool_]
    quality_weights: Floats
    quality_level: float
    box_weights: Floats
    box_levels: Floats


@dataclass(frozen=True, slots=True, eq=False)
class RefinerArrays:
    """The second look at what was found, at the input size `side`: cells along directions [D, C], `points` by
    `points` of them over `spread` of a box, weights [F, 4] and level [4] of its move, `passes` times at most
    `most_moved`."""

    side: int
    directions: Floats
    weights: Floats
    level: Floats
    points: int
    spread: float
    passes: int
    most_moved: float


@dataclass(frozen=True, slots=True, eq=False)
class FindingRules:
    """How the detection head's cells become boxes."""

    floor: float
    agrees_from: float
    other_object: float
    most_seeds: int
    most_found: int
    kept_from: float
    most_log_side: float


@dataclass(frozen=True, slots=True, eq=False)
class NamingArrays:
    """How boxes get their M names: `weights` [D, T + 1] and `bias` are of what was taught and "no object"
    (last).

    `own_to_name` [T, M] says which name has which of the head's own chances, `own_weight` [2, M] how much
    they count on boxes of the detector and on those that the head found, `class_to_name` [G, M] how much the
    detector's score counts, which is the surest of the classes in each row of `class_index` [G, m] (C is
    none). Slopes and biases are those of the detector's boxes and of the head's own ones.
    """

    names: tuple[str, ...]
    centre: Floats
    weights: Floats
    bias: Floats
    own_to_name: Floats
    own_weight: Floats
    class_index: NDArray[np.intp]
    class_to_name: Floats
    typical_score: float
    reach: float
    slopes: tuple[float, float]
    biases: tuple[float, float]
    offsets: Floats
    sure: float
    second: float
    candidate_iou: float
    most_candidates: int
    same_spot_iou: float
    kept_from: float


def build(
    detector: ModelCard,
    encoder: ModelCard,
    views: Mapping[int, ViewArrays],
    refiner: RefinerArrays | None,
    rules: FindingRules,
    scorer: NamingArrays,
    metadata: Mapping[str, str],
) -> bytes:
    """The graph as a file.

    Raises:
        ModelError: the detector is of a family that cannot be exported.
    """
    if detector.family != "nanodet":
        raise ModelError(
            f"A detector of the family {detector.family} cannot be exported with a head yet.",
            hint="Teach beside the bundled detector, or export the data set instead.",
        )
    return _Taught(detector, encoder).build(views, refiner, rules, scorer, metadata)


class _Taught:
    def __init__(self, detector: ModelCard, encoder: ModelCard) -> None:
        import onnx  # noqa: PLC0415 - heavy: only an export needs it

        from hitl_desktop.inference.graph_builder import GraphBuilder  # noqa: PLC0415

        self.g = GraphBuilder()
        self.detector, self.encoder = detector, encoder
        self._detector, self._encoder = (
            onnx.load(str(detector.file)).graph,
            onnx.load(str(encoder.file)).graph,
        )

    def build(
        self,
        views: Mapping[int, ViewArrays],
        refiner: RefinerArrays | None,
        rules: FindingRules,
        scorer: NamingArrays,
        metadata: Mapping[str, str],
    ) -> bytes:
        from onnx import TensorProto, helper  # noqa: PLC0415

        g = self.g
        self.pixels = g.cast("image")  # [H, W, 3]
        shape = g("Shape", "image")
        self.height, self.width = g.slice(shape, 0, 1, 0), g.slice(shape, 1, 2, 0)
        self.size = g.cast(g("Concat", self.width, self.height, self.width, self.height, axis=0))  # [4]
        boxes, class_scores, feature_maps = self._detect()
        boxes, class_scores = self._candidates(boxes, class_scores, scorer)
        found = g.constant(0.0)
        found_scores = g("Mul", self._best(class_scores), found)  # [N] none of them was found by the head
        if views:
            more, more_scores = self._find(views, refiner, rules, feature_maps)
            blank = g(
                "Expand", g.constant([[0.0]]), g("Concat", g.size(more, 0), g.size(class_scores, 1), axis=0)
            )
            boxes = g("Concat", boxes, more, axis=0)
            class_scores = g("Concat", class_scores, blank, axis=0)
            found_scores = g("Concat", found_scores, more_scores, axis=0)
        scores = self._name(boxes, class_scores, found_scores, scorer)
        self._finish(boxes, scores, scorer)
        outputs = [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["found", 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["found"]),
            helper.make_tensor_value_info("classes", TensorProto.INT64, ["found"]),
            helper.make_tensor_value_info("class_scores", TensorProto.FLOAT, ["found", len(scorer.names)]),
        ]
        image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["height", "width", 3])
        return g.model([image], outputs, metadata)

    def _best(self, class_scores: str) -> str:
        return self.g.most(class_scores, 1)

    # pictures to networks

    def _resized(self, pixels: str, height: str, width: str, graph: Any = None) -> str:
        """[1, 3, h, w] of [H, W, 3], to the bit what OpenCV's exact bilinear resizing gives; sizes are [1]
        integers.

        Weights are rounded to 1/256, sums are exact in float32, and halves of pixel values are rounded up.
        """
        g = graph or self.g
        for axis, length in ((0, height), (1, width)):
            first, second, share = self._between(g, g.size(pixels, axis), length)
            share = g("Unsqueeze", share, g.ints(1, 2) if axis == 0 else g.ints(0, 2))
            ends = (g("Gather", pixels, each, axis=axis) for each in (first, second))
            before, after = (
                g("Mul", end, part)
                for end, part in zip(ends, (g("Sub", g.constant(1.0), share), share), strict=True)
            )
            pixels = g("Add", before, after)
        whole = g("Floor", g("Add", pixels, g.constant(0.5)))
        return g("Unsqueeze", g("Transpose", whole, perm=[2, 0, 1]), g.ints(0))

    @staticmethod
    def _between(g: Any, source: str, target: str) -> tuple[str, str, str]:
        """For each of `target` places the two of `source` that it lies between, and the second one's
        share."""
        double, whole = 11, 7
        half, one = g.constant(0.5, np.float64), g.ints(1)
        places = g("Range", g.constant(0, np.int64), g("Squeeze", target), g.constant(1, np.int64))
        scale = g("Div", g.cast(source, double), g.cast(target, double))
        at = g("Sub", g("Mul", g("Add", g.cast(places, double), half), scale), half)
        first = g("Floor", at)
        share = g(
            "Div",
            g("Round", g("Mul", g("Sub", at, first), g.constant(256.0, np.float64))),
            g.constant(256.0, np.float64),
        )
        last = g("Sub", source, one)
        first = g.cast(first, whole)
        outside = g("Or", g("Less", first, g.ints(0)), g("GreaterOrEqual", first, last))
        share = g("Where", outside, g.constant(0.0, np.float64), share)
        first = g("Min", g("Max", first, g.ints(0)), last)
        return first, g("Min", g("Add", first, one), last), g.cast(share)

    def _letterboxed(self, spec: InputSpec, side: int) -> tuple[str, str, str]:
        """[1, 3, side, side] normalised, and the scale [4] and offset [4] of corners in there."""
        g = self.g
        high, wide = g.cast(self.height), g.cast(self.width)
        target = g.constant([float(side)])
        scale = g("Min", g("Div", target, wide), g("Div", target, high))
        new_width, new_height = (
            g("Max", g.constant([1.0]), g("Round", g("Mul", each, scale))) for each in (wide, high)
        )
        left, top = (
            g("Floor", g("Div", g("Sub", target, each), g.constant([2.0])))
            for each in (new_width, new_height)
        )
        right, bottom = (
            g("Sub", g("Sub", target, each), before)
            for each, before in ((new_width, left), (new_height, top))
        )
        whole = [g.cast(each, 7) for each in (new_height, new_width, top, left, bottom, right)]
        resized = self._resized(self.pixels, whole[0], whole[1])
        pads = g("Concat", g.ints(0, 0), whole[2], whole[3], g.ints(0, 0), whole[4], whole[5], axis=0)
        padded = g("Pad", resized, pads, g.constant(float(spec.pad)))
        scale_x, scale_y = g("Div", new_width, wide), g("Div", new_height, high)
        return (
            self._normalised(padded, spec),
            g("Concat", scale_x, scale_y, scale_x, scale_y, axis=0),
            g("Concat", left, top, left, top, axis=0),
        )

    def _normalised(self, planes: str, spec: InputSpec) -> str:
        g = self.g
        if spec.colour == "BGR":
            planes = g("Gather", planes, g.ints(2, 1, 0), axis=1)
        mean, std = (g.constant(np.reshape(each, (1, 3, 1, 1))) for each in (spec.mean, spec.std))
        return g("Div", g("Sub", planes, mean), std)

    def _to_picture(self, corners: str, scale: str, offset: str) -> str:
        g = self.g
        moved = g("Div", g("Sub", corners, offset), scale)
        return g("Min", g("Max", moved, g.constant([0.0])), self.size)

    def _sized(self, corners: str, least: float | None = None) -> str:
        """[N, 4] x, y, w, h of corners."""
        g = self.g
        first, sides = (
            g.slice(corners, 0, 2, 1),
            g("Sub", g.slice(corners, 2, 4, 1), g.slice(corners, 0, 2, 1)),
        )
        if least is not None:
            sides = g("Max", sides, g.constant([least]))
        return g("Concat", first, sides, axis=1)

    def _corners(self, boxes: str) -> str:
        g = self.g
        first = g.slice(boxes, 0, 2, 1)
        return g("Concat", first, g("Add", first, g.slice(boxes, 2, 4, 1)), axis=1)

    def _suppressed(self, corners: str, scores: str, *, most: int, iou: float, floor: float) -> str:
        """[M, 2] (class, box) of greedy suppression in each class of scores [N, C]."""
        g = self.g
        chosen = g(
            "NonMaxSuppression",
            g("Unsqueeze", corners, g.ints(0)),
            g("Unsqueeze", g("Transpose", scores, perm=[1, 0]), g.ints(0)),
            g.constant([most], np.int64),
            g.constant([iou]),
            g.constant([floor]),
        )
        return g.slice(chosen, 1, 3, 1)

    # the detector

    def _detect(self) -> tuple[str, str, list[str]]:
        """Boxes [N, 4] and class scores [N, C] of NanoDet as it gives them, and its feature maps."""
        g, card = self.g, self.detector
        side = card.input.size[0]
        batch, scale, offset = self._letterboxed(card.input, side)
        self._at_own_size = (batch, scale, offset)
        levels = card.decode.strides
        names = [f"{kind}_pred_stride_{s}" for kind in ("cls", "dis") for s in levels]
        outputs = g.include(
            self._detector, {self._detector.input[0].name: batch}, [*names, *card.decode.features], "d"
        )
        scores = [g("Squeeze", each, g.ints(0)) for each in outputs[: len(levels)]]
        corners = [
            self._decoded(g("Squeeze", each, g.ints(0)), side, stride)
            for each, stride in zip(outputs[len(levels) : 2 * len(levels)], levels, strict=True)
        ]
        class_scores = g("Concat", *scores, axis=0)
        boxes = self._sized(self._to_picture(g("Concat", *corners, axis=0), scale, offset))
        least = g("ReduceMin", g.slice(boxes, 2, 4, 1), axes=[1], keepdims=0)
        visible = g("GreaterOrEqual", least, g.constant(1.0))
        likely = g("GreaterOrEqual", self._best(class_scores), g.constant(SCORE_FLOOR))
        kept = g.where_true(g("And", visible, likely))
        boxes, class_scores = g.rows(boxes, kept), g.rows(class_scores, kept)
        pairs = self._suppressed(
            self._corners(boxes), class_scores, most=MOST_BOXES, iou=card.decode.nms_iou, floor=SCORE_FLOOR
        )
        pair_scores = g("GatherND", g("Transpose", class_scores, perm=[1, 0]), pairs)
        most = g("Min", g.size(pairs, 0), g.ints(MOST_BOXES))
        _, best = g("TopK", pair_scores, most, outputs=2)
        numbers = g.rows(g("Squeeze", g.slice(pairs, 1, 2, 1), g.ints(1)), best)
        nobody = g("Mul", self._best(class_scores), g.constant(0.0))
        chosen = g("ScatterElements", nobody, numbers, g("Expand", g.constant([1.0]), most))
        kept = g.where_true(g("Greater", chosen, g.constant(0.5)))
        return g.rows(boxes, kept), g.rows(class_scores, kept), outputs[2 * len(levels) :]

    def _decoded(self, distances: str, side: int, stride: int) -> str:
        """Corners [N, 4] in input pixels from distributions of side distances."""
        g = self.g
        count = -(-side // stride)
        rows, columns = np.divmod(np.arange(count * count), count)
        centres = (np.stack([columns, rows], axis=1) + 0.5) * stride
        bins = g("Reshape", distances, g.ints(count * count, 4, -1))
        shares = g("Softmax", bins, axis=2)
        steps = g.cast(
            g("Range", g.constant(0, np.int64), g("Squeeze", g.size(shares, 2)), g.constant(1, np.int64))
        )
        sides = g(
            "Mul",
            g("Squeeze", g("MatMul", shares, g("Unsqueeze", steps, g.ints(1))), g.ints(2)),
            g.constant(stride),
        )
        middle = g.constant(centres)
        return g(
            "Concat",
            g("Sub", middle, g.slice(sides, 0, 2, 1)),
            g("Add", middle, g.slice(sides, 2, 4, 1)),
            axis=1,
        )

    def _candidates(self, boxes: str, class_scores: str, scorer: NamingArrays) -> tuple[str, str]:
        """Of boxes on top of each other the best one."""
        g = self.g
        best = g("Unsqueeze", self._best(class_scores), g.ints(1))
        chosen = self._suppressed(
            self._corners(boxes), best, most=scorer.most_candidates, iou=scorer.candidate_iou, floor=0.0
        )
        numbers = g("Squeeze", g.slice(chosen, 1, 2, 1), g.ints(1))
        return g.rows(boxes, numbers), g.rows(class_scores, numbers)

    # the detection head

    def _find(
        self,
        views: Mapping[int, ViewArrays],
        refiner: RefinerArrays | None,
        rules: FindingRules,
        own_maps: list[str],
    ) -> tuple[str, str]:
        """Boxes [N, 4] that the detection head proposes, and how surely [N]."""
        g, card = self.g, self.detector
        parts: list[tuple[str, str, str, str]] = []
        grids: dict[int, tuple[str, str, str]] = {}
        for number, (side, view) in enumerate(views.items()):
            if side == card.input.size[0]:
                maps, (_, scale, offset) = own_maps, self._at_own_size
            else:
                batch, scale, offset = self._letterboxed(card.input, side)
                name = self._detector.input[0].name
                maps = g.include(self._backbone(), {name: batch}, card.decode.features, f"b{side}")
            cells = self._cells(maps, side)
            grids[side] = cells, scale, offset
            corners, scores, peaks = self._votes(cells, side, view, rules, scale, offset)
            ones = g("Add", g("Mul", scores, g.constant(0.0)), g.constant(float(number)))
            parts.append((corners, scores, peaks, ones))
        corners, scores, peaks, view_of = (
            g("Concat", *column, axis=0) if len(parts) > 1 else column[0]
            for column in zip(*parts, strict=True)
        )
        corners, scores = self._counted(corners, scores, peaks, view_of, len(parts), rules)
        if refiner is not None:
            corners = self._refined(corners, refiner, *grids[refiner.side])
        return self._sized(corners, 1.0), scores

    def _backbone(self) -> Any:
        """The nodes that lead to the feature maps."""
        import onnx  # noqa: PLC0415

        graph = self._detector
        wanted, kept = set(self.detector.decode.features), []
        for node in reversed(graph.node):
            if wanted & set(node.output):
                wanted |= set(node.input)
                kept.append(node)
        part = onnx.GraphProto()
        part.node.extend(reversed(kept))
        part.initializer.extend(w for w in graph.initializer if w.name in wanted)
        return part

    def _cells(self, maps: list[str], side: int) -> str:
        """[count * count, D] all feature maps at the finest stride."""
        g, count = self.g, side // self.detector.decode.strides[0]
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

    def _votes(
        self, cells: str, side: int, view: ViewArrays, rules: FindingRules, scale: str, offset: str
    ) -> tuple[str, str, str]:
        """Corners [N, 4] in the picture, scores [N], and whether each is the best around [N]."""
        g, stride = self.g, self.detector.decode.strides[0]
        count, kinds = side // stride, int(view.is_category.sum())
        rows, columns = np.divmod(np.arange(count * count), count)
        middles = (np.stack([columns, rows], axis=1) + 0.5) * stride
        centres = g.constant(middles)
        first = g.slice(offset, 0, 2, 0)
        last = g("Add", first, g("Mul", g.slice(self.size, 0, 2, 0), g.slice(scale, 0, 2, 0)))
        inside = g("And", g("Greater", centres, first), g("Less", centres, last))
        inside = g("ReduceMin", g.cast(inside), axes=[1], keepdims=1)
        chances = g(
            "Softmax", g("Add", g("MatMul", cells, g.constant(view.weights)), g.constant(view.bias)), axis=1
        )
        chances = g("Mul", g.columns(chances, *np.flatnonzero(view.is_category).tolist()), inside)
        level = g(
            "Add",
            g("MatMul", cells, g.constant(view.quality_weights[:, None])),
            g.constant(view.quality_level),
        )
        quality = g("Max", level, g.constant(1e-3))  # [N, 1]
        scores = g("Sqrt", g("Mul", g.total(chances, 1, keep=True), quality))  # [N, 1]
        planes = g("Concat", scores, g("Sqrt", g("Mul", chances, quality)), axis=1)
        planes = g("Reshape", g("Transpose", planes, perm=[1, 0]), g.ints(1, kinds + 1, count, count))
        around = g("MaxPool", planes, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1])
        peak = g("And", g("GreaterOrEqual", planes, around), g("Greater", planes, g.constant(rules.floor)))
        peaks = g.most(g("Reshape", g.cast(peak), g.ints(kinds + 1, count * count)), 0)
        flat = g("Squeeze", scores, g.ints(1))
        kept = g.where_true(g("Greater", flat, g.constant(rules.floor)))
        cells, chances = g.rows(cells, kept), g.rows(chances, kept)
        weights = view.box_weights.transpose(1, 0, 2).reshape(view.box_weights.shape[1], -1)  # [D, K * 4]
        said = g("Add", g("MatMul", cells, g.constant(weights)), g.constant(view.box_levels.reshape(-1)))
        said = g("Reshape", said, g.ints(-1, kinds, 4))
        best = g("Unsqueeze", g("ArgMax", chances, axis=1, keepdims=1), g.ints(2))  # [M, 1, 1]
        boxes = g("Squeeze", g("GatherElements", said, g("Expand", best, g.ints(1, 1, 4)), axis=1), g.ints(1))
        middle = g("Add", g.rows(centres, kept), g("Mul", g.slice(boxes, 0, 2, 1), g.constant(stride)))
        sides = g("Clip", g.slice(boxes, 2, 4, 1), g.constant(0.0), g.constant(rules.most_log_side))
        half = g("Mul", g("Exp", sides), g.constant(0.5))
        corners = g("Concat", g("Sub", middle, half), g("Add", middle, half), axis=1)
        return self._to_picture(corners, scale, offset), g.rows(flat, kept), g.rows(peaks, kept)

    def _counted(
        self, corners: str, scores: str, peaks: str, view_of: str, views: int, rules: FindingRules
    ) -> tuple[str, str]:
        """Greedy suppression among peaks; each box the mean of all that agree with it, its score that of the
        views."""
        g = self.g
        seeds = g.where_true(g("Greater", peaks, g.constant(0.5)))
        most = g("Min", g.size(seeds, 0), g.ints(rules.most_seeds))
        seed_scores, order = g("TopK", g.rows(scores, seeds), most, outputs=2)
        seeds = g.rows(seeds, order)
        chosen = self._suppressed(
            g.rows(corners, seeds), g("Unsqueeze", seed_scores, g.ints(1)),
            most=rules.most_found, iou=rules.other_object, floor=0.0,
        )  # fmt: skip
        mine = g.rows(corners, g.rows(seeds, g("Squeeze", g.slice(chosen, 1, 2, 1), g.ints(1))))
        overlaps = self._iou(mine, corners)
        span = rules.other_object - rules.agrees_from
        agrees = g("Div", g("Sub", overlaps, g.constant(rules.agrees_from)), g.constant(span))
        agrees = g("Clip", agrees, g.constant(0.0), g.constant(1.0))
        surely = g("Mul", g("Unsqueeze", scores, g.ints(0)), agrees)
        weights = g("Add", g("Mul", surely, overlaps), g("Mul", g.constant(1e-9), g("Sign", agrees)))
        means = g("Div", g("MatMul", weights, corners), g.total(weights, 1, keep=True))
        found = [
            g.most(g("Mul", surely, g.cast(g("Equal", view_of, g.constant(float(v))))), 1)
            for v in range(views)
        ]
        summed = g("Sum", *found)
        score = g("Min", g("Div", summed, g.constant(float(views))), g.constant(1.0))
        kept = g.where_true(g("GreaterOrEqual", score, g.constant(rules.kept_from)))
        return g.rows(means, kept), g.rows(score, kept)

    def _refined(self, corners: str, refiner: RefinerArrays, cells: str, scale: str, offset: str) -> str:
        """Corners [N, 4] in the picture, moved by what lies in them."""
        g, stride = self.g, self.detector.decode.strides[0]
        count = refiner.side // stride
        plane = g("MatMul", cells, g.constant(refiner.directions))
        points = g.constant((np.arange(refiner.points) / (refiner.points - 1) - 0.5) * refiner.spread)
        half, one, columns = g.constant(0.5), g.constant(1.0), g.ints(count)
        corners = g("Add", g("Mul", corners, scale), offset)
        for _ in range(refiner.passes):
            first, last = g.slice(corners, 0, 2, 1), g.slice(corners, 2, 4, 1)
            middle, sides = g("Mul", g("Add", first, last), half), g("Sub", last, first)
            at = g(
                "Add", g("Unsqueeze", middle, g.ints(2)), g("Mul", g("Unsqueeze", sides, g.ints(2)), points)
            )
            at = g("Sub", g("Div", at, g.constant(stride)), half)
            at = g("Clip", at, g.constant(0.0), g.constant(count - 1.0))  # [N, 2, points]
            before = g("Min", g.cast(at, 7), g.ints(count - 2))
            share = g("Unsqueeze", g("Sub", at, g.cast(before)), g.ints(3))
            (x, y), (right, below) = (
                [g("Squeeze", g.slice(each, n, n + 1, 1), g.ints(1)) for n in (0, 1)]
                for each in (before, share)
            )
            right, below = g("Unsqueeze", right, g.ints(1)), g("Unsqueeze", below, g.ints(2))
            cell = g("Add", g("Mul", g("Unsqueeze", y, g.ints(2)), columns), g("Unsqueeze", x, g.ints(1)))
            upper, lower = (
                g(
                    "Add",
                    g("Mul", g.rows(plane, start), g("Sub", one, right)),
                    g("Mul", g.rows(plane, g("Add", start, g.ints(1))), right),
                )
                for start in (cell, g("Add", cell, columns))
            )
            seen = g("Add", g("Mul", upper, g("Sub", one, below)), g("Mul", lower, below))
            seen = g("Reshape", seen, g.ints(-1, len(refiner.weights)))
            moves = g("Add", g("MatMul", seen, g.constant(refiner.weights)), g.constant(refiner.level))
            moves = g("Clip", moves, g.constant(-refiner.most_moved), g.constant(refiner.most_moved))
            middle = g("Add", middle, g("Mul", g.slice(moves, 0, 2, 1), sides))
            reach = g("Mul", g("Mul", sides, g("Exp", g.slice(moves, 2, 4, 1))), half)
            corners = g("Concat", g("Sub", middle, reach), g("Add", middle, reach), axis=1)
        return self._to_picture(corners, scale, offset)

    def _iou(self, a: str, b: str) -> str:
        """[N, M] intersection over union of corners."""
        g = self.g
        left, right = g("Unsqueeze", a, g.ints(1)), g("Unsqueeze", b, g.ints(0))
        first = g(
            "Max",
            g("Slice", left, g.ints(0), g.ints(2), g.ints(2)),
            g("Slice", right, g.ints(0), g.ints(2), g.ints(2)),
        )
        last = g(
            "Min",
            g("Slice", left, g.ints(2), g.ints(4), g.ints(2)),
            g("Slice", right, g.ints(2), g.ints(4), g.ints(2)),
        )
        shared = g("ReduceProd", g("Max", g("Sub", last, first), g.constant(0.0)), axes=[2], keepdims=0)
        areas = [
            g("ReduceProd", g("Sub", g.slice(each, 2, 4, 2), g.slice(each, 0, 2, 2)), axes=[2], keepdims=0)
            for each in (left, right)
        ]
        union = g("Max", g("Sub", g("Add", areas[0], areas[1]), shared), g.constant(1e-9))
        return g("Div", shared, union)

    # names

    def _name(self, boxes: str, class_scores: str, found: str, scorer: NamingArrays) -> str:
        """Calibrated scores [N, names]."""
        g = self.g
        unit = self._embedded(boxes)
        centred = g("Sub", unit, g.constant(scorer.centre))
        length = g("Max", g("ReduceL2", centred, axes=[1], keepdims=1), g.constant(1e-6))
        logits = g(
            "Add", g("MatMul", g("Div", centred, length), g.constant(scorer.weights)), g.constant(scorer.bias)
        )
        taught = scorer.weights.shape[1] - 1
        chances = g.slice(g("Softmax", logits, axis=1), 0, taught, 1)
        typical = g.constant(scorer.typical_score)
        seen = g("Max", self._best(class_scores), g("Mul", found, typical))
        surely = g("Min", g.constant(1.0), g("Sqrt", g("Div", seen, typical)))
        # where the detector seldom fits what was taught, what the head found goes first
        is_found = g("Greater", found, g.constant(0.0))
        any_found = g(
            "Greater", g.most(g("Concat", found, g.constant([0.0]), axis=0), 0, keep=True), g.constant(0.0)
        )
        held_back = g("And", any_found, g("Not", is_found))
        surely = g("Mul", surely, g("Where", held_back, g.constant(scorer.reach), g.constant(1.0)))
        own = g("Mul", chances, g("Unsqueeze", surely, g.ints(1)))
        by_detector, by_head = (g.constant(weight) for weight in scorer.own_weight)
        blended = (
            g(
                "Mul",
                g("MatMul", own, g.constant(scorer.own_to_name)),
                g("Where", g("Unsqueeze", is_found, g.ints(1)), by_head, by_detector),
            ),
            g("MatMul", self._said(class_scores, scorer), g.constant(scorer.class_to_name)),
        )
        raw = g("Add", *blended)
        clipped = g("Clip", raw, g.constant(scorer.sure), g.constant(1 - scorer.sure))
        odds = g("Log", g("Div", clipped, g("Sub", g.constant(1.0), clipped)))
        slope, bias = (
            g("Unsqueeze", g("Where", is_found, g.constant(pair[1]), g.constant(pair[0])), g.ints(1))
            for pair in (scorer.slopes, scorer.biases)
        )
        bent = g("Sigmoid", g("Add", g("Add", g("Mul", slope, odds), bias), g.constant(scorer.offsets)))
        bent = g("Where", g("Greater", raw, g.constant(0.0)), bent, g.constant(0.0))
        is_best = g("GreaterOrEqual", raw, g.most(raw, 1, keep=True))
        most = g.most(g("Where", is_best, bent, g.constant(0.0)), 1, keep=True)
        return g("Where", is_best, bent, g("Min", bent, g("Mul", most, g.constant(scorer.second))))

    def _said(self, class_scores: str, scorer: NamingArrays) -> str:
        """[N, G] the surest of the classes that stand for each name."""
        g = self.g
        none = g("Mul", g("Unsqueeze", self._best(class_scores), g.ints(1)), g.constant(0.0))
        padded = g("Concat", class_scores, none, axis=1)
        taken = g("Gather", padded, g.constant(scorer.class_index, np.int64), axis=1)  # [N, G, m]
        return g.most(taken, 2)

    def _embedded(self, boxes: str) -> str:
        """[N, D] the encoder's vectors of the crops; one crop more is looked at, for it cannot look at
        none."""
        g = self.g
        whole = g("Unsqueeze", g("Mul", self.size, g.constant([0.0, 0.0, 1.0, 1.0])), g.ints(0))
        corners = self._corners(g("Concat", boxes, whole, axis=0))
        wide, high = g.cast(self.width), g.cast(self.height)
        one, none = g.constant([1.0]), g.constant([0.0])
        limit = g("Concat", g("Sub", wide, one), g("Sub", high, one), axis=0)
        first = g("Min", g("Max", g("Floor", g.slice(corners, 0, 2, 1)), none), limit)
        last = g(
            "Min",
            g("Max", g("Ceil", g.slice(corners, 2, 4, 1)), g("Add", first, one)),
            g("Concat", wide, high, axis=0),
        )
        places = g.cast(g("Concat", first, last, axis=1), 7)  # [N, 4] left, top, right, bottom
        body = g.inner()
        crop = body(
            "Slice", self.pixels,
            body("Gather", "place", body.ints(1, 0), axis=0), body("Gather", "place", body.ints(3, 2), axis=0),
            body.ints(0, 1),
        )  # fmt: skip
        width, height = self.encoder.input.size
        resized = self._resized(crop, body.ints(height), body.ints(width), body)
        squeezed = body("Squeeze", resized, body.ints(0))
        crops = g("Scan", places, body=_body(body, squeezed, (3, height, width)), num_scan_inputs=1)
        batch = self._normalised(crops, self.encoder.input)
        name = self._encoder.input[0].name
        (vectors,) = g.include(self._encoder, {name: batch}, [self._encoder.output[0].name], "e")
        # rounded as they are kept, for the head was taught such ones
        step = g("Div", g("ReduceMax", g("Abs", vectors), axes=[1], keepdims=1), g.constant(127.0))
        step = g("Max", step, g.constant(1e-12))
        vectors = g("Mul", g("Round", g("Div", vectors, step)), step)
        return g("Slice", vectors, g.ints(0), g.ints(-1), g.ints(0))

    def _finish(self, boxes: str, scores: str, scorer: NamingArrays) -> None:
        """Of boxes of one name on one spot the best, in order of score."""
        from onnx import helper  # noqa: PLC0415

        g = self.g
        best = g.most(scores, 1, keep=True)
        only = g("Where", g("GreaterOrEqual", scores, best), scores, g.constant(0.0))
        chosen = self._suppressed(
            self._corners(boxes), only, most=1000, iou=scorer.same_spot_iou, floor=scorer.kept_from
        )
        numbers = g("Squeeze", g.slice(chosen, 1, 2, 1), g.ints(1))
        sure, order = g("TopK", g.rows(g("Squeeze", best, g.ints(1)), numbers), g.size(numbers, 0), outputs=2)
        numbers = g.rows(numbers, order)
        kept = g.rows(scores, numbers)
        for name, value in (
            ("boxes", g.rows(boxes, numbers)),
            ("scores", sure),
            ("classes", g("ArgMax", kept, axis=1, keepdims=0)),
            ("class_scores", kept),
        ):
            g.nodes.append(helper.make_node("Identity", [value], [name]))


def _body(body: Any, output: str, shape: tuple[int, int, int]) -> Any:
    """The body of a loop over crops."""
    from onnx import TensorProto, helper  # noqa: PLC0415

    place = helper.make_tensor_value_info("place", TensorProto.INT64, [4])
    crop = helper.make_tensor_value_info(output, TensorProto.FLOAT, list(shape))
    return helper.make_graph(body.nodes, "crop", [place], [crop])
