"""Small objects: the size to look at follows from what was taught, and its cost is measured before it is
used."""

import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, bulk_edits, decisions
from hitl_desktop.workflows.training.detection_head import (
    DEFAULT_INPUT_SIZES,
    find_ahead,
    input_sizes,
    set_input_sizes,
)
from hitl_desktop.workflows.training.input_resolution import SEEN_FROM, plan_input_resolution, wanted_sides
from tests.workflows.conftest import Learn

QUIET = NoProgress()


@pytest.fixture
def taught_project(taught_project: Project) -> Project:
    """It looks at the usual sizes from the next head on."""
    set_input_sizes(taught_project, DEFAULT_INPUT_SIZES)
    return taught_project


def teach_small(project: Project, width: float) -> None:
    """Twelve boxes as wide as this on an image of 640 pixels."""
    image = next(i for i in project.images.all() if i.state is ImageState.UNDECIDED)
    category = project.categories.ensure("dust").id
    project.annotations.remove(project.annotations.all())
    annotate.draw(project, image.id, [(BBox(20 + 45 * n, 40, width, width + 2), category) for n in range(12)])
    decisions.decide(project, image.id, [], [], decisions.How(None, Thresholds(0.3), 1.0))


def test_large_objects_need_no_closer_look(taught_project: Project) -> None:
    assert wanted_sides(taught_project) is None
    with pytest.raises(HitlError, match="large enough"):
        plan_input_resolution(taught_project, QUIET, threads=1)


@pytest.mark.parametrize(("width", "side"), [(19, 960), (14, 960), (11, 1280), (8, 1600), (3, 1600)])
def test_the_smaller_the_objects_the_closer_the_look(
    taught_project: Project, width: float, side: int
) -> None:
    teach_small(taught_project, width)
    wanted = wanted_sides(taught_project)
    assert wanted is not None
    sides, boxes, now, then = wanted
    assert (sides, boxes, now) == ((640, side), 12, pytest.approx(width))
    assert then == pytest.approx(width * side / 640)
    assert then >= SEEN_FROM or side == 1600


def test_the_cost_is_measured_and_the_head_looks_closer_from_then_on(
    taught_project: Project, learn: Learn
) -> None:
    bulk_edits.reopen(
        taught_project, taught_project.decisions.decided_order()[1:]
    )  # one is enough beside that of dust
    teach_small(taught_project, 14)
    assert learn(taught_project).small
    closer = plan_input_resolution(taught_project, QUIET, threads=1)
    assert 0 < closer.seconds_now < closer.seconds_then
    set_input_sizes(taught_project, closer.sides)
    assert not learn(taught_project).small
    active = taught_project.heads.active_id()
    assert active is not None
    kept = taught_project.heads.finding_of(active, taught_project.heads.detector_of(active))
    assert kept is not None
    assert tuple(DetectionHead.from_bytes(kept).views) == closer.sides == (640, 960)
    assert wanted_sides(taught_project) is None
    find_ahead(taught_project, QUIET, threads=1, most=1)
    set_input_sizes(taught_project, DEFAULT_INPUT_SIZES)
    assert input_sizes(taught_project) == DEFAULT_INPUT_SIZES
    assert learn(taught_project).waits == ""  # heads at other sizes are not compared
