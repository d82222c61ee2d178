"""The looks: contrasts in both themes, icons that are there, a theme that is switched while the program runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QSpinBox
from pytestqt.qtbot import QtBot

import hitl_desktop
from hitl_desktop.paths import resources_dir
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.theme import style
from hitl_desktop.ui.theme.categories import CATEGORY_COLOURS, text_on
from hitl_desktop.ui.theme.style import apply_theme
from hitl_desktop.ui.theme.tokens import DARK, LIGHT, Colours, contrast


def test_contrast_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_and_borders_be_seen(theme: Colours) -> None:
    grounds = (theme.surface, theme.raised)
    texts = (theme.text, theme.text_dim, theme.placeholder, theme.ok, theme.warn, theme.danger, theme.accent)
    pairs = [(text, ground) for text in texts for ground in grounds]
    pairs += [
        (theme.text, theme.sunken),
        (theme.text_dim, theme.sunken),
        (theme.on_accent, theme.accent),
        (theme.on_selected, theme.selected),
        (theme.on_selected_dim, theme.selected),
        (theme.on_notice, theme.notice),
        (theme.notice_action, theme.notice),
    ]
    assert [(pair, round(contrast(*pair), 2)) for pair in pairs if contrast(*pair) < 4.5] == []
    assert [ground for ground in grounds if contrast(theme.border, ground) < 3] == []
    mistakes = (theme.false_positive, theme.missed, theme.other_name)
    assert [(m, ground) for m in mistakes for ground in grounds if contrast(m, ground) < 3] == []
    assert [m for m in mistakes if contrast(text_on(QColor(m)).name(), m) < 4.5] == []


def test_labels_of_all_categories_can_be_read() -> None:
    assert [c for c in CATEGORY_COLOURS if contrast(text_on(QColor(c)).name(), c) < 4.5] == []


def test_every_icon_that_is_named_is_there_and_no_other() -> None:
    there = {path.stem for path in (resources_dir() / "icons").glob("*.svg")}
    sources = "\n".join(p.read_text() for p in (Path(hitl_desktop.__file__).parent / "ui").rglob("*.py"))
    named = {name for name in there if re.search(rf'"{name}"', sources)}
    asked = set(re.findall(r'(?:keep_icon\([^,]+, |icon\()"([a-z0-9-]+)"', sources))
    assert asked <= there
    assert named == there


def test_the_theme_is_switched_while_the_program_runs(window: MainWindow) -> None:
    before = window.toolbar.commands.icon().pixmap(20, 20).toImage()
    window.actions_["theme_dark"].trigger()
    try:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        assert app.palette().window().color() == QColor(DARK.surface)
        assert window.palette().windowText().color() == QColor(DARK.text)
        assert window.toolbar.commands.icon().pixmap(20, 20).toImage() != before
    finally:
        style.apply_theme("light")
    assert window.toolbar.commands.icon().pixmap(20, 20).toImage() == before


def test_the_arrows_of_fields_are_seen_in_both_themes(qtbot: QtBot) -> None:
    field = QSpinBox()
    qtbot.addWidget(field)
    field.show()
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        apply_theme(name)
        image = field.grab().toImage()
        right = [
            image.pixelColor(x, y).name().upper()
            for x in range(image.width() - 18, image.width() - 4)
            for y in range(4, image.height() - 4)
        ]
        assert max(contrast(colour, theme.raised) for colour in right) > 3
    apply_theme("system")
