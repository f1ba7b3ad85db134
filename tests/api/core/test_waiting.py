"""Requests that wait for the end of an import: their responses, and that they leave worker slots to pages."""

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
from tests.factories import charts, queued_import, run_job, score_on

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT_SECONDS = 30.0  # the machine may be busy
LONG = 2 * TIMEOUT_SECONDS  # a wait of this length fails its test


def hook(request: HttpRequest, import_id: str, seconds: str) -> HttpResponse:
    job = wait_for_import(request, Import.objects.get(import_id=import_id), seconds=float(seconds))
    return JsonResponse({"state": job.state, "scores": job.score_count})


def page(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"imports": Import.objects.count()})


class Routes:
    urlpatterns = (path("hook/<str:import_id>/<str:seconds>", hook), path("page", page))


@pytest.fixture
def web(settings: Settings) -> Iterator[RequestBuffer]:
    """Returns a request buffer like that of the web server, with one worker slot."""
    settings.ROOT_URLCONF, settings.MIDDLEWARE = Routes, []
    buffer = RequestBuffer(
        WSGIHandler(), max_bytes=0, refuse=_refuse, worker_slots=1, quick_worker_slots=0, timeout=LONG
    )
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


def wait_until(is_met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_met():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def wait_for_released_slots(web: RequestBuffer, count: int = 1) -> None:
    wait_until(
        lambda: web.worker_slots.away.free == capacity.MAX_WAITING_FOR_IMPORTS - count and web.worker_slots.free == 1
    )


def wait_for_subscriber(web: RequestBuffer) -> None:
    """Waits until a request waits for its import and has subscribed to notices."""
    wait_for_released_slots(web)
    wait_until(lambda: queue.redis().pubsub_numsub(CHANGED_CHANNEL)[0][1] > 0)


def end_without_notice(job: Import, state: State = State.COMPLETED) -> None:
    """Changes the state of an import in the database without publishing a notice."""
    now = timezone.now()
    facts = {"time_finished": now, "reverted_at": now, "status_code": 400, "error_message": "x"}
    Import.objects.filter(pk=job.pk).update(state=state, **facts)


@pytest.fixture
def job() -> Import:
    return queued_import(people.alice(), score_on(charts(1)[0]))


@pytest.fixture
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_INTERVAL_SECONDS", LONG)


# --- responses ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_polling")
def test_a_waiting_request_is_answered_as_soon_as_the_import_ends(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    response = start_request(threads, web, job)
    wait_for_subscriber(web)
    run_job(job)
    assert response.result(TIMEOUT_SECONDS) == {"state": "completed", "scores": 1}
    assert (web.worker_slots.free, web.worker_slots.away.free) == (1, capacity.MAX_WAITING_FOR_IMPORTS)


@pytest.mark.usefixtures("no_polling")
@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED, State.REVERTED])
def test_a_request_does_not_wait_for_a_finished_import(web: RequestBuffer, job: Import, state: State) -> None:
    end_without_notice(job, state)
    with ThreadPoolExecutor(1) as pool:
        assert start_request(pool, web, job).result(TIMEOUT_SECONDS)["state"] == state


@pytest.mark.usefixtures("no_polling")
def test_cancelling_the_import_ends_the_wait(web: RequestBuffer, threads: ThreadPoolExecutor, job: Import) -> None:
    response = start_request(threads, web, job)
    wait_for_subscriber(web)
    jobs.cancel(job, by=job.user)
    assert response.result(TIMEOUT_SECONDS)["state"] == "cancelled"


@pytest.mark.usefixtures("no_polling")
def test_a_wait_ends_after_its_time_limit(web: RequestBuffer, threads: ThreadPoolExecutor, job: Import) -> None:
    begun = time.monotonic()
    assert start_request(threads, web, job, seconds=0.3).result(TIMEOUT_SECONDS) == {"state": "queued", "scores": 0}
    assert time.monotonic() - begun >= 0.3


def test_a_request_can_wait_without_a_request_buffer(job: Import) -> None:
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


def test_the_fixture_worked_on_while_waiting_replaces_a_worker(job: Import, worked_on_while_waiting: None) -> None:
    assert wait_for_import(RequestFactory().post("/"), job).state == State.COMPLETED


