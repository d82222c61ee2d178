"""The theme as Qt's palette and style sheet: light, dark, or as the system is, switched while the program runs."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from hitl_desktop.service.events import Event
from hitl_desktop.ui.theme.arrows import arrow_file
from hitl_desktop.ui.theme.tokens import (
    BODY,
    CONTROL,
    DARK,
    FOCUS,
    LIGHT,
    RADIUS,
    RADIUS_CHIP,
    REVIEW_FRAME,
    REVIEWS,
    Colours,
)

SYSTEM: Final = "system"
changed = Event[[]]()
"""Another theme is on."""

_SCHEMES: Final = {
    SYSTEM: Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
_on = [LIGHT]
_chosen = [SYSTEM]


def colours() -> Colours:
    """The colours of the theme that is on."""
    return _on[0]


def apply_theme(name: str) -> None:
    """Show everything light, dark, or as the system is."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    _chosen[0] = name
    hints = app.styleHints()
    hints.setColorScheme(_SCHEMES[name])
    if not app.property("hitl_follows"):
        app.setProperty("hitl_follows", True)
        hints.colorSchemeChanged.connect(_follow)
    _show(app, DARK if _is_dark(name) else LIGHT)


def _is_dark(name: str) -> bool:
    if name != SYSTEM:
        return name == "dark"
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _follow() -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication) and _chosen[0] == SYSTEM:
        _show(app, DARK if _is_dark(SYSTEM) else LIGHT)


def _show(app: QApplication, theme: Colours) -> None:
    if _on[0] is theme and app.styleSheet():
        return
    _on[0] = theme
    if app.style().objectName() != "fusion":
        app.setStyle("Fusion")
    font = QFont(app.font())
    font.setPixelSize(BODY)
    app.setFont(font)
    app.setPalette(_palette(theme))
    app.setStyleSheet(_sheet(theme))
    changed.emit()


