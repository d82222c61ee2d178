"""The toolbar: menus, tools, the category of the next box, the display threshold, undo, commands, the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QSlider, QToolButton, QWidget

from hitl_desktop.paths import project_name
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr, trn
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.theme.categories import swatch
from hitl_desktop.ui.theme.icons import icon, keep_icon
from hitl_desktop.ui.theme.tokens import CONTROL, SPACE, TOOLBAR

_STEP = 0.05
_MOST_NAMED = 24
_NAME_WIDTH = 160
_LONGEST_NAME = 320
"""Of a category in the menu, in pixels."""
_ICON_WIDTH = 34


class Toolbar(QFrame):
    """One row above everything; none of its buttons takes the keyboard from the canvas."""

    _is_ready = False

    def __init__(
        self, session: Session, canvas: Canvas, action: Callable[[str], QAction], menus: Sequence[QMenu]
    ) -> None:
        super().__init__()
        self.setProperty("bar", True)
        self.setFixedHeight(TOOLBAR)
        self.setAccessibleName(tr("Toolbar"))
        self._session, self._canvas, self._action = session, canvas, action
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[1], 0, SPACE[1], 0)
        row.setSpacing(SPACE[0])
        self.project = _menu_button("menu", tr("HITL Desktop"), tr("All commands by subject"))
        everything = QMenu(self.project)
        for menu in menus:
            everything.addMenu(menu)
        self.project.setMenu(everything)
        self.category = _menu_button("", tr("No category"), tr("The category of the next box"))
        self._categories = QMenu(self.category)
        self._categories.aboutToShow.connect(self._fill_categories)
        self.category.setMenu(self._categories)
        self.threshold = ThresholdControl(session)
        self.commands = _button(action("palette"), "search", tr("Commands"))
        self.model = QToolButton()
        self.model.setProperty("framed", True)
        self.model.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.model.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        keep_icon(self.model, "sparkles")
        select = _button(action("tool_select"), "mouse-pointer-2", tr("Select"))
        box = _button(action("tool_box"), "square-dashed", tr("Box"))
        self._worded = (select, box, self.commands)
        self._name_width = _NAME_WIDTH
        self._of_project = (
            _line(),
            select,
            box,
            self.category,
            _line(),
            self.threshold,
            _line(),
            _button(action("undo"), "undo-2"),
            _button(action("redo"), "redo-2"),
        )
        for widget in (self.project, *self._of_project):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.model)  # it may become wider, and moves nothing at its right
        row.addWidget(self.commands)
        self._tools = QActionGroup(self)
        for name in ("tool_select", "tool_box"):
            action(name).setCheckable(True)
            self._tools.addAction(action(name))
        action("tool_box").setChecked(True)
        canvas.tool_changed.connect(self._check_tool)
        session.opened.connect(self._show_project)
        session.category_changed.connect(self._show_category)
        session.names_changed.connect(self._show_category)
        self._show_project()
        self._is_ready = True

    def minimumSizeHint(self) -> QSize:
        """Icons and the beginnings of names, if there is room for no more."""
        return QSize(0, TOOLBAR)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, icons stand without their words."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """A text of it may have become longer."""
        if event.type() == QEvent.Type.LayoutRequest and self._is_ready:
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Leave out words until the rest fits: first those beside icons, then the model's, then of names."""
        buttons = (self.project, self.category, self.model, *self._worded)
        shown = [button for button in buttons if not button.isHidden()]
        words = {button: self.fontMetrics().horizontalAdvance(f"{button.text()}   ") for button in shown}
        rest = [w for w in self._of_project if w not in buttons and not w.isHidden()]
        fixed = sum(w.sizeHint().width() - self.threshold.words_width * (w is self.threshold) for w in rest)
        margins = 2 * SPACE[1] + SPACE[0] * (len(shown) + len(self._of_project))
        room = self.width() - fixed - margins - _ICON_WIDTH * len(shown)
        names = sum(words[b] for b in (self.project, self.category) if b in words)
        model = words.get(self.model, 0) + 2 * SPACE[3]
        is_wide = room >= sum(words.values()) + 2 * SPACE[3] + self.threshold.caption.sizeHint().width()
        for button in self._worded:
            _show_words(button, is_wide)
        self.threshold.caption.setVisible(is_wide)
        _show_words(self.model, is_wide or room >= names + model)
        width = _NAME_WIDTH if is_wide else max(min(_NAME_WIDTH, room // 2 - 2 * SPACE[2]), 24)
        if width != self._name_width:
            self._name_width = width
            self._show_project()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: the icon for no category has another colour."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._is_ready:
            self._show_category()

    def _check_tool(self, name: str) -> None:
        self._action(f"tool_{name}").setChecked(True)

    def _show_project(self) -> None:
        project = self._session.project
        name = project_name(project.path) if project is not None else tr("HITL Desktop")
        self.project.setText(self._short(name))
        self.project.setToolTip(str(project.path) if project is not None else tr("All commands by subject"))
        for widget in (*self._of_project, self.model):
            widget.setVisible(project is not None)
        self._show_category()

    def _show_category(self) -> None:
        names, category_id = self._session.known, self._session.category_id
        name = names.offered.get(category_id) if category_id is not None else None
        if name is None or category_id is None:
            self.category.setIcon(icon("tag"))
            self.category.setText(tr("No category"))
            return
        key = names.hotkeys.get(category_id, "")
        self.category.setIcon(swatch(category_id))
        text = self._short(name)
        self.category.setText(f"{text}  {key}" if key else text)
        self.category.setToolTip(tr("{name}: the category of the next box", name=name))

    def _short(self, name: str) -> str:
        text = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, self._name_width)
        return text.replace("&", "&&")

    def _fill_categories(self) -> None:
        self._categories.clear()
        names = self._session.known
        for category_id, name in list(names.offered.items())[:_MOST_NAMED]:
            key = names.hotkeys.get(category_id, "")
            shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _LONGEST_NAME)
            shown = shown.replace("&", "&&")
            entry = self._categories.addAction(swatch(category_id), f"{shown}\t{key}" if key else shown)
            entry.triggered.connect(partial(self._session.set_category, category_id))
        find = self._action("find_category")
        text = tr("More...") if len(names.offered) > _MOST_NAMED else tr("Find or add a category")
        self._categories.addSeparator()
        self._categories.addAction(f"{text}\t{find.shortcut().toString()}").triggered.connect(self._find)

    def _find(self) -> None:
        """Search for the category of the next box; what is selected keeps its own."""
        self._canvas.selection.select(None)
        self._action("find_category").trigger()


