"""What codes that are stored are called on the screen, in reports and in the JSON of the command line."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hitl_desktop.domain.audits import Error
from hitl_desktop.domain.label_issues import Kind
from hitl_desktop.domain.queue_filter import QueueOrder
from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.review import SkipReason
from hitl_desktop.domain.validation import Judgement

REASON_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        Reason.UNCERTAIN: "uncertain",
        Reason.TWO_CATEGORIES: "two categories on one object",
        Reason.MAYBE_NOTHING: "unsure whether there is an object",
        Reason.UNSURE_TAG: "unsure of a tag",
        Reason.DISAGREEMENT: "detector and head disagree",
        Reason.POSSIBLE_MISS: "possible miss",
        Reason.UNLIKE: "unlike anything labelled",
        Reason.LOOK_ALIKE: "similar to one where the model was confidently wrong",
        Reason.EXPECTED: "may hold a category that came later",
        Reason.CHANGED: "the new head disagrees with the old one",
        Reason.RANDOM: "drawn at random",
        Reason.TYPICAL: "typical of its kind",
        Reason.FAR: "far from all that was decided",
        Reason.SURE: "few doubts",
        Reason.UNSEEN: "not examined yet",
        Reason.EDGE: "edge cases",
        Reason.SUSPECTED: "possible label error",
        Reason.AGAIN: "to be labelled again, blind",
        Reason.PROMOTED: "promoted from validation",
    }
)
JUDGEMENT_TEXT: Final[Mapping[Judgement, str]] = MappingProxyType(
    {
        Judgement.CORRECT: "correct",
        Judgement.CATEGORY: "wrong category",
        Judgement.PLACE: "badly placed",
        Judgement.FALSE: "nothing there",
        Judgement.MISSED: "something missed",
    }
)
LABEL_ISSUE_TEXT: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.MISSED: "maybe missed",
        Kind.CATEGORY: "maybe wrong category",
        Kind.PLACE: "maybe badly placed",
    }
)
AUDIT_ERROR_TEXT: Final[Mapping[Error, str]] = MappingProxyType(
    {
        Error.MISSED: "something missed",
        Error.CATEGORY: "a wrong category",
        Error.PLACE: "a box badly placed",
        Error.FALSE: "a box on nothing",
        Error.UNSEEN: "it cannot be seen",
    }
)
ORDER_TEXT: Final[Mapping[QueueOrder, str]] = MappingProxyType(
    {
        QueueOrder.ASKED: "Order of asking",
        QueueOrder.NAME: "Name",
        QueueOrder.BOXES: "Most boxes first",
        QueueOrder.PIXELS: "Most pixels first",
        QueueOrder.LATEST: "Decided last first",
    }
)
SKIP_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        SkipReason.BLURRED: "too blurred or too dark",
        SkipReason.SMALL: "too small to tell",
        SkipReason.HIDDEN: "mostly hidden or cut off",
        SkipReason.UNCLEAR: "not sure what counts here",
        SkipReason.FOREIGN: "not a picture of this project",
    }
)


def skip_text(why: str) -> str:
    """Why an image was skipped: the text of a code, or what a person typed."""
    return SKIP_TEXT.get(why, why)


def codes_with(text: str, texts: Mapping[str, str]) -> list[str]:
    """The codes whose text contains another one, without regard to case."""
    return [str(code) for code, words in texts.items() if text.casefold() in words.casefold()]
