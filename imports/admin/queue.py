"""The queue page: waiting imports, workers, stuck imports, failures and the sweeper's activity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Left, TruncHour
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports import jobs, monitoring
from imports.admin.details.clients import client_name
from imports.admin.details.import_page import STAGES
from imports.admin.filters import STUCK_AFTER, stuck_filter
from imports.models import Import, State
from imports.models.documents import UNFINISHED
from imports.templatetags.moderation import state_name
from tachi_imports.monitoring.health import living_workers

MAX_LISTED = 50  # imports of each kind
MAX_MESSAGES = 20  # kinds of failures, grouped by the beginning of the message
MAX_MESSAGE_LENGTH = 2_000  # characters of a message that are read to explain its cause
MAX_CLIENTS = 8  # in the diagram
MAX_NAMED_CLIENTS = 3  # per kind of failure
MAX_CLIENT_LENGTH = 120  # characters of a User-Agent by which clients are grouped
DAY = timedelta(days=1)
SWEEPER_LATE_AFTER = timedelta(seconds=10)


def queue_page(request: HttpRequest, context: Mapping[str, Any]) -> HttpResponse:
    """Renders the queue page, computed at every request. One query per row only for the progress of running imports."""
    now = timezone.now()
    sweeps, depth = jobs.sweeps(), monitoring.queue_depth()
    facts = {
        "title": _("Queue"),
        "now": now,
        "depth": depth,
        "workers": living_workers(),
        "running": running_imports(now),
        "stuck": oldest_with_holder(Import.objects.filter(stuck_filter(), state__in=UNFINISHED)),
        "long_minutes": STUCK_AFTER // timedelta(minutes=1),
        "states": states_since(now - DAY),
        "failures": failures_since(now - DAY),
        "longest_wait": seconds_since(depth["oldest"], now),
        "last_sweep": seconds_since(sweeps.last, now),
        "sweeper_is_late": sweeps.last is None or now - sweeps.last > SWEEPER_LATE_AFTER,
        "rescued": rescued_imports(sweeps),
        "clients": imports_by_client(now),
    }
    return TemplateResponse(request, "admin/queue.html", {**context, **facts})


def oldest_with_holder(imports: QuerySet[Import]) -> list[Import]:
    """Returns the oldest of these imports, annotated with whether a worker holds them."""
    # Without the potentially large columns: the page shows only the stage and the age of a stuck import.
    large = ("put_aside", "class_deltas", "rating_changes", "input__content")
    narrow = imports.select_related("user", "input").defer(*large)
    return list(narrow.annotate(held=monitoring.is_held()).order_by("pk")[:MAX_LISTED])


def seconds_since(then: datetime | None, now: datetime) -> float | None:
    """Returns None without a time; 0 for a time in the future, as another host's clock may be ahead."""
    return None if then is None else max(0.0, (now - then).total_seconds())


def running_imports(now: datetime) -> list[dict[str, Any]]:
    """Returns the running imports with duration and progress. At most one per worker, plus those of dead workers."""
    imports = oldest_with_holder(Import.objects.filter(state=State.RUNNING))
    lines = []
    for job in imports:
        progress = jobs.progress_facts(job, position=None)
        stage = STAGES.get(progress["stage"], progress["stage"])
        seconds = seconds_since(job.time_started, now)
        lines.append({"job": job, "progress": progress, "stage": stage, "seconds": seconds})
    return lines


def states_since(since: datetime) -> list[tuple[str, str, int]]:
    """Returns (state, its name, count) of the imports queued since that time."""
    rows = Import.objects.filter(time_queued__gte=since).order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    return [(state.value, state_name(state), counts[state.value]) for state in State if state.value in counts]


def failures_since(since: datetime) -> list[Any]:
    """Returns `message`, `status_code`, `count`, `last` (a time), `newest` (a key), `clients`, by frequency.

    `whole` is one of the complete messages with this beginning.
    """
    failed = Import.objects.filter(state=State.FAILED, time_queued__gte=since)
    # By the beginning of the message: the rest often names a row or a file, which would make every failure unique.
    by_message = failed.order_by().values("status_code", message=Left("error_message", 120))
    counted = by_message.annotate(
        count=Count("pk"),
        last=Max("time_finished"),
        newest=Max("pk"),
        whole=Max(Left("error_message", MAX_MESSAGE_LENGTH)),
        agents=ArrayAgg(Left("client", MAX_CLIENT_LENGTH), distinct=True, filter=~Q(client="")),
    )
    imports = []
    for failure in counted.order_by("-count", F("last").desc())[:MAX_MESSAGES]:
        names = sorted({client_name(agent) for agent in failure["agents"] or ()})
        more = (
            [_("and {count} more").format(count=len(names) - MAX_NAMED_CLIENTS)]
            if len(names) > MAX_NAMED_CLIENTS
            else []
        )
        imports.append({**failure, "clients": names[:MAX_NAMED_CLIENTS] + more})
    return imports


@dataclass(frozen=True, slots=True)
class ClientHours:
    """The imports of a client in the last day. `bars` are (x, y and height of all, y and height of failed)."""

    client: str
    total: int
    failed: int
    bars: tuple[tuple[str, str, str, str, str], ...]

    @property
    def name(self) -> str:
        return client_name(self.client)

    @property
    def label(self) -> str:
        text = ngettext(
            "{count} import in 24 hours, failed: {failed}", "{count} imports in 24 hours, failed: {failed}", self.total
        )
        return text.format(count=f"{self.total:,}", failed=f"{self.failed:,}")


def imports_by_client(now: datetime) -> list[ClientHours]:
    """Returns the busiest clients of the last day with hourly counts. One query, by the index on time."""
    since = (now - DAY).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    rows = (
        Import.objects.filter(time_queued__gte=since)
        .order_by()
        .annotate(hour=TruncHour("time_queued"), name=Left("client", MAX_CLIENT_LENGTH))
        .values_list("name", "hour")
        .annotate(total=Count("pk"), failed=Count("pk", filter=Q(state=State.FAILED)))
    )
    hours: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for name, hour, total, failed in rows:
        hours[name][int((hour - since) / timedelta(hours=1))] = (total, failed)
    most = max((total for counts in hours.values() for total, _ in counts.values()), default=1)
    sums = {name: [sum(part) for part in zip(*counts.values(), strict=True)] for name, counts in hours.items()}
    busiest = sorted(sums, key=lambda name: -sums[name][0])[:MAX_CLIENTS]
    lines = []
    for name in busiest:
        bars = []  # in units of a 24 by 20 picture; failed imports are at the bottom of the bar
        for hour, (total, failed) in sorted(hours[name].items()):
            height = max(1.0, total / most * 20)
            part = height * failed / total
            bars.append((f"{hour + 0.1:.1f}", f"{20 - height:.2f}", f"{height:.2f}", f"{20 - part:.2f}", f"{part:.2f}"))
        lines.append(ClientHours(name or _("No client"), sums[name][0], sums[name][1], tuple(bars)))
    return lines


def rescued_imports(sweeps: monitoring.Sweeps) -> list[tuple[datetime, str, Import | None]]:
    """Returns (time, import ID, import) of the imports that the sweeper queued again; None if deleted since."""
    newest = sweeps.rescued[:MAX_LISTED]
    imports = Import.objects.select_related("user", "input").defer("input__content")
    known = imports.in_bulk([name for _, name in newest], field_name="import_id")
    return [(at, import_id, known.get(import_id)) for at, import_id in newest]
