"""The bar under the canvas: decide the image, go to the next one, why it is shown, how far one is, what is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QToolButton

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import REASON_OF, QueueReason
from hitl_desktop.domain.words import capitalised
from hitl_desktop.service.project.saving import Saving
from hitl_desktop.service.project.session import Session
from hitl_desktop.texts import REASON_TEXT, STATUS_TEXT, remark_text
from hitl_desktop.translation import tr
from hitl_desktop.ui.theme.icons import keep_icon
from hitl_desktop.ui.theme.tokens import ACTION_BAR, SPACE
from hitl_desktop.ui.widgets.elided import ElidedLabel
from hitl_desktop.ui.widgets.flow import FlowLayout

_LINE = 3
_FEWEST = 3
_WIDE = 1000
_MOST_SHARE = 150
"""How wide "12 of 40 done" may be before it is shortened, in pixels."""


class ActionBar(QFrame):
    """Large buttons for what is done to every image, each with its key and what it would do now."""

    def __init__(self, session: Session, action: Callable[[str], QAction]) -> None:
        super().__init__()
        self.setProperty("bar", True)
        self.setAccessibleName(tr("Decide this image"))
        self._session = session
        self._seconds: Sequence[float] = ()
        self._accept = action("accept_picture")
        self.accept = _push(action("accept_picture"), "check-check", primary=True)
        self.empty = _push(action("mark_empty"), "circle-slash")
        self.skip = _push(action("skip"), "skip-forward")
        self.previous = _arrow(action("previous"), "chevron-left")
        self.next = _arrow(action("next"), "chevron-right")
        self.why, self.place = ElidedLabel(), ElidedLabel()
        self.why.setToolTip(tr("Why this image is shown now"))
        self.why.setProperty("role", "dim")
        self.progress, self.share = QProgressBar(self), ElidedLabel()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Images that are done"))
        self.saved = ElidedLabel()
        for widget in (self.share, self.saved):  # what is left is the reason's
            widget.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.saved.setMinimumWidth(self.fontMetrics().horizontalAdvance(tr("Saving")) + SPACE[1])
        longest = self.fontMetrics().horizontalAdvance(_accept_text(99, 0)) + 2 * SPACE[3]
        self.accept.setMinimumWidth(longest)
        self._takes: tuple[str, int] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[1], SPACE[0], SPACE[1], SPACE[0])
        row.setSpacing(SPACE[1])
        self._acts = acts = FlowLayout()
        acts.setSpacing(SPACE[1])
        for widget in (self.accept, self.empty, self.skip, self.previous, self.next):
            acts.addWidget(widget)
        row.addLayout(acts)
        row.addWidget(self.place, 2)
        row.addWidget(self.why, 3)
        row.addWidget(self.share)
        row.addWidget(self.saved)
        for event in (session.opened, session.decided):
            event.connect(self._note_pace)

    def _note_pace(self) -> None:
        self._seconds = self._session.views.latest_seconds()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, why the image is shown matters more than its name, and the acts most."""
        super().resizeEvent(event)
        self.progress.setGeometry(0, 0, self.width(), _LINE)
        if (event.oldSize().width() >= _WIDE) != (self.width() >= _WIDE) and self._session.is_open:
            self.show_state()  # longer words, or shorter ones
        self._fit()

    def _fit(self) -> None:
        """Show what there is room for beside the acts; these go on in a second line where they have to."""
        fixed = (self.share, self.saved)
        needed = (
            self._acts.sizeHint().width() + sum(w.minimumWidth() + SPACE[1] for w in fixed) + 4 * SPACE[1]
        )
        is_wide = self.width() >= max(_WIDE, needed)
        self.place.setVisible(is_wide)
        self.share.setVisible(self.width() >= needed)
        self.why.setVisible(self.width() >= needed and (not is_wide or bool(self.why.text())))
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def show_state(self) -> None:
        """Show the state of the open project and of its current image."""
        session = self._session
        image, total = session.image, len(session.image_list.statuses)
        self.empty.setText(f" {tr('Empty  E')}")
        self.skip.setText(f" {tr('Skip  S')}")
        decided = session.image_list.count("decided")
        remark = remark_text(image) if image is not None and not image.reason else None
        reason = _why_asked(session)
        why = (
            tr("Why now: {reason}", reason=reason)
            if reason and self.width() >= _WIDE
            else capitalised(reason)
        )
        self.why.setText("   ".join(filter(None, (why, remark))))
        self.place.setText(_place_text(session, total))
        if self.why.isHidden() == bool(self.why.text()):
            self._fit()
        self.progress.setRange(0, max(total, 1))
        self.progress.setValue(decided)
        left = time_left(session.image_list.count("undecided"), self._seconds)
        done = tr("{decided} of {total} done", decided=decided, total=total)
        whole = ", ".join(filter(None, (done, left))) if total else ""
        if session.image_list.is_listing:
            done = whole = tr("Listing the images")
        elif left and self.width() < _WIDE:
            done = tr("{decided} of {total}, {left}", decided=decided, total=total, left=left)
        self.share.setText(whole if self.width() >= _WIDE else done)
        self.share.setToolTip(whole)
        self.progress.setToolTip(whole)
        self.share.setMinimumWidth(min(self.fontMetrics().horizontalAdvance(done) + 1, _MOST_SHARE))
        self.show_saved(session.saving)
        self.show_boxes()

    def show_boxes(self) -> None:
        """Show what accepting the current image accepts."""
        session = self._session
        shown, present = len(session.visible_proposals), len(session.annotations)
        self.accept.setText(_accept_text(shown, present))
        self.accept.setEnabled(self._accept.isEnabled() and session.image is not None and shown + present > 0)
        if (takes := (self.accept.text(), self.share.minimumWidth())) != self._takes:
            self._takes = takes
            self._fit()

    def show_saved(self, saving: Saving) -> None:
        """Show whether the latest act is on the disk."""
        if saving.is_waiting:
            text, role = tr("NOT SAVED, tried again every 2 s"), "danger"
        elif saving.has_failed:
            text, role = tr("NOT SAVED"), "danger"
        else:
            text, role = (tr("Saving") if saving.is_pending else tr("Saved")), "dim"
        self.saved.setText(text)
        self.saved.setToolTip(text)
        if self.saved.property("role") != role:
            self.saved.setProperty("role", role)
            self.saved.style().polish(self.saved)


