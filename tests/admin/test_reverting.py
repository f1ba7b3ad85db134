"""Reverting in the admin: a page that says what would change, and then the deed, one for each player."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from imports.admin import taking_back
from imports.models import AuditEntry, GameStats, Import, Permission, Score, State
from imports.pipeline import states
from imports.pipeline.integrity import check_player
from tests import builders, people

LIST, REVERT = "admin:imports_import_changelist", "admin:imports_import_revert"


def ask(browser: Client, *jobs: Import, across: bool = False, **query: str) -> Any:
    """Chooses imports in the list, or all that it shows."""
    data: Any = {
        "action": "revert_selected",
        "_selected_action": [job.pk for job in jobs],
        "select_across": int(across),
    }
    return browser.post(reverse(LIST, query=query or None), data, follow=True)


def answer(client: Client, *jobs: Import, **more: str) -> Any:
    return client.post(reverse(REVERT), {"chosen": ",".join(str(job.pk) for job in jobs), **more})


def do(client: Client, *jobs: Import, **more: str) -> list[str]:
    data = {"chosen": ",".join(str(job.pk) for job in jobs), "confirmed": "yes", **more}
    return [str(message) for message in client.post(reverse(REVERT), data, follow=True).context["messages"]]


@pytest.fixture
def mo(db: None) -> Client:
    return people.session_of(people.mo())


def test_it_asks_first_and_changes_nothing(mo: Client) -> None:
    charts = builders.charts(2)
    rows = [builders.score_on(chart, timeAchieved=builders.NOON) for chart in charts]
    builders.an_import(people.alice(), builders.score_on(charts[0], 9_000_000, timeAchieved=builders.NOON))
    job = builders.an_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_4"}})
    before = list(Score.objects.values())

    page = ask(mo, job)

    html = " ".join(page.content.decode().split())
    assert page.status_code == 200
    assert "Takes back 1 import with 2 scores in all" in html
    assert "<dt>Bests that vanish</dt><dd>1</dd>" in html
    assert "<dt>Bests that change</dt><dd>1</dd>" in html
    assert "Provided classes that stay: sdvx Single dan DAN_4." in html
    assert "<td>VF6</td>" in html
    assert "Song 1 [Single EXH]" in html
    assert "<td>9500000, A" in html
    assert list(Score.objects.values()) == before
    assert Import.objects.get(pk=job.pk).state == State.COMPLETED


def test_a_moderator_reverts_what_was_chosen_and_is_told(mo: Client) -> None:
    alice, charts = people.alice(), builders.charts(3)
    first, second, third = (builders.an_import(alice, builders.score_on(chart)) for chart in charts)

    assert do(mo, first, second, reason="wrong player") == ["Reverted 2 imports; 2 scores gone."]

    assert list(Score.objects.values_list("from_import", flat=True)) == [third.pk]
    for job in (first, second):
        job.refresh_from_db()
        assert (job.state, job.reverted_by, job.revert_reason) == (State.REVERTED, people.mo(), "wrong player")
    entries = AuditEntry.objects.filter(verb="reverted").order_by("pk").values_list("job", "actor", "subject", "reason")
    assert list(entries) == [(job.pk, people.mo().pk, alice.pk, "wrong player") for job in (second, first)]
    assert not check_player(alice)


def test_all_that_a_filter_finds_is_one_question_and_a_deed_for_each_player(mo: Client) -> None:
    charts = builders.charts(3)
    bad = [
        builders.an_import(user, builders.score_on(chart), client="BadHook/1")
        for user, chart in ((people.alice(), charts[0]), (people.bob(), charts[0]), (people.alice(), charts[1]))
    ]
    good = builders.an_import(people.bob(), builders.score_on(charts[2]), client="GoodHook/1")

    page = ask(mo, bad[0], across=True, client="BadHook/1", state="completed")

    assert [(str(part.player), len(part.jobs)) for part in page.context["asked"].parts] == [("Alice", 2), ("Bob", 1)]
    assert page.context["chosen"] == ",".join(str(job.pk) for job in reversed(bad))
    done = answer(mo, *bad, confirmed="yes", back=page.context["back"])
    assert done.headers["Location"] == reverse(LIST, query={"client": "BadHook/1", "state": "completed"})
    assert Score.objects.get().from_import == good
    assert not check_player(people.alice())
    assert not check_player(people.bob())


def test_scores_that_another_import_carried_may_stay(mo: Client) -> None:
    alice, [chart] = people.alice(), builders.charts(1)
    first, second = (builders.an_import(alice, builders.score_on(chart)) for _ in range(2))
    shown = answer(mo, first, keep_shared="on").context["asked"].parts[0].changes
    assert (shown.scores, shown.kept, shown.shared) == (0, 1, {second.import_id: 1})

    do(mo, first, keep_shared="on")

    assert Score.objects.get().from_import == second


def test_provided_classes_go_back_with_it_when_asked_to(mo: Client) -> None:
    builders.an_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})
    fourth, sixth = (builders.an_import(people.alice(), parts={"classes": {"dan": dan}}) for dan in ("DAN_4", "DAN_6"))
    both = (fourth, sixth)
    [part] = answer(mo, *both, roll_back_classes="on").context["asked"].parts
    assert [(turn.name, turn.before, turn.after) for turn in part.changes.classes] == [("dan", "DAN_6", "DAN_3")]
    assert GameStats.objects.get().classes["dan"] == "DAN_6"

    do(mo, *both, roll_back_classes="on", reason="not theirs")

    assert GameStats.objects.get().classes["dan"] == "DAN_3"
    entries = AuditEntry.objects.filter(verb="class set").order_by("pk").values_list("job", "reason")
    assert list(entries) == [(sixth.pk, "not theirs"), (fourth.pk, "not theirs")]


def test_provided_classes_stay_unless_asked_to_go(mo: Client) -> None:
    job = builders.an_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})

    do(mo, job)

    assert GameStats.objects.get().classes["dan"] == "DAN_3"


def test_a_restored_import_brings_its_class_back(mo: Client) -> None:
    job = builders.an_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})
    do(mo, job, roll_back_classes="on")
    assert not GameStats.objects.exists()

    mo.post(reverse(LIST), {"action": "restore_selected", "_selected_action": job.pk})
    builders.dealt_with(job)

    assert GameStats.objects.get().classes["dan"] == "DAN_3"


def test_what_is_not_completed_is_left_alone_and_the_rest_is_done(mo: Client) -> None:
    alice, [chart] = people.alice(), builders.charts(1)
    good, failed = builders.an_import(alice, builders.score_on(chart)), builders.an_import(alice, {"score": "x"})
    assert ask(mo, good, failed).context["asked"].left_alone == [failed]

    assert do(mo, good, failed) == [
        "Reverted 1 import; 1 score gone.",
        f"Not reverted: {failed.import_id} of Alice. It is not completed (any more).",
    ]


def test_the_choices_can_be_changed_before_the_deed(mo: Client) -> None:
    [chart] = builders.charts(1)
    job = builders.an_import(people.alice(), builders.score_on(chart))

    page = answer(mo, job, keep_shared="on", reason="x" * 501, confirmed="yes")

    assert page.context["form"].errors
    assert Score.objects.count() == 1


@pytest.mark.parametrize("chosen", ["", "x", "1,,2", "-1", "1" * 19, ",".join(["1"] * 1001)])
def test_nonsense_is_no_choice(chosen: str, mo: Client) -> None:
    assert mo.post(reverse(REVERT), {"chosen": chosen, "confirmed": "yes"}).status_code == 400


def test_looking_at_the_page_of_the_deed_leads_to_the_list(mo: Client) -> None:
    assert mo.get(reverse(REVERT)).headers["Location"] == reverse(LIST)


@pytest.mark.parametrize("who", [people.alice, people.bob, people.eve])
@pytest.mark.django_db
def test_only_moderators_revert_here(who: Any) -> None:
    [chart] = builders.charts(1)
    job = builders.an_import(people.alice(), builders.score_on(chart))

    for url, data in ((REVERT, {"chosen": job.pk, "confirmed": "yes"}), (LIST, {"action": "revert_selected"})):
        refused = people.session_of(who()).post(reverse(url), data, follow=True)
        assert refused.status_code == 403
    assert Score.objects.count() == 1


@pytest.mark.django_db
def test_beyond_the_admin_a_moderator_still_reverts_no_imports_of_others() -> None:
    [chart] = builders.charts(1)
    job = builders.an_import(people.alice(), builders.score_on(chart))
    browser = people.session_of(people.mo())

    assert browser.post(f"/imports/{job.import_id}/revert/").status_code == 403
    assert people.bearer(people.mo(), *Permission).post(f"/api/v1/imports/{job.import_id}/revert").status_code == 403
    assert Score.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_player_whose_import_is_being_stored_is_busy_and_the_others_are_not() -> None:
    alice, bob, [chart] = people.alice(), people.bob(), builders.charts(1)
    hers, his = (builders.an_import(user, builders.score_on(chart)) for user in (alice, bob))
    mo, held, over = people.session_of(people.mo()), threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            states.lock_player(alice.pk)
            held.set()
            over.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    asked = ask(mo, hers, his).context["asked"]
    done = do(mo, hers, his)
    over.set()
    other.join()

    assert [(str(part.player), part.refused) for part in asked.parts] == [("Bob", ""), ("Alice", taking_back.BUSY)]
    assert done == [
        "Reverted 1 import; 1 score gone.",
        f"Not reverted: 1 import of Alice. {taking_back.BUSY}",
    ]
    assert Score.objects.get().user == alice


def test_there_is_an_end_to_what_one_request_does(mo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, charts = people.alice(), builders.charts(3)
    jobs = [builders.an_import(alice, builders.score_on(chart)) for chart in charts]

    def told(*chosen: Import) -> list[str]:
        return [str(message) for message in ask(mo, *chosen).context["messages"]]

    monkeypatch.setattr(taking_back, "AT_ONCE", 2)
    assert told(*jobs) == ["Choose at most 2 imports at once."]
    monkeypatch.setattr(taking_back, "SCORES_AT_ONCE", 1)
    assert told(*jobs[:2]) == ["These imports brought 2 scores. Choose fewer: at most 1 at once."]
    assert told(jobs[0]) == []


def test_the_questions_queries_grow_with_imports_but_not_with_scores(
    mo: Client, django_assert_max_num_queries: Any
) -> None:
    charts = builders.charts(12)
    small = builders.an_import(people.alice(), builders.score_on(charts[0]))
    large = builders.an_import(people.bob(), *map(builders.score_on, charts))

    with django_assert_max_num_queries(200) as few:
        ask(mo, small)
    with django_assert_max_num_queries(len(few)):
        ask(mo, large)
