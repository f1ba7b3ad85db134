"""Documents at paths without a game, which are the same in both API versions.

They have the members of both. For members with different meanings (`game`, the IDs of songs and charts) the setting
TACHI_API_DOCUMENTS selects the version; therefore there are two classes for each document.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from imports.api.common import schemas as v2
from imports.api.common import schemas_v3 as v3
from imports.models import Chart as ChartRow
from imports.models import ClassAchievement
from imports.models import Score as ScoreRow
from imports.models import Session as SessionRow

# --- as in 2026, with members for clients of 2025 -------------------------------------------------------


class ChartOf2026(v3.ChartV3):
    playtype: v2.Playtype
    song_id: str

    @classmethod
    def from_row(cls, chart: ChartRow, **more: Any) -> Self:
        return super().from_row(chart, playtype=chart.playtype, song_id=chart.song.v3_id, **more)


class ScoreOf2026(v3.ScoreV3):
    playtype: v2.Playtype

    @classmethod
    def from_row(cls, score: ScoreRow, chart: ChartRow, session_id: str | None = None, **more: Any) -> Self:
        return super().from_row(score, chart, session_id, playtype=score.playtype, **more)


class SessionOf2026(v3.SessionV3, kw_only=True):
    playtype: v2.Playtype

    @classmethod
    def from_row(cls, session: SessionRow, score_ids: Sequence[str], **more: Any) -> Self:
        return super().from_row(session, score_ids, playtype=session.playtype, **more)


class CalendarEntryOf2026(v3.CalendarEntryV3):
    playtype: v2.Playtype

    @classmethod
    def from_row(cls, session: SessionRow, **more: Any) -> Self:
        return super().from_row(session, playtype=session.playtype, **more)


class AchievementOf2026(v3.AchievementV3):
    playtype: v2.Playtype

    @classmethod
    def from_row(cls, achievement: ClassAchievement, **more: Any) -> Self:
        return super().from_row(achievement, playtype=achievement.playtype, **more)


# --- as in 2025, with members for clients of 2026 -------------------------------------------------------


class ChartOf2025(v2.Chart):
    game: v2.Game
    legacy_chart_id: str
    song: v2.Song

    @classmethod
    def from_row(cls, chart: ChartRow, **more: Any) -> Self:
        song = v2.Song.from_row(chart.song)
        return cls.extend(v2.Chart.from_row(chart), game=chart.game, legacy_chart_id=chart.chart_id, song=song, **more)


class ScoreOf2025(v2.Score):
    session_id: str | None

    @classmethod
    def from_row(cls, score: ScoreRow, chart: ChartRow, session_id: str | None = None, **more: Any) -> Self:
        return cls.extend(v2.Score.from_row(score, chart), session_id=session_id, **more)
