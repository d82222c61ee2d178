"""What a model file turned out to be: its readings on the project's images, its class names, and whether to use it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.words import counted
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.family_table import FAMILIES
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.recognition.class_names import parsed
from hitl_desktop.inference.recognition.probe import Finding, ProbeResult
from hitl_desktop.translation import tr
from hitl_desktop.ui.model.reading_choices import ReadingChoices
from hitl_desktop.ui.model.reading_view import ReadingView
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.scroll import Scroll

_NAME_LINES = 3


class RecognisedDialog(QDialog):
    """Shows each reading with what it finds; `card` is the chosen one's, `names` those of its classes.

    Signals:
        preview_asked: a card was changed: what it finds is to be shown by `show_preview`.
    """

    preview_asked = Signal(ModelCard)

    def __init__(self, result: ProbeResult, images: Sequence[RgbImage], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Add detector"))
        open_within_screen(self, 760, 620)
        self._result = result
        self.words = QLabel(_words(result))
        self.words.setWordWrap(True)
        inner = QWidget()
        column = QVBoxLayout(inner)
        self.choices: list[QRadioButton] = []
        self._images = images
        self._views: list[QVBoxLayout] = []
        self._adjusted: list[ReadingChoices] = []
        group = QButtonGroup(self)
        for finding in result.findings:
            choice = QRadioButton(_of_reading(finding.card))
            choice.setVisible(len(result.findings) > 1)
            group.addButton(choice)
            choice.toggled.connect(self._show_names)
            self.choices.append(choice)
            column.addWidget(choice)
            view = QVBoxLayout()
            view.addWidget(ReadingView(finding, images))
            column.addLayout(view)
            self._views.append(view)
            adjusted = ReadingChoices(finding.card, result.outputs)
            adjusted.changed.connect(self.preview_asked)
            column.addWidget(adjusted)
            self._adjusted.append(adjusted)
        column.addStretch(1)
        self.names = QPlainTextEdit()
        self.names.setTabChangesFocus(True)
        self.names.setAccessibleName(tr("Names of the classes, in the order of the model"))
        self.names.setFixedHeight(_NAME_LINES * self.fontMetrics().lineSpacing() + 14)
        self.names.textChanged.connect(self._check_names)
        self.problem = QLabel()
        self.problem.setProperty("role", "danger")
        self.licence = QLineEdit()
        self.licence.setPlaceholderText(tr("Licence of the model, if known"))
        self.licence.setAccessibleName(tr("Licence of the model"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = buttons.addButton(tr("Use it in this project"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addWidget(Scroll(inner, sideways=True), 1)
        layout.addWidget(QLabel(tr("Classes, in the order of the model:")))
        for widget in (self.names, self.problem, self.licence, buttons):
            layout.addWidget(widget)
        self.choices[0].setChecked(True)

    @property
    def reading(self) -> int:
        """The number of the chosen reading, from 0."""
        return next((n for n, choice in enumerate(self.choices) if choice.isChecked()), 0)

    @property
    def card(self) -> ModelCard:
        """The card of the chosen reading, with the user's corrections."""
        return self._adjusted[self.reading].card

    def show_waiting(self) -> None:
        """A preview is being made."""
        self.problem.setText(tr("Trying it on the images..."))
        self.problem.show()

    def show_preview(self, finding: Finding) -> None:
        """Show what the card finds now, if it is still the one that is chosen."""
        for number, adjusted in enumerate(self._adjusted):
            if adjusted.card == finding.card:
                view = self._views[number]
                if (before := view.takeAt(0)) is not None and (widget := before.widget()) is not None:
                    widget.deleteLater()
                view.addWidget(ReadingView(finding, self._images))
                self.choices[number].setChecked(True)
        if len(self.class_names) != len(self.card.classes):
            self._show_names()
        self._check_names()

    def show_problem(self, words: str) -> None:
        """It cannot be read as it is set now."""
        self.problem.setText(words)
        self.problem.show()

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names as they are typed now."""
        return parsed(self.names.toPlainText())

    def _show_names(self) -> None:
        self.names.setPlainText(", ".join(self.card.classes))

    def _check_names(self) -> None:
        given, wanted = len(self.class_names), len(self.card.classes)
        is_right = given == wanted
        self.problem.setText(
            "" if is_right else tr("{given} names for {wanted} classes", given=given, wanted=wanted)
        )
        self.problem.setVisible(not is_right)
        self.use.setEnabled(is_right)


def _words(result: ProbeResult) -> str:
    if len(result.findings) > 1:
        first = tr("This file can be read in {n} ways. Which one is right?", n=len(result.findings))
    else:
        first = _of_reading(result.card)
    speed = tr("{ms:.0f} ms an image on this computer.", ms=1000 * result.seconds_an_image)
    return " ".join([first, speed, *result.remarks])


def _of_reading(card: ModelCard) -> str:
    size = (
        tr("{w} x {h} pixels", w=card.input.size[0], h=card.input.size[1])
        if all(card.input.size)
        else tr("images of any size")
    )
    return tr(
        "{family}: takes {size} ({colour}), {classes}.",
        family=FAMILIES[card.family].title,
        size=size,
        colour=card.input.colour,
        classes=counted(len(card.classes), "class"),
    )
