"""/api/v1/imports/:importID/poll-status: asked each second by whoever waits, so it does as little as it can.

One SQL statement in every state, with a token too; while an import runs one read from Redis; and no DRF. A poll without
a token passes by everything that looks after sessions and forms. No 202 is ever followed by a 404.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from imports import jobs
from imports.api import limits
from imports.api.authentication import SessionAuth, authenticate_token
from imports.api.errors import Refused, handle_plainly, no_endpoint, was_reverted
from imports.api.import_rows import COLUMNS, TABLE, ImportRow, import_document
from imports.api.rendering import plain
from imports.api.responses import good
from imports.formats.text import storable
from imports.models import APIToken, Import, State, User
from imports.models.accounts import digest_of
from imports.planning import planned_once

AGAIN_IN = {"Retry-After": "1"}  # seconds
ADDRESS = re.compile(r"/api/v1/imports/([^/]+)/poll-status")
CANCELLED = "This import was cancelled."

FACTS = f"""
    CASE WHEN job.state = 'queued' THEN (
        SELECT count(*) FROM {Import._meta.db_table} AS before
        WHERE before.user_id = job.user_id AND before.id < job.id AND before.state IN ('queued', 'running')) END,
    {COLUMNS}
"""  # noqa: S608 - only our own tables' names are pasted in
STATEMENT = f"SELECT {FACTS} FROM {TABLE} WHERE job.import_id = %s"  # noqa: S608
WITH_TOKEN = f"""
    SELECT {FACTS}, token.id, token.last_used_at, owner.id, owner.is_active, owner.is_banned
    FROM (SELECT) AS poll
    LEFT JOIN {TABLE} ON job.import_id = %s
    LEFT JOIN ({APIToken._meta.db_table} AS token JOIN {User._meta.db_table} AS owner ON owner.id = token.user_id)
           ON token.digest = %s AND (token.expires_at IS NULL OR token.expires_at > statement_timestamp())
"""  # noqa: S608


class Look:
    """All that a poll has to know, in one statement: the import, and the token that comes with the request."""

    def __init__(self, import_id: str) -> None:
        self._import_id = storable(import_id)
        self._facts: Sequence[Any] | None = None  # the place in the queue, then an `ImportRow`

    def token(self, secret: str) -> APIToken | None:
        """As `APIToken.objects.find` has it, with what is asked of a token and its user here."""
        *self._facts, key, last_used_at, user_id, is_active, is_banned = _fetched(
            WITH_TOKEN, self._import_id, digest_of(secret)
        )
        if key is None:
            return None
        user = User(id=user_id, is_active=is_active, is_banned=is_banned)
        return APIToken(id=key, user=user, last_used_at=last_used_at)

    def job(self) -> tuple[ImportRow, int | None]:
        """The import, and while it waits how many of its player's are before it. Raises Refused with 404."""
        if self._facts is None:
            self._facts = _fetched(STATEMENT, self._import_id)
        if not self._facts or self._facts[1] is None:
            raise Refused("There is no ongoing import here.", status=404)
        return ImportRow(*self._facts[1:]), self._facts[0]


def _fetched(statement: str, *values: str) -> Sequence[Any]:
    """Without Django's look whether the connection still stands, which is a statement more: if it fails, asks again."""
    connection.health_check_done = True  # type: ignore[attr-defined]  # django-stubs do not know it
    try:
        return _asked(statement, *values)
    except (DatabaseError, InterfaceError):  # it fell, or what it had prepared is no use any more
        if connection.in_atomic_block:
            raise
        connection.close()
        return _asked(statement, *values)


def _asked(statement: str, *values: str) -> Sequence[Any]:
    with planned_once(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() or ()


class PollMiddleware:
    """Answers polls without a token at once. Stands behind what every answer bears, before what they do not need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = ADDRESS.fullmatch(request.path_info)
        if found is None or "HTTP_AUTHORIZATION" in request.META:
            return self.get_response(request)
        request.get_host()  # raises DisallowedHost, as CommonMiddleware would
        response = poll_status(request, found[1])
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
        return response


@csrf_exempt
def poll_status(request: HttpRequest, import_id: str) -> HttpResponse:
    """Public. Only with an Authorization header does it matter here who asks: a wrong one is refused."""
    try:
        return _poll(request, import_id)
    except Exception as error:  # the same net that DRF spreads under its views
        return handle_plainly(error)


def _poll(request: HttpRequest, import_id: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        raise no_endpoint()
    look = Look(import_id)
    user = _sender(request, look) if request.headers.get("Authorization") else None
    headers = limits.spend(limits.NORMAL, request, user=user)
    answer = _answer(look)
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def _sender(request: HttpRequest, look: Look) -> User | None:
    """Raises Refused with 400, 401, 403 or 429 where a token is wrong."""
    found = SessionAuth().authenticate(Request(request)) or authenticate_token(request, find=look.token)
    return found[0] if found else None


def _answer(look: Look) -> HttpResponse:
    job, position = look.job()
    match job.state:
        case State.COMPLETED:
            body = {"importStatus": "completed", "import": import_document(job)}
            return plain(good("Import was completed!", body), status=200)
        case State.FAILED:
            raise Refused(job.message, status=job.status or 500)
        case State.REVERTED:
            raise was_reverted()
        case State.CANCELLED:
            raise Refused(CANCELLED, status=410)
    progress = jobs.progress_facts(job, position=position)
    body = {"importStatus": "ongoing", "progress": progress}
    return plain(good("Import is ongoing.", body), status=200, headers=AGAIN_IN)
