"""Convert a data set from one format to another, without a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from msgspec import structs

from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportIssue, ImportResult
from hitl_desktop.errors import FormatError, WouldReplaceError
from hitl_desktop.formats import folder
from hitl_desktop.formats.builder import Sizes, safe_name
from hitl_desktop.formats.image_sizes import of_file
from hitl_desktop.formats.recognition import recognise
from hitl_desktop.formats.registry import find_format
from hitl_desktop.progress import Progress
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.alike import groups_alike
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.exchange.splitting import split_dataset
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles, Written, write_dataset


@dataclass(frozen=True, slots=True)
class Opened:
    """A data set read from files, with its format and where its images are."""

    result: ImportResult
    format: str
    reason: str
    files: Mapping[int, Path]

    @property
    def dataset(self) -> Dataset:
        """The data set."""
        return self.result.dataset


def open_dataset(
    path: Path,
    format_name: str = "",
    *,
    images: Path | None = None,
    columns: Mapping[str, str] | None = None,
    beside: Opened | None = None,
) -> Opened:
    """Read a data set of a format, or of the one it seems to have.

    Sizes that it lacks are read from its images, or are those of another data set `beside` it.

    Raises:
        HitlError: it is of no known format, or none of this one.
    """
    found = recognise(path) if not format_name else None
    name = format_name or (found.format if found else "coco")
    root = images or (path if path.is_dir() else path.parent)
    places = _places(root)
    result = read_dataset(path, format_name=name, sizes=_sizes(places, beside), columns=columns)
    files = {
        image.id: file for image in result.dataset.images if (file := _file_of(image, places)) is not None
    }
    sized = tuple(_with_size(image, files.get(image.id)) for image in result.dataset.images)
    result = replace(result, dataset=replace(result.dataset, images=sized))
    return Opened(result, name, found.reason if found else tr("it was named"), files)


def convert(
    source: Opened,
    target: Path,
    format_name: str,
    progress: Progress,
    *,
    how: ImageFiles = ImageFiles.LEAVE,
    shares: Mapping[str, float] | None = None,
    seed: int = 0,
    force: bool = False,
) -> tuple[Written, tuple[ImportIssue, ...]]:
    """Write a data set in another format; returns what was written and what was wrong with the source.

    Where it is divided, images that show nearly the same go to the same part, as far as their files are there.

    Raises:
        HitlError: the format cannot be written, or would replace what this program did not write.
    """
    chosen = find_format(format_name)
    refuse_to_replace(target, chosen.was_written_here, is_folder=not chosen.suffix, force=force)
    if not chosen.suffix:
        folder.refuse_to_swallow(target, source.files.values())
    dataset = source.dataset
    if shares:
        dataset = split_dataset(dataset, shares, seed=seed, groups=groups_alike(source.files, progress))
    without = [image for image in dataset.images if not image.width]
    if without and "sizes" not in chosen.holds and chosen.image_place is not None:
        lost = {image.id for image in without}
        kept = tuple(image for image in dataset.images if image.id not in lost)
        boxes = tuple(a for a in dataset.annotations if a.image_id not in lost)
        if len(boxes) < len(dataset.annotations):
            raise FormatError(
                _unknown_size(without[0], chosen.title),
                hint=tr("Say where the images are: --images FOLDER."),
            )
        dataset = replace(dataset, images=kept, annotations=boxes)
    written = write_dataset(dataset, target, format_name, progress, image_files=source.files, how=how)
    return written, source.result.issues


def _unknown_size(image: DatasetImage, title: str) -> str:
    return tr("The size of {name} is not known, and {title} needs it.", name=image.file_name, title=title)


def refuse_to_replace(path: Path, was_written_here: object, *, is_folder: bool, force: bool) -> None:
    """Refuse to write over what this program did not write.

    Raises:
        WouldReplaceError: it would be replaced.
    """
    if not path.exists() or force:
        return
    if path.is_dir() != is_folder:
        what = tr("a folder") if path.is_dir() else tr("a file")
        raise FormatError(
            tr("{path} is {what} already.", path=path, what=what), hint=tr("Choose another name.")
        )
    if not was_written_here(path):  # type: ignore[operator]
        raise WouldReplaceError(
            tr("{path} exists and was not written by HITL Desktop, so it was not replaced.", path=path),
            hint=tr("Choose another name, or say that it may be replaced (--force)."),
        )


def _places(root: Path) -> dict[str, Path]:
    """Image files below a folder by each end of their paths that no other has."""
    found: dict[str, Path] = {}
    twice: set[str] = set()
    for file in folder.images_in(root) if root.is_dir() else ():
        parts = file.relative_to(root).parts
        for start in range(len(parts)):
            for key in ("/".join(parts[start:]), "/".join([*parts[start:-1], file.stem])):
                if key in found and found[key] != file:
                    twice.add(key)
                found[key] = file
    return {key: file for key, file in found.items() if key not in twice}


def _file_of(image: DatasetImage, places: Mapping[str, Path]) -> Path | None:
    name = safe_name(image.file_name)
    parts = name.split("/")
    ends = ["/".join(parts[start:]) for start in range(len(parts))]
    stems = [end.rpartition(".")[0] for end in ends]
    return next((places[key] for key in (*ends, *stems) if key in places), None)


def _sizes(places: Mapping[str, Path], beside: Opened | None) -> Sizes:
    others = beside.dataset.images if beside is not None else ()
    known = {PurePosixPath(i.file_name).with_suffix("").as_posix(): (i.width, i.height) for i in others}

    def size_of(name: str) -> tuple[int, int] | None:
        parts = name.split("/")
        ends = ["/".join(parts[start:]) for start in range(len(parts))]
        file = next((places[k] for k in (*ends, *(e.rpartition(".")[0] for e in ends)) if k in places), None)
        found = of_file(file) if file is not None else None
        return found or known.get(PurePosixPath(name).with_suffix("").as_posix())

    return size_of


def _with_size(image: DatasetImage, file: Path | None) -> DatasetImage:
    if image.width or file is None or (size := of_file(file)) is None:
        return image
    return structs.replace(image, width=size[0], height=size[1])
