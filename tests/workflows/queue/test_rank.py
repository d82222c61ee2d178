"""Why an image is asked about, near-duplicates, the mix of the queue, and what reviews changed."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.queues import QueueReason, Reason, mix, random_order, sample_so_far
from hitl_desktop.domain.review import Acts, Decision, DecisionKind, Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import perceptual_hash, read_upright
from hitl_desktop.inference.encoder import CropEncoder
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.decisions import Decisions
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.texts import REASON_TEXT
from hitl_desktop.workflows.annotation import annotate, bulk_edits, decisions, edits
from hitl_desktop.workflows.benchmark.ground_truth import measurable
from hitl_desktop.workflows.benchmark.simulate import _hold_back
from hitl_desktop.workflows.detection import embeddings
from hitl_desktop.workflows.detection.embeddings import embed_whole_images, encoder_record_id, vectors_of
from hitl_desktop.workflows.exchange.import_dataset import read_dataset
from hitl_desktop.workflows.images.near_duplicates import groups_of, one_of_each
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.prediction.unseen_predictions import unseen_results
from hitl_desktop.workflows.quality.effort import effort_of, effort_over_time, random_sample, stop_advice
from hitl_desktop.workflows.quality.self_agreement import store_reannotation
from hitl_desktop.workflows.queue.listing import list_queue
from hitl_desktop.workflows.queue.policy import QueuePolicy, policy_of, set_mix
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.training.classification_samples import collect, decided_images
from hitl_desktop.workflows.training.detection_head import find_ahead
from hitl_desktop.workflows.training.holdout import in_holdout
from tests.conftest import decide
from tests.workflows.conftest import Learn

QUIET = NoProgress()


def test_the_mix_is_kept_and_orders_the_queue(taught_project: Project) -> None:
    assert policy_of(taught_project) == QueuePolicy()
    set_mix(taught_project, QueuePolicy("margin", {QueueReason.RANDOM: 50}))
    assert policy_of(taught_project).shares == {QueueReason.RANDOM: 50}
    refresh_queue(taught_project, load_scorer(taught_project), QUIET)
    order = taught_project.queue.order()
    assert sum(item.reason == Reason.RANDOM for item in order) == len(order) // 2
    assert {q.words: q.pictures for q in list_queue(taught_project).queues}[
        REASON_TEXT[Reason.RANDOM]
    ] == len(order) // 2
    with pytest.raises(HitlError, match="more than 100"):
        set_mix(taught_project, QueuePolicy("margin", {QueueReason.RANDOM: 60, QueueReason.UNLIKE: 50}))
    with pytest.raises(HitlError, match="called luck"):
        set_mix(taught_project, QueuePolicy("luck"))
    assert policy_of(taught_project).shares == {QueueReason.RANDOM: 50}


def test_a_strategy_that_needs_whole_images_leaves_the_window_its_processor(
    taught_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[int | None] = []
    real = embeddings.load_encoder

    def load(card: ModelCard, *, threads: int | None = None) -> CropEncoder:
        used.append(threads)
        return real(card, threads=threads)

    monkeypatch.setattr(embeddings, "load_encoder", load)
    refresh_queue(taught_project, load_scorer(taught_project), QUIET, how=QueuePolicy("typical"))
    assert used
    assert set(used) == {1}


def test_decided_images_have_their_share_and_leave_when_they_were_looked_at(
    taught_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, scorer = taught_project, load_scorer(taught_project)
    decided = project.decisions.decided_order()
    monkeypatch.setattr("hitl_desktop.workflows.queue.relabelling.FORGOTTEN_AFTER", 5)
    box = project.annotations.of_image(decided[3])[0]
    wrong = LabelIssue(
        decided[3], Kind.PLACE, 0.9, box.bbox, box.category_id, BBox(1, 1, 9, 9), box.category_id
    )
    weak = LabelIssue(decided[2], Kind.MISSED, 0.2, None, None, BBox(1, 1, 9, 9), box.category_id)
    project.label_issues.replace_open(decided, [wrong, weak])
    refresh_queue(project, scorer, QUIET)
    assert project.queue.walk()[1] == {}
    waiting = project.queue.ids()
    project.sets.add("night", waiting[-1:])

    shares = {QueueReason.SUSPECTED: 25, QueueReason.AGAIN: 25, QueueReason.EDGE: 25}
    refresh_queue(project, scorer, QUIET, how=QueuePolicy(shares=shares))
    order, again = project.queue.walk()
    assert again == {decided[3]: QueueReason.SUSPECTED, decided[0]: QueueReason.AGAIN}
    assert [i for i in order if i not in again] == project.queue.ids()
    assert sorted(project.queue.ids()) == sorted(waiting)
    assert {decided[3], decided[0], waiting[-1]} < set(order[:4])
    listing = list_queue(project)
    counts = {q.words: q.pictures for q in listing.queues}
    assert (
        counts[REASON_TEXT[Reason.SUSPECTED]],
        counts[REASON_TEXT[Reason.AGAIN]],
        counts[REASON_TEXT[Reason.EDGE]],
    ) == (1, 1, 1)
    found = {why: project.queue.select(QueueFilter(queue=int(why))) for why in shares}
    assert found == {
        QueueReason.SUSPECTED: [decided[3]],
        QueueReason.AGAIN: [decided[0]],
        QueueReason.EDGE: waiting[-1:],
    }

    how = decisions.How(None, Thresholds(0.3), 1.0)
    spent = {d.image_id: d.seconds for d in project.decisions.final()}[decided[3]]
    decisions.decide(project, decided[3], [], [], how)  # it is right as it is
    assert {d.image_id: d.seconds for d in project.decisions.final()}[decided[3]] == spent + 1.0
    assert [s.image_id for s in project.label_issues.open()] == [decided[2]]
    edits.undo(project)
    assert {s.image_id for s in project.label_issues.open()} == {decided[2], decided[3]}
    edits.redo(project)
    store_reannotation(project, decided[0], [], 1.0)
    assert project.queue.walk()[1] == {}
    assert [s.image_id for s in project.label_issues.open()] == [decided[2]]
    refresh_queue(project, scorer, QUIET, how=QueuePolicy(shares=shares))
    assert project.queue.walk()[1] == {}


def suspect(project: Project, image_id: int) -> None:
    box = project.annotations.of_image(image_id)[0]
    wrong = LabelIssue(
        image_id, Kind.PLACE, 0.9, box.bbox, box.category_id, BBox(1, 1, 9, 9), box.category_id
    )
    project.label_issues.replace_open([image_id], [wrong])


def test_a_share_of_decided_images_is_held_though_nothing_is_decided(taught_project: Project) -> None:
    project, scorer, decided = (
        taught_project,
        load_scorer(taught_project),
        taught_project.decisions.decided_order(),
    )
    for image_id in decided:
        suspect(project, image_id)
    asked: list[bool] = []
    for _ in range(4):
        refresh_queue(project, scorer, QUIET, how=QueuePolicy(shares={QueueReason.SUSPECTED: 50}))
        order, again = project.queue.walk()
        asked.append(order[0] in again)
        if order[0] in again:
            decisions.decide(project, order[0], [], [], decisions.How(None, Thresholds(0.3), 1.0))
        else:
            decisions.skip(project, order[0], seconds=0.0)
    assert sorted(asked) == [False, False, True, True]


def test_putting_back_goes_before_other_reasons_and_ends_with_its_undo(
    taught_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, scorer = taught_project, load_scorer(taught_project)
    monkeypatch.setattr("hitl_desktop.workflows.queue.relabelling.FORGOTTEN_AFTER", 5)
    refresh_queue(project, scorer, QUIET)
    (due,) = project.queue.due()
    with project.db.transaction():
        project.queue.note_reopened_for_new_category([due])
        bulk_edits.reopen(project, [due])
    refresh_queue(project, scorer, QUIET)
    assert project.queue.reopened_for_new_category() == [due]
    assert project.queue.order()[0].reason == Reason.EXPECTED
    edits.undo(project)
    assert project.queue.walk()[1] == {}
    suspect(project, due)
    refresh_queue(project, scorer, QUIET, how=QueuePolicy(shares={QueueReason.SUSPECTED: 50}))
    assert project.queue.walk()[1] == {due: QueueReason.SUSPECTED}
    project.images.set_reason(due, "gone")  # nobody could look at it
    refresh_queue(project, scorer, QUIET, how=QueuePolicy(shares={QueueReason.SUSPECTED: 50}))
    assert project.queue.walk()[1] == {}
    assert project.queue.counts()[QueueReason.SUSPECTED] == 0


def test_the_near_duplicate_of_an_image_that_comes_again_waits(
    taught_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, scorer = taught_project, load_scorer(taught_project)
    monkeypatch.setattr("hitl_desktop.workflows.queue.relabelling.FORGOTTEN_AFTER", 5)
    refresh_queue(project, scorer, QUIET)
    (due,), twin = project.queue.due(), project.queue.ids()[0]
    project.db.execute("UPDATE images SET same_as = 'g' WHERE id IN (?, ?)", (due, twin))
    refresh_queue(project, scorer, QUIET)
    assert project.queue.ids()[-1] == twin


def test_counts_follow_what_became_of_sets_boxes_and_splits(taught_project: Project) -> None:
    project, scorer = taught_project, load_scorer(taught_project)
    *_, tested, last = project.queue.ids()
    project.sets.add("night", [last])
    refresh_queue(project, scorer, QUIET, how=QueuePolicy(shares={QueueReason.EDGE: 50}))
    project.sets.delete("night")
    listing = list_queue(project)
    decisions.skip(project, last, seconds=0.0)
    listing.set_status(last, "skipped")
    assert listing.counts[QueueReason.EDGE] == list_queue(project).counts[QueueReason.EDGE] == 0
    project.images.set_split([tested], Split.TEST)
    project.sets.add("night", [tested])
    assert project.queue.select(QueueFilter(queue=int(QueueReason.EDGE))) == []
    first = project.decisions.decided_order()[0]
    suspect(project, first)
    assert list_queue(project).counts[QueueReason.SUSPECTED] == 1
    annotate.remove(project, project.annotations.of_image(first))
    assert list_queue(project).counts[QueueReason.SUSPECTED] == 0


def test_queues_are_counted_as_hands_go_on(taught_project: Project) -> None:
    project = taught_project
    first, *_, last = project.queue.ids()
    project.sets.add("night", [last])
    listing = list_queue(project)
    for image_id in (last, first):
        decisions.skip(project, image_id, seconds=0.0)
        listing.set_status(image_id, "skipped")
    assert listing.queues == list_queue(project).queues
    for image_id in (first, last):
        edits.undo(project)
        listing.set_status(image_id, "undecided")
    assert listing.queues == list_queue(project).queues


def test_what_is_drawn_at_random_is_drawn_once_for_all(taught_project: Project) -> None:
    scorer = load_scorer(taught_project)
    set_mix(taught_project, QueuePolicy("margin", {QueueReason.RANDOM: 100}))
    refresh_queue(taught_project, scorer, QUIET)
    before = taught_project.queue.ids()
    decisions.skip(taught_project, before[2], seconds=0.0)
    refresh_queue(taught_project, scorer, QUIET)
    assert taught_project.queue.ids() == [i for i in before if i != before[2]]


def test_a_decision_says_why_the_image_was_asked_about(taught_project: Project, taught: Path) -> None:
    refresh_queue(taught_project, load_scorer(taught_project), QUIET, how=QueuePolicy("random", {}))
    asked = taught_project.queue.order(limit=1)[0]
    decide(taught_project, taught / "set", 1)
    last = taught_project.decisions.final()[-1]
    assert (last.image_id, last.why) == (asked.image_id, Reason.RANDOM)


def test_a_skipped_image_says_why_and_is_found_by_it(project: Project) -> None:
    from hitl_desktop.domain.queue_filter import QueueFilter

    decisions.skip(project, 2, seconds=1.0, reason="too blurred")
    decisions.skip(project, 3, seconds=1.0)
    assert project.decisions.why_skipped(2) == "too blurred"
    assert project.decisions.why_skipped(3) == ""
    assert project.queue.select(QueueFilter(text="BLURR")) == [2]
    edits.undo(project)
    edits.undo(project)
    assert project.queue.ids() == [1, 2, 3, 4]


def test_what_a_new_head_sees_otherwise_is_a_queue_of_its_own(taught_project: Project, learn: Learn) -> None:
    find_ahead(taught_project, QUIET, threads=1)
    # a head that calls everything otherwise changes every image on which something is sure
    for image_id in [d.image_id for d in taught_project.decisions.final()]:
        for box in taught_project.annotations.of_image(image_id):
            other = taught_project.categories.ensure(f"another {box.category_id}")
            annotate.revise(taught_project, [annotate.Revision(box, category_id=other.id)])
    learn(taught_project)
    changed = taught_project.queue.counts()[QueueReason.CHANGED]
    assert changed > 0
    refresh_queue(taught_project, load_scorer(taught_project), QUIET)
    assert taught_project.queue.counts()[QueueReason.CHANGED] == changed  # the head is still the same
    learn(taught_project)
    assert taught_project.queue.counts()[QueueReason.CHANGED] == 0  # and the next one sees nothing otherwise


def test_a_look_alike_of_what_was_overturned_is_asked_about(taught_project: Project) -> None:
    from hitl_desktop.workflows.queue import uncertainty

    find_ahead(taught_project, QUIET, threads=1)
    scorer = load_scorer(taught_project)
    assert scorer
    assert scorer.head
    uncertainty_scorer = uncertainty.UncertaintyScorer(scorer)
    images = [i for i in map(taught_project.images.get, taught_project.queue.ids()) if i]
    plain = {i.id: uncertainty_scorer.at(taught_project, i)[1] for i in images}
    assert not any(why & QueueReason.LOOK_ALIKE for why in plain.values())
    # take the surest boxes there are for overturned ones: their images, at least, look like that
    confident_errors: dict[int, np.ndarray] = {}
    holding: set[int] = set()
    for image in images:
        boxes = uncertainty.boxes_of(taught_project, image, scorer, candidates_only=True)
        scored = uncertainty.score(scorer, boxes)
        if scored.vectors is None or scored.scores.max() < uncertainty.SURE_FROM:
            continue
        row, column = np.unravel_index(scored.scores.argmax(), scored.scores.shape)
        confident_errors[scorer.category_ids[int(column)] or 0] = uncertainty.unit(
            scored.vectors[[row]], scorer.head.centre
        )
        holding.add(image.id)
    assert holding
    wary = uncertainty.UncertaintyScorer(scorer, confident_errors=confident_errors)
    found = {i.id for i in images if wary.at(taught_project, i)[1] & QueueReason.LOOK_ALIKE}
    assert found & holding


def test_near_duplicates_wait_behind_the_first_and_share_its_side_of_the_trial(
    tmp_path: Path, dataset: Path
) -> None:
    for source in sorted((dataset / "images").glob("*.png"))[:4]:
        shutil.copy(source, tmp_path / source.name)
    first = min(tmp_path.glob("*.png"))
    pixels = np.asarray(Image.open(first).convert("RGB")).astype(int)
    Image.fromarray(np.clip(pixels + 3, 0, 255).astype(np.uint8)).save(tmp_path / "zz-again.png")
    with Project.create(tmp_path / "p.hitl") as project:
        add_folder(project, tmp_path, QUIET)
        scan(project, QUIET)
        images = [i for i in project.images.all() if i.reason is None]
        embed_whole_images(project, images, QUIET, threads=1)
        images = [i for i in project.images.all() if i.reason is None]
        groups = groups_of(project, images, vectors_of(project, images))
        pair = {i.id for i in images if i.path in {first.name, "zz-again.png"}}
        assert set(groups) == pair
        assert len(set(groups.values())) == 1
        order = one_of_each(sorted((i.id for i in images), key=lambda i: (i not in pair, i)), groups)
        assert order[0] in pair
        assert order[-1] in pair
        assert one_of_each([2, 3, 4], {1: "a", 3: "a"}) == [2, 4, 3]  # one of them is done
        from hitl_desktop.store.queue import Ranking

        project.queue.take(Ranking([], groups=groups))
        sides = {in_holdout(image.group) for image in map(project.images.get, pair) if image}
        assert len(sides) == 1
        assert groups_of(project, images[:1], {}) == groups  # it is kept


def test_looks_survive_brightness(dataset: Path) -> None:
    seen = [read_upright(path) for path in sorted((dataset / "images").glob("*.png"))[:2]]
    brighter = np.clip(seen[0].astype(int) + 5, 0, 255).astype(np.uint8)
    assert ((perceptual_hash(seen[0]) ^ perceptual_hash(brighter)) & (2**64 - 1)).bit_count() <= 4
    assert -(2**63) <= perceptual_hash(seen[1]) < 2**63


def decision(image_id: int, acts: Acts, why: str = "", seconds: float = 6.0) -> Decision:
    return Decision(image_id, DecisionKind.CORRECTED, seconds, acts, None, why)


def test_effort_has_known_answers() -> None:
    same = effort_of([decision(n, Acts(accepted=1, drawn=1)) for n in range(30)])
    assert same.saved == pytest.approx(1 - (1.6 + 7) / 14)
    assert same.saved_interval == pytest.approx((same.saved, same.saved))  # all images are alike
    assert same.minutes == pytest.approx(0.1)
    mixed = effort_of([decision(n, Acts(accepted=1) if n % 2 else Acts(drawn=1)) for n in range(60)])
    low, high = mixed.saved_interval
    assert low < mixed.saved < high
    assert effort_of([]).saved is None
    assert effort_of([]).minutes is None


def test_whether_to_stop_is_said_after_twenty_reviews_only() -> None:
    assert stop_advice([decision(n, Acts(accepted=4)) for n in range(19)]) == ""
    nothing = stop_advice([decision(n, Acts(accepted=4)) for n in range(150)])
    assert "The last 100 reviews changed 0% of the boxes" in nothing
    assert "400 boxes" in nothing
    assert "will help little" in nothing
    half = stop_advice([decision(n, Acts(accepted=2, drawn=2)) for n in range(50)])
    assert "changed 50%" in half
    assert "will help little" not in half


def test_the_random_sample_holds_whatever_the_strategy_asked_about() -> None:
    """Two hundred images, the hardest asked about first: the sample is as hard as all, what was drawn is
    not."""
    hard = {i: i / 200 for i in range(1, 201)}
    gaps: list[float] = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        ids = rng.permutation(list(hard)).tolist()
        difficulty = {i: hard[n + 1] for n, i in enumerate(ids)}
        by_strategy = sorted(difficulty, key=lambda i: -difficulty[i])
        order = mix(
            by_strategy,
            {QueueReason.RANDOM: random_order(sorted(difficulty), seed)},
            {QueueReason.RANDOM: 20},
        )
        done = {i for i, _ in order[:100]}
        sample = sample_so_far(sorted(difficulty), done, seed)
        drawn = [i for i, why in order[:100] if why is QueueReason.RANDOM]
        assert len(sample) >= len(drawn)
        gaps.append(np.mean([difficulty[i] for i in sample]) - np.mean(list(hard.values())))
    assert abs(np.mean(gaps)) < 2.5 * np.std(gaps) / np.sqrt(len(gaps))


def test_a_near_duplicate_that_waits_does_not_end_the_random_sample(project: Project) -> None:
    order = random_order(list(project.images.ids_to_label()))
    for image_id in (order[0], order[2]):
        project.images.set_state(image_id, ImageState.DECIDED)
    assert random_sample(project) == order[:1]
    project.queue.take(Ranking([], groups={order[1]: "a", order[2]: "a"}))  # it waits behind the other one
    assert random_sample(project) == [order[0], order[2]]


def test_effort_is_told_of_a_random_sample_beside_the_others(taught_project: Project, taught: Path) -> None:
    assert effort_over_time(taught_project).drawn.pictures == 0  # all were decided before there was a head
    set_mix(taught_project, QueuePolicy("margin", {QueueReason.RANDOM: 100}))
    refresh_queue(taught_project, load_scorer(taught_project), QUIET)
    decide(taught_project, taught / "set", 2)
    effort = effort_over_time(taught_project, least=3)
    assert effort.drawn.pictures == 2
    assert effort.others.pictures == 0
    assert [part.pictures for part in effort.stretches][:2] == [3, 3]
    assert all(part.saved_interval is None for part in effort.stretches)  # three images say nothing
    assert unseen_results(taught_project)


def test_images_drawn_at_random_say_how_far_the_detector_can_be_trusted(
    taught_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = taught_project
    detector, encoder_id = project.models.detector(), encoder_record_id(project)
    assert detector is not None
    images = decided_images(project)
    assert project.decisions.asked_because(Reason.RANDOM) == {image.id for image in images}
    *five, chosen = (image for image in images if project.predictions.of_image(image.id, detector.id))
    assert len(five) >= 5

    def trust(images: Sequence[ImageRecord], drawn: Sequence[ImageRecord]) -> list[float]:
        monkeypatch.setattr(Decisions, "asked_because", lambda *_: {image.id for image in drawn})
        collected = collect(project, images, detector, encoder_id, QUIET)
        assert collected is not None
        return collected.trust.tolist()

    everything = trust(images, images)
    assert trust(images, five) == trust(five, five) != everything
    assert trust(images, [chosen]) == everything  # of so few nothing can be said


def test_nearly_the_same_images_are_on_one_side_of_a_simulated_test(
    taught_project: Project, taught: Path
) -> None:
    truth = measurable(taught_project, read_dataset(taught / "set" / "instances.json"))
    ids = sorted(taught_project.images.ids())
    for first in ids[::3]:
        for image_id in (first, first + 1):
            taught_project.db.execute(
                "UPDATE images SET same_as = ? WHERE id = ?", (f"group {first}", image_id)
            )
    for seed in range(5):
        for image in taught_project.images.all():
            taught_project.db.execute("UPDATE images SET split = NULL WHERE id = ?", (image.id,))
        pool = _hold_back(taught_project, truth, 0.3, seed)
        splits = {i.id: i.split for i in taught_project.images.all()}
        assert all(splits[first] == splits[first + 1] for first in ids[::3] if first + 1 in splits)
        assert pool == sum(split is None for split in splits.values())
        assert 0 < pool < len(ids)
