"""The deed of the admin: reverting imports, after asking, one by one."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.urls import reverse

from imports.models import AuditEntry, Import, Score, State
from imports.pipeline import states
from tests import builders, people

LIST = "admin:imports_import_changelist"


def action(client: Client, *jobs: Import, **more: str) -> Any:
    data = {"action": "revert_selected", "_selected_action": [job.pk for job in jobs], **more}
    return client.post(reverse(LIST), data)


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.mark.django_db
def test_it_asks_first_and_changes_nothing() -> None:
    [chart] = builders.charts(1)
    job = builders.an_import(people.alice(), builders.score_on(chart))

    page = action(people.session_of(people.ada()), job)

    html = page.content.decode()
    assert page.status_code == 200
    assert job.import_id in html
    assert "Takes back 1 import with 1 score in all." in html
    assert Score.objects.count() == 1


@pytest.mark.django_db
def test_it_reverts_what_was_chosen_and_says_so() -> None:
    alice, ada, charts = people.alice(), people.ada(), builders.charts(3)
    first, second, third = (builders.an_import(alice, builders.score_on(chart)) for chart in charts)

    done = action(people.session_of(ada), first, second, confirmed="yes", reason="wrong player")

    assert told(done) == ["Reverted 2 imports; 2 scores gone."]
    assert list(Score.objects.values_list("from_import", flat=True)) == [third.pk]
    for job in (first, second):
        job.refresh_from_db()
        assert (job.state, job.reverted_by, job.revert_reason) == (State.REVERTED, ada, "wrong player")
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert (entry.verb, entry.actor, entry.subject, entry.reason) == ("reverted", ada, alice, "wrong player")


@pytest.mark.django_db
def test_scores_that_another_import_carried_may_stay() -> None:
    alice, [chart] = people.alice(), builders.charts(1)
    first, second = (builders.an_import(alice, builders.score_on(chart)) for _ in range(2))

    action(people.session_of(people.ada()), first, confirmed="yes", keep_shared="yes")

    assert Score.objects.get().from_import == second


@pytest.mark.django_db
def test_what_is_not_completed_is_refused_and_the_rest_is_done() -> None:
    alice, [chart] = people.alice(), builders.charts(1)
    good, failed = builders.an_import(alice, builders.score_on(chart)), builders.an_import(alice, {"score": "x"})

    done = action(people.session_of(people.ada()), good, failed, confirmed="yes")

    assert told(done) == [
        f"Not reverted: {failed.import_id} of Alice. It is not completed (any more).",
        "Reverted 1 import; 1 score gone.",
    ]


@pytest.mark.django_db
def test_a_moderator_reverts_no_imports_of_others() -> None:
    [chart] = builders.charts(1)
    job = builders.an_import(people.alice(), builders.score_on(chart))

    done = action(people.session_of(people.mo()), job, confirmed="yes")

    assert told(done) == [f"Not reverted: {job.import_id} of Alice. Only its owner or an administrator may."]
    assert Score.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_player_whose_import_is_being_stored_is_busy() -> None:
    alice, [chart] = people.alice(), builders.charts(1)
    job = builders.an_import(alice, builders.score_on(chart))
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        from django.db import transaction  # noqa: PLC0415 - belongs to this thread's work

        with transaction.atomic():
            states.lock_player(alice.pk)
            held.set()
            over.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    done = action(people.session_of(people.ada()), job, confirmed="yes")
    over.set()
    other.join()

    assert told(done) == [
        f"Not reverted: {job.import_id} of Alice. Another import or revert of this player is under way."
    ]
    assert Score.objects.count() == 1


@pytest.mark.django_db
def test_a_hundred_at_once_are_enough() -> None:
    alice = people.alice()
    Import.objects.bulk_create(Import(user=alice, import_type="file/batch-manual") for _ in range(101))

    done = action(people.session_of(people.ada()), *Import.objects.all(), confirmed="yes")

    assert told(done) == ["Choose at most 100 imports at once."]
