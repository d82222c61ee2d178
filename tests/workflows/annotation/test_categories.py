"""Categories are renamed, merged and retired, each as one step that undo takes back."""

from __future__ import annotations

import pytest

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.categories import Category, hotkeys, singular
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, categories, edits


@pytest.fixture
def zoo(project: Project) -> Project:
    """Two cats and a kitty on two images."""
    cat, kitty = project.categories.ensure("cat"), project.categories.ensure("kitty")
    annotate.draw(project, 1, [(BBox(0, 0, 9, 9), cat.id), (BBox(9, 9, 9, 9), kitty.id)])
    annotate.draw(project, 2, [(BBox(0, 0, 9, 9), kitty.id)])
    return project


def named(project: Project, name: str) -> Category:
    found = project.categories.find(name)
    assert found
    return found


def by_name(project: Project) -> list[str]:
    names = {c.id: c.name for c in project.categories.all()}
    return [names[a.category_id] for a in project.annotations.all()]


def test_a_merge_renames_all_boxes_and_its_name_means_the_other_from_then_on(zoo: Project) -> None:
    seen = categories.preview_merge(zoo, named(zoo, "kitty"))
    assert (seen.boxes, seen.pictures) == (2, 2)
    changes = categories.merge(zoo, named(zoo, "kitty"), named(zoo, "cat"))
    assert changes.annotations_of == {1, 2}
    assert changes.categories
    assert by_name(zoo) == ["cat", "cat", "cat"]
    assert [c.name for c in zoo.categories.all()] == ["cat"]
    assert zoo.categories.find("KITTY") == named(zoo, "cat")
    assert zoo.categories.ensure("kitty") == named(zoo, "cat")
    edit, changes = edits.undo(zoo)
    assert edit
    assert edit.label == Act(ActKind.MERGE_CATEGORY, "kitty", into="cat")
    assert (changes.annotations_of, changes.go_to) == ({1, 2}, None)
    assert by_name(zoo) == ["cat", "kitty", "kitty"]
    edits.redo(zoo)
    assert by_name(zoo) == ["cat", "cat", "cat"]


def test_merges_of_merges_end_at_the_last_one(zoo: Project) -> None:
    zoo.categories.ensure("feline")
    categories.merge(zoo, named(zoo, "kitty"), named(zoo, "cat"))
    categories.merge(zoo, named(zoo, "cat"), named(zoo, "feline"))
    assert zoo.categories.by_name() == dict.fromkeys(("cat", "kitty", "feline"), named(zoo, "feline").id)
    assert categories.merge(zoo, named(zoo, "feline"), named(zoo, "kitty")).categories is False  # the same


def test_undoing_everything_gives_back_what_was_there(zoo: Project) -> None:
    before = (zoo.categories.all(), zoo.annotations.all())
    categories.change(zoo, named(zoo, "cat"), name="Felis catus", colour="#123456", hotkey="Q")
    categories.change(zoo, named(zoo, "kitty"), hotkey="Q")
    assert [c.hotkey for c in zoo.categories.all()] == ["", "Q"]  # a key that another one has moves over
    categories.merge(zoo, named(zoo, "kitty"), named(zoo, "felis catus"))
    assert zoo.annotations.all()[0].category_id == 1
    for _ in range(3):
        edits.undo(zoo)
    assert (zoo.categories.all(), zoo.annotations.all()) == before


def test_a_retired_category_stays_while_it_has_boxes_and_comes_back_when_named(zoo: Project) -> None:
    categories.retire(zoo, named(zoo, "kitty"))
    assert zoo.categories.find("kitty") is None
    assert [(c.name, c.retired) for c in zoo.categories.all()] == [("cat", False), ("kitty", True)]
    edits.undo(zoo)
    typo = zoo.categories.ensure("kat")
    categories.retire(zoo, typo)
    assert zoo.categories.find("kat") is None
    assert [c.name for c in zoo.categories.all()] == ["cat", "kitty"]
    assert zoo.categories.ensure("KAT").id == typo.id  # ids never move
    assert len(zoo.categories.all()) == 3


@pytest.mark.parametrize(("name", "words"), [("kitty", "already"), ("  ", "needs at least")])
def test_a_name_that_another_has_is_refused_and_nothing_changes(zoo: Project, name: str, words: str) -> None:
    with pytest.raises(HitlError, match=words):
        categories.change(zoo, named(zoo, "cat"), name=name)
    assert [c.name for c in zoo.categories.all()] == ["cat", "kitty"]
    edit, _ = edits.undo(zoo)
    assert edit
    assert edit.label == Act(ActKind.DRAW)  # the refused one is not in the journal


def test_plurals_are_noticed_not_matched(zoo: Project) -> None:
    assert categories.near(zoo, "Cats") == named(zoo, "cat")
    assert categories.near(zoo, "kitties") == named(zoo, "kitty")
    assert categories.near(zoo, "cat") is None
    assert categories.near(zoo, "dog") is None
    assert zoo.categories.ensure("cats").id == 3


@pytest.mark.parametrize(
    ("plural", "one"),
    [("boxes", "box"), ("berries", "berry"), ("glasses", "glass"), ("buses", "buse"), ("grass", "grass")],
)
def test_singulars(plural: str, one: str) -> None:
    assert singular(plural) == singular(one)


def test_three_hundred_categories_have_keys_as_far_as_keys_go() -> None:
    many = [Category(n, f"c{n}", hotkey="5" if n == 40 else "") for n in range(1, 301)]
    keys = hotkeys(many)
    assert keys[1] == "1"
    assert keys[40] == "5"
    assert keys[6] == "6"  # as fingers have learned it
    assert keys[5].startswith("W, ")  # 5 is taken
    assert len(set(keys.values())) == len(keys) == 44
