"""Tags that an image probably has, from the tag head."""

from __future__ import annotations

from hitl_desktop.domain.categories import Tag
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.learning.tag_head import TagHead
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.embeddings import encoder_record_id

PROPOSED_FROM = 0.5


def load_tag_head(project: Project) -> TagHead | None:
    """The tag head, if there is one."""
    kept = project.heads.tag_head()
    return TagHead.from_bytes(kept) if kept else None


def tag_chances(project: Project, image: ImageRecord, head: TagHead | None) -> dict[int, float]:
    """How likely an image has each tag that was learned; nothing before its vector is there."""
    if head is None or image.content_hash is None:
        return {}
    key = crop_key(image.content_hash, None)
    found = project.embeddings.get(encoder_record_id(project), [key])
    if key not in found:
        return {}
    return dict(zip(head.tag_ids.tolist(), head.chances(found[key][None])[0].tolist(), strict=True))


def proposed_tags(project: Project, image: ImageRecord, head: TagHead | None) -> list[tuple[Tag, float]]:
    """Tags that the image probably has and does not have yet, the likeliest first."""
    names, has = {tag.id: tag for tag in project.tags.all()}, set(project.images.tags_of(image.id))
    likely = [
        (names[i], chance)
        for i, chance in tag_chances(project, image, head).items()
        if chance >= PROPOSED_FROM and i in names and i not in has
    ]
    return sorted(likely, key=lambda each: -each[1])