def test_a_notice_about_an_unfinished_import_does_not_end_the_wait(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    response = start_request(threads, web, job)
    wait_for_released_slots(web)
    notices.publish(job.import_id)
    assert not response.done()
    run_job(job)
    assert response.result(TIMEOUT_SECONDS)["state"] == "completed"


# --- other requests meanwhile -------------------------------------------------------------------------------


def test_twenty_waiting_requests_leave_the_worker_slot_to_pages(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    responses = [start_request(threads, web, job) for _ in range(20)]
    wait_for_released_slots(web, 20)
    for _ in range(20):
        assert threads.submit(get, web, "/page").result(TIMEOUT_SECONDS) == {"imports": 1}
    run_job(job)
    assert [response.result(TIMEOUT_SECONDS)["state"] for response in responses] == ["completed"] * 20
    assert web.worker_slots.away.free == capacity.MAX_WAITING_FOR_IMPORTS


@pytest.mark.usefixtures("no_polling")
def test_a_request_does_not_wait_when_too_many_requests_wait_already(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    web.worker_slots.away = Slots(2)
    responses = [start_request(threads, web, job) for _ in range(2)]
    wait_until(lambda: web.worker_slots.away.free == 0)
    assert start_request(threads, web, job).result(TIMEOUT_SECONDS)["state"] == "queued"
    run_job(job)
    assert [response.result(TIMEOUT_SECONDS)["state"] for response in responses] == ["completed"] * len(responses)


def test_a_request_waits_for_a_busy_slot_after_its_import_has_ended(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import
) -> None:
    started, finish = threading.Event(), threading.Event()

    def occupy_slot() -> None:
        with web.worker_slots.taken(is_quick=False):
            started.set()
            assert finish.wait(TIMEOUT_SECONDS)

    response = start_request(threads, web, job)
    wait_for_released_slots(web)
    busy = threads.submit(occupy_slot)
    assert started.wait(TIMEOUT_SECONDS)
    web.worker_slots._timeout = 0.1
    end_without_notice(job, State.CANCELLED)
    notices.publish(job.import_id)
    time.sleep(0.5)  # longer than others wait for a slot
    assert not response.done()
    finish.set()
    assert response.result(TIMEOUT_SECONDS)["state"] == "cancelled"
    busy.result(TIMEOUT_SECONDS)


def test_a_request_in_a_transaction_may_not_wait(web: RequestBuffer, threads: ThreadPoolExecutor, job: Import) -> None:
    request = RequestFactory().post("/")

    def wait_in_transaction() -> None:
        with web.worker_slots.taken(is_quick=False) as slot:
            request.META[WORKER_SLOT] = slot
            with transaction.atomic():
                wait_for_import(request, job)

    with pytest.raises(RuntimeError, match="a transaction"):
        threads.submit(wait_in_transaction).result(TIMEOUT_SECONDS)


# --- without notices ----------------------------------------------------------------------------------------


@contextmanager
def redis_down(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    unreachable = Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "following", notices.Subscriber(lambda: unreachable).following)
        patched.setattr(queue, "redis", lambda: unreachable)
        yield


def test_without_redis_the_end_of_an_import_is_found_by_polling(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "POLL_INTERVAL_SECONDS", 0.1)
    with redis_down(monkeypatch):
        response = start_request(threads, web, job)
        wait_for_released_slots(web)
        end_without_notice(job)
        assert response.result(TIMEOUT_SECONDS)["state"] == "completed"


@pytest.mark.usefixtures("no_polling")
def test_a_wait_ends_after_the_subscription_to_redis_was_interrupted(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "RECONNECT_SECONDS", 0.05)
    response = start_request(threads, web, job)
    wait_for_subscriber(web)
    end_without_notice(job)
    queue.redis().client_kill_filter(_type="pubsub")
    assert response.result(TIMEOUT_SECONDS)["state"] == "completed"


def test_without_redis_the_notice_thread_ends_with_the_last_waiting_request(
    web: RequestBuffer, threads: ThreadPoolExecutor, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "RECONNECT_SECONDS", 0.05)
    before = set(threading.enumerate())
    with redis_down(monkeypatch):
        with jobs.following(job.import_id):
            listening = [thread for thread in threading.enumerate() if thread not in before]
            assert [thread.name for thread in listening] == ["import notices"]
        listening[0].join(TIMEOUT_SECONDS)
        assert not listening[0].is_alive()
        with jobs.following(job.import_id):
            assert any(t.name == "import notices" for t in set(threading.enumerate()) - before)


def test_an_import_counts_as_queued_while_the_database_is_down(job: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_operational_error(**_: Any) -> Import:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(Import.objects, "get", raise_operational_error)
    assert wait_for_import(RequestFactory().post("/"), job, seconds=0.1).state == State.QUEUED
