"""Training, validation and test: by a seed, with each category in each part, near-duplicates on the same side."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from msgspec import structs

from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.errors import HitlError
from hitl_desktop.translation import tr

NAMES = ("train", "val", "test")


def parsed_shares(text: str) -> dict[str, float]:
    """Shares of training, validation and test from a text such as 80/10/10.

    Raises:
        HitlError: it is none.
    """
    parts = text.replace(",", "/").replace(":", "/").split("/")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 2 <= len(numbers) <= len(NAMES) or min(numbers, default=-1) < 0 or not sum(numbers) > 0:
        raise HitlError(
            tr("{text} is no division into parts.", text=text), hint=tr("Write it as 80/20 or 80/10/10.")
        )
    whole = sum(numbers)
    return {name: number / whole for name, number in zip(NAMES, numbers, strict=False) if number}


def split_dataset(
    dataset: Dataset, shares: Mapping[str, float], *, seed: int = 0, groups: Mapping[int, str] | None = None
) -> Dataset:
    """The data set with each image in one of the parts; images of a group (near-duplicates) are in the same.

    Iterative stratification (Sechidis et al. 2011): the rarest category first, each group to the part that lacks
    most of it. The same seed divides the same data in the same way, in whichever order it comes.
    """
    of_image = groups or {}
    members: dict[object, list[int]] = {}
    for image in sorted(dataset.images, key=lambda i: i.file_name):
        members.setdefault(of_image.get(image.id, f"alone {image.file_name}"), []).append(image.id)
    labels = _labels(dataset)
    units = [(ids, sum((labels[i] for i in ids), Counter[int]())) for ids in members.values()]
    random.Random(seed).shuffle(units)  # noqa: S311 - a division, no secret
    chosen = _assigned(units, shares)
    return replace(dataset, images=tuple(structs.replace(i, split=chosen[i.id]) for i in dataset.images))


def _labels(dataset: Dataset) -> dict[int, Counter[int]]:
    """How many boxes of each category an image has; 0 stands for an image without any."""
    found: dict[int, Counter[int]] = {image.id: Counter() for image in dataset.images}
    for a in dataset.annotations:
        if a.image_id in found:
            found[a.image_id][a.category_id] += 1
    for counts in found.values():
        if not counts:
            counts[0] = 1
    return found


def _assigned(units: Sequence[tuple[list[int], Counter[int]]], shares: Mapping[str, float]) -> dict[int, str]:
    total: Counter[int] = sum((counts for _, counts in units), Counter())
    images = sum(len(ids) for ids, _ in units)
    wanted = {name: {label: share * n for label, n in total.items()} for name, share in shares.items()}
    room = {name: share * images for name, share in shares.items()}
    chosen: dict[int, str] = {}
    by_label: dict[int, list[int]] = {}
    for place, (_, counts) in enumerate(units):
        for label in counts:
            by_label.setdefault(label, []).append(place)
    done: set[int] = set()
    for label in sorted(by_label, key=lambda key: (len(by_label[key]), key)):  # the rarest first
        for place in by_label[label]:
            if place in done:
                continue
            done.add(place)
            ids, counts = units[place]
            part = max(shares, key=lambda name: (wanted[name].get(label, 0.0), room[name]))
            for each, number in counts.items():
                wanted[part][each] -= number
            room[part] -= len(ids)
            chosen |= dict.fromkeys(ids, part)
    return chosen
