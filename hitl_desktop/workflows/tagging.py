"""Tags of whole pictures: learned from decided ones, proposed on the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.categories import Tag
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.learning.tag_head import TagHead, fit_tags
from hitl_desktop.progress import Progress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.embed import embed_pictures, encoder_record_id

PROPOSED_FROM = 0.5
MOST_TAUGHT = 1500


def learn_tags(
    project: Project, images: Sequence[ImageRecord], progress: Progress, *, threads: int | None = None
) -> bytes | None:
    """A tag head of decided pictures, for `Heads.keep_tag_head`; without tags, or too few pictures, there is none."""
    tags = project.tags.all()
    if not tags:
        return None
    vectors = embed_pictures(project, images[-MOST_TAUGHT:], progress, threads=threads)
    if not vectors:  # no picture can be read: the one before is as good
        return project.heads.tag_head()
    given = project.images.tags_by_image(vectors)
    table = np.array([[tag.id in given.get(i, ()) for tag in tags] for i in vectors], bool)
    head = fit_tags(np.stack(list(vectors.values())), table, np.array([tag.id for tag in tags], np.int64))
    return head.to_bytes() if head else None


def load_tag_head(project: Project) -> TagHead | None:
    """The tag head, if there is one."""
    kept = project.heads.tag_head()
    return TagHead.from_bytes(kept) if kept else None


def tag_chances(project: Project, image: ImageRecord, head: TagHead | None) -> dict[int, float]:
    """How likely a picture has each tag that was learned; nothing before its vector is there."""
    if head is None or image.content_hash is None:
        return {}
    key = crop_key(image.content_hash, None)
    found = project.embeddings.get(encoder_record_id(project), [key])
    if key not in found:
        return {}
    return dict(zip(head.tag_ids.tolist(), head.chances(found[key][None])[0].tolist(), strict=True))


def proposed_tags(project: Project, image: ImageRecord, head: TagHead | None) -> list[tuple[Tag, float]]:
    """Tags that the picture probably has and does not have yet, the likeliest first."""
    names, has = {tag.id: tag for tag in project.tags.all()}, set(project.images.tags_of(image.id))
    likely = [
        (names[i], chance)
        for i, chance in tag_chances(project, image, head).items()
        if chance >= PROPOSED_FROM and i in names and i not in has
    ]
    return sorted(likely, key=lambda each: -each[1])
