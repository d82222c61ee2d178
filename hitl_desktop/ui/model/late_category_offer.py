"""An offer to look at decided images again that may hold a category which was added later."""

from __future__ import annotations

from functools import partial

from hitl_desktop.domain.words import counted
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.workflows.training.late_categories import LateCategories, reopen


class LateCategoryOffer:
    """Shows the offer in a banner; nothing is reopened before a person wants it."""

    def __init__(self, session: Session, learning: Learning, banner: Banner) -> None:
        self._session, self._learning, self._banner = session, learning, banner
        self._found = LateCategories()
        learning.found_late.connect(self._offer)
        banner.offered.connect(self._reopen)
        session.opened.connect(banner.hide)

    def _offer(self, found: LateCategories) -> None:
        self._found = found
        names = tr(" or ").join(found.names)
        count = counted(len(found.images), "done image")
        text = tr("{count} may contain {names}, added later.", count=count, names=names)
        self._banner.show_text(text, tr("Reopen and check"))

    def _reopen(self) -> None:
        self._banner.hide()
        if self._session.project_acts.manage(partial(reopen, late_categories=self._found)):
            self._session.walk.go_to(min(self._found.images))
            self._learning.rank()
