"""What a person has to do on the first images of a set that nobody has labelled: acts, counted in the real
window."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.overlap import MATCH_IOU
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.annotation.annotate import Revision

from .conftest import Bench

IMAGES, LABELLED = 60, 8
MENDED_FROM = 0.3
"""A suggestion that overlaps an object by this much is moved: one click and one drag."""
CALM_S, LONG = 1.2, 120_000
Truth = list[tuple[str, BBox]]


def truth_of(dataset: Path) -> dict[str, Truth]:
    """The labelled objects of the first images, by file name."""
    coco: dict[str, Any] = json.loads((dataset / "instances.json").read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    images = sorted(coco["images"], key=lambda image: image["file_name"])[:IMAGES]
    of: dict[int, Truth] = {image["id"]: [] for image in images}
    for a in coco["annotations"]:
        if a["image_id"] in of:
            of[a["image_id"]].append((names[a["category_id"]], BBox(*a["bbox"])))
    return {Path(image["file_name"]).name: of[image["id"]] for image in images}


class Person:
    """Accepts what lies on an object by half, moves what lies beside it, names what is called otherwise, draws
    the rest; boxes where nothing is labelled are taken for objects, since the set labels only some of them."""

    def __init__(self, window: MainWindow) -> None:
        self._window, self._session = window, window.session
        self._categories: dict[str, int] = {}
        self.acts = 0

    def _category(self, name: str) -> int:
        """A category that is typed once, and chosen by a key when another one is the current one."""
        if name not in self._categories:
            made = self._session.project_acts.add_category(name)
            assert made is not None
            self._categories[name] = made
        if self._session.category_id != self._categories[name]:
            self._session.set_category(self._categories[name])
            self.acts += 1
        return self._categories[name]

    def label(self, truth: Truth) -> None:
        """One image, up to the key that accepts it."""
        open_ones = dict(enumerate(truth))
        loose = [p for p in self._session.visible_proposals if not self._answers(p, open_ones)]
        for proposal in loose:
            self._mend(proposal, open_ones, truth)
        for name in sorted({name for name, _ in open_ones.values()}):
            category = self._category(name)
            for _, box in [each for each in open_ones.values() if each[0] == name]:
                self._session.acts.draw([(box, category)])
                self.acts += 1
        self._window.controller.accept_image()
        self.acts += 1

    def _answers(self, proposal: Proposal, open_ones: dict[int, tuple[str, BBox]]) -> bool:
        """Whether a suggestion is of an object; if it has another name, it gets the right one."""
        best = max(open_ones, key=lambda n: proposal.bbox.iou(open_ones[n][1]), default=None)
        if best is None or proposal.bbox.iou(open_ones[best][1]) < MATCH_IOU:
            return False
        name, _ = open_ones.pop(best)
        if proposal.name != name:
            self._session.acts.revise([Revision(proposal, category_id=self._category(name))])
            self.acts += 1
        return True

    def _mend(self, proposal: Proposal, open_ones: dict[int, tuple[str, BBox]], truth: Truth) -> None:
        """Move a suggestion to the object that it lies beside; reject one beside an object that has its
        box."""
        beside = [n for n, (name, _) in open_ones.items() if name == proposal.name]
        best = max(beside, key=lambda n: proposal.bbox.iou(open_ones[n][1]), default=None)
        if best is not None and proposal.bbox.iou(open_ones[best][1]) >= MENDED_FROM:
            self._session.acts.revise([Revision(proposal, bbox=open_ones.pop(best)[1])])
            self.acts += 2
        elif any(proposal.bbox.iou(box) >= MENDED_FROM for _, box in truth):
            self._session.acts.remove([proposal])
            self.acts += 2


def wait_for_calm(window: MainWindow, qtbot: QtBot) -> None:
    """Until no job has run for a moment: a person reads the image for as long."""
    last = [time.monotonic()]

    def is_calm() -> bool:
        if window.runner.jobs:
            last[0] = time.monotonic()
        return time.monotonic() - last[0] > CALM_S

    qtbot.waitUntil(is_calm, timeout=LONG)


@pytest.mark.bench
def test_blood_cells_from_zero(bench: Bench, shared_data: Path, tmp_path: Path, qtbot: QtBot) -> None:
    truth = truth_of(shared_data / "bccd")
    (tmp_path / "images").mkdir()
    for name in truth:
        shutil.copy(shared_data / "bccd" / "images" / name, tmp_path / "images")
    window = MainWindow(Settings())
    qtbot.addWidget(window)
    window.show()
    window.open_path(tmp_path / "images")
    qtbot.waitUntil(lambda: window.canvas.has_image, timeout=LONG)
    person = Person(window)
    for _ in range(LABELLED):
        wait_for_calm(window, qtbot)
        if window.session.walk.is_better_ready:
            window.session.walk.take_better()
            person.acts += 1
        image = window.session.image
        assert image is not None
        person.label(truth[Path(image.path).name])
    bench.note("acts_bccd_1_to_8", person.acts)
    window.close()
