"""Average precision as COCO defines it, and intervals for shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Record = dict[str, Any]
Interval = tuple[float, float]

_DRAWS = 400
_AT_75 = 5
"""The place of IoU .75 among those that COCO takes."""


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """mAP over IoU .50:.95, AP at IoU .50 and .75, and mAP and AP50 per category id; None where there is no ground
    truth."""

    map: float | None
    ap50: float | None
    ap75: float | None
    per_category: dict[int, tuple[float | None, float | None]]


def average_precision(truth: Record, detections: Sequence[Record]) -> AveragePrecision:
    """COCO's box AP (at most 100 detections an image) of detections against a COCO ground-truth record.

    Args:
        truth: images, annotations, categories as in a COCO file.
        detections: image_id, category_id, bbox, score each.
    """
    from faster_coco_eval import COCO, COCOeval_faster  # noqa: PLC0415 - heavy: only a job needs it

    categories = [c["id"] for c in truth["categories"]]
    if not truth["annotations"] or not categories:
        return AveragePrecision(None, None, None, dict.fromkeys(categories, (None, None)))
    if not detections:
        present = {a["category_id"] for a in truth["annotations"] if not a.get("iscrowd")}
        return AveragePrecision(
            0.0, 0.0, 0.0, {c: (0.0, 0.0) if c in present else (None, None) for c in categories}
        )
    ground_truth = COCO(_with_areas(truth))
    evaluation = COCOeval_faster(
        ground_truth, ground_truth.loadRes(list(detections)), "bbox", print_function=_print_nothing
    )
    evaluation.evaluate()
    evaluation.accumulate()
    precision: Any = evaluation.eval["precision"]  # [IoU, recall, category, area, most detections]
    whole = precision[:, :, :, 0, -1]
    per_category = {
        c: (_mean(whole[:, :, k]), _mean(whole[0, :, k])) for k, c in enumerate(evaluation.params.catIds)
    }
    return AveragePrecision(_mean(whole), _mean(whole[0]), _mean(whole[_AT_75]), per_category)


def _print_nothing(*_: object) -> None:
    pass


def _with_areas(truth: Record) -> Record:
    annotations = [
        a
        | {"id": number, "area": a.get("area") or a["bbox"][2] * a["bbox"][3], "iscrowd": a.get("iscrowd", 0)}
        for number, a in enumerate(truth["annotations"], start=1)
    ]
    return truth | {"annotations": annotations}


def _mean(values: Any) -> float | None:
    valid = values[values > -1]
    return float(np.mean(valid)) if valid.size else None


def wilson_interval(right: float, total: float, z: float = 1.959964) -> Interval:
    """The 95 % interval of a share (Wilson 1927)."""
    if total == 0:
        return 0.0, 1.0
    share = right / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def clustered_interval(right: NDArray[np.bool_], groups: NDArray[np.integer]) -> Interval:
    """The 95 % interval of a share of boxes that lie on images [N] together.

    Wilson's, with the effective number of boxes if each lay on an image of its own (Kish 1965).
    """
    total = len(right)
    if total == 0:
        return 0.0, 1.0
    share = float(right.mean())
    _, places = np.unique(groups, return_inverse=True)
    off = np.bincount(places, right - share)
    images = len(off)
    if images == 1:
        return wilson_interval(share, 1)
    alone = total * share * (1 - share)
    together = float((off**2).sum()) * images / (images - 1)
    effect = max(1.0, together / alone) if alone > 0 else total / images
    return wilson_interval(share * total / effect, total / effect)


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    groups: NDArray[np.integer],
    *,
    draws: int = _DRAWS,
    seed: int = 0,
) -> Interval:
    """The 95 % percentile interval of a statistic of rows, their groups [N] drawn with replacement (Efron
    1979).

    Boxes of one image are not independent: whole images are drawn.
    """
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    if not members:
        return 0.0, 1.0
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(members), (draws, len(members)))
    values = [statistic(np.concatenate([members[g] for g in each])) for each in drawn]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def ratio_interval(
    parts: NDArray[np.floating], wholes: NDArray[np.floating], *, is_share: bool = False, seed: int = 0
) -> Interval:
    """The 95 % percentile interval of `sum(parts) / sum(wholes)`, images [N] drawn with replacement (Efron
    1979).

    Of a share, that is a ratio between 0 and 1, images all alike are no proof; of boxes see
    `share_interval`.
    """
    if len(parts) == 0:
        return 0.0, 1.0
    drawn = np.random.default_rng(seed).integers(0, len(parts), (_DRAWS, len(parts)))
    values = parts[drawn].sum(axis=1) / np.maximum(wholes[drawn].sum(axis=1), 1e-9)
    low, high = np.quantile(values, [0.025, 0.975])
    return _not_too_sure(float(low), float(high), len(parts)) if is_share else (float(low), float(high))


def share_interval(right: NDArray[np.floating], of: NDArray[np.floating]) -> Interval:
    """The 95 % interval of a share of boxes, given how many were right and how many there were on each
    image [N]."""
    boxes = of.astype(int)
    places = np.arange(boxes.sum()) - np.repeat(np.cumsum(boxes) - boxes, boxes)
    is_right = places < np.repeat(right, boxes)
    return clustered_interval(is_right, np.repeat(np.arange(len(boxes)), boxes))


def _not_too_sure(low: float, high: float, images: int) -> Interval:
    """Images that are all alike have no spread, which is no proof: then as for a share of so many
    (Wilson)."""
    if high - low > 1e-9 or not 0.0 <= low <= 1.0:
        return low, high
    return wilson_interval(low * images, images)


def bootstrap_images(
    statistic: Callable[[NDArray[np.intp]], float], images: int, *, seed: int = 0
) -> Interval:
    """The 95 % percentile interval of a statistic of so many images, which are drawn with replacement.

    Draws without a value (NaN) are left out.
    """
    if images == 0:
        return 0.0, 1.0
    drawn = np.random.default_rng(seed).integers(0, images, (_DRAWS, images))
    values = np.array([statistic(rows) for rows in drawn])
    if np.isnan(values).all():
        return 0.0, 1.0
    low, high = np.nanquantile(values, [0.025, 0.975])
    return _not_too_sure(float(low), float(high), images)


def average_precision_of_judged(
    scores: NDArray[np.floating], right: NDArray[np.bool_], objects: int
) -> float:
    """COCO's average precision (101 recall levels) of boxes [N] of which it is known whether each is
    right."""
    if objects == 0:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(hits / objects, np.linspace(0, 1, 101), side="left")
    return float(np.append(precision, 0.0)[at].mean())


def area_under_curve(images: Sequence[int], scores: Sequence[float]) -> float:
    """The mean of a score over all numbers of images up to the last, straight lines between those
    measured."""
    if len(images) == 1:
        return scores[0]
    whole = sum(
        (b - a) * (x + y) / 2 for a, b, x, y in zip(images, images[1:], scores, scores[1:], strict=False)
    )
    return whole / (images[-1] - images[0])


def paired_difference(first: Sequence[float], second: Sequence[float]) -> tuple[float, Interval]:
    """How much better the first of two is on average, over the same seeds, with its 95 % interval (Student's
    t).

    One seed gives no measure of its error.
    """
    from scipy.stats import t  # noqa: PLC0415 - heavy: only a job needs it

    gains = np.array(first) - np.array(second)
    mean = float(gains.mean())
    if len(gains) < 2:
        return mean, (-math.inf, math.inf)
    spread = float(t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / math.sqrt(len(gains)))
    return mean, (mean - spread, mean + spread)


_USUAL_SPREAD, _WORTH = 0.2, 4


def paired_bound(before: NDArray[np.floating], after: NDArray[np.floating], doubt: float) -> float:
    """How much better the second may be at most, on average, given both scores [N] of the same images.

    One-sided, by Student's t; `doubt` is the chance to be wrong. What is known of the spread of such
    differences counts as four images, so that few that are alike by chance do not decide.
    """
    from scipy.stats import t  # noqa: PLC0415 - heavy: only a job needs it

    gains = after - before
    freedom = _WORTH + len(gains) - 1
    squares = _WORTH * _USUAL_SPREAD**2 + float(((gains - gains.mean()) ** 2).sum())
    return float(gains.mean() + t.ppf(1 - doubt, freedom) * math.sqrt(squares / freedom / len(gains)))


def gain_interval(gains: NDArray[np.floating]) -> Interval:
    """The 95 % interval of the mean of gains from -1 to 1 [N], with what is known of their spread
    (`paired_bound`)."""
    from scipy.stats import t  # noqa: PLC0415 - heavy: only a job needs it

    if len(gains) == 0:
        return -1.0, 1.0
    mean, freedom = float(gains.mean()), _WORTH + len(gains) - 1
    squares = _WORTH * _USUAL_SPREAD**2 + float(((gains - mean) ** 2).sum())
    spread = float(t.ppf(0.975, freedom)) * math.sqrt(squares / freedom / len(gains))
    return mean - spread, mean + spread
