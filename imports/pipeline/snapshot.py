"""Derived state of one player as plain values, so that previews and integrity checks can compare two moments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from imports.models import GameStats, ImportSession, PersonalBest, Session

Row = dict[str, Any]

BEST = (
    "chart_id", "game", "playtype", "is_primary", "score_id", "highlight", "time_achieved", "score_data",
    "calculated_data", "composed_from", "rank_keys",
)  # fmt: skip
SESSION = (
    "id", "session_id", "game", "playtype", "name", "time_started", "time_ended", "score_count", "calculated_data",
)  # fmt: skip
PART = ("session_id", "job_id", "created", "score_count")
STATS = ("game", "playtype", "ratings", "classes")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Bests by chart, sessions by key, parts by (session, import), stats by (game, playtype)."""

    bests: dict[int, Row] = field(default_factory=dict)
    sessions: dict[int, Row] = field(default_factory=dict)
    parts: dict[tuple[int, int], Row] = field(default_factory=dict)
    stats: dict[tuple[str, str], Row] = field(default_factory=dict)


def take(user_id: int, *, charts: Collection[int] | None = None) -> Snapshot:
    """What is stored now; only the bests on `charts` where given."""
    bests = PersonalBest.objects.filter(user_id=user_id)
    if charts is not None:
        bests = bests.filter(chart__in=charts)
    parts = ImportSession.objects.filter(session__user_id=user_id)
    return Snapshot(
        bests={row["chart_id"]: row for row in bests.values(*BEST)},
        sessions={row["id"]: row for row in Session.objects.filter(user_id=user_id).values(*SESSION)},
        parts={(row["session_id"], row["job_id"]): row for row in parts.values(*PART)},
        stats={(row["game"], row["playtype"]): row for row in GameStats.objects.filter(user_id=user_id).values(*STATS)},
    )
