"""Every code that is stored has a text, and the search for text finds the codes."""

import pytest

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.audits import Error
from hitl_desktop.domain.label_issues import Kind
from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.domain.queues import REASON_OF, QueueReason, Reason
from hitl_desktop.domain.review import Ranked, SkipReason
from hitl_desktop.domain.validation import Judgement
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.texts import (
    ACT_TEXT,
    AUDIT_ERROR_TEXT,
    JUDGEMENT_TEXT,
    LABEL_ISSUE_TEXT,
    ORDER_TEXT,
    REASON_TEXT,
    SKIP_TEXT,
    act_text,
    skip_text,
)
from hitl_desktop.workflows.annotation import decisions


@pytest.mark.parametrize(
    ("codes", "texts"),
    [
        (Reason, REASON_TEXT),
        (Judgement, JUDGEMENT_TEXT),
        (Kind, LABEL_ISSUE_TEXT),
        (Error, AUDIT_ERROR_TEXT),
        (QueueOrder, ORDER_TEXT),
        (SkipReason, SKIP_TEXT),
    ],
)
def test_every_code_has_a_text_of_its_own(codes: object, texts: dict[str, str]) -> None:
    assert list(texts) == list(codes)  # type: ignore[call-overload]
    assert len(set(texts.values())) == len(texts)


def test_every_kind_of_act_has_words_of_its_own() -> None:
    assert list(ACT_TEXT) == list(ActKind)
    for count in (1, 3):
        words = [act_text(Act(kind, "x", count, "y", 0.5)) for kind in ActKind]
        assert len(set(words)) == len(ActKind)


def test_every_queue_has_a_reason() -> None:
    assert set(REASON_OF) == set(QueueReason) - {QueueReason.NOTHING}


def test_images_are_found_by_the_text_of_their_reason(project: Project) -> None:
    project.queue.take(Ranking([1, 2], [Ranked(1, 0.5, Reason.TWO_CATEGORIES), Ranked(2, 0.4, Reason.FAR)]))
    decisions.skip(project, 3, seconds=1.0, reason=SkipReason.BLURRED)
    decisions.skip(project, 4, seconds=1.0, reason="a dog sat on it")
    assert project.queue.select(QueueFilter(text="Two Possible")) == [1]
    assert project.queue.select(QueueFilter(text="blurred or")) == [3]
    assert project.queue.select(QueueFilter(text="dog sat")) == [4]
    assert [skip_text(project.decisions.why_skipped(i)) for i in (3, 4)] == [
        "too blurred or too dark",
        "a dog sat on it",
    ]
