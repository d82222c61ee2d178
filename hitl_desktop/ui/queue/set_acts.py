"""Sets of edge cases: pin by key, see, rename, delete, and find more of the kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.loop.steps import EXAMINING
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.edge_case_sets import EDGE_CASES
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.controller import Controller
from hitl_desktop.ui.jobs.preparing import prepare
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.queue.queue_panel import QueuePanel
from hitl_desktop.ui.queue.similar_dialog import SimilarDialog
from hitl_desktop.workflows.images import edge_cases
from hitl_desktop.workflows.prediction.similar import Similar, similar_to

_NEW, _OTHER = tr("a new set..."), tr("another set...")
_SHOW, _RENAME, _DELETE = tr("show its images"), tr("rename it"), tr("delete it (images and boxes stay)")


class SetActs:
    """Acts on sets of edge cases: each is a queue, a test for every new head, and named in exports."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        learning: Learning,
        controller: Controller,
        queue: QueuePanel,
        messages: Messages,
        ask: Ask,
        window: QWidget,
    ) -> None:
        self._session, self._runner, self._learning = session, runner, learning
        self._controller, self._queue = controller, queue
        self._messages, self.ask, self._window = messages, ask, window
        self.wall: SimilarDialog | None = None
        session.opened.connect(self.close)

    def pin(self) -> None:
        """Put the image, and the selected boxes with it, into a set, or take it out."""
        project, image = self._session.project, self._session.image
        if project is None or image is None:
            return
        name = self._which(image.id)
        if name is None:
            return
        selected = [b.id for b in self._controller.in_hand() if isinstance(b, Annotation)]
        is_in: list[bool] = []

        def toggle(project: Project) -> Changes:
            is_in.append(edge_cases.toggle_edge_case(project, image.id, name, selected))
            return Changes(queue=True)

        if self._session.project_acts.manage(toggle):
            self._messages.show(_toggled(image.path, name, is_in=is_in[-1], boxes=len(selected)))

    def _which(self, image_id: int) -> str | None:
        """The set that is meant, by key."""
        views = self._session.views
        names, image_sets = list(dict.fromkeys([EDGE_CASES, *views.sets()])), views.sets_of(image_id)
        keys = {str(n): name for n, name in enumerate(names[:9], start=1)}
        words = {
            key: tr("{name} (it is in: take it out)", name=name) if name in image_sets else name
            for key, name in keys.items()
        }
        more = {"O": _OTHER} if len(names) > len(keys) else {}
        chosen = self.ask.reason({**words, **more, "N": _NEW})
        if chosen == _OTHER:
            return self.ask.choice(tr("Edge cases"), tr("Into which set, or out of it?"), names[len(keys) :])
        if chosen == _NEW:
            name = self.ask.text(tr("Edge cases"), tr("Name of the set, such as night, glare, cut off"), "")
            return name.strip() or None if name else None
        return next((keys[key] for key, text in words.items() if text == chosen), None)

    def manage(self) -> None:
        """See all sets; show, rename or delete one."""
        sets = self._session.views.sets()
        if not sets:
            self._messages.show(tr("There are no sets of edge cases yet. Ctrl+B puts this image into one."))
            return
        listed = {f"{name}: {counted(len(members), 'image')}": name for name, members in sets.items()}
        chosen = self.ask.choice(tr("Sets of edge cases"), tr("Which one?"), list(listed))
        act = (
            self.ask.choice(tr("Sets of edge cases"), tr("What about it?"), [_SHOW, _RENAME, _DELETE])
            if chosen
            else None
        )
        if chosen is None or act is None:
            return
        name = listed[chosen]
        if act == _SHOW:
            self._queue.show_set(name)
        elif act == _RENAME:
            new = self.ask.text(tr("Rename the set"), tr("New name"), name)
            if new and new.strip() and new.strip() != name:
                self._session.project_acts.manage(partial(_renamed, name, new.strip()))
        elif self._session.project_acts.manage(partial(_deleted, name)):
            self._messages.show(
                tr("The set “{name}” is deleted. A version that waited for it is tried anew.", name=name)
            )
            self._learning.learn()

    def find_more(self) -> None:
        """Look for more like the selected box, or like the whole image."""
        image = self._session.image
        if image is None:
            return
        boxes = self._controller.in_hand()
        bbox = boxes[0].bbox if boxes else None

        def job(project: Project, progress: Progress) -> list[Similar]:
            return similar_to(project, image, bbox, progress, threads=1)

        prepare(
            self._session.jobs,
            self._window,
            tr("Looking for more like this"),
            job,
            self._show,
            lane=EXAMINING,
        )

    def _show(self, found: list[Similar]) -> None:
        self.close()
        self.wall = SimilarDialog(found, self._window)
        self.wall.image_chosen.connect(self._session.walk.go_to)
        self.wall.pin_asked.connect(self._pin_all)
        self.wall.finished.connect(self.close)
        self.wall.show()

    def _pin_all(self, image_ids: Sequence[int]) -> None:
        name = self.ask.text(
            tr("Edge cases"),
            tr("Put {images} into the set", images=counted(len(image_ids), "image")),
            EDGE_CASES,
        )
        if (
            name
            and name.strip()
            and self._session.project_acts.manage(partial(_added, name.strip(), image_ids))
        ):
            self._messages.show(
                tr(
                    "{images} put into “{name}”.",
                    images=counted(len(image_ids), "image"),
                    name=name.strip(),
                )
            )

    def close(self, _result: int = 0) -> None:
        """Put the wall away."""
        if self.wall is not None:
            wall, self.wall = self.wall, None
            wall.close()
            wall.deleteLater()


def _toggled(path: str, name: str, *, is_in: bool, boxes: int) -> str:
    """What the key that puts an image into a set, or takes it out, has done."""
    if not is_in:
        return tr("{path} is not in “{name}” any more.", path=path, name=name)
    if boxes:
        return tr(
            "{path} is in “{name}” now, with {boxes}: new versions are tried on it.",
            path=path,
            name=name,
            boxes=counted(boxes, "box"),
        )
    return tr("{path} is in “{name}” now: new versions are tried on it.", path=path, name=name)


def _renamed(name: str, new: str, project: Project) -> Changes:
    edge_cases.rename_set(project, name, new)
    return Changes(queue=True)


def _deleted(name: str, project: Project) -> Changes:
    edge_cases.delete_set(project, name)
    return Changes(queue=True)


def _added(name: str, image_ids: Sequence[int], project: Project) -> Changes:
    edge_cases.add_to_set(project, name, image_ids)
    return Changes(queue=True)
