"""The queue: how much waits and for how long, who works, what is stuck, what failed, and what the sweeper did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from imports import jobs, watching
from imports.admin.filters import LONG, stuck
from imports.models import Import, State
from imports.models.documents import UNFINISHED
from tachi_imports.health import living_workers

SHOWN = 50  # imports of each kind
MESSAGES = 20  # failures, told apart by the beginning of their message
DAY = timedelta(days=1)
SWEEPER_IS_LATE = timedelta(seconds=10)


def queue_page(request: HttpRequest, context: Mapping[str, Any]) -> HttpResponse:
    """Read anew at every request; nothing on it asks once a row but the progress of what runs."""
    now = timezone.now()
    sweeps = jobs.sweeps()
    facts = {
        "title": "Queue",
        "now": now,
        "depth": watching.depth(),
        "workers": living_workers(),
        "running": running(),
        "stuck": shown(Import.objects.filter(stuck(), state__in=UNFINISHED)),
        "long_minutes": LONG // timedelta(minutes=1),
        "states": states_since(now - DAY),
        "failures": failures_since(now - DAY),
        "sweeps": sweeps,
        "sweeper_is_late": sweeps.last is None or now - sweeps.last > SWEEPER_IS_LATE,
        "rescued": rescued(sweeps),
    }
    return TemplateResponse(request, "admin/queue.html", {**context, **facts})


def shown(found: QuerySet[Import]) -> list[Import]:
    """The oldest of these, with whether anybody is at them."""
    narrow = found.select_related("user").defer("also_carried", "put_aside", "class_deltas", "rating_changes")
    return list(narrow.annotate(held=watching.is_held()).order_by("pk")[:SHOWN])


def running() -> list[dict[str, Any]]:
    """What runs and how far it is. There are never more than workers and what dead workers left behind."""
    found = shown(Import.objects.filter(state=State.RUNNING))
    return [{"job": job, "progress": jobs.progress_facts(job, position=None)} for job in found]


def states_since(since: datetime) -> list[tuple[str, str, int]]:
    """(state, its name, count) of the imports queued since."""
    rows = Import.objects.filter(time_queued__gte=since).order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    return [(state.value, str(state.label), counts[state.value]) for state in State if state.value in counts]


def failures_since(since: datetime) -> list[Any]:
    """`said`, `status_code`, `count`, `last` (a time) and `newest` (a key) of each failure, the commonest first."""
    failed = Import.objects.filter(state=State.FAILED, time_queued__gte=since)
    by_message = failed.order_by().values("status_code", said=Left("error_message", 120))
    counted = by_message.annotate(count=Count("pk"), last=Max("time_finished"), newest=Max("pk"))
    return list(counted.order_by("-count", F("last").desc())[:MESSAGES])


def rescued(sweeps: watching.Sweeps) -> list[tuple[datetime, str, Import | None]]:
    """When the sweeper queued which import again, and what became of it."""
    newest = sweeps.rescued[:SHOWN]
    known = Import.objects.select_related("user").in_bulk([name for _, name in newest], field_name="import_id")
    return [(at, import_id, known.get(import_id)) for at, import_id in newest]
