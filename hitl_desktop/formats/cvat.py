"""CVAT for images 1.1: one XML file, numbers exact (https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/)."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from hitl_desktop.domain.attributes import Value
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportResult, IssueKind
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder, lenient
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.joining import joined
from hitl_desktop.formats.text_files import read_xml
from hitl_desktop.translation import tr

_OUTLINES = ("polygon", "polyline", "points")
_SPLIT = {"train": "train", "val": "val", "validation": "val", "test": "test"}


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a file, or those of a folder.

    Raises:
        FormatError: it is none.
    """
    if not path.is_dir():
        return _read_file(path, sizes)
    files = folder.files_in(path, ".xml") or [path / "annotations.xml"]
    parts = [(file.name, _read_file(file, sizes)) for file in files]
    return parts[0][1] if len(parts) == 1 else joined(parts)


def _read_file(file: Path, sizes: Sizes) -> ImportResult:
    root = read_xml(file)
    if root.tag != "annotations":
        raise FormatError(tr("{path} is no CVAT file.", path=file), hint=tr("Give annotations.xml."))
    if root.find("track") is not None and root.find("image") is None:
        raise FormatError(
            tr("{path} is of a video: its boxes belong to frames, not to image files.", path=file),
            hint=tr("Export it as CVAT for images."),
        )
    builder = DatasetBuilder(sizes)
    for label in root.iter("label"):
        if (name := (label.findtext("name") or "").strip()) and label.findtext("type") != "tag":
            builder.category(name)
    for number, element in enumerate(root.findall("image")):
        where = f"image[{number}]"
        size = (element.get("width"), element.get("height"))
        tags = [tag.get("label") for tag in element.findall("tag")]
        split = _SPLIT.get((element.get("subset") or "").casefold(), "")
        image = builder.image(where, element.get("name"), size, tags=tags, split=split)
        if image is not None:
            for place, shape in enumerate(element):
                _read_shape(builder, image, f"{where}: {shape.tag}[{place}]", shape)
    return builder.result()


def _read_shape(builder: DatasetBuilder, image: DatasetImage, where: str, shape: Element) -> None:
    attributes: dict[str, Value] = {}
    for each in shape.findall("attribute"):
        name, text = (each.get("name") or "").strip(), (each.text or "").strip()
        if name and text and text.casefold() != "false":
            attributes[name] = True if text.casefold() == "true" else text
    if lenient.flag(shape.get("occluded")):
        attributes["occluded"] = True
    if shape.tag == "box":
        corners = [shape.get(key) for key in ("xtl", "ytl", "xbr", "ybr")]
        is_turned = bool(lenient.number(shape.get("rotation")))
        if is_turned:
            builder.problem(where, tr("is turned; it was taken upright"), IssueKind.FROM_OUTLINE)
        builder.box(where, image, shape.get("label"), corners, form="corners", attributes=attributes)
    elif shape.tag in _OUTLINES:
        points = [n for pair in (shape.get("points") or "").split(";") for n in pair.split(",")]
        builder.outline(where, image, shape.get("label"), points, attributes=attributes)
    elif shape.tag == "ellipse":
        cx, cy, rx, ry = (lenient.number(shape.get(key)) or 0.0 for key in ("cx", "cy", "rx", "ry"))
        builder.box(
            where, image, shape.get("label"), (cx, cy, 2 * rx, 2 * ry), form="centre", is_outline=True
        )
    elif shape.tag not in {"tag", "attribute"}:
        builder.incomplete.add(image.id)
        builder.problem(where, tr("is a shape without a box here, and was left out"), IssueKind.NO_BOX)


def write(dataset: Dataset, path: Path) -> None:
    """Write a file, atomically.

    Raises:
        FormatError: the place cannot be written.
    """
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    SubElement(root, "exported_by").text = "HITL Desktop"
    labels = SubElement(SubElement(SubElement(root, "meta"), "task"), "labels")
    tags = sorted({tag for image in dataset.images for tag in image.tags})
    for name, kind in [*((c.name, "rectangle") for c in dataset.categories), *((tag, "tag") for tag in tags)]:
        label = SubElement(labels, "label")
        SubElement(label, "name").text = name
        SubElement(label, "type").text = kind
        SubElement(label, "attributes")
    categories, by_image = {c.id: c.name for c in dataset.categories}, dataset.by_image()
    for number, image in enumerate(dataset.images):
        element = SubElement(
            root,
            "image",
            id=str(number),
            name=image.file_name,
            width=str(image.width),
            height=str(image.height),
        )
        if image.split:
            element.set("subset", image.split)
        for tag in image.tags:
            SubElement(element, "tag", label=tag, source="manual")
        for a in by_image.get(image.id, ()):
            values = dict(a.attributes)
            corners = {"xtl": a.bbox.x, "ytl": a.bbox.y, "xbr": a.bbox.right, "ybr": a.bbox.bottom}
            own = {"label": categories[a.category_id], "source": "manual"}
            own["occluded"] = str(int(values.pop("occluded", False) is True))
            own |= {key: repr(float(value)) for key, value in corners.items()}
            box = SubElement(element, "box", own | {"z_order": "0"})
            for name, value in values.items():
                text = "true" if value is True else str(value)
                SubElement(box, "attribute", name=name).text = text
    indent(root)
    write_atomically(path, b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="utf-8"))
