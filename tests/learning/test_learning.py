import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.calibration import Calibration
from hitl_desktop.learning.acquisition import ACQUISITION_FUNCTIONS
from hitl_desktop.learning.calibration import CalibrationSamples, expected_calibration_error, fit_calibration
from hitl_desktop.learning.classification_head import BACKGROUND, ClassificationHead, Samples, fit
from hitl_desktop.learning.metrics import (
    area_under_curve,
    average_precision,
    bootstrap,
    paired_difference,
    wilson_interval,
)
from hitl_desktop.learning.softmax import softmax

TRUST = np.ones(2, np.float32)


@pytest.mark.parametrize("name", ACQUISITION_FUNCTIONS)
def test_doubt_scores_higher_than_certainty(name: str) -> None:
    scores = ACQUISITION_FUNCTIONS[name](np.array([[1, 0, 0], [0.7, 0.3, 0], [1 / 3, 1 / 3, 1 / 3]]))
    assert scores[0] == pytest.approx(0, abs=1e-9)
    assert scores[0] < scores[1] < scores[2] <= 1


@pytest.mark.parametrize("name", ACQUISITION_FUNCTIONS)
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_the_order_of_the_names_does_not_matter(name: str, weights: list[float]) -> None:
    proba = np.array([weights]) / sum(weights)
    assert ACQUISITION_FUNCTIONS[name](proba) == pytest.approx(ACQUISITION_FUNCTIONS[name](proba[:, ::-1]))


def clusters(seed: int = 0, each: int = 12) -> Samples:
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1, (3, 16)) * 3
    targets = np.repeat([7, 2, BACKGROUND], each)
    embeddings = np.concatenate([rng.normal(centre, 0.5, (each, 16)) for centre in centres])
    return Samples(embeddings.astype(np.float32), targets.astype(np.int64))


def test_the_head_learns_names_that_can_be_told_apart() -> None:
    head = fit(clusters(), TRUST, 0.5)
    assert head is not None
    assert head.category_ids.tolist() == [2, 7]
    samples = clusters()
    predicted = np.array([2, 7, BACKGROUND])[head.logits(samples.embeddings).argmax(axis=1)]
    assert (predicted == samples.targets).all()


def test_a_stored_head_says_the_same() -> None:
    head = fit(clusters(), TRUST, 0.5)
    assert head is not None
    again = ClassificationHead.from_bytes(head.to_bytes())
    embeddings = clusters(1).embeddings
    assert np.array_equal(again.logits(embeddings), head.logits(embeddings))
    assert again.typical_score == 0.5


@pytest.mark.parametrize("targets", [[1, 1, 1], [0, 0, 0], []])
def test_too_little_to_learn_from_is_no_error(targets: list[int]) -> None:
    samples = Samples(np.zeros((len(targets), 4), np.float32), np.array(targets, np.int64))
    assert fit(samples, TRUST, 0.5) is None


@pytest.mark.parametrize("pair", [(1, 2), (5, BACKGROUND), (BACKGROUND, 3)])
def test_two_names_are_enough(pair: tuple[int, int]) -> None:
    embeddings = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]], np.float32)
    head = fit(Samples(embeddings, np.array([pair[0]] * 2 + [pair[1]] * 2, np.int64)), TRUST, 0.5)
    assert head is not None
    columns = [*head.category_ids.tolist(), BACKGROUND]
    predicted = [columns[k] for k in head.logits(embeddings).argmax(axis=1)]
    assert predicted == [pair[0]] * 2 + [pair[1]] * 2


def test_a_weak_detection_scores_less_than_a_typical_one() -> None:
    head = fit(clusters(), TRUST, 0.5)
    assert head is not None
    logits = head.logits(clusters().embeddings[:2])
    typical = head.scores(logits, np.array([0.5, 0.9], np.float32))
    weak = head.scores(logits, np.array([0.125, 0.125], np.float32))
    assert typical == pytest.approx(softmax(logits)[:, :-1])
    assert weak == pytest.approx(typical / 2)


def samples(count: int, bend: Calibration, seed: int = 0) -> CalibrationSamples:
    """Answers to boxes of two categories that are right as often as this calibration says."""
    rng = np.random.default_rng(seed)
    scores, sources, ids = (
        rng.uniform(0.02, 0.98, count),
        rng.integers(0, 2, count),
        rng.integers(1, 3, count),
    )
    right = rng.random(count) < bend.chances(scores, sources, ids)
    return CalibrationSamples(scores, sources, ids, right, np.arange(count) // 10)


def test_a_calibration_is_found_again() -> None:
    really = Calibration((0.5, 2.0, 1.0), (0.0, -1.0, 0.0), {1: 0.7, 2: -0.7})
    found = fit_calibration(samples(20000, really))
    assert found.slopes == pytest.approx(really.slopes, rel=0.1)
    new = samples(20000, really, seed=1)
    chances = found.chances(new.scores, new.sources, new.category_ids)
    assert expected_calibration_error(chances, new.right) < 0.02
    assert expected_calibration_error(new.scores, new.right) > 0.05


def test_few_answers_leave_scores_nearly_as_they_are() -> None:
    really = Calibration((0.5, 2.0, 1.0), (0.0, -1.0, 0.0))
    assert fit_calibration(samples(19, really)) == Calibration()
    scores = np.linspace(0.1, 0.9, 9)
    fitted = [fit_calibration(samples(200, Calibration(), seed)) for seed in range(20)]
    calibrated = np.mean([each.chances(scores, np.zeros(9, int), np.ones(9, int)) for each in fitted], axis=0)
    assert np.allclose(calibrated, scores, atol=0.05)


@pytest.mark.parametrize("right", [True, False])
def test_answers_that_are_all_alike_give_chances_within_0_and_1(right: bool) -> None:
    alike = CalibrationSamples(
        np.full(50, 0.5), np.ones(50, int), np.ones(50, np.int64), np.full(50, right), np.arange(50)
    )
    chances = fit_calibration(alike).chances(np.array([0.0, 0.5, 1.0]), np.ones(3, int), np.ones(3, np.int64))
    assert np.isfinite(chances).all()
    assert chances[0] == 0
    assert (chances[1] > 0.8) if right else (chances[1] < 0.2)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.floats(0.1, 5), st.floats(-3, 3))
