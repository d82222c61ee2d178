"""Several data sets as one: categories of the same name are one, ids are given anew where they clash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from msgspec import structs

from hitl_desktop.domain.categories import Category, name_key
from hitl_desktop.domain.dataset import Dataset, DatasetImage, Extras, ImportIssue, ImportResult


def joined_names(images: Sequence[DatasetImage]) -> dict[str, DatasetImage]:
    """Images by their names without endings, where these are different; else with them."""
    stems = Counter(_stem(image.file_name) for image in images)
    return {
        _stem(image.file_name) if stems[_stem(image.file_name)] == 1 else image.file_name: image
        for image in images
    }


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def joined(parts: Sequence[tuple[str, ImportResult]]) -> ImportResult:
    """One data set of several, each with a name for its issues."""
    categories: dict[str, Category] = {}
    images: list[DatasetImage] = []
    annotations = []
    incomplete: set[int] = set()
    outlined: set[int] = set()
    issues: list[ImportIssue] = []
    for name, result in parts:
        of_category: dict[int, int] = {}
        for category in result.dataset.categories:
            key = name_key(category.name)
            known = categories.setdefault(key, Category(len(categories) + 1, category.name))
            of_category[category.id] = known.id
        of_image = {image.id: len(images) + n for n, image in enumerate(result.dataset.images, start=1)}
        images += [structs.replace(image, id=of_image[image.id]) for image in result.dataset.images]
        for a in result.dataset.annotations:
            if a.image_id not in of_image:
                continue
            new_id = len(annotations) + 1
            outlined |= {new_id} if a.id in result.outlined else set()
            annotations.append(
                structs.replace(
                    a, id=new_id, image_id=of_image[a.image_id], category_id=of_category[a.category_id]
                )
            )
        incomplete |= {of_image[i] for i in result.incomplete if i in of_image}
        issues += [replace(issue, where=f"{name}: {issue.where}") for issue in result.issues]
    dataset = Dataset(tuple(images), tuple(categories.values()), tuple(annotations), {}, Extras())
    return ImportResult(
        dataset, tuple(issues), frozenset(incomplete), sum(r.boxes for _, r in parts),
        any(r.lost_track for _, r in parts), None, frozenset(outlined),
    )  # fmt: skip
