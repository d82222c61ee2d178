"""How far scores can be believed: the plot of what was shown, and from which score on proposals pay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.chart import Chart
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.scroll import Scroll
from hitl_desktop.ui.widgets.tables import cell, read_only_table
from hitl_desktop.workflows.quality.report_charts import reliability_chart
from hitl_desktop.workflows.quality.threshold_advice import Advice, Reliability

_HEADINGS = (tr("Category"), tr("Suggested threshold"), tr("Precision"), tr("Recall"))


class ReliabilityDialog(QDialog):
    """`chosen` are the thresholds to be used by category id: none to have one for all again."""

    def __init__(
        self,
        reliability: Reliability,
        advise: Callable[[float], Sequence[Advice]],
        general: float,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Calibration"))
        open_within_screen(self, 1040, 620)
        self.chosen: dict[int, float] | None = None
        self._advise = advise
        self.words = QLabel(_words(reliability))
        self.words.setWordWrap(True)
        self.plot = Chart(
            tr("Reliability diagram"),
            partial(reliability_chart, {"bins": reliability.bins}),
            tr("The reliability diagram appears here once an image with suggestions is done."),
        )
        self.wanted = QSpinBox()
        self.wanted.setRange(0, 99)
        self.wanted.setSuffix(" %")
        self.wanted.setSpecialValueText(tr("best trade-off"))
        self.wanted.setAccessibleName(tr("Precision target"))
        self.wanted.valueChanged.connect(self._show_advice)
        self.table = read_only_table(tr("Suggested thresholds"), _HEADINGS, 0, stretch=0)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.use = buttons.addButton(tr("Use suggested"), QDialogButtonBox.ButtonRole.ActionRole)
        self.one = buttons.addButton(
            tr("Reset all to {general:.2f}", general=general),
            QDialogButtonBox.ButtonRole.ActionRole,
        )
        self.use.clicked.connect(self._use)
        self.one.clicked.connect(self._use_one)
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Precision target")))
        row.addWidget(self.wanted)
        row.addStretch(1)
        right = QVBoxLayout()
        right.addLayout(row)
        right.addWidget(self.table, 1)
        middle = QWidget()
        both = QHBoxLayout(middle)
        both.setContentsMargins(0, 0, 0, 0)
        both.addWidget(self.plot, 2)
        both.addLayout(right, 3)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addWidget(Scroll(middle, sideways=True), 1)
        layout.addWidget(buttons)
        self._show_advice()

    def _show_advice(self) -> None:
        self._advice = self._advise(self.wanted.value() / 100)
        self.table.setRowCount(len(self._advice))
        for row, advice in enumerate(self._advice):
            for column, text in enumerate(_row(advice)):
                self.table.setItem(row, column, cell(text))
        self.use.setEnabled(any(advice.measured for advice in self._advice))

    def _use(self) -> None:
        self.chosen = {advice.category_id: advice.threshold for advice in self._advice if advice.measured}
        self.accept()

    def _use_one(self) -> None:
        self.chosen = {}
        self.accept()


def _row(advice: Advice) -> tuple[str, str, str, str]:
    if not advice.measured:
        return advice.name, tr("as the others"), tr("not measured yet"), ""
    if advice.precision is None:
        none = tr("none of {boxes} was that sure", boxes=counted(advice.measured, "box"))
        return advice.name, f"{advice.threshold:.2f}", none, tr("0 of {objects}", objects=advice.objects)
    low, high = advice.interval
    return (
        advice.name,
        f"{advice.threshold:.2f}",
        tr(
            "{precision:.0%} (95 %: {low:.0%} to {high:.0%}; {boxes})",
            precision=advice.precision,
            low=low,
            high=high,
            boxes=counted(advice.shown, "box"),
        ),
        tr("{found} of {objects}", found=min(advice.found, advice.objects), objects=advice.objects),
    )


def _words(reliability: Reliability) -> str:
    if not reliability.boxes:
        return tr(
            "Nothing is measured yet: it takes images that are done and on which boxes were suggested before."
        )
    low, high = reliability.interval
    return tr(
        "Scores were off by {error:.2f} on average (95 %: {low:.2f} to {high:.2f}), "
        "measured on {boxes} shown on {images} before training on them; well "
        "calibrated scores would be off by {by_chance:.2f} by chance. Dots on the line "
        "are well calibrated; below it the model was overconfident.",
        error=reliability.error,
        low=low,
        high=high,
        boxes=counted(reliability.boxes, "box"),
        images=counted(reliability.pictures, "image"),
        by_chance=reliability.by_chance,
    )
