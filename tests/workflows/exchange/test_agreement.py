"""Several people's labels: known answers, and what becomes of what they do not agree on."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError
from hitl_desktop.workflows.exchange.agreement import agreement_of, krippendorff, merged

NAMES = {"cat": 1, "dog": 2}


def labels(**images: list[tuple[str, tuple[float, float, float, float]]]) -> Dataset:
    listed = tuple(DatasetImage(n, f"{name}.png", 100, 100) for n, name in enumerate(images, start=1))
    boxes = [(n, box) for n, own in enumerate(images.values(), start=1) for box in own]
    return Dataset(
        listed,
        tuple(Category(i, name) for name, i in NAMES.items()),
        tuple(Annotation(k, n, NAMES[name], BBox(*box)) for k, (n, (name, box)) in enumerate(boxes, start=1)),
    )


ANNA = labels(a=[("cat", (0, 0, 20, 20)), ("dog", (50, 50, 20, 20))], b=[("cat", (10, 10, 30, 30))], only=[])
BEN = labels(
    a=[("cat", (0, 0, 20, 16)), ("cat", (50, 50, 20, 20))],
    b=[("cat", (10, 10, 30, 30)), ("dog", (70, 70, 9, 9))],
)


def test_agreement_of_two_people_by_hand() -> None:
    found = agreement_of([ANNA, BEN])
    assert (found.people, found.images, found.objects, found.agreed) == (2, 2, 4, 2)
    assert found.f1 == pytest.approx(2 * 2 / 7)  # two of three and four boxes, the same and called the same
    assert found.f1_strict == pytest.approx(2 * 2 / 7)  # .8 is over .75
    assert found.mean_iou == pytest.approx((0.8 + 1 + 1) / 3)
    # cat cat, dog cat, cat cat, missing dog: of 8 values 5 cat, 2 dog, 1 missing
    expected = (8 * 8 - (25 + 4 + 1)) / 7
    assert found.alpha == pytest.approx(1 - 4 / expected)
    assert found.by_category == {"cat": (3, pytest.approx(2 / 3)), "dog": (2, 0.0)}
    assert found.f1_interval[0] <= found.f1 <= found.f1_interval[1]


def test_what_is_not_agreed_on_is_to_be_decided_again() -> None:
    one, conflicts = merged([ANNA, BEN])
    assert [(i.file_name, i.state) for i in one.images] == [
        ("a.png", ImageState.UNDECIDED),
        ("b.png", ImageState.UNDECIDED),
    ]
    boxes = [a.bbox for a in one.annotations]
    assert boxes == [(0, 0, 20, 18), (50, 50, 20, 20), (10, 10, 30, 30), (70, 70, 9, 9)]
    assert [(image, [b and b[0] for b in each.boxes]) for image, each in conflicts] == [
        ("a.png", ["dog", "cat"]), ("b.png", [None, "dog"]),
    ]  # fmt: skip
    alike, nothing = merged([ANNA, ANNA, ANNA])
    assert nothing == []
    assert {i.state for i in alike.images} == {ImageState.DECIDED}
    assert [a.bbox for a in alike.annotations] == [a.bbox for a in ANNA.annotations]


def test_krippendorffs_own_example() -> None:
    """Reliability data of four observers and twelve units, nominal: alpha = .743 (Krippendorff 2011, C)."""
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    pairs: Counter[tuple[str, str]] = Counter()
    for unit in zip(a, b, c, d, strict=True):
        values = [str(v) for v in unit if v is not None]
        for i, one in enumerate(values):
            for j, other in enumerate(values):
                if i != j:
                    pairs[one, other] += 1 / (len(values) - 1)  # type: ignore[assignment]
    assert krippendorff(pairs) == pytest.approx(0.743, abs=0.0005)


@given(st.integers(2, 5))
def test_people_who_are_all_alike_agree_fully(people: int) -> None:
    found = agreement_of([ANNA] * people)
    assert (found.f1, found.f1_strict, found.mean_iou, found.alpha) == (1, 1, 1, 1)


def test_nothing_in_common_and_one_alone_are_told() -> None:
    with pytest.raises(HitlError, match="No image is in all"):
        agreement_of([labels(a=[]), labels(b=[])])
    with pytest.raises(HitlError, match="agrees with nobody"):
        agreement_of([ANNA])