def time_left(images: int, seconds: Sequence[float]) -> str:
    """How long images will take in words, from the active seconds that the latest ones took; empty while
    those are too few."""
    if len(seconds) < _FEWEST or not images:
        return ""
    minutes = images * sum(seconds) / len(seconds) / 60
    if minutes < 1:
        return tr("< 1 min left")
    if minutes < 90:
        return tr("~{n} min left", n=round(minutes) if minutes < 10 else 5 * round(minutes / 5))
    return tr("~{n} h left", n=round(minutes / 60))


def _accept_text(shown: int, present: int) -> str:
    if shown:
        return tr("Accept {n} & next  A", n=shown).replace("&", "&&")
    return tr("Done & next  A").replace("&", "&&") if present else tr("Accept  A")


def _place_text(session: Session, total: int) -> str:
    image = session.image
    if session.image_list.is_listing and not total:
        return tr("Listing the images")
    if image is None:
        return ""
    place = tr("image {position} of {total}", position=session.image_list.order.position + 1, total=total)
    return f"{image.path}   {STATUS_TEXT[image.status]}   {place}"


def _why_asked(session: Session) -> str:
    """Why the current image is worth a look."""
    image = session.image
    if session.walk.again:
        return tr("Shown again: {reason}", reason=REASON_TEXT[REASON_OF[session.walk.again]])
    if image is None or image.state is not ImageState.UNDECIDED or image.reason:
        return ""
    ranked = session.views.ranked(image.id)
    if ranked is None or QueueReason.UNSEEN & ranked.queues:
        return ""
    return REASON_TEXT[ranked.reason]


def _push(action: QAction, name: str, *, primary: bool = False) -> QPushButton:
    button = QPushButton()
    button.setProperty("primary", primary)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setMinimumHeight(ACTION_BAR - SPACE[0])
    button.setToolTip(action.text().replace("&", "").rstrip("."))
    button.clicked.connect(action.trigger)
    if not primary:
        action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
        keep_icon(button, name, 16)
    return button


def _arrow(action: QAction, name: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    keep_icon(action, name)
    button.setIconSize(QSize(20, 20))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setAccessibleName(action.text().replace("&", ""))
    action.setToolTip(f"{action.text().replace('&', '')} ({action.shortcut().toString()})")
    return button
