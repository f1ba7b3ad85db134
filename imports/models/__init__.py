"""What the database holds. May import Django, `imports.errors` and `imports.games`; never the pipeline or an edge."""

from __future__ import annotations

from imports.models.accounts import APIToken, AuthLevel, Permission, User
from imports.models.bests import PersonalBest
from imports.models.catalogue import Chart, Song
from imports.models.documents import AuditEntry, Import, ImportInput, ImportProblem, OrphanScore, State
from imports.models.idempotency import IdempotencyKey
from imports.models.moderation import BlockedClient
from imports.models.reratings import Rerating
from imports.models.scores import Score, ScoreBlacklist
from imports.models.sessions import ImportSession, Session
from imports.models.stats import ClassAchievement, GameStats

__all__ = [
    "APIToken",
    "AuditEntry",
    "AuthLevel",
    "BlockedClient",
    "Chart",
    "ClassAchievement",
    "GameStats",
    "IdempotencyKey",
    "Import",
    "ImportInput",
    "ImportProblem",
    "ImportSession",
    "OrphanScore",
    "Permission",
    "PersonalBest",
    "Rerating",
    "Score",
    "ScoreBlacklist",
    "Session",
    "Song",
    "State",
    "User",
]
