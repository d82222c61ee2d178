"""Which images of a project are exported, and which suggestions with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.domain.proposals import shown, with_category
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.queue.filtering import FILTER_KEY, filter_queue, from_text


@dataclass(frozen=True, slots=True)
class Selection:
    """Images that are all of this, where it says something: decided (or `to_do`, too), of a split, with a tag, in a set
    of edge cases, `filtered` as the list of the window is.

    Where `suggestions_from` is a score, images that are to do go out with suggestions of that score or more.
    """

    to_do: bool = False
    split: Split | None = None
    tag: str = ""
    edge_cases: str = ""
    filtered: bool = False
    suggestions_from: float | None = None

    @property
    def takes_undecided(self) -> bool:
        """Whether images go out that nobody has decided."""
        return self.to_do or self.suggestions_from is not None


ALL_DECIDED, TO_DO_TOO = Selection(), Selection(to_do=True)


def selected(project: Project, images: Sequence[ImageRecord], selection: Selection) -> list[ImageRecord]:
    """Those of the images that are to go out.

    Raises:
        HitlError: there is no such tag or set.
    """
    chosen = [i for i in images if selection.takes_undecided or i.state is ImageState.DECIDED]
    if selection.split is not None:
        chosen = [i for i in chosen if (i.split or Split.TRAIN) is selection.split]
    if selection.tag:
        tagged = _tagged(project, selection.tag)
        chosen = [i for i in chosen if i.id in tagged]
    if selection.edge_cases:
        in_set = _in_set(project, selection.edge_cases)
        chosen = [i for i in chosen if i.id in in_set]
    if selection.filtered:
        wanted = from_text(project.meta.get(FILTER_KEY))
        passing = set(filter_queue(project, wanted, [i.id for i in images]))
        chosen = [i for i in chosen if i.id in passing]
    return chosen


def suggestions_on(
    project: Project, images: Sequence[ImageRecord], least: float, *, first_id: int
) -> list[Annotation]:
    """What is suggested on these images with a score of `least` or more, as boxes with ids from `first_id` on."""
    scorer = load_scorer(project)
    found: list[Annotation] = []
    for image in images:
        for p in shown(with_category(proposals_of(project, image, scorer)), least):
            box = Annotation(
                first_id + len(found), image.id, p.category_id or 0, p.bbox, Origin.MODEL, p.named_by, p.score
            )
            found.append(box)
    return found


def _tagged(project: Project, name: str) -> set[int]:
    tag = project.tags.find(name)
    if tag is None:
        known = ", ".join(t.name for t in project.tags.all()) or tr("none")
        raise HitlError(
            tr("There is no tag {name!r}.", name=name), hint=tr("The project has: {names}.", names=known)
        )
    return {image_id for image_id, ids in project.images.tags_by_image().items() if tag.id in ids}


def _in_set(project: Project, name: str) -> set[int]:
    sets = project.sets.all()
    if name not in sets:
        known = ", ".join(sets) or tr("none")
        raise HitlError(
            tr("There is no set of edge cases {name!r}.", name=name),
            hint=tr("The project has: {names}.", names=known),
        )
    return set(sets[name])
