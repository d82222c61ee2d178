"""What `export` can choose: which images, which boxes, and how they are divided."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hitl_desktop.cli.dataset_files import SEED

if TYPE_CHECKING:
    from hitl_desktop.workflows.exchange.export_dataset import ExportOptions

_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--all", "all_images", is_flag=True, help="Undecided and skipped images too."),
    click.option(
        "--of-split",
        type=click.Choice(["train", "val", "test", "audit"]),
        default=None,
        help="Only images of this split of the project.",
    ),
    click.option("--tag", default="", metavar="NAME", help="Only images with this tag."),
    click.option("--edge-cases", default="", metavar="NAME", help="Only images of this set of edge cases."),
    click.option("--filtered", is_flag=True, help="Only images that the filter of the window's list shows."),
    click.option(
        "--suggestions-from",
        type=click.FloatRange(0, 1),
        default=None,
        metavar="SCORE",
        help="Undecided images, too, with suggestions of this score or more, marked as such.",
    ),
    click.option(
        "--image-files",
        type=click.Choice(["leave", "copy", "link", "crops"]),
        default="leave",
        show_default=True,
        help="What to do with the image files; crops are the boxes, cut out, in a folder for each category.",
    ),
    click.option(
        "--split",
        "shares",
        default="",
        metavar="80/10/10",
        help='Divide into training, validation and test; "project" for the splits of the project.',
    ),
    SEED,
    click.option("--licence", default="", metavar="TEXT", help="The licence to state in the data set."),
)


def export_choices(function: _F) -> _F:
    """Give a command these options; `export_options` takes them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def export_options(chosen: dict[str, Any]) -> ExportOptions:
    """The options of the command line as the export takes them.

    Raises:
        HitlError: the shares are no division.
    """
    from hitl_desktop.domain.images import Split  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_dataset import ExportOptions  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.export_selection import Selection  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.splitting import parsed_shares  # noqa: PLC0415
    from hitl_desktop.workflows.exchange.write_dataset import ImageFiles  # noqa: PLC0415

    selection = Selection(
        chosen["all_images"],
        Split(chosen["of_split"]) if chosen["of_split"] else None,
        chosen["tag"],
        chosen["edge_cases"],
        chosen["filtered"],
        chosen["suggestions_from"],
    )
    shares = (
        {} if chosen["shares"] == "project" else parsed_shares(chosen["shares"]) if chosen["shares"] else None
    )
    return ExportOptions(
        shares, chosen["seed"], ImageFiles(chosen["image_files"]), selection, chosen["licence"]
    )
