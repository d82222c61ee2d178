"""Tags of whole images: learned from decided ones, proposed on the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.learning.tag_head import fit_tags
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.embeddings import embed_whole_images

MOST_TAUGHT = 1500


def learn_tags(
    project: Project, images: Sequence[ImageRecord], progress: Progress, *, threads: int | None = None
) -> bytes | None:
    """A tag head of decided images, for `Heads.keep_tag_head`; without tags, or too few images, there is
    none."""
    tags = project.tags.all()
    if not tags:
        return None
    vectors = embed_whole_images(project, images[-MOST_TAUGHT:], progress, threads=threads)
    if not vectors:  # no image can be read: the one before is as good
        return project.heads.tag_head()
    given = project.images.tags_by_image(vectors)
    table = np.array([[tag.id in given.get(i, ()) for tag in tags] for i in vectors], bool)
    head = fit_tags(np.stack(list(vectors.values())), table, np.array([tag.id for tag in tags], np.int64))
    return head.to_bytes() if head else None
