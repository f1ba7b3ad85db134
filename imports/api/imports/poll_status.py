"""/api/v1/imports/:importID/poll-status: requested every second by each waiting client, so it does little.

It takes one SQL statement in every state, also with a token, and one read from Redis while an import runs; no DRF.
Nearly all polls are answered in front of Django, by tachi_imports/http/poll_application.py with the same `respond`. Of
the others, those without a token bypass the middleware of sessions and forms. A 404 never follows a 202.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, cast

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from imports import jobs
from imports.access.failure_reasons import CANCELLED, public_reason
from imports.api.core import throttling
from imports.api.core.authentication import SessionAuthentication, authenticate_token
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import (
    FAULTS,
    APIError,
    EndpointNotFound,
    ImportReverted,
    import_fault,
    plain_exception_handler,
)
from imports.api.core.renderers import json_response
from imports.api.core.responses import ok_envelope
from imports.api.imports import schemas
from imports.api.imports.queries import COLUMNS_IF_SHORT, TABLE, ImportRow, import_document, with_lists
from imports.formats.text import storable
from imports.models import APIToken, State, User
from imports.models.tokens import digest_of
from imports.monitoring import QUEUE_POSITION
from imports.pipeline.progress import Snapshot
from imports.prepared_statements import prepare_statements

RETRY_AFTER = {"Retry-After": "1"}  # seconds
POLL_PATH = re.compile(r"/api/v1/imports/([^/]+)/poll-status")
LIMIT_HEADERS = "tachi.poll_limit_headers"
"""The variable of a request with the headers of its rate limit, once it is counted."""
ONGOING, COMPLETED = "Import is ongoing.", "Import was completed!"

POLL_COLUMNS = f"{QUEUE_POSITION}, {COLUMNS_IF_SHORT}"
STATEMENT = f"SELECT {POLL_COLUMNS} FROM {TABLE} WHERE job.import_id = %s"  # noqa: S608
# From an empty row, so that there is a result with the token even if there is no such import, and the other way round.
WITH_TOKEN = f"""
    SELECT {POLL_COLUMNS}, token.id, token.last_used_at, owner.id, owner.is_active, owner.is_banned, owner.is_staff
    FROM (SELECT) AS poll
    LEFT JOIN {TABLE} ON job.import_id = %s
    LEFT JOIN ({APIToken._meta.db_table} AS token JOIN {User._meta.db_table} AS owner ON owner.id = token.user_id)
           ON token.digest = %s AND (token.expires_at IS NULL OR token.expires_at > statement_timestamp())
"""  # noqa: S608


Query = Callable[..., Sequence[Any]]
"""Runs a statement with its values and returns the first row; () if there is none."""


class ImportUnknown(APIError):
    status = 404
    message = "There is no ongoing import here."


class ImportCancelled(APIError):
    status = 410
    message = CANCELLED


class PollLookup:
    """The query of a poll, in one statement: the import, and the token of the request."""

    def __init__(self, import_id: str, query: Query) -> None:
        self._import_id = storable(import_id)
        self._query = query
        self._facts: Sequence[Any] | None = None  # the place in the queue, then an `ImportRow`

    def token(self, secret: str) -> APIToken | None:
        """Returns the same as `APIToken.objects.find`, with the columns that are used here."""
        *self._facts, key, last_used_at, user_id, is_active, is_banned, is_staff = _fetch(
            self._query, WITH_TOKEN, self._import_id, digest_of(secret)
        )
        if key is None:
            return None
        # Built from these columns without another query: a poll is one statement.
        user = User(id=user_id, is_active=is_active, is_banned=is_banned, is_staff=is_staff)
        return APIToken(id=key, user=user, last_used_at=last_used_at)

    def job(self) -> tuple[ImportRow, int | None]:
        """Returns the import, and its position in the queue while it waits. Raises ImportUnknown."""
        if self._facts is None:
            self._facts = _fetch(self._query, STATEMENT, self._import_id)
        if not self._facts or self._facts[1] is None:
            raise ImportUnknown()
        return ImportRow(*self._facts[1:]), self._facts[0]


def _fetch(query: Query, statement: str, *values: str) -> Sequence[Any]:
    """Runs a statement without Django's health check, which would be another; retries if the connection failed."""
    connection.health_check_done = True  # type: ignore[attr-defined]  # django-stubs do not know it
    try:
        return query(statement, *values)
    except (DatabaseError, InterfaceError):  # the connection was lost, or its prepared statement is invalid
        if connection.in_atomic_block:
            raise
        connection.close()
        return query(statement, *values)


