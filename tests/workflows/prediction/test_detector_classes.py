"""What the detector's classes stand for: chosen, remembered by its hash, and the same in the exported
graph."""

from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.proposals import hints_beside, shown_to_people
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, categories
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.edits import redo, undo
from hitl_desktop.workflows.detection.class_map import NOT_SHOWN, ignore_classes, map_class, set_mapping
from hitl_desktop.workflows.prediction.detector_classes import always_labelled, categories_known, classes_seen
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer

QUIET = NoProgress()
CLASSES = ("car", "truck", "person")


def detect(project: Project, image_id: int, *rows: tuple[float, float, float]) -> None:
    record = project.models.ensure("hash", "small", CLASSES)
    project.models.set_detector(record.id)
    boxes = np.array([[40.0 * n, 0, 30, 30] for n in range(len(rows))]).reshape(-1, 4)
    project.predictions.replace(
        image_id, record.id, Detections(boxes, np.array(rows, np.float32).reshape(-1, 3))
    )


def proposed(project: Project, image_id: int = 1) -> list[tuple[str, float]]:
    image = project.images.get(image_id)
    assert image
    proposals = proposals_of(project, image, load_scorer(project))
    visible = shown_to_people(proposals, Thresholds(0.3))
    return [
        (p.name, round(p.score, 2)) for p in (*visible, *hints_beside(proposals, visible, Thresholds(0.3)))
    ]


def test_many_classes_become_one_category_and_the_surest_counts(project: Project) -> None:
    detect(project, 1, (0.8, 0.1, 0.0), (0.3, 0.5, 0.1), (0.0, 0.1, 0.6))
    assert proposed(project) == [("car", 0.8), ("person", 0.6), ("truck", 0.5)]
    vehicle = project.categories.ensure("vehicle").id
    set_mapping(project, {"car": vehicle, "truck": vehicle, "person": NOT_SHOWN})
    assert proposed(project)[:2] == [("vehicle", 0.8), ("vehicle", 0.5)]
    assert all(name != "person" for name, _ in proposed(project))
    assert proposed(project) == [("vehicle", 0.8), ("vehicle", 0.5)]
    set_mapping(project, {})
    assert proposed(project)[0] == ("car", 0.8)


def test_an_accepted_box_has_the_mapped_category_and_one_of_its_own_name_is_not_made(
    project: Project,
) -> None:
    detect(project, 1, (0.8, 0.1, 0.0))
    vehicle = project.categories.ensure("vehicle").id
    set_mapping(project, {"car": vehicle})
    image = project.images.get(1)
    assert image
    annotate.accept(project, proposals_of(project, image, load_scorer(project)))
    assert [a.category_id for a in project.annotations.of_image(1)] == [vehicle]
    assert project.categories.find("car") is None


def test_a_class_that_always_gets_one_category_is_worth_mapping(project: Project) -> None:
    detect(project, 1, *[(0.8, 0.1, 0.0)] * 4, (0.1, 0.7, 0.0))
    detect(project, 2, (0.9, 0.1, 0.0), (0.1, 0.7, 0.0))
    cell, dust = (project.categories.ensure(name).id for name in ("cell", "dust"))

    def label(image_id: int, category_id: int, class_name: str) -> None:
        image = project.images.get(image_id)
        assert image
        hints = hints_beside(proposals_of(project, image, load_scorer(project)), [], Thresholds(0.3))
        annotate.revise(
            project, [Revision(h, category_id=category_id) for h in hints if h.name == class_name]
        )

    label(1, cell, "car")
    assert always_labelled(project, cell) is None  # four are too few
    label(2, cell, "car")
    assert always_labelled(project, cell) == "car"
    assert always_labelled(project, dust) is None
    map_class(project, "car", cell)
    assert always_labelled(project, cell) is None  # it is mapped
    label(1, cell, "truck")
    label(2, dust, "truck")
    assert always_labelled(project, dust) is None


def test_a_mapping_belongs_to_a_detector_and_follows_merged_categories(project: Project) -> None:
    detect(project, 1, (0.8, 0.1, 0.0))
    first, second = (project.categories.ensure(name) for name in ("vehicle", "machine"))
    set_mapping(project, {"car": first.id})
    categories.merge(project, first, second)
    assert proposed(project)[0] == ("machine", 0.8)
    other = project.models.ensure("another", "other", CLASSES)
    project.models.set_detector(other.id)
    assert project.class_maps.get("another") == {}
    assert project.class_maps.get("hash") == {"car": first.id}


