"""How a project's detector looks at images: kept, checked, and done anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_desktop.errors import HitlError
from hitl_desktop.inference.several_views import SeveralViews, ViewSettings
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.detection.view_settings import (
    load_for,
    set_view_settings,
    view_settings,
)
from tests.inference.graphs import save
from tests.inference.test_families import v8_columns

QUIET = NoProgress()


@pytest.mark.parametrize(
    "settings",
    [
        ViewSettings(tiles=0),
        ViewSettings(tiles=7),
        ViewSettings(overlap=0.6),
        ViewSettings(nms_iou=0.0),
        ViewSettings(nms_iou=1.0),
    ],
)
def test_impossible_settings_are_refused(project: Project, settings: ViewSettings) -> None:
    with pytest.raises(HitlError, match="settings are not possible"):
        set_view_settings(project, settings)
    assert view_settings(project) == ViewSettings()


def test_other_settings_do_all_images_anew_and_the_same_ones_nothing(
    project: Project, tmp_path: Path
) -> None:
    file = save(tmp_path / "m.onnx", v8_columns(), metadata={"names": "['a', 'b', 'c']"})
    assert prelabel(project, QUIET, model=str(file), threads=1).done == 4
    assert set_view_settings(project, ViewSettings(tiles=2, nms_iou=0.3))
    assert not set_view_settings(project, ViewSettings(tiles=2, nms_iou=0.3))
    assert prelabel(project, QUIET, threads=1).done == 4
    assert prelabel(project, QUIET, threads=1).done == 0


def test_nms_is_that_of_the_project_and_one_view_needs_no_merging(project: Project, tmp_path: Path) -> None:
    file = save(tmp_path / "m.onnx", v8_columns(), metadata={"names": "['a', 'b', 'c']"})
    prelabel(project, QUIET, model=str(file), threads=1)
    from hitl_desktop.inference.registry import find_card

    card = find_card(str(file))
    assert not isinstance(load_for(view_settings(project), card, threads=1), SeveralViews)
    set_view_settings(project, ViewSettings(nms_iou=0.3))
    assert load_for(view_settings(project), card, threads=1).card.decode.nms_iou == 0.3
