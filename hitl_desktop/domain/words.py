"""Numbers with their nouns."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from hitl_desktop.translation import trn

_NOUNS: Final[Mapping[str, Callable[[int], str]]] = MappingProxyType(
    {
        "annotation": lambda n: trn("{n} annotation", "{n} annotations", n),
        "area": lambda n: trn("{n} area", "{n} areas", n),
        "band": lambda n: trn("{n} band", "{n} bands", n),
        "box": lambda n: trn("{n} box", "{n} boxes", n),
        "category": lambda n: trn("{n} category", "{n} categories", n),
        "class": lambda n: trn("{n} class", "{n} classes", n),
        "done image": lambda n: trn("{n} done image", "{n} done images", n),
        "file": lambda n: trn("{n} file", "{n} files", n),
        "frame": lambda n: trn("{n} frame", "{n} frames", n),
        "image tag": lambda n: trn("{n} image tag", "{n} image tags", n),
        "image without boxes": lambda n: trn("{n} image without boxes", "{n} images without boxes", n),
        "images": lambda n: trn("{n} image", "{n} images", n),
        "key points": lambda n: trn("{n} set of key points", "{n} sets of key points", n),
        "label": lambda n: trn("{n} label", "{n} labels", n),
        "labelled image": lambda n: trn("{n} labelled image", "{n} labelled images", n),
        "layer": lambda n: trn("{n} layer", "{n} layers", n),
        "licence": lambda n: trn("{n} licence", "{n} licences", n),
        "name": lambda n: trn("{n} name", "{n} names", n),
        "new image": lambda n: trn("{n} new image", "{n} new images", n),
        "object": lambda n: trn("{n} object", "{n} objects", n),
        "other file": lambda n: trn("{n} other file", "{n} other files", n),
        "outline": lambda n: trn("{n} outline", "{n} outlines", n),
        "page": lambda n: trn("{n} page", "{n} pages", n),
        "image": lambda n: trn("{n} image", "{n} images", n),
        "place": lambda n: trn("{n} place", "{n} places", n),
        "record": lambda n: trn("{n} record", "{n} records", n),
        "remark": lambda n: trn("{n} remark", "{n} remarks", n),
        "review": lambda n: trn("{n} review", "{n} reviews", n),
        "score": lambda n: trn("{n} score", "{n} scores", n),
        "suggestion": lambda n: trn("{n} suggestion", "{n} suggestions", n),
        "time": lambda n: trn("{n} time", "{n} times", n),
    }
)


def counted(count: int, noun: str) -> str:
    """Such as "1 box" and "3 boxes".

    Raises:
        KeyError: The noun is not in the table.
    """
    return _NOUNS[noun](count)


def sentences(*parts: str) -> str:
    """Whole sentences one after another, without those that are empty."""
    return " ".join(part for part in parts if part)


def capitalised(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """A share that somebody chose, such as "0.5%": not rounded away."""
    return f"{100 * share:.6g}%"
