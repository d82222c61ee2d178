"""The open project without a window: what people do is in the file, whatever happens beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError, ProjectError
from hitl_desktop.service.events import Event
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate
from tests.service.conftest import Service
from tests.store.old_projects import PLACE

BOX = BBox(5, 6, 20, 15)


def boxes_in(file: Path) -> list[tuple[int, BBox, str]]:
    with Project.open(file) as project:
        names = {c.id: c.name for c in project.categories.all()}
        return [
            (image.id, a.bbox, names[a.category_id])
            for image in project.images.all()
            for a in project.annotations.of_image(image.id)
        ]


def test_what_is_drawn_decided_and_undone_is_in_the_file(service: Service, project_file: Path) -> None:
    session = service.session
    cat = session.project_acts.add_category("cat")
    assert cat is not None
    first = session.at_hand
    assert session.acts.draw([(BOX, cat)])
    session.acts.accept_image()
    assert session.at_hand != first
    session.history.undo()
    assert session.at_hand == first
    assert session.image
    assert session.image.state is ImageState.UNDECIDED
    service.close()
    assert boxes_in(project_file) == [(first, BOX, "cat")]


def test_what_an_old_project_stored_in_words_is_undone_and_redone_under_these_words(
    service: Service, tmp_path: Path
) -> None:
    shutil.copy(PLACE / "schema-31.hitl", tmp_path / "old.hitl")
    service.open(tmp_path / "old.hitl")
    history = service.session.history
    history.undo()
    assert service.texts[-1] == "Undid: Skip image: too dark on c.png. It is shown now."
    history.undo()
    history.undo()
    assert service.texts[-1] == 'Undid: Merge category "blob" into "white cell".'
    history.redo()
    assert service.texts[-1] == 'Redid: Merge category "blob" into "white cell".'


def test_a_command_that_the_disk_refuses_is_repeated_as_the_same_value(
    service: Service, project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = service.session
    cat = session.project_acts.add_category("cat")
    assert cat is not None
    first = session.at_hand
    run = annotate.Draw.run

    def refuse(command: annotate.Draw, project: Project) -> object:
        raise ProjectError("The disk is full.", hint="Free some space.")

    monkeypatch.setattr(annotate.Draw, "run", refuse)
    assert not session.acts.draw([(BOX, cat)])
    assert session.saving.is_waiting
    assert not session.acts.draw([(BBox(1, 1, 2, 2), cat)])
    assert "still waiting" in service.texts[-1]
    session.walk.go_to(next(i for i in session.image_list.statuses if i != first))
    monkeypatch.setattr(annotate.Draw, "run", run)
    for again in list(service.pump.repeated):  # the retry of every two seconds
        again()
    assert not session.saving.is_waiting
    assert service.pump.repeated == []
    service.close()
    assert boxes_in(project_file) == [(first, BOX, "cat")]


def refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> int:
    """Draw a cat while the disk refuses it; the disk takes it when this returns (the image's id)."""
    session = service.session
    cat = session.project_acts.add_category("cat")
    assert cat is not None
    assert session.at_hand is not None

    def refuse(command: annotate.Draw, project: Project) -> object:
        raise ProjectError("The disk is full.", hint="Free some space.")

    with monkeypatch.context() as full:
        full.setattr(annotate.Draw, "run", refuse)
        assert not session.acts.draw([(BOX, cat)])
    return session.at_hand


def test_a_waiting_command_is_not_repeated_because_showing_it_failed(
    service: Service, project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = refused(service, monkeypatch)

    def fails() -> None:
        raise ZeroDivisionError

    service.session.boxes_changed.connect(fails)
    for _ in range(2):
        for again in list(service.pump.repeated):
            with pytest.raises(ZeroDivisionError):
                again()
    service.session.boxes_changed.disconnect(fails)
    service.close()
    assert boxes_in(project_file) == [(image_id, BOX, "cat")]


def test_a_waiting_command_that_has_become_impossible_is_dropped_and_others_go_on(
    service: Service, project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = refused(service, monkeypatch)
    session = service.session

    def impossible(command: annotate.Draw, project: Project) -> object:
        raise HitlError("The category was deleted.", hint="Draw it again.")

    with monkeypatch.context() as deleted:
        deleted.setattr(annotate.Draw, "run", impossible)
        service.pump.repeated[0]()
    assert "The category was deleted." in service.texts[-1]
    assert service.pump.repeated == []
    assert session.acts.draw([(BBox(1, 1, 9, 9), session.project_acts.add_category("cat") or 0)])
    service.close()
    assert boxes_in(project_file) == [(image_id, BBox(1, 1, 9, 9), "cat")]


def test_the_answer_of_a_job_about_another_project_is_dropped(
    service: Service, project_file: Path, tmp_path: Path
) -> None:
    other = shutil.copy(project_file, tmp_path / "other.hitl")
    answers: list[str] = []
    errors: list[str] = []
    service.runner.on_failure = lambda title, error: errors.append(f"{title}: {error}")
    jobs = service.session.jobs

    def fails(_: object, __: object) -> None:
        raise ProjectError("It failed.", hint="")

    jobs.start("one", "Counting", lambda p, _: p.path.name, on_success=answers.append)
    jobs.start("one", "Failing", fails, on_failure=lambda _: answers.append("failed"))
    service.open(other)
    jobs.start("one", "Counting", lambda p, _: p.path.name, on_success=answers.append)
    service.pump.run_until(lambda: not service.runner.jobs)
    assert answers == ["other.hitl"]
    assert len(errors) == 1  # an error is shown whatever is open
    assert "It failed." in errors[0]


def test_opened_anew_the_same_project_gets_no_old_answers(service: Service, project_file: Path) -> None:
    answers: list[str] = []
    service.session.jobs.start("one", "Counting", lambda p, _: "old", on_success=answers.append)
    service.open(project_file)
    service.pump.run_until(lambda: not service.runner.jobs)
    assert answers == []


def test_no_job_is_started_without_a_project(project_file: Path) -> None:
    service = Service()
    assert service.session.jobs.start("one", "Counting", lambda p, _: p.path) is None
    service.close()


def test_a_listener_that_fails_keeps_no_other_from_being_called() -> None:
    event, heard = Event[[str]](), list[str]()

    def fails(_: str) -> None:
        raise ZeroDivisionError

    for listener in (heard.append, fails, heard.append):
        event.connect(listener)
    with pytest.raises(ZeroDivisionError):
        event.emit("a")
    assert heard == ["a", "a"]
    event.disconnect(fails)
    event.emit("b")
    assert heard == ["a", "a", "b", "b"]
