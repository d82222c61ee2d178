"""Which objects candidates find, and which of these they name rightly."""

from __future__ import annotations

from hitl_desktop.domain.comparison import BoxSize
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.workflows.benchmark.found_objects import Candidate, FoundObjects, found_objects

SMALL, LARGE = BBox(0, 0, 20, 20), BBox(100, 100, 200, 200)


def test_objects_are_found_by_whatever_name_and_named_by_the_surest() -> None:
    candidates = [
        Candidate(BBox(0, 0, 20, 19), "dog", 0.4, is_of_head=False),
        Candidate(BBox(1, 0, 20, 20), "cat", 0.6, is_of_head=True),
        Candidate(BBox(100, 100, 200, 150), "cat", 0.9, is_of_head=True),
        Candidate(BBox(100, 100, 50, 50), "dog", 1.0, is_of_head=False),  # too little of it
    ]
    found = found_objects(candidates, [("cat", SMALL), ("dog", LARGE), ("cow", BBox(0, 400, 50, 50))])
    assert found == {
        BoxSize.SMALL: FoundObjects(objects=1, found=1, by_detector=1, by_heads=1, named=1),
        BoxSize.MEDIUM: FoundObjects(objects=1),
        BoxSize.LARGE: FoundObjects(objects=1, found=1, by_detector=0, by_heads=1, named=0),
    }


def test_an_image_without_candidates_or_without_objects_finds_nothing() -> None:
    assert sum(found_objects([], [("cat", SMALL)]).values(), FoundObjects()) == FoundObjects(objects=1)
    some = [Candidate(SMALL, "cat", 0.5, is_of_head=True)]
    assert sum(found_objects(some, []).values(), FoundObjects()) == FoundObjects()
