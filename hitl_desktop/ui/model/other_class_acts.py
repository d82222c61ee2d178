"""The section of other detector classes in the inspector: its counts, and what its buttons do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted
from hitl_desktop.service.loop.loop import Loop
from hitl_desktop.service.loop.steps import READING
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.categories.other_classes import OtherClasses
from hitl_desktop.workflows.detection.class_map import ignore_classes, map_class, use_as_categories
from hitl_desktop.workflows.prediction.detector_classes import ClassesSeen, class_crops, classes_seen

_MOST_CROPS = 20


class OtherClassActs:
    """Counts the detector's boxes by class when they are there, and maps, ignores or adds classes."""

    def __init__(self, session: Session, loop: Loop, section: OtherClasses) -> None:
        self._session, self._loop, self._section = session, loop, section
        self._seen: ClassesSeen | None = None
        self._has_crops = False
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        loop.intake.detected.connect(self._on_detected)
        section.unfolded.connect(self._read_crops)
        section.map_asked.connect(self.map)
        section.ignore_asked.connect(self._ignore)
        section.add_asked.connect(self._add)

    def _on_opened(self) -> None:
        self._seen = None
        self._show()
        if self._session.views.hint_classes():
            self._count()

    def _on_detected(self, _images: int, is_all: bool) -> None:
        if is_all:
            self._count()

    def _on_changed(self, changes: Changes) -> None:
        if changes.categories:
            self._show()

    def _count(self) -> None:
        self._session.jobs.start(
            READING,
            tr("Counting the detector's classes"),
            classes_seen,
            on_success=self._take,
            quiet=True,
            gives_way=True,
        )

    def _take(self, seen: ClassesSeen) -> None:
        self._seen, self._has_crops = seen, False
        self._show()
        if self._section.title.isChecked():
            self._read_crops()

    def _read_crops(self) -> None:
        """Read what the classes look like, once somebody has unfolded them."""
        classes = self._section.model.classes[:_MOST_CROPS]
        if self._has_crops or not classes:
            return
        self._has_crops = True
        self._session.jobs.start(
            READING,
            tr("Reading examples of the detector's classes"),
            partial(class_crops, classes=classes),
            on_success=self._section.model.show_crops,
            quiet=True,
            gives_way=True,
        )

    def _show(self) -> None:
        """List the classes whose boxes are still hints."""
        hints = self._session.views.hint_classes() if self._seen is not None else set[str]()
        classes = self._seen.classes if self._seen is not None else ()
        self._section.show_classes([c for c in classes if c.boxes and c.name in hints])

    def map(self, name: str, category_id: int) -> None:
        """Show the boxes of a class under a category."""
        if self._session.project_acts.manage(lambda project: map_class(project, name, category_id)):
            of = self._session.known.of[category_id]
            self._session.receipt.emit(tr("{name} is shown as {of} now.", name=name, of=of))

    def _ignore(self, names: Sequence[str]) -> None:
        if not self._session.project_acts.manage(lambda project: ignore_classes(project, names)):
            return
        if len(names) == 1:
            self._session.receipt.emit(tr("{name} is ignored now.", name=names[0]))
        else:
            classes = counted(len(names), "class")
            self._session.receipt.emit(tr("Ignored: {classes} of the detector.", classes=classes))

    def _add(self, name: str) -> None:
        if self._session.project_acts.manage(lambda project: use_as_categories(project, [name])):
            self._session.receipt.emit(tr("{name} is a category now.", name=name))
            self._loop.learning.rank()