def test_calibration_keeps_the_order_of_scores(scores: list[float], slope: float, bias: float) -> None:
    calibration = Calibration((slope, 1.0, 1.0), (bias, 0.0, 0.0))
    chances = calibration.chances(np.sort(scores), np.zeros(len(scores), int), np.ones(len(scores), int))
    assert (np.diff(chances) >= 0).all()


def test_the_interval_of_a_share_is_that_of_its_images() -> None:
    """Boxes of an image all alike are worth one: the interval is that of 40 draws, not of 4,000."""
    images = np.repeat(np.arange(40), 100)
    values = (images % 2).astype(float)
    low, high = bootstrap(lambda rows: float(values[rows].mean()), images)
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / np.sqrt(40), abs=0.03)
    assert high == pytest.approx(0.5 + 1.96 * 0.5 / np.sqrt(40), abs=0.03)
    assert bootstrap(lambda rows: float(rows.size), np.zeros(0, int)) == (0.0, 1.0)


def test_calibration_error_of_honest_and_boastful_confidence() -> None:
    correct = np.arange(1000) % 10 < 7
    assert expected_calibration_error(np.full(1000, 0.7), correct) == pytest.approx(0, abs=1e-9)
    assert expected_calibration_error(np.full(1000, 0.95), correct) == pytest.approx(0.25)
    assert expected_calibration_error(np.zeros(0), np.zeros(0, bool)) == 0


def test_wilson_intervals_are_the_published_ones() -> None:
    # Newcombe 1998, table I: 81/263 and 15/148, 0/20, 1/29
    for (right, total), wanted in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        assert wilson_interval(right, total) == pytest.approx(wanted, abs=1e-4)
    assert wilson_interval(0, 0) == (0, 1)


TRUTH = {
    "images": [{"id": 1}, {"id": 2}],
    "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "absent"}],
    "annotations": [
        {"image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50]},
        {"image_id": 1, "category_id": 2, "bbox": [60, 0, 50, 50]},
        {"image_id": 2, "category_id": 1, "bbox": [0, 0, 50, 50]},
    ],
}


def perfect() -> list[dict[str, object]]:
    return [{**a, "score": 0.9} for a in TRUTH["annotations"]]


def test_perfect_detections_score_one_and_absent_categories_nothing() -> None:
    result = average_precision(TRUTH, perfect())
    assert result.map == pytest.approx(1)
    assert result.ap50 == pytest.approx(1)
    assert result.per_category[3] == (None, None)
    assert average_precision(TRUTH, []).map == 0
    assert average_precision(TRUTH | {"annotations": []}, perfect()).map is None


def test_average_precision_is_that_of_pycocotools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    rng = np.random.default_rng(5)
    truth = {
        "images": [{"id": i} for i in range(1, 6)],
        "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
        "annotations": [
            {"id": n + 1, "image_id": n % 5 + 1, "category_id": n % 2 + 1, "iscrowd": int(n == 3), "area": 900.0,
             "bbox": [float(v) for v in (*rng.uniform(0, 200, 2), 30, 30)]}
            for n in range(40)
        ],
    }  # fmt: skip
    found = [
        {"image_id": a["image_id"], "category_id": a["category_id"], "score": float(rng.uniform()),
         "bbox": [float(v) for v in np.array(a["bbox"]) + rng.normal(0, 4, 4)]}
        for a in truth["annotations"]
    ]  # fmt: skip
    (tmp_path / "t.json").write_text(json.dumps(truth))
    reference = COCO(str(tmp_path / "t.json"))
    evaluation = COCOeval(reference, reference.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    ours = average_precision(truth, found)
    assert (ours.map, ours.ap50) == pytest.approx((evaluation.stats[0], evaluation.stats[1]), abs=1e-6)
    assert 0 < evaluation.stats[0] < 1
    capsys.readouterr()


def test_the_area_under_a_curve_is_its_mean_over_images() -> None:
    assert area_under_curve([1, 3, 5], [0.0, 0.4, 0.8]) == pytest.approx(0.4)
    assert area_under_curve([1, 2, 10], [0.0, 1.0, 1.0]) == pytest.approx((0.5 + 8) / 9)
    assert area_under_curve([1], [0.7]) == 0.7


def test_a_paired_difference_has_students_interval() -> None:
    """Known answer: gains 1, 2, 3; mean 2, standard error 1/sqrt(3), t(2) = 4.3027."""
    mean, (low, high) = paired_difference([2, 4, 6], [1, 2, 3])
    assert mean == pytest.approx(2)
    assert (low, high) == (pytest.approx(2 - 4.302653 / np.sqrt(3)), pytest.approx(2 + 4.302653 / np.sqrt(3)))
    assert paired_difference([1], [0]) == (1, (-np.inf, np.inf))
