"""The list of detectors: choose the one the project uses, add and remove others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import partial

from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.inference.several_views import ViewSettings
from hitl_desktop.translation import tr
from hitl_desktop.ui.model.view_choices import ViewChoices
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.tables import cell, read_only_table
from hitl_desktop.workflows.detection.detector_trials import DetectorTrial
from hitl_desktop.workflows.detection.models import KnownModel

_HEADINGS = (
    tr("Detector"),
    tr("Family"),
    tr("Input"),
    tr("Classes"),
    tr("ms an image"),
    tr("Licence"),
    tr("State"),
)


class Wanted(Enum):
    """What a person wants with a detector."""

    USE = "use"
    ADD = "add"
    REMOVE = "remove"
    COMPARE = "compare"
    FETCH = "fetch"


class DetectorsDialog(QDialog):
    """A row for each detector; `used` is the hash of the project's own, `trials` what was measured, by hash. What a
    person wants is in `wanted`."""

    def __init__(
        self,
        models: Sequence[KnownModel],
        used: str,
        provider: str,
        offered: Sequence[str],
        trials: Mapping[str, DetectorTrial],
        settings: ViewSettings,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Detectors"))
        open_within_screen(self, 960, 420)
        self.wanted: Wanted | None = None
        self._models, self._used = list(models), used
        self.table = read_only_table(tr("Detectors"), _HEADINGS, len(models), stretch=6)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        for row, model in enumerate(self._models):
            trial = trials.get(model.card.sha256) if model.card is not None else None
            for column, text in enumerate(_row(model, used, trial)):
                shown = cell(text)
                shown.setToolTip(text)
                self.table.setItem(row, column, shown)
        self.table.itemSelectionChanged.connect(self._enable)
        note = QLabel(tr("Drop an .onnx file of any detector on the window to add it."), wordWrap=True)
        self.provider = QComboBox()
        name_choice(self.provider, tr("What models run on, on this computer"))
        self.provider.addItems(list(dict.fromkeys([provider, *offered])))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.use = buttons.addButton(tr("Use in this project"), QDialogButtonBox.ButtonRole.ActionRole)
        self.add = buttons.addButton(tr("Add file..."), QDialogButtonBox.ButtonRole.ActionRole)
        self.remove = buttons.addButton(tr("Remove"), QDialogButtonBox.ButtonRole.ActionRole)
        self.compare = buttons.addButton(tr("Compare on done images"), QDialogButtonBox.ButtonRole.ActionRole)
        self.compare.setToolTip(tr("Runs each detector on the latest images that are done; proposes nothing"))
        self.fetch = buttons.addButton(tr("Download..."), QDialogButtonBox.ButtonRole.ActionRole)
        wishes = {self.use: Wanted.USE, self.add: Wanted.ADD, self.remove: Wanted.REMOVE}
        for button, wanted in (wishes | {self.compare: Wanted.COMPARE, self.fetch: Wanted.FETCH}).items():
            button.clicked.connect(partial(self._end, wanted))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        row = QHBoxLayout()
        row.addWidget(QLabel(tr("Models run on:")))
        row.addWidget(self.provider)
        row.addStretch(1)
        layout.addWidget(self.table)
        layout.addWidget(note)
        layout.addLayout(row)
        self.views = ViewChoices(settings)
        layout.addWidget(self.views)
        layout.addWidget(buttons)
        self._enable()

    def _end(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.accept()

    @property
    def chosen(self) -> KnownModel | None:
        """The detector in the selected row."""
        rows = self.table.selectionModel().selectedRows()
        return self._models[rows[0].row()] if rows else None

    def _enable(self) -> None:
        model = self.chosen
        card = model.card if model is not None and not model.problem else None
        self.use.setEnabled(card is not None and card.sha256 != self._used)
        self.remove.setEnabled(model is not None and not model.is_bundled)


def _row(model: KnownModel, used: str, trial: DetectorTrial | None) -> tuple[str, ...]:
    card = model.card
    if card is None:
        return model.name, "", "", "", "", "", model.problem
    size = "{} x {}".format(*card.input.size) if all(card.input.size) else tr("any")
    is_used = tr("used in this project") if card.sha256 == used else ""
    state = model.problem or "; ".join(filter(None, (is_used, trial.words if trial else "")))
    ms = f"{trial.ms:.0f}" if trial is not None and trial.images else ""
    return model.name, model.family, size, str(len(card.classes)), ms, card.license, state
