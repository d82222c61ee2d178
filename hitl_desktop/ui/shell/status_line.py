"""The status line: why the image is asked about, where it is in the queue, and whether everything is saved."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QStatusBar

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import REASON_OF, QueueReason
from hitl_desktop.service.project.saving import Saving
from hitl_desktop.service.project.session import Session
from hitl_desktop.texts import REASON_TEXT, STATUS_TEXT
from hitl_desktop.translation import tr


class StatusLine:
    """Labels at the right of a status bar."""

    def __init__(self, bar: QStatusBar) -> None:
        self.why, self.place, self.threshold, self.share = QLabel(), QLabel(), QLabel(), QLabel()
        self.why.setToolTip(tr("Why this image is asked about"))
        self.speed, self.saved = QLabel(), QLabel()
        self.threshold.setToolTip(tr("Proposals with a lower score are not shown; [ shows more, ] fewer"))
        for label in (self.why, self.place, self.threshold, self.share, self.speed, self.saved):
            bar.addPermanentWidget(label)

    def show(self, session: Session, speed: str) -> None:
        """Show the state of the open project and of its current image."""
        image, total = session.image, len(session.pictures.statuses)
        decided = session.pictures.count("decided")
        place = (
            tr("image {position} of {total}", position=session.pictures.order.position + 1, total=total)
            if image
            else tr("{total} images", total=total)
        )
        place = tr("listing the images") if session.pictures.is_listing and not total else place
        remark = image.remark if image is not None and not image.reason else None
        self.why.setText("   ".join(filter(None, (_why_asked(session), remark))))
        self.place.setText(
            f"{image.path if image else ''}   {STATUS_TEXT[image.status] if image else ''}   {place}"
        )
        shown_from = tr("shown from {general:.2f}", general=session.thresholds.general)
        own = tr("{own} of their own", own=len(session.thresholds.own)) if session.thresholds.own else ""
        self.threshold.setText(", ".join(filter(None, (shown_from, own))))
        self.share.setText(
            tr("{decided} decided ({decided_2:.0%})", decided=decided, decided_2=decided / total)
            if total
            else ""
        )
        self.speed.setText(speed)
        self.show_saved(session.saving)

    def show_saved(self, saving: Saving) -> None:
        """Show whether the latest act is on the disk."""
        if saving.is_waiting:
            self.saved.setText(tr("NOT SAVED, tried again every 2 s"))
        elif saving.has_failed:
            self.saved.setText(tr("NOT SAVED"))
        else:
            self.saved.setText(tr("saving") if saving.is_pending else tr("saved"))


def _why_asked(session: Session) -> str:
    """Why the current image is worth a look."""
    image = session.image
    if session.again:
        return tr("Asked about again: {reason_text}", reason_text=REASON_TEXT[REASON_OF[session.again]])
    if image is None or image.state is not ImageState.UNDECIDED or image.reason:
        return ""
    ranked = session.views.ranked(image.id)
    if ranked is None or QueueReason.UNSEEN & ranked.queues:
        return ""
    return tr("Asked about: {reason_text}", reason_text=REASON_TEXT[ranked.reason])
