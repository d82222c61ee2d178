"""The model in one chip: which version is in use and how good it was on images that it had not been trained on."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QToolButton

from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.project.session import Session
from hitl_desktop.service.project.views import ModelView
from hitl_desktop.translation import tr
from hitl_desktop.ui.model.model_popover import ModelPopover
from hitl_desktop.ui.theme.icons import keep_icon

_SOON_MS = 200
_FEW = 20
"""Below so many suggestions a share would say more than is known."""


class ModelChip:
    """Keeps the text and icon of a button true; it opens a popover with more about the model."""

    def __init__(self, button: QToolButton, session: Session, runner: JobRunner) -> None:
        self._button, self._session, self._runner = button, session, runner
        self._soon = QTimer(button)  # one update for a burst of changes
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._show)
        self._icon = ""
        self.popover = ModelPopover(button, session)
        button.clicked.connect(lambda: self.popover.open_below(button))
        session.opened.connect(self._show)
        session.changed.connect(lambda _: self._soon.start())
        runner.changed.connect(self._soon.start)

    def _show(self) -> None:
        model = self._session.views.model()
        if model is None:
            return
        if self.popover.isVisible():
            self.popover.refresh()
        text, tip = _texts(model)
        job = next(iter(self._runner.jobs), None)
        self._button.setText(f" {text}")  # Qt leaves no room beside the icon
        self._button.setToolTip(tr("{tip} Now: {job}.", tip=tip, job=job.title) if job is not None else tip)
        self._button.setAccessibleName(tip)
        if (name := "activity" if job is not None else "sparkles") != self._icon:
            self._icon = name
            keep_icon(self._button, name)


def _right_and_found(version: int, right: float, found: float) -> str:
    return tr("Model v{id}: {right:.0%} right, {found:.0%} found", id=version, right=right, found=found)


def _texts(model: ModelView) -> tuple[str, str]:
    version = model.active
    if version is None:
        return tr("Not trained yet"), tr(
            "Not trained yet: suggestions are the detector's own. Click for details."
        )
    s = version.summary
    if s.first_sight_total < _FEW:
        return tr("Model v{id}", id=version.id), tr(
            "Version {id} is in use. Its quality is shown after {n} suggestions have been answered on images it was "
            "not trained on. Click for details.",
            id=version.id,
            n=_FEW,
        )
    right = s.first_sight_right / s.first_sight_total
    return (
        _right_and_found(version.id, right, s.first_sight_right / max(s.first_sight_objects, 1)),
        tr(
            "Version {id}: of {n} suggestions {right:.0%} were right on images it had not been trained on "
            "(95 %: {low:.0%} to {high:.0%}), of {objects} objects there. Click for details.",
            id=version.id,
            n=s.first_sight_total,
            right=right,
            low=s.first_sight_low,
            high=s.first_sight_high,
            objects=s.first_sight_objects,
        ),
    )
