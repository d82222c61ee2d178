"""News of success: the first time that a category is suggested by what was trained in this project."""

from __future__ import annotations

from collections.abc import Callable

from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr


class FirstSuggestions:
    """Watches what is shown; a category that was trained before the project was opened is no news."""

    def __init__(self, session: Session, show: Callable[[str], None]) -> None:
        self._session, self._show = session, show
        self._known: set[int] = set()
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
        names = [self._session.known.of[category_id] for category_id in sorted(new)]
        self._show(tr("Now suggested automatically: {names}.", names=", ".join(names)))
