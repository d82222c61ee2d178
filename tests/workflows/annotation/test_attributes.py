"""Attributes of boxes: what is a value, what is said and taken back, and what goes through COCO and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import Attribute, AttributeKind, Value, as_values, in_words, with_value
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError
from hitl_desktop.formats.coco import detection as coco
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, attributes, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.exchange.export_dataset import export_dataset
from hitl_desktop.workflows.exchange.import_dataset import import_dataset

COLOUR = Attribute("colour", AttributeKind.CHOICE, ("red", "green"))


def draw(project: Project) -> Annotation:
    category = project.categories.ensure("car").id
    annotate.draw(project, 1, [(BBox(1, 1, 20, 20), category)])
    return project.annotations.of_image(1)[0]


def say(project: Project, name: str, value: Value | None) -> Annotation:
    box = project.annotations.of_image(1)[0]
    annotate.revise(project, [Revision(box, attributes=((name, value),))])
    return project.annotations.of_image(1)[0]


@pytest.mark.parametrize(
    ("attribute", "typed", "wanted"),
    [
        (Attribute("f"), True, True), (Attribute("f"), False, None), (Attribute("f"), "yes", True),
        (COLOUR, "red", "red"), (COLOUR, "", None), (Attribute("n", AttributeKind.NUMBER), " 2,5 ", 2.5),
        (Attribute("n", AttributeKind.NUMBER), "", None), (Attribute("t", AttributeKind.TEXT), " AB 12 ", "AB 12"),
    ],
)  # fmt: skip
def test_what_is_typed_is_a_value(attribute: Attribute, typed: object, wanted: Value | None) -> None:
    assert attribute.value_of(typed) == wanted


@pytest.mark.parametrize(
    ("attribute", "typed"),
    [(COLOUR, "blue"), *((Attribute("n", AttributeKind.NUMBER), t) for t in ("x", "nan", "inf", "1e999"))],
)
def test_what_is_no_value_is_refused(attribute: Attribute, typed: str) -> None:
    with pytest.raises(HitlError):
        attribute.value_of(typed)


@given(
    st.dictionaries(st.text(min_size=1), st.just(True) | st.floats(allow_nan=False) | st.text(min_size=1)),
    st.text(),
)
def test_saying_and_taking_back_leaves_the_rest(values: dict[str, Value], name: str) -> None:
    before = as_values({k: v for k, v in values.items() if k != name})
    assert with_value(with_value(before, name, "x"), name, None) == before
    assert with_value(before, name, False) == before


def test_attributes_are_said_counted_undone_and_done_again(project: Project) -> None:
    draw(project)
    attributes.define(project, COLOUR)
    assert say(project, "colour", "red").attributes == (("colour", "red"),)
    assert say(project, "crowd", True).crowd
    assert not project.annotations.of_image(1)[0].edited  # the box and its name are as they were
    assert project.attributes.count_uses(COLOUR) == 1
    with pytest.raises(HitlError, match="1 box"):
        attributes.remove(project, COLOUR)
    edits.undo(project)
    edits.undo(project)
    assert project.annotations.of_image(1)[0].attributes == ()
    edits.undo(project)
    assert project.attributes.all() == []
    edits.redo(project)
    edits.redo(project)
    assert project.annotations.of_image(1)[0].attributes == (("colour", "red"),)
    say(project, "colour", None)
    attributes.remove(project, COLOUR)
    assert project.attributes.all() == []
    edit, _ = edits.undo(project)
    assert edit is not None
    assert edit.label == Act(ActKind.REMOVE_ATTRIBUTE, "colour")
    assert project.attributes.all() == [COLOUR]


@pytest.mark.parametrize(
    "bad",
    [
        Attribute(" "), Attribute("Occluded"), Attribute("size", AttributeKind.CHOICE, ("one", " one ")),
        Attribute("Colour"), Attribute("colour", category_id=1),
    ],
)  # fmt: skip
def test_definitions_that_make_no_sense_are_refused(project: Project, bad: Attribute) -> None:
    draw(project)
    attributes.define(project, COLOUR)
    with pytest.raises(HitlError):
        attributes.define(project, bad)


def test_boxes_of_several_categories_share_what_all_can_have() -> None:
    of_category = Attribute("wheels", AttributeKind.NUMBER, category_id=3)
    assert attributes.of_categories([COLOUR, of_category], [3, 3]) == [COLOUR, of_category]
    assert attributes.of_categories([COLOUR, of_category], [3, 4]) == [COLOUR]
    assert in_words((("occluded", True), ("wheels", 4.0))) == "occluded, wheels 4"


def test_attributes_go_through_coco_and_back(project: Project, images: Path, tmp_path: Path) -> None:
    draw(project)
    for name, value in (("occluded", True), ("wheels", 4.0), ("plate", "AB 12"), ("crowd", True)):
        say(project, name, value)
    project.images.set_state(1, ImageState.DECIDED)
    export_dataset(project, tmp_path / "out.json")
    record = json.loads((tmp_path / "out.json").read_text())["annotations"][0]
    assert record["attributes"] == {"occluded": True, "wheels": 4.0, "plate": "AB 12"}
    assert record["iscrowd"] == 1
    record["attributes"] |= {"empty": "", "off": False, "list": [1], "crowd": False}
    data = json.loads((tmp_path / "out.json").read_text())
    data["annotations"] = [record]
    (tmp_path / "in.json").write_text(json.dumps(data))
    with Project.create(tmp_path / "other.hitl") as other:
        folder = other.add_folder(images)
        other.images.add(folder, ["a.png"])
        import_dataset(other, coco.read(tmp_path / "in.json"))
        assert other.annotations.of_image(1)[0].attributes == project.annotations.of_image(1)[0].attributes
        assert {(a.name, a.kind.value, a.category_id) for a in other.attributes.all()} == {
            ("plate", "text", 1), ("wheels", "number", 1),
        }  # fmt: skip
