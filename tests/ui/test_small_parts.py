"""Parts of the window that need no window: order, viewport, hit test, tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.geometry import BBox, Handle
from hitl_desktop.paths import config_dir
from hitl_desktop.service.project.review_order import ReviewOrder
from hitl_desktop.settings import SETTINGS, Settings
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind, in_order_of_doubt
from hitl_desktop.ui.canvas.layer import BoxLayer
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.keys.action_table import ACTIONS


@given(st.permutations(range(10)), st.integers(0, 9))
def test_ranking_again_moves_nothing_up_to_the_current_image(ranked: list[int], place: int) -> None:
    order = ReviewOrder(range(10), current=place)
    order.rerank(ranked, range(10))
    assert order.ids[: place + 1] == list(range(place + 1))
    assert sorted(order.ids) == list(range(10))
    behind = [i for i in ranked if i > place]
    assert order.ids[place + 1 :] == behind
    assert order.position == place


def test_what_comes_again_stands_where_it_is_ranked_but_for_the_current_image() -> None:
    order = ReviewOrder([4, 1, 2, 3], current=2)
    order.rerank([3, 1, 2], [1, 2, 3, 4], again={1, 2})
    assert order.ids == [4, 2, 3, 1]
    assert order.position == 1


def test_the_next_image_is_the_next_wanted_one_and_then_from_the_front() -> None:
    order = ReviewOrder([5, 3, 9, 1], current=3)
    assert order.next_of({5, 1}) == 1
    assert order.next_of({5, 3}) == 5
    assert order.next_of({3}) is None
    assert order.step(-1) == 5
    assert order.step(5) is None
    assert ReviewOrder().next_of({1}) is None


@given(
    st.floats(0.01, 30),
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.floats(0.2, 5),
    st.floats(0, 800),
    st.floats(0, 600),
)
def test_zooming_keeps_what_lies_under_the_pointer(
    scale: float, x: float, y: float, factor: float, px: float, py: float
) -> None:
    before = Viewport(scale, x, y)
    after = before.zoomed(factor, px, py, farthest=0.001)
    assert after.to_image(px, py) == pytest.approx(before.to_image(px, py), rel=1e-6, abs=1e-6)
    assert after.to_view(*after.to_image(px, py)) == pytest.approx((px, py), abs=1e-6)


def test_a_fitted_image_is_whole_and_centred() -> None:
    view = Viewport.fitting((400, 100), (800, 600))
    box = view.box_to_view(BBox(0, 0, 400, 100))
    assert box.x >= 0
    assert box.right <= 800
    assert (box.x + box.right) / 2 == pytest.approx(400)
    assert (box.y + box.bottom) / 2 == pytest.approx(300)
    assert Viewport.fitting((0, 0), (10, 10)).scale > 0


def item(number: int, box: BBox, kind: Kind = Kind.TRUTH, doubt: float = 0.0) -> BoxItem:
    return BoxItem(BoxKey(kind, number), box, "x", 1, doubt)


def test_a_press_takes_the_smallest_box_and_the_selected_one_first() -> None:
    big, small = item(1, BBox(0, 0, 100, 100)), item(2, BBox(40, 40, 10, 10))
    found = BoxLayer([big, small]).hit([], 45, 45, 2)
    assert found
    assert found.item is small
    found = BoxLayer([big, small]).hit([big], 45, 45, 2)
    assert found
    assert found.item is big
    found = BoxLayer([big, small]).hit([big], 99, 1, 3)
    assert found
    assert found.handle is Handle.TOP_RIGHT
    assert BoxLayer([big, small]).hit([], 200, 200, 3) is None


def test_tab_goes_through_proposals_by_doubt_and_then_ground_truth() -> None:
    items = [
        item(1, BBox(0, 0, 5, 5)),
        item(2, BBox(0, 0, 5, 5), Kind.PROPOSAL, 0.2),
        item(3, BBox(0, 0, 5, 5), Kind.PROPOSAL, 0.9),
    ]
    assert [i.key.id for i in in_order_of_doubt(items)] == [3, 2, 1]


def test_no_shortcut_is_used_twice_and_every_action_has_a_name() -> None:
    keys = [key for spec in ACTIONS for key in (spec.shortcut, spec.also) if key]
    assert len(keys) == len(set(keys))
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)
    assert all(spec.text and spec.menu for spec in ACTIONS)


def test_the_keys_that_were_promised_are_there() -> None:
    promised = {*"AXENPFH[]123456789", "Tab", "Return", "Ctrl+Z", "Ctrl+Shift+Z"}
    assert promised <= {spec.shortcut for spec in ACTIONS}


def test_no_two_entries_of_a_menu_share_a_mnemonic() -> None:
    for menu in {spec.menu for spec in ACTIONS}:
        letters = [
            spec.text[spec.text.index("&") + 1].lower()
            for spec in ACTIONS
            if spec.menu == menu and "&" in spec.text
        ]
        assert len(letters) == len(set(letters)), (menu, sorted(letters))


def test_settings_keep_only_what_differs_and_refuse_nonsense() -> None:
    settings = Settings()
    assert settings.text("theme") == "system"
    settings.set("theme", "dark")
    settings.set("display_threshold", 0.5)
    assert Settings().text("theme") == "dark"
    assert Settings().number("display_threshold") == 0.5
    settings.set("theme", "system")
    assert Settings().text("theme") == "system"
    with pytest.raises(ValueError, match="not allowed"):
        settings.set("display_threshold", 7)
    with pytest.raises(ValueError, match="not allowed"):
        settings.set("theme", "pink")
    assert all(spec.accepts(spec.default) for spec in SETTINGS)


def test_damaged_settings_are_the_defaults(isolated: object) -> None:
    (config_dir() / "settings.json").write_text("{")
    assert Settings().text("theme") == "system"
    (config_dir() / "settings.json").write_text('{"theme": "pink", "display_threshold": 0.4, "old": 1}')
    assert Settings().text("theme") == "system"
    assert Settings().number("display_threshold") == 0.4
