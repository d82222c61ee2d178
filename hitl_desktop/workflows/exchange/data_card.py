"""A page about a data set, beside its files: what is in it, how it is divided, and what is known of its quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hitl_desktop import __version__
from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.translation import tr


def data_card(dataset: Dataset, format_title: str, name: str, notes: Sequence[str] = ()) -> str:
    """The page in Markdown."""
    labelled = {a.image_id for a in dataset.annotations}
    names = {c.id: c.name for c in dataset.categories}
    boxes = Counter(a.category_id for a in dataset.annotations)
    on = Counter(category for category, _ in {(a.category_id, a.image_id) for a in dataset.annotations})
    splits = Counter(image.split or "-" for image in dataset.images)
    origins = Counter(a.origin.value for a in dataset.annotations)
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
            f"| {tr('boxes by origin {name}', name=key)} | {count} |"
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
        *(f"| {names[i]} | {boxes[i]} | {on[i]} |" for i in names),
        "",
        *notes,
        tr("Licence: not stated. Fill it in before you publish the data."),
        "",
    ]
    return "\n".join(lines)
