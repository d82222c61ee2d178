"""Whether and how the detector's classes become categories: asked once, and when a mapping suggests
itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted
from hitl_desktop.service.loop.loop import Loop
from hitl_desktop.service.loop.steps import READING
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.categories.other_classes import OtherClasses
from hitl_desktop.ui.model.choose_classes_dialog import ChooseClassesDialog
from hitl_desktop.ui.model.other_class_acts import OtherClassActs
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.ui.widgets.once import once
from hitl_desktop.ui.widgets.toast import Toast
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.prediction.detector_classes import (
    ClassesSeen,
    always_labelled,
    classes_asked,
    classes_seen,
    note_asked,
)

ASKED_AFTER = 20
"""The question comes with what was counted on so many images, or on all if there are fewer."""
_NAMED = 4


class ClassActs(QObject):
    """Offers the detector's classes as categories while a project has none, and to map a class that always is
    one."""

    def __init__(
        self,
        session: Session,
        loop: Loop,
        banner: Banner,
        toast: Toast,
        other_classes: OtherClasses,
        window: QWidget,
    ) -> None:
        super().__init__()
        self._session, self._loop = session, loop
        self._banner, self._toast, self._window = banner, toast, window
        self._others = OtherClassActs(session, loop, other_classes)
        self._seen: ClassesSeen | None = None
        self._counting = False
        self._offered: set[str] = set()
        self._to_map: tuple[str, int] | None = None
        self._detected: tuple[int, bool] | None = None
        self.waits: Callable[[], bool] = lambda: False  # for another question
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        session.hints_named.connect(self._on_hints_named)
        loop.intake.detected.connect(self._on_detected)
        banner.offered.connect(self._on_answer)
        banner.dismissed.connect(partial(self._answer, 2))
        toast.acted.connect(self._map)

    def _on_opened(self) -> None:
        self._seen, self._counting, self._to_map, self._detected = None, False, None, None
        self._offered.clear()
        self._banner.hide()
        self._toast.hide()

    def _on_changed(self, changes: Changes) -> None:
        if changes.annotations_of or changes.categories or changes.go_to is not None:
            self._toast.hide()  # what it offers was about the boxes before
        if changes.categories and self._banner.isVisible() and self._has_own():
            self._answer(2)  # a person's own category: the detector's are none unless somebody asks for them

    def _has_own(self) -> bool:
        """Whether the project has a category that is no class of the detector."""
        classes = (
            {normalise_name(c.name) for c in self._seen.classes} if self._seen is not None else set[str]()
        )
        return any(normalise_name(name) not in classes for name in self._session.known.offered.values())

    def _on_detected(self, images: int, is_all: bool) -> None:
        """The detector is done with so many images of this run."""
        project = self._session.project
        self._detected = images, is_all
        if (
            project is None
            or self._counting
            or self.waits()
            or self._banner.isVisible()
            or not (is_all or images >= ASKED_AFTER)
        ):
            return
        if self._session.known.offered or classes_asked(project):
            return
        self._counting = True
        self._session.jobs.start(
            READING, tr("Counting the detector's classes"), classes_seen, on_success=self._ask, quiet=True
        )

    def ask_now(self) -> None:
        """The other question was answered: ask what waited for it."""
        if self._detected is not None:
            self._on_detected(*self._detected)

    def _ask(self, seen: ClassesSeen) -> None:
        self._counting = False
        found = [c for c in seen.classes if c.boxes]
        if self._session.known.offered or not found or self.waits():
            return
        self._seen = seen
        most = ", ".join(f"{c.name} {c.boxes}" for c in found[:_NAMED])
        if len(found) > _NAMED:
            most = tr("{most} and {found} more", most=most, found=len(found) - _NAMED)
        self._banner.show_text(
            tr(
                "Use the detector's classes as categories? On the first {images} it found {most}.",
                images=counted(seen.pictures, "image"),
                most=most,
            ),
            tr("All {classes}", classes=len(seen.classes)),
            tr("Choose..."),
            tr("None"),
        )

    def _on_answer(self, choice: int) -> None:
        self._banner.hide()
        self._answer(choice)

    def _answer(self, choice: int) -> None:
        """All (0), some (1) or none (2) of the classes become categories."""
        seen, project = self._seen, self._session.project
        if seen is None or project is None:
            self._banner.hide()
            return
        names = [c.name for c in seen.in_order] if choice == 0 else self._chosen(seen) if choice == 1 else []
        if choice == 1 and not names:
            self._banner.show()  # it was not answered
            return
        self._seen = None
        self._banner.hide()

        def keep(opened: Project) -> Changes:
            note_asked(opened)
            return use_as_categories(opened, names) if names else Changes()

        if self._session.project is project and self._session.project_acts.manage(keep) and names:
            self._session.receipt.emit(tr("{categories} added.", categories=counted(len(names), "category")))
            self._loop.learning.rank()

    def _chosen(self, seen: ClassesSeen) -> list[str]:
        with once(ChooseClassesDialog(seen, self._window)) as dialog:
            return dialog.chosen if dialog.exec() else []

    def _on_hints_named(self, category_id: int) -> None:
        """Hints got a category: if those of one class always do, it can be mapped."""
        project = self._session.project
        name = always_labelled(project, category_id) if project is not None else None
        if name is not None and name not in self._offered:
            self._offered.add(name)
            self._to_map = (name, category_id)
            category = self._session.known.of[category_id]
            self._toast.show_text(
                tr("{name} is always {category} here. Map it?", name=name, category=category),
                tr("Map {name} to {category}", name=name, category=category),
            )

    def _map(self) -> None:
        if self._to_map is None:
            return
        name, category_id = self._to_map
        self._to_map = None
        self._others.map(name, category_id)