class ThresholdControl(QWidget):
    """The score from which suggestions are shown, for all categories without a threshold of their own."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._is_showing = False
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, 19)
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(96)
        self.slider.setMinimumHeight(CONTROL - 4)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setAccessibleName(tr("Score from which suggestions are shown"))
        self.slider.setToolTip(tr("Suggestions with a lower score are hidden ([ and ])"))
        self.value = QLabel()
        self.value.setMinimumWidth(34)
        self.caption = QLabel(tr("Show from"))
        self.caption.setProperty("role", "dim")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[0], 0, SPACE[0], 0)
        row.setSpacing(SPACE[1])
        for widget in (self.caption, self.slider, self.value):
            row.addWidget(widget)
        self.slider.valueChanged.connect(self._on_moved)
        for event in (session.boxes_changed, session.image_changed, session.opened):
            event.connect(self._show)

    @property
    def words_width(self) -> int:
        """How much of its width is for words that can be left out."""
        return 0 if self.caption.isHidden() else self.caption.sizeHint().width()

    def _show(self) -> None:
        general = self._session.thresholds.general
        self._is_showing = True
        self.slider.setValue(round(general / _STEP))
        self._is_showing = False
        self.value.setText(f"{general:.2f}")
        own = len(self._session.thresholds.own)
        self.value.setToolTip(
            trn("{n} category has its own threshold", "{n} categories have their own thresholds", own)
            if own
            else ""
        )

    def _on_moved(self, value: int) -> None:
        if not self._is_showing and self._session.is_open:
            self._session.set_threshold(value * _STEP)


def _button(action: QAction, name: str, text: str = "") -> QToolButton:
    keep_icon(action, name)
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(18, 18))
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setAccessibleName(action.text().replace("&", ""))
    if text:
        action.setIconText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    keys = action.shortcut().toString()
    action.setToolTip(
        " ".join(filter(None, (action.text().replace("&", "").rstrip("."), f"({keys})" if keys else "")))
    )
    return button


def _menu_button(name: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setAccessibleName(tip)
    if name:
        keep_icon(button, name)
    return button


def _show_words(button: QToolButton, shows: bool) -> None:
    style = Qt.ToolButtonStyle
    button.setToolButtonStyle(style.ToolButtonTextBesideIcon if shows else style.ToolButtonIconOnly)


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.VLine)
    line.setFixedHeight(20)
    return line
