"""The database models. May import Django, `imports.errors` and `imports.games`; not the pipeline, the API or pages."""

from __future__ import annotations

from imports.models.accounts import AuthLevel, ProfilePicture, User
from imports.models.api_clients import APIClient, AuthorizationCode
from imports.models.audit import AuditEntry
from imports.models.catalogue import Chart, Song, find_chart, find_song
from imports.models.documents import Import, ImportInput, ImportProblem, OrphanScore, State
from imports.models.hook_charts import Course, PlayerChart, Replay, WaitingChart
from imports.models.hook_settings import HookSettings, ImportTimestop
from imports.models.idempotency import IdempotencyKey
from imports.models.jobs.data_exports import DataExport, DataExportPart, ExportState
from imports.models.jobs.departures import Departure, HiddenRow
from imports.models.jobs.mails import Mail
from imports.models.jobs.orphan_retries import OrphanRetry
from imports.models.jobs.reratings import GameRules, Rerating
from imports.models.jobs.webhook_deliveries import WebhookDelivery
from imports.models.known_places import KnownPlace
from imports.models.moderation import BlockedClient
from imports.models.results.bests import PersonalBest
from imports.models.results.carried_scores import CarriedScores
from imports.models.results.scores import Score, ScoreBlacklist
from imports.models.results.stats import ClassAchievement, DailyRatings, GameStats, RankingEntry
from imports.models.row_corrections import RowCorrection
from imports.models.sessions import ImportSession, Session, SessionIdentity, find_session
from imports.models.tokens import APIToken, Permission

__all__ = [
    "APIClient",
    "APIToken",
    "AuditEntry",
    "AuthLevel",
    "AuthorizationCode",
    "BlockedClient",
    "CarriedScores",
    "Chart",
    "ClassAchievement",
    "Course",
    "DailyRatings",
    "DataExport",
    "DataExportPart",
    "Departure",
    "ExportState",
    "GameRules",
    "GameStats",
    "HiddenRow",
    "HookSettings",
    "IdempotencyKey",
    "Import",
    "ImportInput",
    "ImportProblem",
    "ImportSession",
    "ImportTimestop",
    "KnownPlace",
    "Mail",
    "OrphanRetry",
    "OrphanScore",
    "Permission",
    "PersonalBest",
    "PlayerChart",
    "ProfilePicture",
    "RankingEntry",
    "Replay",
    "Rerating",
    "RowCorrection",
    "Score",
    "ScoreBlacklist",
    "Session",
    "SessionIdentity",
    "Song",
    "State",
    "User",
    "WaitingChart",
    "WebhookDelivery",
    "find_chart",
    "find_session",
    "find_song",
]
