"""Tune: is it learning, does it memorise, what does it mix up, what did it save. Figures open the boxes behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.words import counted
from hitl_desktop.ui.dialogs.tables import read_only_table
from hitl_desktop.ui.plots import SECOND_COLOUR, add_curve, new_plot
from hitl_desktop.workflows.effort import Effort
from hitl_desktop.workflows.tune import LATEST, NOTHING, CategoryAtFirstSight, Cell, Point, Spot, Tuning

_SPOT = Qt.ItemDataRole.UserRole


class TuneDialog(QDialog):
    """`looked_at` tells a box to be shown, `reliability_asked` that thresholds are to be chosen."""

    looked_at = Signal(object)
    reliability_asked = Signal()
    report_asked = Signal()

    def __init__(self, tuning: Tuning, paths: Mapping[int, str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Tune")
        self.resize(880, 620)
        self._paths = dict(paths)
        self._cells = {(c.real, c.said): c for c in tuning.cells}
        self.tabs = QTabWidget()
        self.tabs.addTab(self._learning(tuning), "Learning")
        self.tabs.addTab(self._mixed_up(tuning), "What is mixed up")
        self.tabs.addTab(self._effort(tuning), "Effort")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.reliability = buttons.addButton("How sure is sure...", QDialogButtonBox.ButtonRole.ActionRole)
        self.report = buttons.addButton("Report...", QDialogButtonBox.ButtonRole.ActionRole)
        self.reliability.clicked.connect(self.reliability_asked)
        self.report.clicked.connect(self.report_asked)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs)
        layout.addWidget(buttons)

    def _learning(self, tuning: Tuning) -> QWidget:
        page, layout = _page()
        self.curve = new_plot(self, "Learning curve", "decided pictures", "F1 at first sight")
        self.curve.addLegend(labelTextColor=self.palette().text().color())
        self.curve.setRange(xRange=(0, max((p.pictures for p in tuning.curve), default=1) + 1), yRange=(0, 1))
        highlight = self.palette().highlight().color()
        for points, colour, name, symbol in (
            (tuning.curve, highlight, "all pictures", "o"),
            (tuning.drawn, SECOND_COLOUR, "a random sample of them", "t"),
        ):
            add_curve(
                self.curve, colour, [p.pictures for p in points], [p.f1 for p in points],
                [p.interval for p in points], name, symbol=symbol,
            )  # fmt: skip
        self.gap = _label(
            tuning.gap.words if tuning.gap else f"Whether it memorises is said after {2 * LATEST} decided pictures."
        )
        self.held_out = _label(tuning.held_out.words)
        self.stop = _label(tuning.stop or "Whether to stop is said after twenty reviews.")
        first = _label(_curve_words(tuning.curve))
        for widget in (first, self.curve, self.gap, self.held_out, self.stop):
            layout.addWidget(widget, 1 if widget is self.curve else 0)
        return page

    def _mixed_up(self, tuning: Tuning) -> QWidget:
        page, layout = _page()
        reals = sorted({c.real for c in tuning.cells} - {NOTHING})
        saids = sorted({c.said for c in tuning.cells} - {NOTHING})
        rows, columns = [*reals, NOTHING], [*saids, NOTHING]
        headings = [f"called {c}" if c != NOTHING else "not found" for c in columns]
        self.matrix = read_only_table("Confusion matrix: a cell shows its boxes", headings, len(rows))
        self.matrix.setVerticalHeaderLabels([r if r != NOTHING else "no object" for r in rows])
        self.matrix.verticalHeader().show()
        for r, real in enumerate(rows):
            for c, said in enumerate(columns):
                cell = self._cells.get((real, said), Cell(real, said, ()))
                item = QTableWidgetItem(str(len(cell.spots)) if cell.spots else "")
                item.setData(_SPOT, cell)
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                if real == said:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.matrix.setItem(r, c, item)
        headings = ("Category", "Right of those shown", "Found of those there")
        self.categories = read_only_table("Precision and recall per category", headings, len(tuning.categories))
        for row, category in enumerate(tuning.categories):
            for column, text in enumerate(_row(category)):
                item = QTableWidgetItem(text)
                item.setData(_SPOT, self._wrong_of(category.name))
                self.categories.setItem(row, column, item)
        self.spots = read_only_table("Boxes behind the chosen figure", ("Picture", "Box"), 0)
        self.words = _label(
            "Of what was shown at first sight, before its picture was taught. Choose a cell to see its boxes, a box "
            "to go there; a category's row shows what was wrong with it."
        )
        for table in (self.matrix, self.categories):
            table.itemClicked.connect(self._open)
            table.itemActivated.connect(self._open)
        self.spots.itemActivated.connect(self._go)
        self.spots.itemClicked.connect(self._go)
        for widget, stretch in ((self.words, 0), (self.matrix, 3), (self.categories, 2), (self.spots, 2)):
            layout.addWidget(widget, stretch)
        return page

    def _effort(self, tuning: Tuning) -> QWidget:
        page, layout = _page()
        self.effort = new_plot(self, "Effort saved over time", "decided pictures", "effort saved")
        lowest = min((e.saved_interval[0] for e in tuning.effort.stretches if e.saved_interval), default=0.0)
        width = max(sum(e.pictures for e in tuning.effort.stretches), 1)
        self.effort.setRange(xRange=(0, width), yRange=(min(lowest, 0.0), 1))  # proposals may cost more than they save
        stretches = [e for e in tuning.effort.stretches if e.saved is not None]
        ends = [sum(e.pictures for e in tuning.effort.stretches[: n + 1]) for n in range(len(tuning.effort.stretches))]
        places = [end for end, e in zip(ends, tuning.effort.stretches, strict=True) if e.saved is not None]
        add_curve(
            self.effort, self.palette().highlight().color(), places, [e.saved or 0.0 for e in stretches],
            [e.saved_interval or (e.saved or 0.0, e.saved or 0.0) for e in stretches], "effort saved",
        )  # fmt: skip
        name = "Effort of a random sample of the pictures, and of all others"
        self.arms = read_only_table(name, ("Pictures", "Effort saved", "Minutes a picture"), 2)
        for row, (name, effort) in enumerate(
            (("a random sample", tuning.effort.drawn), ("all others", tuning.effort.others))
        ):
            for column, text in enumerate((f"{name} ({effort.pictures})", *_effort_row(effort))):
                self.arms.setItem(row, column, QTableWidgetItem(text))
        layout.addWidget(_label("Estimated from acts: drawing a box 7 s, verifying one 1.6 s, moving one 4 s."))
        layout.addWidget(self.effort, 3)
        layout.addWidget(self.arms, 1)
        return page

    def _wrong_of(self, name: str) -> Cell:
        """All boxes that were wrong about a category."""
        wrong = [c for (real, said), c in self._cells.items() if real != said and name in (real, said)]
        return Cell(name, name, tuple(spot for cell in wrong for spot in cell.spots))

    def _open(self, item: QTableWidgetItem) -> None:
        cell: Cell = item.data(_SPOT)
        self.spots.setRowCount(len(cell.spots))
        for row, spot in enumerate(cell.spots):
            x, y, w, h = spot.bbox
            for column, text in enumerate(
                (self._paths.get(spot.image_id, ""), f"{w:.0f} x {h:.0f} at {x:.0f}, {y:.0f}")
            ):
                shown = QTableWidgetItem(text)
                shown.setData(_SPOT, spot)
                self.spots.setItem(row, column, shown)

    def _go(self, item: QTableWidgetItem) -> None:
        spot: Spot = item.data(_SPOT)
        self.looked_at.emit(spot)


def _curve_words(points: Sequence[Point]) -> str:
    if not points:
        return "Nothing was decided on proposals yet, so nothing was measured."
    last = points[-1]
    low, high = last.interval
    return (
        f"On the last {counted(last.of, 'picture')}, before these were taught: F1 {last.f1:.2f} "
        f"(95 %: {low:.2f} to {high:.2f})."
    )


def _row(c: CategoryAtFirstSight) -> tuple[str, str, str]:
    def share(part: int, of: int, interval: tuple[float, float]) -> str:
        return f"{part} of {of}: {part / of:.0%} (95 %: {interval[0]:.0%} to {interval[1]:.0%})" if of else "none"

    return (
        c.name, share(c.right, c.shown, c.precision_interval), share(c.right, c.objects, c.recall_interval),
    )  # fmt: skip


def _effort_row(e: Effort) -> tuple[str, str]:
    saved = minutes = "too few pictures"
    if e.saved is not None and e.saved_interval is not None:
        low, high = e.saved_interval
        saved = f"{e.saved:.0%} (95 %: {low:.0%} to {high:.0%}; {counted(e.boxes, 'box')})"
    if e.minutes is not None and e.minutes_interval is not None:
        low, high = e.minutes_interval
        minutes = f"{e.minutes:.2f} (95 %: {low:.2f} to {high:.2f})"
    return saved, minutes


def _page() -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    return page, QVBoxLayout(page)


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
