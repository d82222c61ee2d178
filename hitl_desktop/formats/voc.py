"""Pascal VOC: an XML file an image, corners in pixels (http://host.robots.ox.ac.uk/pascal/VOC/). Three decimals."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder, lenient
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_text, read_xml
from hitl_desktop.translation import tr

_FLAGS = ("occluded", "truncated", "difficult")
_IMAGES, _LABELS, _SETS = "JPEGImages", "Annotations", "ImageSets/Main"
_LABEL_MAP = "labelmap.txt"
"""The names of categories, which CVAT and Datumaro want to know beforehand."""


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a folder of XML files, or one of them.

    Raises:
        FormatError: there is none.
    """
    root = path if path.is_dir() else path.parent
    if path.is_dir() and not folder.files_in(path, ".xml"):
        raise FormatError(
            tr("{path} has no XML files in it.", path=path), hint=tr("Give the folder with annotations.")
        )
    builder = DatasetBuilder(sizes)
    splits = _splits(root)
    for name in _listed_names(root):
        builder.category(name)
    for file, element in folder.values_in(path, ".xml", read_xml, builder):
        if element.tag == "annotation":
            _read_file(builder, element, file, root, splits)
    return builder.result()


def _listed_names(root: Path) -> list[str]:
    """The categories in the list of a VOC folder; the background of segmentations is none."""
    file = root / _LABEL_MAP
    lines = read_text(file).splitlines() if file.is_file() else []
    names = [line.partition(":")[0].strip() for line in lines if line.strip() and not line.startswith("#")]
    return [name for name in names if name and name != "background"]


def _read_file(
    builder: DatasetBuilder, element: Element, file: Path, root: Path, splits: dict[str, str]
) -> None:
    name = element.findtext("filename") or f"{file.stem}.jpg"
    inside = [part for part in file.parent.relative_to(root).parts if part != _LABELS]
    if "/" not in name and inside:
        name = "/".join([*inside, name])
    size = (element.findtext("size/width"), element.findtext("size/height"))
    stem = file.relative_to(root).with_suffix("").as_posix().removeprefix(f"{_LABELS}/")
    image = builder.image(file.name, name, size, state=ImageState.DECIDED, split=splits.get(stem, ""))
    if image is None:
        return
    for number, thing in enumerate(element.findall("object"), start=1):
        where = f"{file.name}: object {number}"
        corners = [thing.findtext(f"bndbox/{key}") for key in ("xmin", "ymin", "xmax", "ymax")]
        flags = {flag: True for flag in _FLAGS if lenient.flag(thing.findtext(flag))}
        builder.box(where, image, thing.findtext("name"), corners, form="corners", attributes=flags,
                    score=thing.findtext("score"))  # fmt: skip


def _splits(root: Path) -> dict[str, str]:
    """The split of each file by the lists of a VOC folder."""
    found: dict[str, str] = {}
    for split in ("train", "val", "test"):
        file = root / _SETS / f"{split}.txt"
        if file.is_file():
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            found |= {line.strip(): split for line in lines if line.strip()}
    return found


def write(dataset: Dataset, path: Path) -> None:
    """Write a folder as VOC lays it out.

    Raises:
        FormatError: the place cannot be written.
    """
    names, categories, by_image = (
        _names(dataset),
        {c.id: c.name for c in dataset.categories},
        dataset.by_image(),
    )
    with folder.whole_folder(path) as put:
        lists: dict[str, list[str]] = {}
        for image in dataset.images:
            root = Element("annotation")
            SubElement(root, "folder").text = _IMAGES
            SubElement(root, "filename").text = image.file_name
            size = SubElement(root, "size")
            for key, value in (("width", image.width), ("height", image.height), ("depth", 3)):
                SubElement(size, key).text = str(value)
            SubElement(root, "segmented").text = "0"
            for a in by_image.get(image.id, ()):
                thing = SubElement(root, "object")
                SubElement(thing, "name").text = categories[a.category_id]
                SubElement(thing, "pose").text = "Unspecified"
                values = dict(a.attributes)
                for flag in ("truncated", "difficult", "occluded"):
                    SubElement(thing, flag).text = str(int(values.get(flag) is True))
                if a.score is not None:
                    SubElement(thing, "score").text = f"{a.score:.9g}"
                box = SubElement(thing, "bndbox")
                corners = (a.bbox.x, a.bbox.y, a.bbox.right, a.bbox.bottom)
                for key, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
                    SubElement(box, key).text = f"{round(value, 3):.12g}"
            indent(root)
            put(
                f"{_LABELS}/{names[image.id]}.xml",
                tostring(root, encoding="utf-8", xml_declaration=False) + b"\n",
            )
            lists.setdefault(image.split or "trainval", []).append(names[image.id])
        put(_LABEL_MAP, "".join(f"{c.name}:::\n" for c in dataset.categories))
        for split, own in lists.items():
            put(f"{_SETS}/{split}.txt", "".join(f"{name}\n" for name in own))


def _names(dataset: Dataset) -> dict[int, str]:
    stems = folder.stems(image.file_name for image in dataset.images)
    return {image.id: stems[image.file_name] for image in dataset.images}


def image_place(dataset: Dataset) -> dict[int, str]:
    """Where image files are copied to within the folder."""
    return {image.id: f"{_IMAGES}/{PurePosixPath(image.file_name)}" for image in dataset.images}
