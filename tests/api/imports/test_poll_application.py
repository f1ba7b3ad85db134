"""Polls that are answered in front of Django get the same bytes as from Django."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import psycopg
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from pytest_django.fixtures import Settings as SettingsWrapper
from redis import Redis

from imports.access.rate_limits import LONG, RateLimit
from imports.models import APIToken, Import, State
from imports.pipeline import progress
from imports.pipeline.progress import Snapshot, Stage
from tachi_imports.http import capacity
from tachi_imports.http.poll_application import PollApplication
from tachi_imports.http.request_buffering import Environ
from tachi_imports.monitoring import metrics
from tests import people
from tests.factories import HOUR, NOON, charts, create_import, queued_import, score_on, unknown_score

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]

Front = Callable[..., Any]
Response = tuple[str, list[tuple[str, str]], bytes]
UNKNOWN = "0" * 40
STATES = [*State, "unknown", "waiting behind another", "running with progress"]


class CountingDjango:
    """The Django application, with a count of the requests that reach it."""

    def __init__(self) -> None:
        self.count = 0
        self._application = get_wsgi_application()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        self.count += 1
        return self._application(environ, start_response)


def send(application: Any, path: str, *, method: str = "GET", **variables: str) -> Response:
    """Returns what a web server would send, apart from the values that differ between any two responses."""
    environ = {
        **{"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "wsgi.input": BytesIO()},
        **{"SERVER_NAME": "testserver", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "REMOTE_ADDR": "192.0.2.1"},
        **{"HTTP_HOST": "testserver", "HTTP_X_REQUEST_ID": "one-request", **variables},
    }
    sent: list[Any] = []
    content = application(environ, lambda status, headers, _exc_info=None: sent.extend((status, headers)))
    body = b"".join(content)
    if hasattr(content, "close"):
        content.close()
    return sent[0], [(name, value) for name, value in sent[1] if name != "X-RateLimit-Reset"], body


@pytest.fixture
def in_front() -> Iterator[Front]:
    """Returns a function that puts a poll application in front of another, in a thread as the web server does."""

    def call(application: Any, *request: Any) -> Any:
        try:
            return application(*request)
        finally:
            connection.close()  # the connection of this thread, if Django has answered

    made: list[PollApplication] = []
    with ThreadPoolExecutor(1) as pool:

        def put_in_front(application: Any, created: list[PollApplication] | None = None) -> Any:
            made.append(PollApplication(application))
            if created is not None:
                created.append(made[-1])
            return lambda *request: pool.submit(call, made[-1], *request).result()

        yield put_in_front
    for each in made:
        each.connections.close()


def import_in(state: str, redis: Redis) -> str:
    """Returns the ID of an import in this state."""
    match state:
        case "unknown":
            return UNKNOWN
        case "waiting behind another":
            queued_import(people.alice())
            return queued_import(people.alice()).import_id
    rows = [score_on(chart, timeAchieved=NOON + number * 3 * HOUR) for number, chart in enumerate(charts(4))]
    job = create_import(people.alice(), *rows, unknown_score())
    fields: dict[str, dict[str, Any]] = {
        State.FAILED: {"status_code": 400, "error_message": "Nonsense."},
        State.REVERTED: {"reverted_at": job.time_finished},
    }
    actual = State.RUNNING if state == "running with progress" else state
    Import.objects.filter(pk=job.pk).update(state=actual, **fields.get(state, {}))
    if state == "running with progress":
        snapshot = Snapshot(attempt=1, stage=Stage.CHECKING, percent=24, processed=50, total=100, eta=1.5)
        progress.writer(redis, job.import_id)(snapshot)
    return job.import_id


def kinds_of_requests() -> dict[str, dict[str, str]]:
    """Returns WSGI variables by kind of request; `path` has a placeholder for the ID."""
    used = people.token_of(people.bob())
    expired = people.token_of(people.kay())
    APIToken.objects.filter(user=people.kay()).update(expires_at="2020-01-01T00:00Z")
    session = f"{people.SESSION_COOKIE}={people.session_of(people.mo()).cookies[people.SESSION_COOKIE].value}"
    signed = {"HTTP_AUTHORIZATION": f"Bearer {used}"}
    return {
        "plain": {},
        "HEAD": {"method": "HEAD"},
        "OPTIONS": {"method": "OPTIONS", "HTTP_ORIGIN": "https://elsewhere.example"},
        "POST": {"method": "POST"},
        "from another origin": {"HTTP_ORIGIN": "https://elsewhere.example", "HTTP_SEC_FETCH_SITE": "cross-site"},
        "with a token": signed,
        "HEAD with a token": {**signed, "method": "HEAD"},
        "with the owner's token": {"HTTP_AUTHORIZATION": f"Bearer {people.token_of(people.alice())}"},
        "with a token of a banned user": {"HTTP_AUTHORIZATION": f"Bearer {people.token_of(people.eve())}"},
        "with an expired token": {"HTTP_AUTHORIZATION": f"Bearer {expired}"},
        "with an unknown token": {"HTTP_AUTHORIZATION": "Bearer nobody's"},
        "with an empty token": {"HTTP_AUTHORIZATION": "Bearer "},
        "with another authorization": {"HTTP_AUTHORIZATION": "Basic x"},
        "with an empty authorization": {"HTTP_AUTHORIZATION": ""},
        "with a session": {"HTTP_COOKIE": session},
        "with a session and a token": {"HTTP_COOKIE": session, **signed},
        "with a session and an unknown token": {"HTTP_COOKIE": session, "HTTP_AUTHORIZATION": "Bearer nobody's"},
        "with an invalid cookie": {"HTTP_COOKIE": f"{people.SESSION_COOKIE}=nonsense; ;="},
        "with a trailing slash": {"path": "/api/v1/imports/{}/poll-status/"},
        "in capitals with slashes": {"path": "//API/v1/Imports//{}/POLL-STATUS//"},
        "for an ID with special characters": {"path": "/api/v1/imports/{}\0 %/poll-status"},
        "for an ID with other letters": {"path": "/api/v1/imports/{}\u00c3\u00bc/poll-status"},
        "for another path": {"path": "/api/v1/imports/{}/poll-status/x"},
        "with an unusual query": {"QUERY_STRING": "format=html&search=x&%ff=%00&&="},
        "that accepts HTML": {"HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": "ja", "HTTP_ACCEPT_ENCODING": "gzip"},
        "with cache validators": {
            "HTTP_IF_NONE_MATCH": '"x"',
            "HTTP_IF_MODIFIED_SINCE": "Sun, 06 Nov 1994 08:49:37 GMT",
        },
        "with a body": {"CONTENT_LENGTH": "2", "CONTENT_TYPE": "application/json"},
        "with an invalid length": {"CONTENT_LENGTH": "x"},
        "with an invalid request ID": {"HTTP_X_REQUEST_ID": "\x00"},
        "for another host": {"HTTP_HOST": "elsewhere.example"},
        "for an invalid host": {"HTTP_HOST": "a b"},
        "through a proxy": {"HTTP_X_FORWARDED_FOR": "192.0.2.9", "HTTP_X_FORWARDED_PROTO": "https"},
    }


def response_to(application: Any, import_id: str, kind: str, variables: dict[str, str]) -> Response:
    given = {"path": "/api/v1/imports/{}/poll-status", **variables}
    status, headers, body = send(application, given.pop("path").format(import_id), **given)
    if kind == "with an invalid request ID":  # each gets a new one
        headers = [(name, "new" if name == "X-Request-ID" else value) for name, value in headers]
    return status, headers, body


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("installation", ["as usual", "with rate limits", "with TLS"])
def test_a_poll_gets_the_same_bytes_in_front_of_django_as_from_it(
    in_front: Front, state: str, installation: str, redis_clean: Redis, settings: SettingsWrapper
) -> None:
    if installation == "with TLS":
        settings.SECURE_HSTS_SECONDS = 31_536_000
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    import_id = import_in(state, redis_clean)
    kinds = kinds_of_requests()
    settings.TACHI_RATE_LIMITS = installation == "with rate limits"
    django = CountingDjango()
    front = in_front(django)
    for kind, variables in kinds.items():
        clear_limits(redis_clean)
        expected = response_to(django, import_id, kind, variables)
        clear_limits(redis_clean)
        assert response_to(front, import_id, kind, variables) == expected, kind


def clear_limits(redis: Redis) -> None:
    """Resets the rate limits, so that both applications start with the same; keeps the progress."""
    for key in redis.scan_iter("tachi:limit:*"):
        redis.delete(key)


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("kind", "reaches_django"),
    [
        ("plain", False),
        ("HEAD", False),
        ("with a token", False),
        ("with an unknown token", False),
        ("with a session", False),
        ("from another origin", False),
        ("in capitals with slashes", False),
        ("with an unusual query", False),
        ("OPTIONS", True),
        ("POST", True),
        ("with a session and a token", True),
        ("with an empty authorization", True),
        ("for an ID with other letters", True),
        ("for another path", True),
        ("with a body", True),
        ("for another host", True),
    ],
)
def test_requests_other_than_plain_polls_are_passed_on_to_django(
    in_front: Front, kind: str, reaches_django: bool, redis_clean: Redis
) -> None:
    import_id, variables = import_in(State.RUNNING, redis_clean), kinds_of_requests()[kind]
    django = CountingDjango()
    response_to(in_front(django), import_id, kind, variables)
    assert django.count == reaches_django


def test_a_poll_of_a_large_import_is_answered_by_django_and_counted_once(
    in_front: Front, redis_clean: Redis, settings: SettingsWrapper
) -> None:
    settings.TACHI_RATE_LIMITS = True
    import_id = import_in(State.COMPLETED, redis_clean)
    Import.objects.filter(import_id=import_id).update(score_count=LONG + 1)
    path = f"/api/v1/imports/{import_id}/poll-status"
    django = CountingDjango()
    expected = send(django, path)
    redis_clean.flushdb()
    assert send(in_front(django), path) == expected
    assert django.count == 2
    assert int(redis_clean.get("tachi:limit:normal:192.0.2.1") or 0) == 1


def test_a_poll_with_a_large_response_is_answered_by_django(
    in_front: Front, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "SMALL_RESPONSE_BYTES", 100)
    path = f"/api/v1/imports/{import_in(State.COMPLETED, redis_clean)}/poll-status"
    django = CountingDjango()
    assert send(in_front(django), path) == send(django, path)
    assert django.count == 2


def test_polls_over_the_rate_limit_are_refused_with_the_same_bytes(
    in_front: Front, redis_clean: Redis, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TACHI_RATE_LIMITS = True
    monkeypatch.setattr("imports.api.core.throttling.DEFAULT_LIMIT", RateLimit("normal", 2, 60))
    path = f"/api/v1/imports/{import_in(State.RUNNING, redis_clean)}/poll-status"
    django = CountingDjango()
    responses = [send(in_front(django), path) for _ in range(3)]
    assert [status for status, _, _ in responses] == ["200 OK", "200 OK", "429 Too Many Requests"]
    assert send(django, path) == responses[-1]


def test_an_address_that_sends_many_unknown_tokens_is_refused_in_front_of_django(
    in_front: Front, redis_clean: Redis, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TACHI_RATE_LIMITS = True
    monkeypatch.setattr("imports.api.core.authentication.BAD_TOKEN_LIMIT", RateLimit("bad-token", 1, 60))
    path = f"/api/v1/imports/{import_in(State.RUNNING, redis_clean)}/poll-status"
    front = in_front(CountingDjango())
    sent = [send(front, path, HTTP_AUTHORIZATION="Bearer nobody's")[0] for _ in range(2)]
    assert sent == ["401 Unauthorized", "429 Too Many Requests"]


def test_a_poll_in_front_of_django_updates_the_last_use_of_the_token(in_front: Front, redis_clean: Redis) -> None:
    path = f"/api/v1/imports/{import_in(State.RUNNING, redis_clean)}/poll-status"
    secret = people.token_of(people.bob())
    assert send(in_front(CountingDjango()), path, HTTP_AUTHORIZATION=f"Bearer {secret}")[0] == "200 OK"
    assert APIToken.objects.get(user=people.bob()).last_used_at is not None


def test_polls_in_front_of_django_are_counted_in_metrics_and_errors_are_logged(
    in_front: Front, redis_clean: Redis, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    import_in(State.RUNNING, redis_clean)
    labels = {"method": "GET", "route": metrics.POLL_ROUTE, "status": "404"}
    before = metrics.REGISTRY.get_sample_value("tachi_requests_total", labels) or 0
    path = f"/api/v1/imports/{UNKNOWN}/poll-status"
    front = in_front(CountingDjango())
    with caplog.at_level(logging.WARNING, logger="django.request"):
        send(front, path)
    assert metrics.REGISTRY.get_sample_value("tachi_requests_total", labels) == before + 1
    assert f"WARNING django.request: Not Found: {path} [request=one-request]" in capsys.readouterr().err


def test_polls_without_a_free_connection_are_passed_on_to_django(
    in_front: Front, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "MAX_POLLS", 0)
    path = f"/api/v1/imports/{import_in(State.RUNNING, redis_clean)}/poll-status"
    django = CountingDjango()
    assert send(in_front(django), path)[0] == "200 OK"
    assert django.count == 1


def test_polls_recover_after_postgresql_closed_their_connections(in_front: Front, redis_clean: Redis) -> None:
    path = f"/api/v1/imports/{import_in(State.RUNNING, redis_clean)}/poll-status"
    django = CountingDjango()
    front = in_front(django)
    for _ in range(2 * capacity.POLL_CONNECTIONS):
        assert send(front, path)[0] == "200 OK"
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    for _ in range(2 * capacity.POLL_CONNECTIONS):
        assert send(front, path)[0] == "200 OK"
    assert django.count == 0
    connection.close()


def test_polls_recover_after_postgresql_deallocated_their_statements(in_front: Front, redis_clean: Redis) -> None:
    """A connection pooler may deallocate the prepared statements of a client."""
    path = f"/api/v1/imports/{import_in(State.RUNNING, redis_clean)}/poll-status"
    django = CountingDjango()
    made: list[PollApplication] = []
    front = in_front(django, made)
    for _ in range(capacity.POLL_CONNECTIONS):
        assert send(front, path)[0] == "200 OK"
    (application,) = made
    for wrapper in application.connections._connections:
        wrapper.ensure_connection()
        wrapper.connection.execute("DEALLOCATE ALL")
    for _ in range(2 * capacity.POLL_CONNECTIONS):
        assert send(front, path)[0] == "200 OK"
    assert django.count == 0


def test_polls_show_progress_again_after_redis_closed_their_connections(in_front: Front, redis_clean: Redis) -> None:
    path = f"/api/v1/imports/{import_in('running with progress', redis_clean)}/poll-status"
    front = in_front(CountingDjango())
    before = send(front, path)
    assert b'"percent":24' in before[2]
    redis_clean.client_kill_filter(_type="normal", skipme=True)
    assert send(front, path) == before
