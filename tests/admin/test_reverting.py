"""Reverting in the admin: a preview, then one operation per player."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from imports import jobs
from imports.admin import reverting
from imports.models import AuditEntry, GameStats, Import, Permission, Score, State, User
from imports.pipeline import states
from imports.pipeline.derived.integrity import check_player
from tests import factories, people
from tests.api.hooks import senders
from tests.pages.html_parsing import text_of

LIST, REVERT = "admin:imports_import_changelist", "admin:imports_import_revert"


def select(browser: Client, *jobs: Import, across: bool = False, **query: str) -> Any:
    """Selects imports in the list, or all that it shows."""
    data: Any = {
        "action": "revert_selected",
        "_selected_action": [job.pk for job in jobs],
        "select_across": int(across),
    }
    return browser.post(reverse(LIST, query=query or None), data, follow=True)


def post_selection(client: Client, *jobs: Import, **more: str) -> Any:
    return client.post(reverse(REVERT), {"chosen": ",".join(str(job.pk) for job in jobs), **more})


def confirm(client: Client, *jobs: Import, **more: str) -> list[str]:
    data = {"chosen": ",".join(str(job.pk) for job in jobs), "confirmed": "yes", **more}
    return [str(message) for message in client.post(reverse(REVERT), data, follow=True).context["messages"]]


@pytest.fixture
def mo(db: None) -> Client:
    return people.session_of(people.mo())


def test_the_confirmation_page_changes_nothing(mo: Client) -> None:
    charts = factories.charts(2)
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts]
    factories.create_import(people.alice(), factories.score_on(charts[0], 9_000_000, timeAchieved=factories.NOON))
    job = factories.create_import(people.alice(), *rows, parts={"classes": {"dan": "DAN_4"}})
    before = list(Score.objects.values())

    page = select(mo, job)

    html = " ".join(page.content.decode().split())
    assert page.status_code == 200
    assert "Revert 1 import of 1 player?" in html
    assert "<dt>best removed</dt><dd>1</dd>" in html
    assert "<dt>best changed</dt><dd>1</dd>" in html
    assert "Classes that stay, because a file set them: SOUND VOLTEX Dan LV.04." in html
    assert "VOLFORCE</th>" in html
    assert "Song 1 [Single EXH]" in html
    assert "<td>9,500,000, A" in html
    assert list(Score.objects.values()) == before
    assert Import.objects.get(pk=job.pk).state == State.COMPLETED


def test_selected_imports_are_reverted_with_a_message_and_audit_entries(mo: Client) -> None:
    alice, charts = people.alice(), factories.charts(3)
    first, second, third = (factories.create_import(alice, factories.score_on(chart)) for chart in charts)

    assert confirm(mo, first, second, reason="wrong player") == ["Reverted 2 imports. 2 scores removed."]

    assert list(Score.objects.values_list("from_import", flat=True)) == [third.pk]
    for job in (first, second):
        job.refresh_from_db()
        assert (job.state, job.reverted_by, job.revert_reason) == (State.REVERTED, people.mo(), "wrong player")
    entries = AuditEntry.objects.filter(verb="reverted").order_by("pk").values_list("job", "actor", "subject", "reason")
    assert list(entries) == [(job.pk, people.mo().pk, alice.pk, "wrong player") for job in (second, first)]
    assert not check_player(alice)


@pytest.mark.slow
def test_all_imports_of_a_filter_are_confirmed_once_and_reverted_per_player(mo: Client) -> None:
    charts = factories.charts(3)
    bad = [
        factories.create_import(user, factories.score_on(chart), client="BadHook/1")
        for user, chart in ((people.alice(), charts[0]), (people.bob(), charts[0]), (people.alice(), charts[1]))
    ]
    good = factories.create_import(people.bob(), factories.score_on(charts[2]), client="GoodHook/1")

    page = select(mo, bad[0], across=True, client="BadHook/1", state="completed")

    assert [(str(part.player), len(part.jobs)) for part in page.context["plan"].players] == [("Alice", 2), ("Bob", 1)]
    assert page.context["chosen"] == ",".join(str(job.pk) for job in reversed(bad))
    done = post_selection(mo, *bad, confirmed="yes", back=page.context["back"])
    assert done.headers["Location"] == reverse(LIST, query={"client": "BadHook/1", "state": "completed"})
    assert Score.objects.get().from_import == good
    assert not check_player(people.alice())
    assert not check_player(people.bob())


@pytest.mark.slow
def test_all_imports_of_a_broken_hook_are_reverted_together(mo: Client) -> None:
    """The imports of all its players. Imports of another version and of another hook stay."""
    senders.charts()
    alice, bob = people.alice(), people.bob()
    broken = [hook_import(user, 9_000_000 + number) for number in range(3) for user in (alice, bob)]
    right = [hook_import(alice, 9_500_000, client="Barbatos/2"), hook_import(bob, 9_600_000, kind="fervidex")]
    query = {"import_type": "ir/barbatos", "client": "Barbatos/1", "state": "completed"}
    assert {*mo.get(reverse(LIST, query=query)).context["cl"].result_list} == {*broken}

    page = select(mo, broken[0], across=True, **query)

    html = " ".join(page.content.decode().split())
    assert "Revert 6 imports of 2 players?" in html
    assert Score.objects.count() == 8
    done = post_selection(
        mo, *broken, confirmed="yes", reason="Barbatos 1 sent wrong scores", back=page.context["back"]
    )
    assert done.status_code == 302
    assert {*Score.objects.values_list("from_import", flat=True)} == {job.pk for job in right}
    assert {*Import.objects.filter(state=State.REVERTED)} == {*broken}
    assert AuditEntry.objects.filter(verb="reverted", reason="Barbatos 1 sent wrong scores").count() == 6
    assert not check_player(alice)
    assert not check_player(bob)


def hook_import(user: User, score: int, *, client: str = "Barbatos/1", kind: str = "barbatos") -> Import:
    if kind == "barbatos":
        body, fields = {**senders.BARBATOS.body, "score": score}, {}
    else:
        body, fields = senders.FERVIDEX_SCORE.body, {"model": senders.FERVIDEX["X-Software-Model"]}
    upload = jobs.Upload(content=json.dumps(body).encode(), import_type=f"ir/{kind}", fields=fields, client=client)
    return factories.run_job(jobs.submit(user, upload))


def test_scores_carried_by_another_import_can_be_kept(mo: Client) -> None:
    alice, [chart] = people.alice(), factories.charts(1)
    first, second = (factories.create_import(alice, factories.score_on(chart)) for _ in range(2))
    shown = post_selection(mo, first, keep_shared="on").context["plan"].players[0].changes
    assert (shown.scores, shown.kept, shown.shared) == (0, 1, {second.import_id: 1})

    confirm(mo, first, keep_shared="on")

    assert Score.objects.get().from_import == second


def test_imports_with_shared_scores_are_named_by_their_files(mo: Client) -> None:
    alice, [chart] = people.alice(), factories.charts(1)
    first, second = (
        factories.create_import(alice, factories.score_on(chart), file_name=name)
        for name in ("night.json", "evening.json")
    )
    text = text_of(select(mo, first))
    assert "Other imports also contain some of these scores: evening.json 1" in text
    assert second.import_id[:12] not in text


def test_provided_classes_are_rolled_back_on_request(mo: Client) -> None:
    factories.create_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})
    fourth, sixth = (
        factories.create_import(people.alice(), parts={"classes": {"dan": dan}}) for dan in ("DAN_4", "DAN_6")
    )
    both = (fourth, sixth)
    [part] = post_selection(mo, *both, roll_back_classes="on").context["plan"].players
    assert [(change.name, change.before, change.after) for change in part.changes.classes] == [
        ("dan", "DAN_6", "DAN_3")
    ]
    assert GameStats.objects.get().classes["dan"] == "DAN_6"

    confirm(mo, *both, roll_back_classes="on", reason="not theirs")

    assert GameStats.objects.get().classes["dan"] == "DAN_3"
    entries = AuditEntry.objects.filter(verb="class set").order_by("pk").values_list("job", "reason")
    assert list(entries) == [(sixth.pk, "not theirs"), (fourth.pk, "not theirs")]


def test_provided_classes_stay_by_default(mo: Client) -> None:
    job = factories.create_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})

    confirm(mo, job)

    assert GameStats.objects.get().classes["dan"] == "DAN_3"


def test_restoring_an_import_sets_its_class_again(mo: Client) -> None:
    job = factories.create_import(people.alice(), parts={"classes": {"dan": "DAN_3"}})
    confirm(mo, job, roll_back_classes="on")
    assert not GameStats.objects.exists()

    mo.post(reverse(LIST), {"action": "restore_selected", "_selected_action": job.pk})
    factories.run_job(job)

    assert GameStats.objects.get().classes["dan"] == "DAN_3"


def test_unfinished_and_failed_imports_are_skipped_by_a_revert(mo: Client) -> None:
    alice, [chart] = people.alice(), factories.charts(1)
    good, failed = (
        factories.create_import(alice, factories.score_on(chart)),
        factories.create_import(alice, {"score": "x"}),
    )
    assert select(mo, good, failed).context["plan"].skipped == [failed]

    assert confirm(mo, good, failed) == [
        "Reverted 1 import. 1 score removed.",
        f"Not reverted: {failed.import_id} of Alice. It isn't completed.",
    ]


def test_an_invalid_confirmation_shows_the_form_again(mo: Client) -> None:
    [chart] = factories.charts(1)
    job = factories.create_import(people.alice(), factories.score_on(chart))

    page = post_selection(mo, job, keep_shared="on", reason="x" * 501, confirmed="yes")

    assert page.context["form"].errors
    assert Score.objects.count() == 1


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("chosen", ["", "x", "1,,2", "-1", "9" * 19, ",".join(["1"] * 1001)])
def test_an_invalid_selection_is_a_bad_request(chosen: str, mo: Client) -> None:
    assert mo.post(reverse(REVERT), {"chosen": chosen, "confirmed": "yes"}).status_code == 400


def test_a_get_of_the_revert_page_redirects_to_the_list(mo: Client) -> None:
    assert mo.get(reverse(REVERT)).headers["Location"] == reverse(LIST)


@pytest.mark.parametrize("who", [people.alice, people.bob, people.eve])
@pytest.mark.django_db
def test_reverting_in_the_admin_is_for_moderators_only(who: Any) -> None:
    [chart] = factories.charts(1)
    job = factories.create_import(people.alice(), factories.score_on(chart))

    for url, data in ((REVERT, {"chosen": job.pk, "confirmed": "yes"}), (LIST, {"action": "revert_selected"})):
        refused = people.session_of(who()).post(reverse(url), data, follow=True)
        assert refused.status_code == 403
    assert Score.objects.count() == 1


@pytest.mark.django_db
def test_a_moderator_cannot_revert_imports_of_others_outside_the_admin() -> None:
    [chart] = factories.charts(1)
    job = factories.create_import(people.alice(), factories.score_on(chart))
    browser = people.session_of(people.mo())

    assert browser.post(f"/imports/{job.import_id}/revert/").status_code == 403
    assert people.bearer(people.mo(), *Permission).post(f"/api/v1/imports/{job.import_id}/revert").status_code == 403
    assert Score.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_locked_player_is_reported_as_busy_and_others_are_reverted() -> None:
    alice, bob, [chart] = people.alice(), people.bob(), factories.charts(1)
    hers, his = (factories.create_import(user, factories.score_on(chart)) for user in (alice, bob))
    mo, held, over = people.session_of(people.mo()), threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            states.lock_player(alice.pk)
            held.set()
            over.wait(60)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(60)
    preview = select(mo, hers, his).context["plan"]
    done = confirm(mo, hers, his)
    over.set()
    other.join()

    assert [(str(part.player), part.refused) for part in preview.players] == [("Bob", ""), ("Alice", reverting.BUSY)]
    assert done == [
        "Reverted 1 import. 1 score removed.",
        f"Not reverted: 1 import of Alice. {reverting.BUSY}",
    ]
    assert Score.objects.get().user == alice


def test_a_request_reverts_a_bounded_number_of_imports(mo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, charts = people.alice(), factories.charts(3)
    jobs = [factories.create_import(alice, factories.score_on(chart)) for chart in charts]

    def messages_after(*chosen: Import) -> list[str]:
        return [str(message) for message in select(mo, *chosen).context["messages"]]

    monkeypatch.setattr(reverting, "MAX_IMPORTS", 2)
    assert messages_after(*jobs) == ["Choose at most 2 imports at once."]
    monkeypatch.setattr(reverting, "MAX_SCORES", 1)
    assert messages_after(*jobs[:2]) == ["These imports have 2 scores. Choose fewer: at most 1 at once."]
    assert messages_after(jobs[0]) == []


@pytest.mark.slow
def test_the_number_of_queries_of_the_confirmation_is_independent_of_scores(
    mo: Client, django_assert_max_num_queries: Any
) -> None:
    charts = factories.charts(12)
    small = factories.create_import(people.alice(), factories.score_on(charts[0]))
    large = factories.create_import(people.bob(), *map(factories.score_on, charts))

    with django_assert_max_num_queries(200) as few:
        select(mo, small)
    with django_assert_max_num_queries(len(few)):
        select(mo, large)
