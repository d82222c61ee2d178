"""The schema of a project file: a tuple of steps, the version is its length."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from hitl_desktop.errors import ProjectError
from hitl_desktop.store.database import APPLICATION_ID, Database
from hitl_desktop.store.migrations.categories_and_heads import (
    add_attributes,
    calibrate,
    count_boxes,
    find_objects,
    manage_categories,
    mark_listed_folders,
    shorten_vectors,
)
from hitl_desktop.store.migrations.files_and_codes import (
    code_acts,
    compose_names,
    index_suspicions,
    keep_detector_of_heads,
    keep_extras,
    keep_imports,
    keep_model_files,
    mend_early_files,
    portion_acts,
    remark_on_files,
    stamp_files,
    store_codes,
    supersede_predictions,
)
from hitl_desktop.store.migrations.first_tables import (
    create_ground_truth,
    create_pictures,
    create_predictions,
    create_review,
)
from hitl_desktop.store.migrations.quality_and_queue import (
    add_reannotations,
    ask_about_decided,
    audit,
    keep_bulk_accepts,
    keep_order_apart,
    keep_suspicions,
    map_classes,
    pin_boxes,
    validate,
)
from hitl_desktop.translation import tr

MIGRATIONS: tuple[Callable[[Database], None], ...] = (
    create_pictures,
    create_ground_truth,
    create_predictions,
    create_review,
    manage_categories,
    add_attributes,
    mark_listed_folders,
    count_boxes,
    find_objects,
    calibrate,
    shorten_vectors,
    keep_suspicions,
    audit,
    keep_order_apart,
    map_classes,
    validate,
    keep_bulk_accepts,
    pin_boxes,
    add_reannotations,
    ask_about_decided,
    remark_on_files,
    keep_model_files,
    keep_extras,
    compose_names,
    portion_acts,
    index_suspicions,
    stamp_files,
    store_codes,
    mend_early_files,
    supersede_predictions,
    keep_detector_of_heads,
    code_acts,
    keep_imports,
)


def migrate(db: Database, *, is_new: bool) -> None:
    """Bring a project file up to date, after a backup when it already holds something.

    Raises:
        ProjectError: the file is no project, or was saved by a newer version.
    """
    version = db.scalar("PRAGMA user_version")
    if not is_new and db.scalar("PRAGMA application_id") != APPLICATION_ID:
        raise ProjectError(
            tr("{path} is a database of another program.", path=db.path),
            hint=tr("Open a .hitl file, or a folder of images."),
        )
    if version > len(MIGRATIONS):
        raise ProjectError(
            tr("{name} was saved by a newer version of HITL Desktop.", name=db.path.name),
            hint=tr("Update the program; the project was not touched."),
        )
    if 0 < version < len(MIGRATIONS):
        back_up(db, version)
    with db.transaction() if is_new else nullcontext():  # each step of its own costs a new file thirty syncs
        for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
            with db.transaction():
                step(db)
                db.execute(f"PRAGMA user_version = {number}")
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def back_up(db: Database, version: int) -> Path:
    """Copy the project beside itself before its schema changes."""
    copy = db.path.with_name(f"{db.path.name}.backup-{version}")
    part = copy.with_name(f".{copy.name}.part")
    part.unlink(missing_ok=True)
    db.copy_to(part)
    part.replace(copy)
    return copy
