"""Audits: a fixed number, no claim before all are judged, and verdicts that nothing else reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from hitl_desktop.domain.audits import Audit, Error, Verdict
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.sampling_bounds import sample_size
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.quality.audit import begin, in_words, judge, plans, report, unfinished
from hitl_desktop.workflows.quality.audit_page import to_html
from hitl_desktop.workflows.training.train import train_heads
from tests.workflows.quality.pages import Page


@pytest.fixture
def decided(project: Project) -> Project:
    for image in project.images.all():
        project.images.set_state(image.id, ImageState.DECIDED)
    return project


def finish(project: Project, audit: Audit, wrong: int = 0) -> Audit:
    for n, image_id in enumerate(audit.left):
        audit = judge(project, audit, Verdict(image_id, frozenset({Error.MISSED} if n < wrong else ()), 2.0))
    return audit


def test_an_audit_of_all_there_is(decided: Project) -> None:
    offered = {plan.claim: plan.wanted for plan in plans(decided)}
    assert offered[0.05] == sample_size(0.05, of=4) == 4
    audit = begin(decided, 0.05, seed=1)
    assert (audit.population, len(audit.image_ids)) == (4, 4)
    assert unfinished(decided) == audit
    for left in range(4, 0, -1):
        audit_report = report(decided, audit)
        assert (audit_report["judged"], audit_report["at_most"], audit_report["holds"]) == (
            4 - left,
            None,
            None,
        )
        assert "Nothing is claimed" in in_words(audit_report)
        audit = judge(decided, audit, Verdict(audit.left[0], frozenset(), 1.5))
    audit_report = report(decided, audit)
    assert (
        audit_report["at_most"],
        audit_report["interval"],
        audit_report["holds"],
        audit_report["seconds"],
    ) == (0.0, (0.0, 0.0), True, 6.0)
    assert in_words(audit_report).startswith("The claim holds")
    assert unfinished(decided) is None
    with pytest.raises(HitlError, match="finished"):
        judge(decided, audit, Verdict(audit.image_ids[0], frozenset(Error), 1.0))


def test_wrong_images_are_counted_by_kind_and_named(decided: Project) -> None:
    audit = begin(decided, 0.1)
    both = frozenset({Error.CATEGORY, Error.FALSE})
    audit = judge(decided, audit, Verdict(audit.left[0], both, 1.0))
    audit_report = report(decided, finish(decided, audit))
    assert audit_report["wrong"] == 1
    assert audit_report["errors"] == {
        "something missed": 0,
        "a wrong category": 1,
        "a box badly placed": 0,
        "a box on nothing": 1,
        "it cannot be seen": 0,
    }
    assert list(audit_report["wrong_pictures"].values()) == [["a box on nothing", "a wrong category"]]
    assert audit_report["holds"] is False
    audit_report["wrong_pictures"]["<script>.jpg"] = ["a box on nothing"]
    page = Page(to_html(audit_report))
    assert "does not hold" in page.text
    assert "<script>.jpg" in page.text
    assert page.titles[0] == "Share of wrong images"
    json.dumps(audit_report)


def test_the_page_of_an_audit_that_is_not_complete_claims_nothing(decided: Project) -> None:
    page = Page(to_html(report(decided, begin(decided, 0.05))))
    assert "Nothing is claimed" in page.text
    assert "None so far." in page.text
    assert page.titles == []  # no chart of what is not known yet


def test_the_number_is_fixed_until_it_is_done(decided: Project) -> None:
    audit = begin(decided, 0.05)
    with pytest.raises(HitlError, match="not finished"):
        begin(decided, 0.1)
    with pytest.raises(HitlError, match="not drawn"):
        judge(decided, audit, Verdict(99, frozenset(), 1.0))
    finish(decided, audit)
    assert begin(decided, 0.1).id == audit.id + 1


def test_what_is_missing_is_said(project: Project) -> None:
    with pytest.raises(HitlError, match="nothing to audit"):
        plans(project)
    with pytest.raises(HitlError, match="nothing to audit"):
        begin(project, 0.05)
    for claim in (0.0, 1.0, -1.0):
        with pytest.raises(HitlError, match="no share"):
            begin(project, claim)
    for image in project.images.all():
        project.images.set_state(image.id, ImageState.SKIPPED)
    with pytest.raises(HitlError, match="nothing to audit"):
        plans(project)


def test_the_same_seed_draws_the_same_images(decided: Project) -> None:
    first = begin(decided, 0.5, seed=3)
    finish(decided, first)
    assert begin(decided, 0.5, seed=3).image_ids == first.image_ids


def tables(project: Project) -> dict[str, list[object]]:
    """Everything in the project but its audits."""
    names = project.db.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'audit%'")
    return {
        name: project.db.all(f"SELECT * FROM {name}") for (name,) in names if not name.startswith("sqlite")
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.frozensets(st.sampled_from(list(Error))), min_size=6, max_size=6), st.integers(0, 99))
def test_no_verdict_changes_a_label_a_head_a_score_or_the_queue(
    taught_project: Project, errors_by_image: list[frozenset[Error]], seed: int
) -> None:
    before = tables(taught_project)
    audit = unfinished(taught_project) or begin(taught_project, 0.05, seed=seed)
    for image_id, errors in zip(audit.left, errors_by_image, strict=False):
        audit = judge(taught_project, audit, Verdict(image_id, errors, 1.0))
    assert tables(taught_project) == before


def test_a_head_that_learns_after_an_audit_is_the_one_that_learns_without(taught_project: Project) -> None:
    audit = begin(taught_project, 0.05)
    for image_id in audit.image_ids:
        audit = judge(taught_project, audit, Verdict(image_id, frozenset(Error), 1.0))

    def scores() -> list[float]:
        scorer = load_scorer(taught_project)
        return [p.score for i in taught_project.images.all() for p in proposals_of(taught_project, i, scorer)]

    before = scores()
    train_heads(taught_project, NoProgress(), threads=1)
    assert scores() == pytest.approx(before, abs=1e-6)


def test_coverage_through_the_workflow(decided: Project) -> None:
    """The bound that is reported is SciPy's."""
    audit_report = report(decided, finish(decided, begin(decided, 0.3, seed=0), wrong=1))
    seen, bound = audit_report["drawn"], round(audit_report["at_most"] * 4)
    assert stats.hypergeom.cdf(1, 4, bound, seen) > 0.05
    assert bound == 4 - seen + 1 or stats.hypergeom.cdf(1, 4, bound + 1, seen) <= 0.05 + 1e-8


def test_audits_outlive_the_program(decided: Project, tmp_path: Path) -> None:
    audit = begin(decided, 0.05)
    judge(decided, audit, Verdict(audit.image_ids[1], frozenset({Error.PLACE}), 2.5))
    decided.close()
    with Project.open(tmp_path / "test.hitl") as again:
        kept = unfinished(again)
        assert kept is not None
        assert kept.image_ids == audit.image_ids
        assert kept.verdicts == (Verdict(audit.image_ids[1], frozenset({Error.PLACE}), 2.5),)
