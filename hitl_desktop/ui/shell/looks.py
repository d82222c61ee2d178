"""How the window looks: its theme, and whether anything moves."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hitl_desktop.service.project.session import Session
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.shell.act_states import choose_one
from hitl_desktop.ui.theme.style import apply_theme


class Looks:
    """Settings of the looks, kept as they are chosen."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        self._session, self._canvas = session, canvas

    def use_theme(self, name: str) -> None:
        """Show everything light, dark, or as the system is."""
        self._session.keep("theme", name)
        apply_theme(name)

    def show_in(self, actions: Actions, window: QWidget) -> None:
        """Mark the theme that is on, and let zooming be a short movement if that was chosen."""
        chosen = f"theme_{self._session.settings.text('theme')}"
        choose_one(actions, (f"theme_{name}" for name in ("system", "light", "dark")), chosen, window)
        action = actions["motion"]
        action.setCheckable(True)
        action.setChecked(self._session.settings.text("motion") == "on")
        action.toggled.connect(self._set_motion)
        self._canvas.eased_zoom.is_on = action.isChecked()

    def _set_motion(self, is_on: bool) -> None:
        self._session.keep("motion", "on" if is_on else "off")
        self._canvas.eased_zoom.is_on = is_on
