"""News of success: the first time that a category is suggested by what was trained in this project."""

from __future__ import annotations

from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.box_model import key_of
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.widgets.toast import Toast


class FirstSuggestions:
    """Watches what is shown; a category that was trained before the project was opened is no news."""

    def __init__(self, session: Session, toast: Toast, canvas: Canvas) -> None:
        self._session, self._toast, self._canvas = session, toast, canvas
        self._known: set[int] = set()
        self._latest: set[int] = set()
        self._image_id: int | None = None
        toast.acted.connect(self._show)
        session.opened.connect(self._begin)
        session.boxes_changed.connect(self._look)
        session.image_changed.connect(self._look)

    def _begin(self) -> None:
        scorer = self._session.known.scorer
        trained = scorer.category_ids[: scorer.trained_count] if scorer is not None else ()
        self._known = {category_id for category_id in trained if category_id is not None}

    def _look(self) -> None:
        suggested = {
            p.category_id
            for p in self._session.visible_proposals
            if p.head_id is not None and p.category_id is not None
        }
        new = suggested - self._known
        if not new:
            return
        self._known |= new
        self._latest, self._image_id = new, self._session.at_hand
        names = [self._session.known.of[category_id] for category_id in sorted(new)]
        self._toast.show_text(tr("Now suggested automatically: {names}.", names=", ".join(names)), tr("Show"))

    def _show(self) -> None:
        """Select what was suggested, on its image."""
        self._toast.hide()
        if self._image_id is not None and self._session.at_hand != self._image_id:
            self._session.walk.go_to(self._image_id)
        meant = [p for p in self._session.visible_proposals if p.category_id in self._latest]
        self._canvas.selection.select_all([key_of(p) for p in meant], grabbed=False)
        self._canvas.setFocus()
