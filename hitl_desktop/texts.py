"""What codes that are stored are called on the screen, in reports and in the JSON of the command line."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.audits import Error
from hitl_desktop.domain.comparison import BoxSize, Finding
from hitl_desktop.domain.dataset import IssueKind
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.label_issues import Kind
from hitl_desktop.domain.queue_filter import QueueOrder
from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.review import SkipReason
from hitl_desktop.domain.validation import Judgement
from hitl_desktop.translation import tr, trn

REASON_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        Reason.UNCERTAIN: tr("uncertain"),
        Reason.TWO_CATEGORIES: tr("two possible categories"),
        Reason.MAYBE_NOTHING: tr("object or nothing"),
        Reason.UNSURE_TAG: tr("unsure of a tag"),
        Reason.DISAGREEMENT: tr("detector and trained model disagree"),
        Reason.POSSIBLE_MISS: tr("possible miss"),
        Reason.UNLIKE: tr("unlike anything labelled"),
        Reason.LOOK_ALIKE: tr("similar to one where the model was confidently wrong"),
        Reason.EXPECTED: tr("may contain a category added later"),
        Reason.CHANGED: tr("the new version disagrees with the old one"),
        Reason.RANDOM: tr("random check"),
        Reason.TYPICAL: tr("typical of its kind"),
        Reason.FAR: tr("unlike all that is done"),
        Reason.SURE: tr("few doubts"),
        Reason.UNSEEN: tr("not scanned yet"),
        Reason.EDGE: tr("edge cases"),
        Reason.SUSPECTED: tr("possible label error"),
        Reason.AGAIN: tr("to be labelled again, blind"),
        Reason.PROMOTED: tr("promoted from validation"),
    }
)
JUDGEMENT_TEXT: Final[Mapping[Judgement, str]] = MappingProxyType(
    {
        Judgement.CORRECT: tr("correct"),
        Judgement.CATEGORY: tr("wrong category"),
        Judgement.PLACE: tr("badly placed"),
        Judgement.FALSE: tr("nothing there"),
        Judgement.MISSED: tr("something missed"),
    }
)
LABEL_ISSUE_TEXT: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.MISSED: tr("maybe missed"),
        Kind.CATEGORY: tr("maybe wrong category"),
        Kind.PLACE: tr("maybe badly placed"),
    }
)
AUDIT_ERROR_TEXT: Final[Mapping[Error, str]] = MappingProxyType(
    {
        Error.MISSED: tr("something missed"),
        Error.CATEGORY: tr("a wrong category"),
        Error.PLACE: tr("a box badly placed"),
        Error.FALSE: tr("a box on nothing"),
        Error.UNSEEN: tr("it cannot be seen"),
    }
)
ORDER_TEXT: Final[Mapping[QueueOrder, str]] = MappingProxyType(
    {
        QueueOrder.ASKED: tr("Suggested order"),
        QueueOrder.NAME: tr("Name"),
        QueueOrder.BOXES: tr("Most boxes first"),
        QueueOrder.PIXELS: tr("Most pixels first"),
        QueueOrder.LATEST: tr("Recently done"),
    }
)
FINDING_TEXT: Final[Mapping[Finding, str]] = MappingProxyType(
    {
        Finding.FOUND_NONE: tr("Model found none"),
        Finding.MISSED: tr("Model missed one"),
        Finding.FALSE_POSITIVE: tr("False positive"),
        Finding.OTHER_NAME: tr("Other name"),
    }
)
SIZE_TEXT: Final[Mapping[BoxSize, str]] = MappingProxyType(
    {BoxSize.SMALL: tr("small"), BoxSize.MEDIUM: tr("medium"), BoxSize.LARGE: tr("large")}
)
ISSUE_TEXT: Final[Mapping[IssueKind, str]] = MappingProxyType(
    {
        IssueKind.BAD_RECORD: tr("bad record"),
        IssueKind.UNKNOWN_IMAGE: tr("box of an unknown image"),
        IssueKind.UNKNOWN_CATEGORY: tr("box of an unknown category"),
        IssueKind.NO_BOX: tr("no usable box"),
        IssueKind.OUTSIDE: tr("box outside its image"),
        IssueKind.NO_IMAGE: tr("image not in the project"),
        IssueKind.UNREADABLE: tr("image cannot be read"),
        IssueKind.KEPT: tr("project's version kept"),
        IssueKind.OTHER_SIZE: tr("image of another size"),
        IssueKind.NOT_PIXELS: tr("boxes that are not pixels"),
        IssueKind.NO_ANNOTATIONS: tr("no list of annotations"),
        IssueKind.INCOMPLETE: tr("image lost boxes"),
        IssueKind.UNLABELLED: tr("image without boxes"),
        IssueKind.RENUMBERED: tr("new id"),
        IssueKind.MATCHED_LOOSELY: tr("matched by a similar name"),
        IssueKind.OTHER_KEY: tr("file name under another key"),
        IssueKind.SAME_NAME: tr("same category"),
        IssueKind.SAME_IMAGE: tr("image listed twice"),
        IssueKind.CLIPPED: tr("box clipped"),
        IssueKind.TRANSFORMED: tr("boxes moved with the image"),
        IssueKind.FROM_OUTLINE: tr("box made from its outline"),
        IssueKind.DROPPED: tr("data left out"),
        IssueKind.ENCODING: tr("not UTF-8"),
        IssueKind.MERGED: tr("boxes added to those of an earlier file"),
    }
)
STATUS_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "undecided": tr("to do"),
        "decided": tr("done"),
        "skipped": tr("skipped"),
        "unreadable": tr("unreadable"),
    }
)
SKIP_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        SkipReason.BLURRED: tr("too blurred or too dark"),
        SkipReason.SMALL: tr("too small to tell"),
        SkipReason.HIDDEN: tr("mostly hidden or cut off"),
        SkipReason.UNCLEAR: tr("not sure what counts here"),
        SkipReason.FOREIGN: tr("not an image of this project"),
    }
)
ACT_TEXT: Final[Mapping[ActKind, Callable[[Act], str]]] = MappingProxyType(
    {
        ActKind.DRAW: lambda a: trn("Draw box", "Draw box ({n} boxes)", a.count),
        ActKind.DUPLICATE: lambda a: trn("Duplicate box", "Duplicate box ({n} boxes)", a.count),
        ActKind.PASTE: lambda a: trn("Paste box", "Paste box ({n} boxes)", a.count),
        ActKind.TAKE_PREVIOUS: lambda a: trn(
            "Take boxes of the image before", "Take boxes of the image before ({n} boxes)", a.count
        ),
        ActKind.DRAW_MISSED: lambda _: tr("Draw what was missed"),
        ActKind.CHANGE_BOX: lambda a: trn("Change box", "Change box ({n} boxes)", a.count),
        ActKind.RELABEL: lambda a: trn("Change category", "Change category ({n} boxes)", a.count),
        ActKind.CHANGE_ATTRIBUTES: lambda a: trn(
            "Change {names}", "Change {names} ({n} boxes)", a.count, names=a.name
        ),
        ActKind.DELETE_BOX: lambda a: trn("Delete box", "Delete box ({n} boxes)", a.count),
        ActKind.ACCEPT_PROPOSAL: lambda a: trn("Accept proposal", "Accept proposal ({n} boxes)", a.count),
        ActKind.CORRECT_PROPOSAL: lambda a: trn("Correct proposal", "Correct proposal ({n} boxes)", a.count),
        ActKind.REJECT_PROPOSAL: lambda a: trn("Reject proposal", "Reject proposal ({n} boxes)", a.count),
        ActKind.CHANGE_TAGS: lambda _: tr("Change tags"),
        ActKind.ACCEPT_IMAGE: lambda _: tr("Accept image"),
        ActKind.MARK_EMPTY: lambda _: tr("Mark empty"),
        ActKind.CONFIRM: lambda _: tr("Right as it is"),
        ActKind.SKIP: lambda a: (
            tr("Skip image: {reason}", reason=skip_text(a.name)) if a.name else tr("Skip image")
        ),
        ActKind.SKIP_IMAGES: lambda a: trn("Skip {n} image", "Skip {n} images", a.count),
        ActKind.REOPEN_IMAGES: lambda a: trn("Reopen {n} image", "Reopen {n} images", a.count),
        ActKind.TAG_IMAGES: lambda a: trn("Tag {n} image", "Tag {n} images", a.count),
        ActKind.UNTAG_IMAGES: lambda a: trn(
            "Remove tag from {n} image", "Remove tag from {n} images", a.count
        ),
        ActKind.TAKE_VERDICTS: lambda a: trn(
            "Use verdicts as labels ({n} image)", "Use verdicts as labels ({n} images)", a.count
        ),
        ActKind.ACCEPT_ALL: lambda a: trn(
            "Accept all {name} from {threshold:.2f} ({n} image)",
            "Accept all {name} from {threshold:.2f} ({n} images)",
            a.count,
            name=a.name,
            threshold=a.threshold,
        ),
        ActKind.NAME_UNKNOWN: lambda a: trn("Name {n} unknown object", "Name {n} unknown objects", a.count),
        ActKind.TURN_BOXES: lambda _: tr("Turn boxes with the image"),
        ActKind.SCALE_BOXES: lambda _: tr("Scale boxes with the image"),
        ActKind.REOPEN_CHANGED: lambda _: tr("Open the image again: its file is another one"),
        ActKind.ADD_CATEGORY: lambda a: tr('Add category "{name}"', name=a.name),
        ActKind.ADD_CATEGORIES: lambda a: trn("Add {n} category", "Add {n} categories", a.count),
        ActKind.CHANGE_CATEGORY: lambda a: tr('Change category "{name}"', name=a.name),
        ActKind.RENAME_CATEGORY: lambda a: tr('Rename category to "{name}"', name=a.name),
        ActKind.MERGE_CATEGORY: lambda a: tr(
            'Merge category "{name}" into "{into}"', name=a.name, into=a.into
        ),
        ActKind.RETIRE_CATEGORY: lambda a: tr('Retire category "{name}"', name=a.name),
        ActKind.ADD_ATTRIBUTE: lambda a: tr('Add attribute "{name}"', name=a.name),
        ActKind.REMOVE_ATTRIBUTE: lambda a: tr('Remove attribute "{name}"', name=a.name),
        ActKind.MAP_CLASSES: lambda _: tr("Map detector classes"),
        ActKind.MAP_CLASS: lambda a: tr("Map {name} to {category}", name=a.name, category=a.into),
        ActKind.IGNORE_CLASSES: lambda a: (
            tr("Ignore {name}", name=a.name)
            if a.name
            else trn("Ignore {n} class", "Ignore {n} classes", a.count)
        ),
        ActKind.USE_CLASSES: lambda a: trn(
            "Use {n} class as a category", "Use {n} classes as categories", a.count
        ),
        ActKind.IMPORT: lambda a: tr("Import {name}", name=a.name),
    }
)


def act_text(act: Act | str) -> str:
    """What was done, in words; an old journal holds the words themselves."""
    return act if isinstance(act, str) else ACT_TEXT[act.kind](act)


def remark_text(image: ImageRecord) -> str | None:
    """The remark to show about an image's file, if there is one."""
    return tr("Its file is gone from the folder; its boxes are kept.") if image.is_gone else image.remark


