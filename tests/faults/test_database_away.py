"""While PostgreSQL is down clients get 503 with Retry-After; afterwards everything works as before."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal

import psycopg
import pytest
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from psycopg import errors

from tachi_imports.http.database_errors import is_database_away
from tachi_imports.http.unavailable import server_error
from tests.faults.process_harness import Installation, Player
from tests.pages.html_parsing import heading_of


def caused_by(error: psycopg.Error, kind: type[Exception] = OperationalError) -> Exception:
    """As Django raises it."""
    made = kind(str(error))
    made.__cause__ = error
    return made


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (caused_by(psycopg.OperationalError("connection refused")), True),
        (caused_by(psycopg.InterfaceError("the connection is closed"), InterfaceError), True),
        (caused_by(errors.AdminShutdown("terminating connection")), True),
        (caused_by(errors.CrashShutdown("terminating connection")), True),
        (caused_by(errors.CannotConnectNow("the database system is starting up")), True),
        (caused_by(errors.TooManyConnections("sorry, too many clients already")), True),
        (caused_by(errors.DiskFull("could not extend file")), True),
        (caused_by(errors.ConnectionFailure("gone")), True),
        (caused_by(errors.QueryCanceled("canceling statement")), False),
        (caused_by(errors.DeadlockDetected("deadlock detected")), False),
        (caused_by(errors.NumericValueOutOfRange("too large"), DataError), False),
        (RuntimeError("connection refused"), False),
        (None, False),
    ],
    ids=str,
)
def test_temporary_database_errors_are_distinguished_from_permanent_ones(
    error: Exception | None, is_away: bool
) -> None:
    assert is_database_away(error) is is_away


def test_the_503_page_needs_no_database_and_has_retry_after() -> None:
    # Without the mark django_db, asking the database would fail this test.
    request = RequestFactory().get("/imports/")
    page = handled(request, caused_by(psycopg.OperationalError("connection refused")))
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert heading_of(page) == "Temporarily unavailable"
    assert handled(request, RuntimeError()).status_code == 500


def handled(request: HttpRequest, error: Exception) -> HttpResponse:
    """The page for an error, as Django asks for it."""
    try:
        raise error
    except type(error):
        return server_error(request)


def fetch(
    installation: Installation, method: str, path: str, *, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    """An answer, read whole."""
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, b"{}" if method == "POST" else None, headers or {})
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        return response


def requests_of(player: Player) -> list[tuple[str, str, dict[str, str]]]:
    sign = {"Authorization": f"Bearer {player.token}"}
    session = {"Cookie": f"Tachi_Imports_SESSION={'s' * 32}"}
    return [
        ("GET", "/api/v1/imports", {}),
        ("GET", "/api/v1/status", sign),
        ("GET", "/api/v1/users/1", session),
        ("GET", f"/api/v1/imports/{'0' * 40}/poll-status", {}),
        ("POST", "/api/v1/import/orphans", sign),
        ("POST", "/ir/direct-manual/import", {**sign, "Content-Type": "application/json"}),
        ("GET", "/games/sdvx/songs/?q=a", {}),
        ("GET", "/imports/", session),
        ("GET", f"/imports/{'0' * 40}/", {}),
        ("GET", "/admin/", session),
    ]


@pytest.mark.faults
def test_clients_get_retry_after_while_postgresql_is_down(installation: Installation) -> None:
    player = next(installation.players)
    requests = requests_of(player)
    before = [fetch(installation, method, path, headers=headers).status for method, path, headers in requests]
    assert not {500, 503} & set(before)
    with installation.frozen(installation.pid_of("daemon")):
        installation.restart_postgres(signal.SIGQUIT)
        installation.until(lambda: fetch(installation, "GET", "/healthz").status == 503)
        for method, path, headers in requests:
            response = fetch(installation, method, path, headers=headers)
            assert (response.status, response.headers["Retry-After"]) == (503, "5"), (method, path)
            body: bytes = response.body  # type: ignore[attr-defined]
            if path.startswith(("/api", "/ir")):
                assert json.loads(body) == {
                    "success": False,
                    "description": "The database is away at the moment. Please try again in a few seconds.",
                }
                assert response.headers["Access-Control-Allow-Origin"] == "*"
            else:
                assert b"Temporarily unavailable" in body
        assert fetch(installation, "GET", "/api/v1/status").status == 200, "a guest's needs no database"
    installation.until(lambda: fetch(installation, "GET", "/api/v1/imports").status == 200)
    assert [fetch(installation, method, path, headers=headers).status for method, path, headers in requests] == before
