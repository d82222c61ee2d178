"""What formats speak: pictures, categories, annotations, and what could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.images import ImageState


@dataclass(frozen=True, slots=True)
class DatasetImage:
    """A picture of a data set; `file_name` is relative, with forward slashes; only decided ones are ground truth.

    `sets` are the sets of edge cases it is in.
    """

    id: int
    file_name: str
    width: int
    height: int
    tags: tuple[str, ...] = ()
    state: ImageState = ImageState.DECIDED
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures with ground truth; `pinned` are the sets of edge cases that an annotation, by id, is in itself."""

    images: tuple[DatasetImage, ...]
    categories: tuple[Category, ...]
    annotations: tuple[Annotation, ...]
    pinned: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class ImportIssue:
    """One record that could not be taken as it stands."""

    where: str
    problem: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A data set and what was wrong with its file; `incomplete` pictures, by id, lost some of their boxes."""

    dataset: Dataset
    issues: tuple[ImportIssue, ...]
    incomplete: frozenset[int] = frozenset()