def _palette(c: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for which, colour in {
        role.Window: c.surface, role.WindowText: c.text, role.Base: c.raised, role.AlternateBase: c.sunken,
        role.Text: c.text, role.PlaceholderText: c.placeholder, role.Button: c.sunken, role.ButtonText: c.text,
        role.BrightText: c.on_accent, role.ToolTipBase: c.notice, role.ToolTipText: c.on_notice,
        role.Highlight: c.selected, role.HighlightedText: c.on_selected, role.Link: c.accent, role.Light: c.raised,
        role.Midlight: c.sunken, role.Mid: c.line, role.Dark: c.border, role.Shadow: c.border, role.Accent: c.accent,
    }.items():  # fmt: skip
        palette.setColor(which, QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(c.border))
    return palette


def _sheet(c: Colours) -> str:
    """What a palette cannot give: heights, corners, focus rings."""
    return (
        _fields(c)
        + f"""
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QToolTip {{ color: {c.on_notice}; background: {c.notice}; border: 1px solid {c.border}; padding: 4px 6px; }}
QPushButton, QToolButton[framed="true"] {{
  min-height: {CONTROL - 2}px; padding: 0 12px; border: 1px solid {c.border}; border-radius: {RADIUS}px;
  background: {c.raised}; color: {c.text}; }}
QPushButton:hover, QToolButton[framed="true"]:hover {{ background: {c.sunken}; }}
QPushButton:pressed {{ background: {c.line}; }}
QPushButton:disabled {{ color: {c.border}; border-color: {c.line}; background: {c.surface}; }}
QPushButton:default, QPushButton[primary="true"] {{
  background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
QPushButton[primary="true"] {{ font-weight: 600; }}
QPushButton:default:disabled, QPushButton[primary="true"]:disabled {{
  background: {c.sunken}; color: {c.border}; border-color: {c.line}; }}
QPushButton[flat="true"] {{ border-color: transparent; background: transparent; }}
QPushButton:focus, QToolButton:focus {{ border: {FOCUS}px solid {c.accent}; }}
QToolButton {{ min-height: {CONTROL - 4}px; padding: 1px 4px; border: 1px solid transparent;
  border-radius: {RADIUS_CHIP}px; background: transparent; color: {c.text}; }}
QToolButton:hover {{ background: {c.sunken}; border-color: {c.line}; }}
QToolButton:checked {{ background: {c.selected}; color: {c.on_selected}; border-color: {c.accent}; }}
QToolButton[fold="true"] {{ padding: 1px 0; }}
QToolButton[fold="true"]:checked {{ background: transparent; color: {c.text}; border-color: transparent; }}
QToolButton[fold="true"]:checked:focus {{ border-color: {c.accent}; }}
QToolButton:disabled {{ color: {c.border}; }}
QToolButton::menu-indicator {{ image: none; }}
QSlider {{ min-height: {CONTROL - 4}px; }}
QAbstractItemView:focus {{ border: {FOCUS}px solid {c.accent}; }}
QMenu {{ background: {c.raised}; border: 1px solid {c.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: {RADIUS_CHIP}px; color: {c.text}; }}
QMenu::item:selected {{ background: {c.selected}; color: {c.on_selected}; }}
QMenu::item:disabled {{ color: {c.border}; }}
QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px 8px; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget::title {{ padding: 6px 8px; background: {c.surface}; }}
QMainWindow::separator {{ background: {c.line}; width: 1px; height: 1px; }}
QHeaderView::section {{ background: {c.surface}; color: {c.text_dim}; border: none;
  border-bottom: 1px solid {c.line}; padding: 4px 6px; }}
QHeaderView, QTableCornerButton::section {{ background: {c.surface}; border: none; }}
QTableView, QListView, QListWidget, QTreeView {{ background: {c.raised}; border: 1px solid {c.line};
  border-radius: {RADIUS_CHIP}px; outline: none; }}
QListView[rows="large"]::item {{ min-height: {CONTROL - 4}px; }}
QListWidget::item {{ min-height: {CONTROL - 4}px; padding: 0 4px; border-radius: {RADIUS_CHIP}px; }}
QListWidget::item:selected, QTableView::item:selected {{ background: {c.selected}; color: {c.on_selected}; }}
QTabBar::tab {{ padding: 6px 12px; color: {c.text_dim}; background: transparent;
  border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom: 2px solid {c.accent}; font-weight: 600; }}
StateTabs::tab {{ padding: 3px 0 4px 0; font-weight: 400; }}
QProgressBar {{ border: none; border-radius: 3px; background: {c.line}; max-height: 6px; text-align: center; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
QFrame[bar="true"] {{ background: {c.surface}; border: none; }}
QLabel[role="caption"] {{ color: {c.text_dim}; font-size: 11px; }}
QLabel[role="title"] {{ font-size: 15px; font-weight: 600; }}
QLabel[role="page"] {{ font-size: 20px; font-weight: 600; }}
QLabel[role="dim"] {{ color: {c.text_dim}; }}
QLabel[role="warn"] {{ color: {c.warn}; font-weight: 600; }}
QLabel[role="danger"] {{ color: {c.danger}; font-weight: 600; }}
QLabel[role="ok"] {{ color: {c.ok}; }}
QLabel[drop="idle"] {{ color: {c.text_dim}; border: 1px dashed {c.border}; border-radius: {RADIUS}px; }}
QLabel[drop="wanted"] {{ color: {c.on_selected}; background: {c.selected};
  border: {FOCUS}px dashed {c.accent}; border-radius: {RADIUS}px; }}
Toast {{ background: {c.notice}; border: 1px solid {c.border}; border-radius: {RADIUS}px; }}
Toast QLabel {{ color: {c.on_notice}; }}
Toast QPushButton {{ color: {c.notice_action}; background: transparent; border: none; font-weight: 600; }}
Toast QPushButton:hover {{ text-decoration: underline; background: transparent; }}
Banner {{ background: {c.sunken}; border-left: 4px solid {c.danger}; }}
Banner[calm="true"] {{ border-left-color: {c.accent}; }}
QLabel#reviewTitle {{ font-size: 15px; font-weight: 600; }}
"""
        + "\n".join(
            f'QFrame[review="{kind}"] {{ border: {REVIEW_FRAME}px solid {getattr(c, f"review_{kind}")}; }}'
            for kind in REVIEWS
        )
    )


def _fields(c: Colours) -> str:
    """Fields, with the arrows of those that have some."""
    return (
        _arrows(c.text_dim)
        + f"""
QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {{
  min-height: {CONTROL - 4}px; padding: 0 6px; border: 1px solid {c.border}; border-radius: {RADIUS_CHIP}px;
  background: {c.raised}; color: {c.text}; selection-background-color: {c.accent};
  selection-color: {c.on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{
  border: {FOCUS}px solid {c.accent}; }}
QComboBox::drop-down {{ width: 20px; border: none; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; width: 20px; border: none;
  background: transparent; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {c.sunken}; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {c.border}; border-radius: 3px;
  background: {c.raised}; }}
QRadioButton::indicator {{ width: 12px; height: 12px; border: 1px solid {c.border}; border-radius: 7px;
  background: {c.raised}; }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 4px solid {c.accent}; background: {c.on_accent}; }}
QCheckBox::indicator:checked {{ width: 8px; height: 8px; border: 4px solid {c.accent}; background: {c.on_accent}; }}
"""
    )


def _arrows(colour: str) -> str:
    rules = ""
    for name, parts in (
        ("chevron-down", "QComboBox::down-arrow, QAbstractSpinBox::down-arrow"),
        ("chevron-up", "QAbstractSpinBox::up-arrow"),
    ):
        if (file := arrow_file(name, colour)) is not None:
            rules += f"{parts} {{ image: url({file.as_posix()}); width: 12px; height: 12px; }}\n"
    return rules