def skip_text(why: str) -> str:
    """Why an image was skipped: the text of a code, or what a person typed."""
    return SKIP_TEXT.get(why, why)


def finding_text(finding: Finding, name: str, size: BoxSize | None) -> str:
    """What a filter by a finding lists, for boxes of a category (empty: any) and a size."""
    of_any = {
        Finding.FOUND_NONE: tr("Images where the model found nothing"),
        Finding.MISSED: tr("Images where the model missed an object"),
        Finding.FALSE_POSITIVE: tr("Images with a false positive"),
        Finding.OTHER_NAME: tr("Images where the model chose the wrong category"),
    }
    of_one = {
        Finding.FOUND_NONE: tr("Images where the model found no {name}", name=name),
        Finding.MISSED: tr("Images where the model missed {name}", name=name),
        Finding.FALSE_POSITIVE: tr("Images with a false positive of {name}", name=name),
        Finding.OTHER_NAME: tr("Images where the model gave {name} another name", name=name),
    }
    sentence = (of_one if name else of_any)[finding]
    if size is None:
        return sentence
    return tr("{sentence} ({size})", sentence=sentence, size=SIZE_TEXT[size])


def codes_with(text: str, texts: Mapping[str, str]) -> list[str]:
    """The codes whose text contains another one, without regard to case."""
    return [str(code) for code, words in texts.items() if text.casefold() in words.casefold()]
