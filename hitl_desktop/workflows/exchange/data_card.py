"""A page about a data set, beside its files: what is in it, how it is divided, and what is known of its quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from hitl_desktop import __version__
from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.translation import tr

CARD_MARK = "exported by HITL Desktop"
_CELLS = 20_000_000


def data_card(dataset: Dataset, format_title: str, name: str, notes: Sequence[str] = ()) -> str:
    """The page in Markdown."""
    labelled = {a.image_id for a in dataset.annotations}
    names = {c.id: c.name for c in dataset.categories}
    boxes = Counter(a.category_id for a in dataset.annotations)
    on = _images_by_category(dataset)
    splits = Counter(image.split or "-" for image in dataset.images)
    origins = Counter(a.origin for a in dataset.annotations)
    lines = [
        f"# {name}",
        "",
        tr("{title}, exported by HITL Desktop {version}.", title=format_title, version=__version__),
        "",
        f"| {tr('what')} | {tr('how many')} |",
        "|---|---:|",
        f"| {tr('images')} | {len(dataset.images)} |",
        f"| {tr('images without boxes')} | {sum(i.id not in labelled for i in dataset.images)} |",
        f"| {tr('boxes')} | {len(dataset.annotations)} |",
        f"| {tr('categories')} | {len(dataset.categories)} |",
        *(
            f"| {tr('boxes by origin {name}', name=key.value)} | {count} |"
            for key, count in sorted(origins.items())
        ),
        *(
            f"| {tr('images in {split}', split=key)} | {count} |"
            for key, count in sorted(splits.items())
            if key != "-"
        ),
        "",
        f"| {tr('category')} | {tr('boxes')} | {tr('images')} |",
        "|---|---:|---:|",
        *(f"| {names[i].replace('|', chr(92) + '|')} | {boxes[i]} | {on[i]} |" for i in names),
        "",
        *(line for note in notes for line in (note, "")),
        _licence(dataset),
        "",
    ]
    return "\n".join(lines)


def _images_by_category(dataset: Dataset) -> Counter[int]:
    """On how many images each category is; by arrays, since pairs of a million boxes take a hundred megabytes, and
    some images at a time, since a cell for each category on each image can take gigabytes."""
    ids = [c.id for c in dataset.categories]
    width = max(len(ids), 1)
    on, cells, at_once = (
        np.zeros(width, np.int64),
        len(dataset.images) * width,
        width * max(_CELLS // width, 1),
    )
    row = {image.id: n * len(ids) for n, image in enumerate(dataset.images)}
    column = {id_: n for n, id_ in enumerate(ids)}
    keys = np.fromiter((row[a.image_id] + column[a.category_id] for a in dataset.annotations), np.int64)
    for start in range(0, cells, at_once):
        is_there = np.zeros(min(at_once, cells - start), bool)
        is_there[keys[(keys >= start) & (keys < start + at_once)] - start] = True
        on += is_there.reshape(-1, width).sum(axis=0)
    return Counter(dict(zip(ids, on.tolist(), strict=False)))


def _licence(dataset: Dataset) -> str:
    """The licences of the file, as COCO lists them."""
    try:
        listed = msgspec.json.decode(dataset.extras.top.get("licenses", b"[]"), type=list[dict[str, Any]])
    except msgspec.MsgspecError:
        listed = []
    names = [" ".join(str(each[key]) for key in ("name", "url") if each.get(key)) for each in listed]
    if not any(names):
        return tr("Licence: not stated. Fill it in before you publish the data.")
    return tr("Licence: {names}.", names="; ".join(filter(None, names)))
