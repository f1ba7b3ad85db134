"""Facts of the page of an import in the admin: results, sender, history and scores to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from imports.admin import words
from imports.admin.details.clients import client_name
from imports.admin.details.players import PlayerFacts, player_facts
from imports.admin.details.top_scores import TopScore, top_scores
from imports.admin.details.transitions import Transition, brought_by
from imports.catalogue.format_names import format_name
from imports.models import AuditEntry, Import, ImportInput, State
from imports.templatetags.moderation import audit_icon, state_name

STATES = {
    State.QUEUED: ("off", "clock"),
    State.RUNNING: ("run", "loader"),
    State.COMPLETED: ("done", "circle-check"),
    State.FAILED: ("bad", "octagon-x"),
    State.CANCELLED: ("off", "ban"),
    State.REVERTED: ("off", "undo-2"),
}
"""State -> CSS class and icon of its label."""
HAS_RESULT = {State.COMPLETED, State.REVERTED}
STAGES = {
    "reading": gettext_lazy("reading"),
    "finding_charts": gettext_lazy("finding charts"),
    "checking": gettext_lazy("checking"),
    "saving": gettext_lazy("saving scores"),
    "sessions": gettext_lazy("finding sessions"),
    "bests": gettext_lazy("finding bests"),
    "ratings": gettext_lazy("calculating ratings"),
    "finishing": gettext_lazy("finishing"),
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An event in the history of an import. `what` names the action and the actor."""

    icon: str
    what: str
    details: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Facts about an import. `counts` are (label, number). `kept_until` is None if the input is no longer stored."""

    state: tuple[str, str, str]  # CSS class, icon, label
    source: str
    has_result: bool
    transitions: list[Transition]
    counts: list[tuple[str, int]]
    top_scores: list[TopScore]
    history: list[HistoryLine]
    client: str
    sent: ImportInput | None
    kept_until: datetime | None
    seconds: float | None
    slowest_stage: tuple[str, float] | None
    player: PlayerFacts


def import_page(job: Import) -> ImportPage:
    """Returns the facts that the page shows beside the fields of an import. About twelve queries, whatever its size."""
    kind, icon = STATES[State(job.state)]
    sent = ImportInput.objects.filter(job=job).defer("content").first()
    stages = {name: seconds for name, seconds in job.stage_seconds.items() if isinstance(seconds, int | float)}
    slowest = max(stages.items(), key=lambda stage: stage[1], default=None)
    has_result = job.state in HAS_RESULT
    source = format_name(job.import_type)
    return ImportPage(
        state=(kind, icon, capfirst(state_name(job.state))),
        source=_("{format} from {service}").format(format=source, service=job.service) if job.service else source,
        has_result=has_result,
        transitions=brought_by(job) if has_result else [],
        counts=[
            (ngettext("new score", "new scores", job.score_count), job.score_count),
            (ngettext("new best", "new bests", job.best_count), job.best_count),
            (ngettext("first play", "first plays", job.first_play_count), job.first_play_count),
            (ngettext("duplicate", "duplicates", job.duplicate_count), job.duplicate_count),
            (ngettext("problem", "problems", job.problem_count), job.problem_count),
        ]
        if has_result
        else [],
        top_scores=top_scores(job) if job.state == State.COMPLETED else [],
        history=_history(job),
        client=client_name(job.client),
        sent=sent,
        kept_until=sent.received_at + timedelta(days=settings.TACHI_KEEP_INPUT_DAYS) if sent else None,
        seconds=(job.time_finished - job.time_started).total_seconds()
        if job.time_finished and job.time_started
        else None,
        slowest_stage=(STAGES.get(slowest[0], slowest[0]), slowest[1]) if slowest else None,
        player=player_facts(job.user, game=job.game),
    )


def _history(job: Import) -> list[HistoryLine]:
    """Returns the audit entries of an import and its last start, newest first."""
    entries = AuditEntry.objects.filter(job=job).select_related("actor").order_by("-pk")
    lines = [
        HistoryLine(
            icon=audit_icon(entry.verb),
            what=words.what_happened(entry.verb, entry.actor),
            details=_details(entry, job),
            at=entry.at,
        )
        for entry in entries
    ]
    if job.time_started:
        attempt = _("first attempt") if job.attempts < 2 else _("attempt {number}").format(number=job.attempts)
        started = HistoryLine("loader", _("Started"), attempt, job.time_started)
        index = next((index for index, line in enumerate(lines) if line.at <= job.time_started), len(lines))
        lines.insert(index, started)
    return lines


def _details(entry: AuditEntry, job: Import) -> str:
    match entry.verb:
        case "uploaded":
            way = _("with a token") if entry.token_id else _("in the browser")
            return _("by a command") if job.client == "import_scores" else way
        case "completed":
            names = ("score_count", "duplicate_count", "problem_count")
            new, duplicates, problems = (entry.counts.get(name, 0) for name in names)
            parts = [ngettext("{count} new score", "{count} new scores", new).format(count=f"{new:,}")]
            if duplicates:
                parts.append(
                    ngettext("{count} duplicate", "{count} duplicates", duplicates).format(count=f"{duplicates:,}")
                )
            if problems:
                parts.append(ngettext("{count} problem", "{count} problems", problems).format(count=f"{problems:,}"))
            return _(", ").join(parts)
        case _:
            return entry.reason