def query_with_cursor(statement: str, *values: str) -> Sequence[Any]:
    """Returns the first row; () if there is none."""
    with prepare_statements(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() or ()


class PollMiddleware:
    """Responds to polls without a token. It comes after the middleware of all responses, before that of sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = POLL_PATH.fullmatch(request.path_info)
        if found is None or "HTTP_AUTHORIZATION" in request.META:
            return self.get_response(request)
        return framed(poll_status(request, found[1]))


def framed(response: HttpResponse) -> HttpResponse:
    """Adds the headers of the middleware that `PollMiddleware` bypasses."""
    response.headers["Content-Length"] = str(len(response.content))
    response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    return response


@endpoint(
    id="pollImport",
    tag=Tag.SUBMITTING,
    returns=(schemas.Ongoing, schemas.Completed),
    message=(ONGOING, COMPLETED),
    is_polled=True,
    reads_bodies=False,
    raises=(*FAULTS, ImportUnknown, ImportReverted, ImportCancelled),
)
@csrf_exempt
def poll_status(request: HttpRequest, import_id: str) -> HttpResponse:
    """Returns the status of an import.

    Available without authentication. Never responds with 404 after a 202. A failed import responds with the
    status of its error.
    """
    if request.method not in {"GET", "HEAD"}:
        return plain_exception_handler(EndpointNotFound())
    response = respond(request.META, import_id, find_session=lambda: session_user(request))
    return cast(HttpResponse, response)  # None is possible only without long lists


def respond(
    variables: MutableMapping[str, Any],
    import_id: str,
    *,
    find_session: Callable[[], User | None],
    with_long_lists: bool = True,
    query: Query = query_with_cursor,
    read_progress: Callable[[str], Snapshot | None] = jobs.get_progress,
) -> HttpResponse | None:
    """Returns the response to a poll with these variables of WSGI, also if it is an error.

    `find_session` returns the user of the browser's session; it is called only if there is an Authorization header.
    Without `with_long_lists` it returns None for the document of a large import. `query` reads from PostgreSQL,
    `read_progress` from Redis.
    """
    try:
        lookup, user = PollLookup(import_id, query), None
        # The caller only matters with an Authorization header: an invalid one is refused.
        if variables.get("HTTP_AUTHORIZATION"):
            user = find_session()
            if user is None and (found := authenticate_token(variables, find=lookup.token)):
                user = found[0]
        headers: dict[str, str] | None = variables.get(LIMIT_HEADERS)
        if headers is None:
            headers = variables[LIMIT_HEADERS] = throttling.throttle(throttling.DEFAULT_LIMIT, variables, user=user)
        job, position = lookup.job()
        if job.state == State.COMPLETED and job.lists is None:
            if not with_long_lists:
                return None
            headers |= throttling.throttle(throttling.LONG_DOCUMENTS, variables, user=user)
        response = _poll_response(job, position, user, read_progress)
    except Exception as error:  # as DRF does for its views
        return plain_exception_handler(error)
    for name, value in headers.items():
        response.headers[name] = value
    return response


def session_user(request: HttpRequest) -> User | None:
    """Returns the user of the browser's session, None for a guest. Raises APIError."""
    found = SessionAuthentication().authenticate(Request(request))
    return found[0] if found else None


def _poll_response(
    job: ImportRow, position: int | None, user: User | None, read_progress: Callable[[str], Snapshot | None]
) -> HttpResponse:
    match job.state:
        case State.COMPLETED:
            # Long lists are not in the first statement, as every poll would pay for reading them.
            whole = with_lists(job) if job.lists is None else job
            if whole is None:  # it was reverted meanwhile
                raise ImportReverted()
            body = schemas.Completed(import_status="completed", import_=import_document(whole))
            return json_response(ok_envelope(COMPLETED, body), status=200)
        case State.FAILED:
            is_private = user is not None and (user.pk == job.user_id or user.is_staff)
            reason = job.message if is_private else public_reason(job.message, time_finished=job.time_finished)
            raise import_fault(reason, status=job.status or 500)
        case State.REVERTED:
            raise ImportReverted()
        case State.CANCELLED:
            raise ImportCancelled()
    progress = schemas.Ongoing.at(jobs.progress_facts(job, position=position, read_progress=read_progress))
    return json_response(ok_envelope(ONGOING, progress), status=200, headers=RETRY_AFTER)
