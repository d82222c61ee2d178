"""How the next images are chosen: the strategy, and what share of them comes from which other queue."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.queues import MIXABLE, REASON_OF, QueueReason
from hitl_desktop.learning.strategies import DEFAULT_STRATEGY, STRATEGIES
from hitl_desktop.texts import REASON_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.scroll import Scroll
from hitl_desktop.workflows.queue.listing import CountedQueue
from hitl_desktop.workflows.queue.policy import QueuePolicy


class MixDialog(QDialog):
    """`chosen` is the mix that is wanted; None to leave it."""

    def __init__(self, now: QueuePolicy, queues: Sequence[CountedQueue], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Queue mix"))
        self.chosen: QueuePolicy | None = None
        self.strategy = QComboBox()
        name_choice(self.strategy, tr("Query strategy"))
        for name, strategy in STRATEGIES.items():
            title = (
                tr("{title} (default)", title=strategy.title) if name == DEFAULT_STRATEGY else strategy.title
            )
            self.strategy.addItem(title, name)
        self.strategy.setCurrentIndex(self.strategy.findData(now.strategy))
        self.strategy.currentIndexChanged.connect(self._show_rest)
        counts = {q.shows.queue: q.pictures for q in queues}
        self.shares: dict[QueueReason, QSpinBox] = {}
        shares = QWidget()
        form = QFormLayout(shares)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(tr("&Query strategy"), self.strategy)
        for why in MIXABLE:
            share = self.shares[why] = QSpinBox()
            share.setRange(0, 100)
            share.setSuffix(" %")
            share.setValue(now.shares.get(why, 0))
            share.setAccessibleName(
                tr("Share of the queue: {reason_text}", reason_text=REASON_TEXT[REASON_OF[why]])
            )
            share.valueChanged.connect(self._show_rest)
            waiting = (
                tr("of all images")
                if why is QueueReason.RANDOM
                else tr("{get} wait", get=counts.get(int(why), 0))
            )
            form.addRow(f"{REASON_TEXT[REASON_OF[why]].capitalize()} ({waiting})", share)
        self.rest = QLabel()
        self.rest.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.default = buttons.addButton(tr("Default"), QDialogButtonBox.ButtonRole.ResetRole)
        self.default.clicked.connect(self._to_default)
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(Scroll(shares, sideways=True), 1)
        layout.addWidget(self.rest)
        layout.addWidget(buttons)
        self._show_rest()

    def _show_rest(self) -> None:
        rest = 100 - sum(share.value() for share in self.shares.values())
        by_uncertainty = not STRATEGIES[self.strategy.currentData()].works_before_training
        first = (
            tr(
                "The first five images are drawn at random: uncertainty means little "
                "before a model is trained."
            )
            * by_uncertainty
        )
        self.ok.setEnabled(rest >= 0)
        self.rest.setText(
            tr(
                "The other {rest} % follow the query strategy. Empty queues pass their share on. {first}",
                rest=rest,
                first=first,
            )
            if rest >= 0
            else tr("The shares add up to {rest} %: lower some of them.", rest=100 - rest)
        )

    def _to_default(self) -> None:
        mix = QueuePolicy()
        self.strategy.setCurrentIndex(self.strategy.findData(mix.strategy))
        for why, share in self.shares.items():
            share.setValue(mix.shares.get(why, 0))

    def _take(self) -> None:
        shares = {why: share.value() for why, share in self.shares.items() if share.value()}
        self.chosen = QueuePolicy(self.strategy.currentData(), shares)
        self.accept()
