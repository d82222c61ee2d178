import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import clean_name, names_in, normalise_name
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.review import Acts


def test_the_inverse_of_the_inverse_is_the_edit() -> None:
    a = Annotation(1, 2, 3, BBox(0, 0, 5, 5))
    edit = Edit(
        Act(ActKind.DRAW),
        2,
        before=Side(state=ImageState.UNDECIDED),
        after=Side((a,), ImageState.DECIDED, (1,), (9,)),
    )
    assert edit.inverse() != edit
    assert edit.inverse().inverse() == edit


@pytest.mark.parametrize("other", ["Red Blood Cell", "red_blood-cell", " RED  blood\tcell ", "redbloodcell"])
def test_names_match_without_regard_to_case_and_spacing(other: str) -> None:
    assert normalise_name(other) == normalise_name("red blood cell")


@given(st.text())
def test_cleaning_a_name_twice_changes_nothing(name: str) -> None:
    assert clean_name(clean_name(name)) == clean_name(name)


def test_changes_add_up() -> None:
    both = Changes(images=True, annotations_of=frozenset({1})) | Changes(
        queue=True, annotations_of=frozenset({2}), go_to=2
    )
    assert both == Changes(images=True, queue=True, annotations_of=frozenset({1, 2}), go_to=2)


def test_effort_saved_is_the_share_of_drawing_time() -> None:
    assert Acts().effort_saved() is None
    assert Acts(drawn=3).effort_saved() == pytest.approx(0)
    assert Acts(accepted=1).effort_saved() == pytest.approx(1 - 1.6 / 7)
    assert Acts(drawn=1, rejected=5).effort_saved() == pytest.approx(-6 / 7)
    assert Acts(1, 2, 3, 4, 5) + Acts(1, 1, 1, 1, 1) == Acts(2, 3, 4, 5, 6)


def test_names_are_taken_from_what_was_typed_or_pasted_each_once_in_their_order() -> None:
    assert names_in("gear, leaf\r\nred  blood cell;Gear\n\tcrystal,,\n- ,") == [
        "gear", "leaf", "red blood cell", "crystal", "-",
    ]  # fmt: skip
    assert names_in(" \n, ;") == []
