"""Requests that wait for the end of an import: what they answer, and that meanwhile pages have their slots."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from django.urls import path
from django.utils import timezone
from pytest_django import Settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from imports import jobs
from imports.api.core import waiting
from imports.api.core.waiting import wait_for_import
from imports.jobs import notices, queue
from imports.models import Import, State
from imports.pipeline.progress import CHANGED_CHANNEL
from tachi_imports.http import capacity
from tachi_imports.http.request_buffering import RequestBuffer
from tachi_imports.http.worker_slots import WORKER_SLOT, Slots
from tests import people
from tests.factories import charts, process, queued_import, score_on

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT_SECONDS = 30.0  # the machine may be busy
LONG = 2 * TIMEOUT_SECONDS  # what waits as long as this fails its test


def hook(request: HttpRequest, import_id: str, seconds: str) -> HttpResponse:
    job = wait_for_import(request, Import.objects.get(import_id=import_id), seconds=float(seconds))
    return JsonResponse({"state": job.state, "scores": job.score_count})


def page(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"imports": Import.objects.count()})


class Routes:
    urlpatterns = (path("hook/<str:import_id>/<str:seconds>", hook), path("page", page))


@pytest.fixture
def web(settings: Settings) -> Iterator[RequestBuffer]:
    """As the web server has it, with one slot."""
    settings.ROOT_URLCONF, settings.MIDDLEWARE = Routes, []
    buffer = RequestBuffer(WSGIHandler(), most=0, refuse=_refuse, worker_slots=1, quick_worker_slots=0, timeout=LONG)
    yield buffer
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_close_connections, buffer).result()


def _close_connections(buffer: RequestBuffer) -> None:
    for _ in range(buffer.worker_slots.free):
        with buffer.worker_slots.taken(is_quick=True):
            connections[DEFAULT_DB_ALIAS].close()


def _refuse(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", [])
    return [b'"no room"']


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(capacity.MAX_WAITING_FOR_IMPORTS + 4) as pool:
        yield pool


def get(web: RequestBuffer, address: str) -> Any:
    return json.loads(b"".join(web(RequestFactory().get(address).META, lambda *_: None)))


def start_request(
    threads: ThreadPoolExecutor, web: RequestBuffer, job: Import, *, seconds: float = LONG
) -> Future[Any]:
    return threads.submit(get, web, f"/hook/{job.import_id}/{seconds}")


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def are_away(web: RequestBuffer, count: int = 1) -> None:
    until(lambda: web.worker_slots.away.free == capacity.MAX_WAITING_FOR_IMPORTS - count and web.worker_slots.free == 1)


def is_heard(web: RequestBuffer) -> None:
    """Somebody waits, and notices come."""
    are_away(web)
    until(lambda: queue.redis().pubsub_numsub(CHANGED_CHANNEL)[0][1] > 0)


def ended(job: Import, state: State = State.COMPLETED) -> None:
    """Of this no notice comes."""
    now = timezone.now()
    facts = {"time_finished": now, "reverted_at": now, "status_code": 400, "error_message": "x"}
    Import.objects.filter(pk=job.pk).update(state=state, **facts)


@pytest.fixture
def job() -> Import:
    return queued_import(people.alice(), score_on(charts(1)[0]))


@pytest.fixture
def looks_only_on_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_INTERVAL_SECONDS", LONG)


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("looks_only_on_notice")
def test_the_answer_comes_as_soon_as_the_import_has_ended(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    answer = start_request(threads, web, job)
    is_heard(web)
    process(job)
    assert answer.result(TIMEOUT_SECONDS) == {"state": "completed", "scores": 1}
    assert (web.worker_slots.free, web.worker_slots.away.free) == (1, capacity.MAX_WAITING_FOR_IMPORTS)


@pytest.mark.usefixtures("looks_only_on_notice")
@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED, State.REVERTED])
def test_an_import_that_has_ended_is_not_waited_for(web: RequestBuffer, job: Import, state: State) -> None:
    ended(job, state)
    with ThreadPoolExecutor(1) as pool:
        assert start_request(pool, web, job).result(TIMEOUT_SECONDS)["state"] == state


@pytest.mark.usefixtures("looks_only_on_notice")
def test_cancelling_ends_the_wait(web: RequestBuffer, threads: ThreadPoolExecutor, job: Import) -> None:
    answer = start_request(threads, web, job)
    is_heard(web)
    jobs.cancel(job, by=job.user)
    assert answer.result(TIMEOUT_SECONDS)["state"] == "cancelled"


@pytest.mark.usefixtures("looks_only_on_notice")
def test_the_wait_ends_with_its_time(web: RequestBuffer, threads: ThreadPoolExecutor, job: Import) -> None:
    begun = time.monotonic()
    assert start_request(threads, web, job, seconds=0.3).result(TIMEOUT_SECONDS) == {"state": "queued", "scores": 0}
    assert time.monotonic() - begun >= 0.3


def test_a_wait_without_a_request_buffer_is_the_same(job: Import) -> None:
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(_work_later, job)
        request = RequestFactory().post("/")
        assert wait_for_import(request, job, seconds=TIMEOUT_SECONDS).state == State.COMPLETED
        worker.result(TIMEOUT_SECONDS)


def _work_later(job: Import) -> None:
    time.sleep(0.1)
    try:
        jobs.run_import(job.import_id)
    finally:
        connection.close()


def test_a_test_of_a_hook_needs_no_worker(job: Import, worked_on_while_waiting: None) -> None:
    assert wait_for_import(RequestFactory().post("/"), job).state == State.COMPLETED


def test_a_notice_only_says_that_it_is_time_to_look(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    answer = start_request(threads, web, job)
    are_away(web)
    notices.publish(job.import_id)
    assert not answer.done()
    process(job)
    assert answer.result(TIMEOUT_SECONDS)["state"] == "completed"


# --- others meanwhile ---------------------------------------------------------------------------------------


def test_many_who_wait_leave_pages_their_slot(web: RequestBuffer, threads: ThreadPoolExecutor, job: Import) -> None:
    answers = [start_request(threads, web, job) for _ in range(20)]
    are_away(web, 20)
    for _ in range(20):
        assert threads.submit(get, web, "/page").result(TIMEOUT_SECONDS) == {"imports": 1}
    process(job)
    assert [answer.result(TIMEOUT_SECONDS)["state"] for answer in answers] == ["completed"] * 20
    assert web.worker_slots.away.free == capacity.MAX_WAITING_FOR_IMPORTS


@pytest.mark.usefixtures("looks_only_on_notice")
def test_where_too_many_wait_already_the_answer_comes_at_once(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    web.worker_slots.away = Slots(2)
    answers = [start_request(threads, web, job) for _ in range(2)]
    until(lambda: web.worker_slots.away.free == 0)
    assert start_request(threads, web, job).result(TIMEOUT_SECONDS)["state"] == "queued"
    process(job)
    assert [answer.result(TIMEOUT_SECONDS)["state"] for answer in answers] == ["completed"] * len(answers)


def test_a_slot_that_is_busy_at_the_end_is_waited_for(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    there, go = threading.Event(), threading.Event()

    def works() -> None:
        with web.worker_slots.taken(is_quick=False):
            there.set()
            assert go.wait(TIMEOUT_SECONDS)

    answer = start_request(threads, web, job)
    are_away(web)
    busy = threads.submit(works)
    assert there.wait(TIMEOUT_SECONDS)
    web.worker_slots._timeout = 0.1
    ended(job, State.CANCELLED)
    notices.publish(job.import_id)
    time.sleep(0.5)  # longer than others wait for a slot
    assert not answer.done()
    go.set()
    assert answer.result(TIMEOUT_SECONDS)["state"] == "cancelled"
    busy.result(TIMEOUT_SECONDS)


def test_a_transaction_is_not_left_in_its_middle(web: RequestBuffer, threads: ThreadPoolExecutor, job: Import) -> None:
    request = RequestFactory().post("/")

    def waits() -> None:
        with web.worker_slots.taken(is_quick=False) as slot:
            request.META[WORKER_SLOT] = slot
            with transaction.atomic():
                wait_for_import(request, job)

    with pytest.raises(RuntimeError, match="a transaction"):
        threads.submit(waits).result(TIMEOUT_SECONDS)


# --- when notices do not come -------------------------------------------------------------------------------


@contextmanager
def redis_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    nobody = Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
    with monkeypatch.context() as away:
        away.setattr(jobs, "following", notices.Subscriber(lambda: nobody).following)
        away.setattr(queue, "redis", lambda: nobody)
        yield


def test_without_redis_the_end_is_found_by_looking(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "POLL_INTERVAL_SECONDS", 0.1)
    with redis_away(monkeypatch):
        answer = start_request(threads, web, job)
        are_away(web)
        ended(job)
        assert answer.result(TIMEOUT_SECONDS)["state"] == "completed"


@pytest.mark.usefixtures("looks_only_on_notice")
def test_notices_come_again_after_redis_was_away(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "RECONNECT_SECONDS", 0.05)
    answer = start_request(threads, web, job)
    is_heard(web)
    ended(job)
    queue.redis().client_kill_filter(_type="pubsub")
    assert answer.result(TIMEOUT_SECONDS)["state"] == "completed"


def test_without_redis_nothing_goes_on_once_nobody_waits(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "RECONNECT_SECONDS", 0.05)
    before = set(threading.enumerate())
    with redis_away(monkeypatch):
        with jobs.following(job.import_id):
            listening = [thread for thread in threading.enumerate() if thread not in before]
            assert [thread.name for thread in listening] == ["import notices"]
        listening[0].join(TIMEOUT_SECONDS)
        assert not listening[0].is_alive()
        with jobs.following(job.import_id):
            assert any(t.name == "import notices" for t in set(threading.enumerate()) - before)


def test_while_the_database_is_away_the_import_counts_as_under_way(
    job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_away(**_: Any) -> Import:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(Import.objects, "get", is_away)
    assert wait_for_import(RequestFactory().post("/"), job, seconds=0.1).state == State.QUEUED
