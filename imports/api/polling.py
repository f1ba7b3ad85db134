"""/api/v1/imports/:importID/poll-status: asked each second by whoever waits, so it does as little as it can.

While an import is under way: one SQL statement and one read from Redis, and no DRF. No 202 is ever followed by a 404.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from imports import jobs
from imports.api import limits
from imports.api.authentication import SessionAuth, authenticate_token
from imports.api.errors import Refused, handle_plainly, no_endpoint, was_reverted
from imports.api.loading import import_alone, one_moment
from imports.api.rendering import plain
from imports.api.responses import good
from imports.formats.text import storable
from imports.models import Import, State

AGAIN_IN = {"Retry-After": "1"}  # seconds
CANCELLED = "This import was cancelled."

STATEMENT = f"""
    SELECT job.state, job.attempts, job.status_code, job.error_message,
           CASE WHEN job.state = 'queued' THEN (
               SELECT count(*) FROM {Import._meta.db_table} AS before
               WHERE before.user_id = job.user_id AND before.id < job.id AND before.state IN ('queued', 'running')) END
    FROM {Import._meta.db_table} AS job WHERE job.import_id = %s
"""  # noqa: S608 - only our own table's name is pasted in


@dataclass(frozen=True, slots=True)
class Standing:
    """What one statement tells of an import. `position`: how many of its player's imports are before it."""

    import_id: str
    state: str
    attempts: int
    status: int | None
    message: str
    position: int | None


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
    if request.headers.get("Authorization"):
        _refuse_wrong_tokens(request)
    headers = limits.spend(limits.NORMAL, request)
    answer = _answer(_standing(import_id))
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def _refuse_wrong_tokens(request: HttpRequest) -> None:
    if SessionAuth().authenticate(Request(request)) is None:
        authenticate_token(request.headers["Authorization"])


def _standing(import_id: str) -> Standing:
    """Raises Refused with 404 where there is no such import."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [storable(import_id)])
        row = cursor.fetchone()
    if row is None:
        raise Refused("There is no ongoing import here.", status=404)
    return Standing(import_id, *row)


def _answer(standing: Standing) -> HttpResponse:
    match standing.state:
        case State.COMPLETED:
            return _completed(standing.import_id)
        case State.FAILED:
            raise Refused(standing.message, status=standing.status or 500)
        case State.REVERTED:
            raise was_reverted()
        case State.CANCELLED:
            raise Refused(CANCELLED, status=410)
    body = {"importStatus": "ongoing", "progress": _progress(standing)}
    return plain(good("Import is ongoing.", body), status=200, headers=AGAIN_IN)


def _completed(import_id: str) -> HttpResponse:
    with one_moment():
        job = Import.objects.get(import_id=import_id)
        if job.state != State.COMPLETED:  # reverted between our two looks
            raise was_reverted()
        body = {"importStatus": "completed", "import": import_alone(job)}
    return plain(good("Import was completed!", body), status=200)


def _progress(standing: Standing) -> dict[str, Any]:
    job = Import(import_id=standing.import_id, attempts=standing.attempts)
    return jobs.progress_facts(job, position=standing.position)