def test_classes_are_counted_and_the_unmapped_ones_stand_apart(project: Project) -> None:
    detect(project, 1, (0.8, 0.1, 0.0), (0.7, 0.1, 0.0))
    detect(project, 2, (0.1, 0.6, 0.0), (0.05, 0.04, 0.0))  # the last one is not shown
    car = project.categories.ensure("car").id
    seen = classes_seen(project, QUIET)
    assert [(c.name, c.boxes, c.pictures, c.category_id) for c in seen.classes] == [
        ("car", 2, 1, car),
        ("truck", 1, 1, None),
        ("person", 0, 0, None),
    ]
    assert (seen.pictures, seen.of) == (2, 2)
    assert seen.mapping == {}
    set_mapping(project, {"truck": car})
    assert classes_seen(project, QUIET).mapping == {"truck": car}


def test_each_category_is_known_taught_or_only_named(taught_project: Project) -> None:
    taught_project.categories.ensure("unicorn")
    named = {c.name: c for c in categories_known(taught_project)}
    assert named["unicorn"].words.startswith("name only")
    assert any(c.taught and c.boxes for c in named.values())
    taught_project.categories.ensure("person")
    assert (
        "known to the detector (person)"
        in {c.name: c.words for c in categories_known(taught_project)}["person"]
    )


def test_what_cannot_be_mapped_is_said(project: Project) -> None:
    with pytest.raises(HitlError, match="No detector"):
        classes_seen(project, QUIET)
    with pytest.raises(HitlError, match="No detector"):
        set_mapping(project, {})
    project.models.set_detector(project.models.ensure("nameless", "nameless", ()).id)
    with pytest.raises(HitlError, match="names no classes") as raised:
        classes_seen(project, QUIET)
    assert "train on your own boxes" in raised.value.hint
    assert load_scorer(project) is not None  # a detector without names still proposes, if only for the head
    detect(project, 1, (0.8, 0.1, 0.0))
    with pytest.raises(HitlError, match="is gone"):
        set_mapping(project, {"boat": 1})
    with pytest.raises(HitlError, match="is gone"):
        set_mapping(project, {"car": 99})


def test_trust_is_in_what_a_class_stands_for(taught_project: Project) -> None:
    scorer = load_scorer(taught_project)
    assert scorer
    assert scorer.class_index.shape == (len(scorer.class_column), 1)
    one, other = scorer.detector.classes[:2]
    category = next(c for c in scorer.category_ids if c)
    set_mapping(taught_project, {one: category, other: category})
    now = load_scorer(taught_project)
    assert now
    assert now.class_index.shape[1] == 2
    scores = np.zeros((1, len(now.detector.classes)), np.float32)
    scores[0, 1] = 0.7
    row = int(np.flatnonzero(now.class_column == now.category_ids.index(category))[0])
    assert now.detector_scores(scores)[0, row] == pytest.approx(0.7)


def test_a_box_on_an_image_keeps_its_category_when_the_mapping_changes(
    project: Project, tmp_path: Path
) -> None:
    car = project.categories.ensure("car").id
    annotate.draw(project, 1, [(BBox(1, 1, 9, 9), car)])
    detect(project, 1, (0.8, 0.1, 0.0))
    set_mapping(project, {"car": project.categories.ensure("vehicle").id})
    assert [a.category_id for a in project.annotations.of_image(1)] == [car]


def test_choices_of_the_dialog_are_one_act_with_the_categories_they_make(project: Project) -> None:
    detect(project, 1, (0.8, 0.1, 0.0))
    vehicle = project.categories.ensure("vehicle").id
    set_mapping(project, {"car": vehicle}, ["person"])
    assert proposed(project)[0] == ("vehicle", 0.8)
    undo(project)
    assert project.class_maps.get("hash") == {}
    assert [c.name for c in project.categories.all() if not c.retired] == ["vehicle"]
    redo(project)
    assert project.class_maps.get("hash") == {"car": vehicle}
    assert [c.name for c in project.categories.all() if not c.retired] == ["vehicle", "person"]


def test_where_the_surest_class_is_ignored_the_second_one_is_no_hint(project: Project) -> None:
    detect(project, 1, (0.8, 0.5, 0.0), (0.4, 0.6, 0.0))
    assert proposed(project) == [("car", 0.8), ("truck", 0.6)]
    ignore_classes(project, ["car"])
    assert proposed(project) == [("truck", 0.6)]


def test_nothing_is_shown_once_all_classes_are_ignored(project: Project) -> None:
    detect(project, 1, (0.8, 0.1, 0.0), (0.0, 0.1, 0.6))
    ignore_classes(project, ["truck"])
    ignore_classes(project, ["car", "person"])
    assert project.class_maps.get("hash") == dict.fromkeys(CLASSES, NOT_SHOWN)
    assert proposed(project) == []
    undo(project)
    assert project.class_maps.get("hash") == {"truck": NOT_SHOWN}
    assert proposed(project) == [("car", 0.8), ("person", 0.6)]
