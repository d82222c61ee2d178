"""No image is left to do: how much there is now, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction

from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.shell.card import Card

_OFFERS = ("export_coco", "audit", "report")


class AllDone(Card):
    """Offers export, audit and report, until it is dismissed or there is something to do again."""

    def __init__(self, session: Session, action: Callable[[str], QAction]) -> None:
        super().__init__(tr("Not now"))
        self._session = session
        self._is_dismissed = False
        self.dismissed.connect(self._on_dismissed)
        for button, name in zip(self.offers, _OFFERS, strict=True):
            button.clicked.connect(action(name).trigger)
        session.opened.connect(self._on_opened)

    def is_due(self) -> bool:
        """Whether images were decided, and none is left."""
        images = self._session.image_list
        if images.undecided:
            self._is_dismissed = False
        is_all = not images.undecided and images.count("decided") > 0
        return is_all and not images.is_listing and not self._is_dismissed

    def words(self) -> tuple[str, ...]:
        """How many images are done, boxes and categories there are."""
        images, boxes = self._session.image_list, self._session.views.boxes_by_category()
        skipped, unreadable = images.count("skipped"), images.count("unreadable")
        text = sentences(
            tr(
                "{images} done: {boxes} in {categories}.",
                images=counted(images.count("decided"), "image"),
                boxes=counted(sum(boxes.values()), "box"),
                categories=counted(sum(map(bool, boxes.values())), "category"),
            ),
            tr("Skipped: {n}.", n=skipped) if skipped else "",
            tr("Unreadable: {n}.", n=unreadable) if unreadable else "",
            tr("Nothing is left to do."),
        )
        return text, tr("Export..."), tr("Audit quality..."), tr("Save report...")

    def _on_opened(self) -> None:
        self._is_dismissed = False

    def _on_dismissed(self) -> None:
        self._is_dismissed = True
