"""Which head is active after what it learned from was taken back."""

from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.training.versions import fall_back

SUMMARY = HeadSummary(1, 1, 1, 0.1)


def version(project: Project, learned: set[int]) -> int:
    model = project.models.ensure("encoder", "encoder")
    head_id = project.heads.add(model.id, b"weights", SUMMARY, learned=learned)
    project.heads.activate(head_id)
    return head_id


def test_a_head_that_learned_from_what_is_taken_back_is_not_used_any_longer(project: Project) -> None:
    first = version(project, {1})
    version(project, {1, 2})
    assert fall_back(project, {2})
    assert project.heads.active_id() == first
    assert fall_back(project, {1})  # all that it was trained on
    assert project.heads.active_id() is None


def test_a_head_stays_where_nothing_it_learned_from_was_taken_back(project: Project) -> None:
    active = version(project, {1})
    assert not fall_back(project, {2})
    assert project.heads.active_id() == active


def test_without_an_earlier_head_one_trained_on_others_as_well_stays(project: Project) -> None:
    active = version(project, {1, 2, 3})
    assert not fall_back(project, {1})
    assert project.heads.active_id() == active


def test_a_head_that_a_person_holds_stays(project: Project) -> None:
    version(project, {1})
    held = version(project, {1, 2})
    project.heads.activate(held, hold=True)
    assert not fall_back(project, {2})
    assert project.heads.active_id() == held
