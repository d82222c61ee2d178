"""Which images the queue lists: all, those to do, done, skipped, or unreadable, with their numbers."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QTabBar

from hitl_desktop.service.project.image_list import ImageList
from hitl_desktop.translation import tr

_NAMES: Final = MappingProxyType(
    {
        "": tr("All"),
        "undecided": tr("To do"),
        "decided": tr("Done"),
        "skipped": tr("Skipped"),
        "unreadable": tr("Errors"),
    }
)
"""What a status is called here; all images have an empty one."""
_SELDOM: Final = "unreadable"
_WHOLE: Final = MappingProxyType({_SELDOM: tr("Images that cannot be read")})


class StateTabs(QTabBar):
    """Tabs that share the width there is; that of unreadable images is there while there are any."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("states", True)
        self.setAccessibleName(tr("Show images in this state"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setDrawBase(False)
        for status, name in _NAMES.items():
            self.setTabData(self.addTab(name), status)

    @property
    def status(self) -> str:
        """The status that passes; empty for all."""
        return self.tabData(self.currentIndex())

    def choose(self, status: str) -> None:
        """Let images of a status pass, or all."""
        self.setCurrentIndex(list(_NAMES).index(status))

    def show_counts(self, images: ImageList) -> None:
        """Show how many images there are of each."""
        for place, (status, name) in enumerate(_NAMES.items()):
            count = images.count(status) if status else len(images.statuses)
            words = f"{name}\n{count:,}" if not images.is_listing else f"{name}\n..."
            if self.tabText(place) != words:
                self.setTabText(place, words)
                self.setTabToolTip(place, tr("{state}: {n}", state=_WHOLE.get(status, name), n=count))
                self.setAccessibleTabName(place, self.tabToolTip(place))
            if status == _SELDOM:
                self.setTabVisible(place, count > 0 or self.status == _SELDOM)

    def tabSizeHint(self, index: int) -> QSize:
        """All are equally wide."""
        shown = [place for place in range(self.count()) if self.isTabVisible(place)]
        return QSize(self.width() // max(len(shown), 1), super().tabSizeHint(index).height())

    def minimumTabSizeHint(self, index: int) -> QSize:
        """They may be as narrow as the list."""
        return QSize(8, super().minimumTabSizeHint(index).height())

    def minimumSizeHint(self) -> QSize:
        """The list, not they, is what needs room."""
        return QSize(0, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(0, super().sizeHint().height())
