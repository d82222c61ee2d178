"""The parts of the window: panels, acts and banners, and what the commands about them do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.attributes import COMMON
from hitl_desktop.learning.classification_head import warm_up
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.loop.loop import Loop
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.settings import Settings
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.attribute_acts import AttributeActs
from hitl_desktop.ui.boxes.click_to_box import ClickToBox
from hitl_desktop.ui.boxes.controller import Controller
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.categories.category_acts import CategoryActs
from hitl_desktop.ui.comparison.comparison_bar import ComparisonBar
from hitl_desktop.ui.files.file_acts import FileActs
from hitl_desktop.ui.files.reports import Reports
from hitl_desktop.ui.images.image_loader import ImageLoader
from hitl_desktop.ui.keys.action_table import ActionSpec
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.late_acts import LateActs
from hitl_desktop.ui.model.class_acts import ClassActs
from hitl_desktop.ui.model.late_category_offer import LateCategoryOffer
from hitl_desktop.ui.model.model_panel import ModelPanel
from hitl_desktop.ui.quality.label_error_acts import ErrorActs
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.queue.queue_acts import QueueActs
from hitl_desktop.ui.queue.queue_panel import QueuePanel
from hitl_desktop.ui.queue.set_acts import SetActs
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.ui.shell.announcer import Announcer
from hitl_desktop.ui.shell.garbage import GarbageTimer
from hitl_desktop.ui.shell.panels import Panels
from hitl_desktop.ui.shell.panes import Panes
from hitl_desktop.ui.shell.welcome import Welcome
from hitl_desktop.ui.theme.categories import UNNAMED_COLOUR, choose_colours
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.ui.widgets.qt_thread import QtThread
from hitl_desktop.ui.widgets.scroll import Scroll
from hitl_desktop.ui.widgets.toast import Toast

_TUNING_HEIGHT, _TUNING_SHARE = 340, 0.4
_LEAST_HEIGHT = 160
"""Of the image: notices that lie over it fit in."""
_ABOVE_RECEIPT = 44


class WindowParts(LateActs):
    """Canvas in the middle, queue left, inspector right, model panel below; not yet connected."""

    actions_: Actions

    def __init__(
        self, settings: Settings, *, automatic: bool = True, ask: Callable[[QWidget], Ask] = Ask
    ) -> None:
        super().__init__()
        self.settings = settings
        self.setWindowTitle("HITL Desktop")
        self.setAcceptDrops(True)
        self.resize(QSize(1360, 860).boundedTo(self.screen().availableSize()))
        self.messages = Messages()
        main_thread = QtThread(self)
        self.ask = ask(self)
        self.runner = JobRunner(main_thread)
        self._warns_of_disk = False
        self._garbage = GarbageTimer(lambda: bool(self.runner.jobs))
        self._garbage.start()
        self.loader = ImageLoader()
        self.session = Session(settings, self.messages, main_thread, self.runner)
        self.session.names_changed.connect(self._choose_colours)
        self.loop = Loop(
            self.session,
            automatic=automatic,
            libraries=(warm_up,),
        )
        self.long_acts = LongActs(self.session, self.loop.learning)
        self.canvas = Canvas()
        self.queue = QueuePanel(self.session, self.loader)
        self.inspector = Inspector(self.session)
        self.model_panel = ModelPanel(self.session, self.runner, self.loop.learning)
        self.controller = Controller(
            self.session, self.canvas, self.inspector, self.loader, self.messages, self.ask
        )
        report_banner = Banner(calm=True)
        self.reports = Reports(self.runner, report_banner, self.messages, self.ask)
        self._pages, self._beside = _pages(), QStackedWidget()
        self._beside.addWidget(self.queue)
        self._labelling: list[QWidget] = []
        self.modes = ReviewModes(self._pages, self._beside, self._labelling, self.canvas)
        self._make_acts()
        self.comparison_bar = ComparisonBar(self.session, self.controller.comparing, self.modes, self.canvas)
        self.setCentralWidget(Scroll(self._make_centre(report_banner), sideways=True))
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self._docks = [
            _dock(self, "Queue", tr("Queue"), self._beside, Qt.DockWidgetArea.LeftDockWidgetArea),
            _dock(self, "Inspector", tr("Inspector"), self.inspector, Qt.DockWidgetArea.RightDockWidgetArea),
            _dock(self, "Model", tr("Model"), self.model_panel, Qt.DockWidgetArea.BottomDockWidgetArea),
        ]
        self._labelling += self._docks
        self.panels = Panels(self, self._docks, self.canvas)
        self.panes = Panes(
            (
                (self.canvas, self.canvas),
                (self.queue, self.queue.list),
                (self.inspector, self.inspector.boxes),
                (self.model_panel, self.model_panel.tabs),
            ),
            lambda: [
                *(self.welcome, self.comparison_bar),
                *self.findChildren(Banner),
                *self.findChildren(Toast),
                *self.findChildren(ReviewMode),
            ],
        )
        self.announcer = Announcer(self.session, self.canvas, self.messages, self)

    def _make_centre(self, report_banner: Banner) -> QWidget:
        """The canvas or the welcome page, with the notices above it."""
        self.welcome = Welcome()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.canvas)
        notices: list[Toast] = []
        self.receipt = Toast(self._pages, notices)
        self.news = Toast(self._pages, [], lift=_ABOVE_RECEIPT)  # takes no button away
        self.better = Toast(self._pages, notices, stays=True)
        self._warning, self._offer, self._elsewhere = Banner(), Banner(calm=True), 0
        late_banner = Banner(calm=True)
        self.late_category_offer = LateCategoryOffer(self.session, self.loop.learning, late_banner)
        file_banner, class_banner = Banner(), Banner(calm=True)
        self._replace_banner = Banner()
        mapping = Toast(self._pages, notices)
        self.class_acts = ClassActs(
            self.session, self.loop, class_banner, mapping, self.inspector.other_classes, self
        )
        self.file_acts = FileActs(
            self.session, self.runner, self.loop.intake, self.loader, file_banner, self.ask
        )
        urgent = (self._warning, self._replace_banner, file_banner)
        whole = QWidget()
        self._column = QVBoxLayout(whole)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        for notice in (*urgent, report_banner, class_banner, late_banner, self._offer, self.comparison_bar):
            self._column.addWidget(notice)
        self._column.addWidget(self._pages, 1)
        return whole

    def _choose_colours(self) -> None:
        names = self.session.known
        own = {c.id: c.colour for c in names.categories if c.colour}
        unnamed = {names.unnamed_id: UNNAMED_COLOUR} if names.unnamed_id is not None else {}
        choose_colours(own | unnamed)

    def _make_acts(self) -> None:
        """What hands do, by kind."""
        self.category_acts = CategoryActs(
            self.session, self.long_acts, self.ask, self.messages, self._owner_of
        )
        self.click_to_box = ClickToBox(self.session, self.canvas, self.messages)
        self.attribute_acts = AttributeActs(
            self.session, self.controller, self.inspector, self.messages, self.ask
        )
        self.queue_acts = QueueActs(
            self.session, self.loop.learning, self.long_acts, self.queue, self.messages, self.ask
        )
        self.error_acts = ErrorActs(self.session, self.runner, self.canvas, self.messages, self.modes)
        self.set_acts = SetActs(
            self.session,
            self.runner,
            self.loop.learning,
            self.controller,
            self.queue,
            self.messages,
            self.ask,
            self,
        )

    def _show_better(self, is_ready: bool) -> None:
        if is_ready and not self.modes.is_in_the_middle:
            self.better.show_text(tr("Newer suggestions are ready."), tr("Show (R)"))
        else:
            self.better.hide()

    def _show_tuning(self) -> None:
        """Show what was measured of the loop in the model panel, as high as it takes to read it; the same key
        in there closes it."""
        dock, focus = self._docks[-1], QApplication.focusWidget()
        if dock.isVisible() and focus is not None and dock.isAncestorOf(focus):
            dock.hide()
            self.canvas.setFocus()
            return
        dock.show()
        dock.raise_()
        self._make_room(is_open=True)
        if self.model_panel.tabs.currentIndex() == 0:
            self.model_panel.tabs.setCurrentIndex(1)
        else:
            self.tune_acts.show()
        self.model_panel.tabs.setFocus()

    def _make_room(self, is_open: bool) -> None:
        """Open the model panel as high as charts need it, whichever of its tabs is looked at."""
        dock = self._docks[-1]
        height = min(_TUNING_HEIGHT, round(_TUNING_SHARE * self.height()))
        if is_open and dock.height() < height:
            self.resizeDocks([dock], [height], Qt.Orientation.Vertical)

    def _owner_of(self, key: str) -> ActionSpec | None:
        return self.actions_.owner_of(key)

    def _queue_handlers(self) -> dict[str, Callable[[], object]]:
        """Deciding images, and going through them."""
        session, controller = self.session, self.controller
        return {
            "accept_picture": controller.accept_image,
            "mark_empty": controller.mark_empty,
            "skip": controller.skip,
            "mix": self.queue_acts.mix,
            "skip_selected": self.queue_acts.skip,
            "reopen_selected": self.queue_acts.reopen,
            "tag_selected": self.queue_acts.tag,
            "untag_selected": self.queue_acts.untag,
            "focus_queue": self.queue.list.setFocus,
            "find_picture": self.queue.text.setFocus,
            "more_filters": self.queue.more.toggle,
            "next": session.walk.next,
            "previous": session.walk.previous,
        }

    def _box_handlers(self) -> dict[str, Callable[[], object]]:
        """Boxes, their categories, attributes and tags."""
        session, canvas, controller = self.session, self.canvas, self.controller
        return {
            "next_box": self.click_to_box.next_box,
            "previous_box": partial(canvas.select_next, -1),
            "accept_box": controller.accept_box,
            "remove_box": controller.remove_box,
            "click_to_box": self.click_to_box.propose,
            "grab_corner": canvas.pointer_tool.grab_corner,
            "begin_box": canvas.pointer_tool.begin_box,
            "tool_select": partial(canvas.pointer_tool.use, "select"),
            "tool_box": partial(canvas.pointer_tool.use, "box"),
            **{
                name: getattr(controller, name)
                for name in (
                    "duplicate",
                    "copy",
                    "paste",
                    "take_previous",
                    "select_all",
                    "select_category",
                    "toggle_lock",
                    "hide_selected",
                    "hide_category",
                    "show_hidden",
                )
            },
            **{
                f"draw_by_{n}": partial(controller.draw_by, c)
                for n, c in (("drag", 0), ("corners", 2), ("extremes", 4))
            },
            "find_category": controller.find_category,
            "take_better": session.walk.take_better,
            **{f"category_{n}": partial(controller.use_category_number, n) for n in range(1, 10)},
            "choose_category_key": self.category_acts.choose_key,
            "show_from": self.inspector.edit_threshold,
            "general_threshold": self.category_acts.use_general_threshold,
            **{
                f"{act}_category": getattr(self.category_acts, act)
                for act in ("rename", "recolour", "merge", "retire")
            },
            **{f"say_{a.name}": partial(self.attribute_acts.toggle, a.name) for a in COMMON},
            **{f"attribute_{n}": partial(self.attribute_acts.use_number, n) for n in range(1, 10)},
            "add_attribute": self.attribute_acts.add,
            "remove_attribute": self.attribute_acts.remove,
            **{f"tag_{n}": partial(self.attribute_acts.toggle_tag, n) for n in range(1, 10)},
        }

    def _view_handlers(self) -> dict[str, Callable[[], object]]:
        """How the image is shown."""
        canvas, controller = self.canvas, self.controller
        return {
            "next_pane": partial(self.panes.go, 1),
            "previous_pane": partial(self.panes.go, -1),
            "compare": controller.comparing.toggle,
            "compare_next": controller.comparing.show_next,
            "image_only": self.panels.toggle,
            "fit": canvas.camera.fit,
            "zoom_in": partial(canvas.camera.zoom, 1.25),
            "zoom_out": partial(canvas.camera.zoom, 0.8),
            "real_size": canvas.camera.zoom_to_pixels,
            "brighter": partial(controller.step_display, brightness=0.1),
            "darker": partial(controller.step_display, brightness=-0.1),
            "more_contrast": partial(controller.step_display, contrast=1.25),
            "less_contrast": partial(controller.step_display, contrast=0.8),
            "more_gamma": partial(controller.step_display, gamma=1.25),
            "less_gamma": partial(controller.step_display, gamma=0.8),
            "stretch": controller.toggle_stretch,
            "plain_display": partial(controller.show_as, Display()),
            "threshold_down": partial(controller.change_threshold, -1),
            "threshold_up": partial(controller.change_threshold, 1),
            "edit_tags": self.inspector.tags.setFocus,
        }

    def _model_handlers(self) -> dict[str, Callable[[], object]]:
        """The model, and how good labels and predictions are."""
        return {
            "prelabel": self.loop.intake.prelabel,
            "learn": self.loop.learning.learn,
            "pin": self.set_acts.pin,
            "sets": self.set_acts.manage,
            "find_more": self.set_acts.find_more,
            "tune": self._show_tuning,
            "label_errors": self.error_acts.show,
        }


def _pages() -> QStackedWidget:
    """Pages that ask for no more than they must have, so that what is around them scrolls late."""
    pages = QStackedWidget()
    pages.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
    pages.setMinimumHeight(_LEAST_HEIGHT)
    return pages


def _dock(
    window: QMainWindow, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea
) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)  # layouts are kept under it
    dock.setWidget(Scroll(widget))
    dock.setAccessibleName(title)
    dock.setTitleBarWidget(QWidget())  # the canvas needs the room
    dock.hide()
    window.addDockWidget(area, dock)
    return dock
