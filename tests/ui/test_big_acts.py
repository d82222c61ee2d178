"""Acts on hundreds of images: what is listed and selected afterwards, in the window and in the file."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.annotation import bulk_edits
from tests.ui.conftest import MakeWindow
from tests.ui.test_queue import listed

MANY = 600


@pytest.fixture
def crowded(make_window: MakeWindow, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """A window on a project of six hundred images, whose files are not needed."""
    (tmp_path / "pictures").mkdir()
    with Project.create(tmp_path / "many.hitl") as project:
        folder = project.add_folder(tmp_path / "pictures", listed=False)
        with project.db.transaction():
            project.images.add(folder, [f"{n:04}.jpg" for n in range(MANY)])
    window = make_window()
    window.open_path(tmp_path / "many.hitl")
    qtbot.waitUntil(lambda: len(listed(window)) == MANY)
    return window


def select_rows(window: MainWindow, first: int, last: int) -> None:
    model, chosen = window.queue.model, window.queue.list.selectionModel()
    rows = QItemSelection(model.index(first, 0), model.index(last, 0))
    chosen.select(rows, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def states(window: MainWindow) -> dict[int, str]:
    """What another connection reads."""
    assert window.session.project
    with Project.open(window.session.project.path, background=True) as other:
        return other.images.statuses()


def check_list(window: MainWindow) -> None:
    """The list is that of the session, and the image at hand is the selected one wherever hands go."""
    assert listed(window) == window.session.image_list.order.ids
    for image_id in (450, 30):
        window.session.walk.go_to(image_id)
        assert window.queue.selected == [image_id]
        assert window.queue.list.currentIndex().row() == listed(window).index(image_id)


def test_after_hundreds_were_skipped_the_list_and_its_selection_are_true(
    crowded: MainWindow, qtbot: QtBot
) -> None:
    select_rows(crowded, 0, 299)
    crowded.actions_["skip_selected"].trigger()
    qtbot.waitUntil(lambda: not crowded.runner.jobs)
    assert {i for i, state in states(crowded).items() if state == "skipped"} == set(range(1, 301))
    check_list(crowded)
    crowded.session.walk.go_to(450)
    crowded.actions_["skip_selected"].trigger()
    assert {i for i, state in states(crowded).items() if state == "skipped"} == {*range(1, 301), 450}
    crowded.session.history.undo()
    crowded.session.history.undo()
    qtbot.waitUntil(lambda: crowded.session.image_list.count("undecided") == MANY)
    qtbot.waitUntil(lambda: not crowded.runner.jobs)
    assert set(states(crowded).values()) == {"undecided"}
    check_list(crowded)


def test_images_that_a_job_opened_again_are_listed_where_they_are_asked_about(crowded: MainWindow) -> None:
    project = crowded.session.project
    assert project
    decided = list(range(1, 400))
    for image_id in decided:
        project.images.set_state(image_id, ImageState.DECIDED)
    crowded.session.walk.apply_changes(Changes(queue=True))
    with Project.open(project.path, background=True) as other:
        changes = bulk_edits.reopen(other, decided[:250])
    crowded.session.walk.apply_changes(changes)
    check_list(crowded)


def test_a_filter_shows_no_image_that_stopped_passing_it(crowded: MainWindow, qtbot: QtBot) -> None:
    crowded.queue.state.choose("undecided")
    select_rows(crowded, 0, 49)  # so few are changed at once, without a job
    crowded.actions_["skip_selected"].trigger()
    assert listed(crowded) == list(range(51, MANY + 1))


def test_undo_takes_back_the_box_that_was_drawn_before_a_bulk_act_wrote_anything(
    crowded: MainWindow, qtbot: QtBot
) -> None:
    held, texts = Event(), list[str]()

    def late(project: Project, progress: Progress, number: int) -> Changes:
        assert held.wait(20)
        return bulk_edits.skip(project, list(range(1, 301)), progress, reserved=number)

    crowded.session.messages.info.connect(texts.append)
    session, project = crowded.session, crowded.session.project
    assert project
    cat = session.project_acts.add_category("cat")
    assert cat is not None
    session.walk.go_to(450)
    crowded.long_acts.change_many("Skipping", late, session.walk.apply_changes)
    session.acts.draw([(BBox(1, 1, 9, 9), cat)])
    crowded.long_acts.undo()  # while the act has not begun
    assert project.annotations.all() == []
    crowded.session.history.redo()
    held.set()
    qtbot.waitUntil(lambda: not crowded.runner.jobs)
    assert [a.image_id for a in project.annotations.all()] == [450]
    crowded.long_acts.undo()
    assert project.annotations.all() == []
    assert not any(text.startswith("Stopping") for text in texts)
    assert {i for i, state in states(crowded).items() if state == "skipped"} == set(range(1, 301))
