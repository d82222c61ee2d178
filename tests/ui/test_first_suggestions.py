"""The first time that a category is suggested by what was trained is news; later times, and old projects, are not."""

from __future__ import annotations

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.ui.main_window import MainWindow


def suggest(window: MainWindow, *category_ids: int, head_id: int | None = 1) -> None:
    session = window.session
    assert session.image
    session.current.proposals = [
        Proposal(
            n,
            session.image.id,
            BBox(5 * n, 5, 10, 10),
            "x",
            category_id,
            0.9,
            "head 1",
            np.zeros(2),
            head_id=head_id,
        )
        for n, category_id in enumerate(category_ids, start=100)
    ]
    session.boxes_changed.emit()


def test_the_first_suggestion_of_a_category_is_told_once(window: MainWindow) -> None:
    cat, dog = (
        window.session.project_acts.add_category("cat"),
        window.session.project_acts.add_category("dog"),
    )
    assert cat is not None
    assert dog is not None
    suggest(window, cat, head_id=None)  # the detector's own
    assert "Now suggested" not in window.news.text()
    suggest(window, cat)
    assert window.news.text() == "Now suggested automatically: cat."
    window.news.hide()
    suggest(window, cat)
    assert not window.news.isVisible()
    suggest(window, cat, dog)
    assert window.news.text() == "Now suggested automatically: dog."


def test_show_selects_what_is_suggested_now(window: MainWindow) -> None:
    cat = window.session.project_acts.add_category("cat")
    assert cat is not None
    suggest(window, cat, cat)
    window.news.button.click()
    assert [item.key.id for item in window.canvas.selection.items] == [100, 101]
    assert not window.news.isVisible()
