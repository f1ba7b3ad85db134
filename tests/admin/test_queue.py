"""The page of the queue: waiting, running, stuck and failed imports, workers and the sweeper."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from imports import jobs, monitoring
from imports.admin import queue
from imports.models import AuditEntry, Import, ImportInput, State, User
from imports.pipeline.progress import Snapshot, Stage, writer
from tests import factories, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

PAGE = "admin:queue"


@pytest.fixture
def mo() -> Client:
    return people.session_of(people.mo())


def queue_context(client: Client) -> Any:
    page = client.get(reverse(PAGE))
    assert page.status_code == 200
    return page.context


@pytest.mark.parametrize("who", [people.bob, people.eve])
def test_the_queue_page_is_for_moderators(who: Any) -> None:
    assert people.session_of(who()).get(reverse(PAGE), follow=True).status_code == 403
    assert people.guest().get(reverse(PAGE)).status_code == 302


def test_the_queue_page_of_an_idle_instance_shows_empty_sections(mo: Client) -> None:
    html = mo.get(reverse(PAGE)).content.decode()

    assert "No import is running." in html
    assert "No import is stuck." in html
    assert "No import failed." in html
    assert "No requeued imports" in html
    assert "No worker is alive." in html


def test_waiting_imports_are_counted_with_the_age_of_the_oldest(mo: Client) -> None:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    for user in (people.alice(), people.alice(), people.bob()):
        factories.queued_import(user)
    Import.objects.filter(user=people.bob()).update(time_queued=an_hour_ago)

    assert queue_context(mo)["depth"] == {"queued": 3, "running": 0, "players": 2, "oldest": an_hour_ago}


def test_running_imports_are_shown_with_their_progress(mo: Client, redis_clean: Redis) -> None:
    job = factories.queued_import(people.alice())
    Import.objects.update(state=State.RUNNING, time_started=timezone.now() - timedelta(minutes=1), attempts=1)
    writer(redis_clean, job.import_id)(Snapshot(attempt=1, stage=Stage.SAVING, percent=64))

    page = mo.get(reverse(PAGE))

    [line] = page.context["running"]
    assert (line["job"], line["progress"]["percent"], line["job"].held) == (job, 64, False)
    assert page.context["stuck"] == [job]
    assert "no worker" in page.content.decode()


def test_failures_of_the_last_day_are_grouped_by_message(mo: Client) -> None:
    day = timedelta(days=1)
    for message, age in (("bad", day / 2), ("bad", day / 3), ("worse", day / 4), ("bad", day * 2)):
        Import.objects.create(
            user=people.alice(), import_type="file/batch-manual", state=State.FAILED, status_code=400,
            error_message=message, time_queued=timezone.now() - age, time_finished=timezone.now() - age,
        )  # fmt: skip

    context = queue_context(mo)

    assert [(line["message"], line["count"]) for line in context["failures"]] == [("bad", 2), ("worse", 1)]
    assert context["states"] == [("failed", "failed", 3)]


def test_imports_requeued_by_the_sweeper_are_listed(mo: Client, redis_clean: Redis) -> None:
    job = factories.queued_import(people.alice())
    redis_clean.flushdb()
    Import.objects.update(time_queued=timezone.now() - timedelta(minutes=1))

    assert jobs.sweep() == 1

    context = queue_context(mo)
    assert not context["sweeper_is_late"]
    assert [(name, job_found) for _, name, job_found in context["rescued"]] == [(job.import_id, job)]


def test_a_sweeper_without_recent_activity_is_reported_as_late(mo: Client, redis_clean: Redis) -> None:
    assert queue_context(mo)["sweeper_is_late"]
    redis_clean.set(monitoring.LAST_SWEEP, timezone.now().timestamp() - 60)
    assert queue_context(mo)["sweeper_is_late"]


def test_the_list_of_requeued_imports_is_bounded(redis_clean: Redis) -> None:
    monitoring.record_sweep(redis_clean, [f"{number:040}" for number in range(150)])

    rescued = monitoring.sweeps(redis_clean).rescued
    assert len(rescued) == monitoring.MAX_RESCUED
    assert rescued[0][1] == f"{149:040}"


def test_the_queue_page_shows_that_redis_is_down(mo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monitoring.record_sweep(gone, ["0" * 40])
    monkeypatch.setattr("imports.jobs.queue.redis", lambda: gone)
    monkeypatch.setattr("imports.admin.queue.living_workers", lambda: None)

    assert "Redis is down" in mo.get(reverse(PAGE)).content.decode()


def test_the_number_of_queries_of_the_queue_page_is_constant(mo: Client, django_assert_max_num_queries: Any) -> None:
    def add(number: int) -> None:
        for n in range(number):
            user = User.objects.create_user(f"Player_{number}_{n}")
            Import.objects.create(
                user=user, import_type="file/batch-manual", state=State.RUNNING,
                time_started=timezone.now() - timedelta(hours=1),
            )  # fmt: skip

    add(2)
    with django_assert_max_num_queries(100) as few:
        queue_context(mo)
    add(20)
    with django_assert_max_num_queries(len(few)):
        assert len(queue_context(mo)["running"]) == 22


# --- clients and requeueing -------------------------------------------------------------------


def test_the_queue_page_charts_imports_of_the_last_day_by_client(mo: Client) -> None:
    for number, client in enumerate(("KsHook/2", "KsHook/2", "KsHook/2", "Barbatos")):
        job = factories.queued_import(people.alice(), client=client)
        state = {"state": State.FAILED, "status_code": 400, "error_message": "No."} if number == 2 else {}
        Import.objects.filter(pk=job.pk).update(**state)
    Import.objects.filter(client="Barbatos").update(time_queued=timezone.now() - timedelta(days=3))

    lines = queue_context(mo)["clients"]

    assert [(line.client, line.total, line.failed) for line in lines] == [("KsHook/2", 3, 1)]
    assert lines[0].bars[0][1:] == ("0.00", "20.00", "13.33", "6.67")
    assert 'aria-label="3 imports in 24 hours, failed: 1"' in mo.get(reverse(PAGE)).content.decode()


def test_the_number_of_clients_on_the_queue_page_is_bounded(mo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MAX_CLIENTS", 2)
    for client in ("a", "b", "b", "c", "c", "c"):
        factories.queued_import(people.alice(), client=client)
    assert [line.client for line in queue_context(mo)["clients"]] == ["c", "b"]


def test_running_imports_are_named_by_their_files(mo: Client) -> None:
    job = factories.queued_import(people.alice(), file_name="night.json")
    Import.objects.filter(pk=job.pk).update(state=State.RUNNING, time_started=timezone.now(), attempts=1)
    assert ">night.json</a>" in mo.get(reverse(PAGE)).content.decode()


def test_failures_are_shown_in_plain_words_with_their_clients(mo: Client) -> None:
    for client in ("BadHook/1.4", "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/142.0"):
        job = factories.queued_import(people.alice(), client=client)
        ImportInput.objects.filter(job=job).update(content=zlib.compress(b"["))
        factories.run_job(job)

    [line] = queue_context(mo)["failures"]

    assert (line["count"], line["clients"]) == (2, ["BadHook 1.4", "Firefox 142, Windows"])
    assert "The file ends too early." in mo.get(reverse(PAGE)).content.decode()


def test_a_failure_with_a_long_message_is_explained_in_plain_words(mo: Client) -> None:
    chart = factories.charts(1)[0]
    factories.run_job(factories.queued_import(people.alice(), factories.score_on(chart, timeAchieved=1_795_355_460)))
    assert "The date is in seconds. Dates must be in milliseconds." in mo.get(reverse(PAGE)).content.decode()


def test_a_stuck_import_can_be_requeued(
    mo: Client, redis_clean: Redis, django_capture_on_commit_callbacks: Any
) -> None:
    job = factories.queued_import(people.alice())
    redis_clean.flushdb()
    Import.objects.update(time_queued=timezone.now() - timedelta(hours=1))
    assert 'value="requeue_selected"' in mo.get(reverse(PAGE)).content.decode()

    data = {"action": "requeue_selected", "_selected_action": job.pk, "from": "queue"}
    with django_capture_on_commit_callbacks(execute=True):
        done = mo.post(reverse("admin:imports_import_changelist"), data)

    assert done.headers["Location"] == reverse(PAGE)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.verb, entry.job, entry.actor, entry.reason) == ("retried", job, people.mo(), "queued again")
    assert jobs.queue.waiting_imports() == {job.import_id}


def test_a_finished_import_cannot_be_requeued(mo: Client) -> None:
    job = factories.create_import(people.alice(), {"score": "x"})

    data = {"action": "requeue_selected", "_selected_action": job.pk, "from": "queue"}
    page = mo.post(reverse("admin:imports_import_changelist"), data, follow=True)

    assert "It is finished, or a worker is running it." in page.content.decode()
