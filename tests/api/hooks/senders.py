"""The programs that send scores to hooks: their paths, headers and an example of their bodies."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from imports.formats.match_keys import chart_keys
from imports.models import Chart, Permission, User
from tests import people
from tests.factories import create_song

FERVIDEX = {"User-Agent": "fervidex/1.3.0", "X-Software-Model": "LDJ:J:E:A:2023090500"}
INFINITAS = {**FERVIDEX, "X-Software-Model": "P2D:J:B:A:2024030800"}
KSHOOK = {"User-Agent": "kshook/1.0.0", "X-Software-Model": "QCV:J:B:A:2021083100"}
IN_GAME_ID = 901


@dataclass(frozen=True)
class Sender:
    """A program, its request, and the member of its error messages."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    error_key: str = "description"

    def send(self, client: Client, content: bytes | None = None, *, content_type: str = "application/json") -> Any:
        """Sends `content`; without it, the body of this sender."""
        sent = json.dumps(self.body).encode() if content is None else content
        return client.generic("POST", self.path, sent, content_type=content_type, headers=self.headers)

    def changed(self, **members: Any) -> Sender:
        return Sender(self.path, {**self.body, **members}, self.headers, self.error_key)

    def with_headers(self, **headers: str | None) -> Sender:
        """Returns a sender with changed headers, `_` stands for `-`; None removes a header."""
        named = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        left = {name: value for name, value in named.items() if value is not None}
        return Sender(self.path, self.body, left, self.error_key)


BARBATOS = Sender(
    "/ir/barbatos/score/submit",
    {
        "difficulty": 2, "level": 16, "song_id": IN_GAME_ID, "max_chain": 50, "critical": 500, "near_total": 30,
        "near_fast": 20, "near_slow": 10, "score": 9_500_000, "error": 5, "percent": 81, "did_fail": False,
        "clear_type": 2, "gauge_type": 1, "is_skill_analyzer": False,
    },
)  # fmt: skip
FERVIDEX_SCORE = Sender(
    "/ir/fervidex/score/submit",
    {
        "chart": "spa", "entry_id": IN_GAME_ID, "pgreat": 400, "great": 100, "good": 5, "bad": 3, "poor": 4,
        "slow": 60, "fast": 50, "combo_break": 6, "ex_score": 900, "clear_type": 5, "gauge": [22, 80],
    },
    FERVIDEX,
    "error",
)  # fmt: skip
FERVIDEX_CLASS = Sender(
    "/ir/fervidex/class/submit", {"cleared": True, "course_id": 10, "play_style": 0}, FERVIDEX, "error"
)
FERVIDEX_PROFILE = Sender(
    "/ir/fervidex/profile/submit",
    {"scores": {str(IN_GAME_ID): {"spa": {"ex_score": 700, "miss_count": 5, "clear_type": 4}}}, "sp_dan": 7},
    FERVIDEX,
    "error",
)
KSHOOK_SCORE = Sender(
    "/ir/kshook/sv6c/score/save",
    {
        "clear": "CLEAR_EFFECTIVE", "difficulty": "DIFFICULTY_EXHAUST", "gauge": 7150, "grade": "GRADE_AA_PLUS",
        "max_chain": 158, "music_id": IN_GAME_ID, "critical": 1184, "near": 46, "error": 30, "rate": "RATE_EFFECTIVE",
        "score": 9_579_365, "ex_score": 1334, "track_no": 1, "retry_count": 0,
    },
    KSHOOK,
    "error",
)  # fmt: skip
KSHOOK_EXPORT = Sender(
    "/ir/kshook/sv6c/score/export",
    {
        "scores": [
            {
                "score": 9_000_000, "ex_score": 1200, "clear": "CLEAR_PLAYED", "difficulty": "DIFFICULTY_EXHAUST",
                "grade": "GRADE_AA", "max_chain": 100, "music_id": IN_GAME_ID, "timestamp": 1_600_000_000,
            }
        ]
    },
    KSHOOK,
    "error",
)  # fmt: skip
SENDERS = {
    "barbatos": BARBATOS,
    "fervidex score": FERVIDEX_SCORE,
    "fervidex class": FERVIDEX_CLASS,
    "fervidex profile": FERVIDEX_PROFILE,
    "kshook score": KSHOOK_SCORE,
    "kshook export": KSHOOK_EXPORT,
}
SINGLE_SCORES = {"barbatos": BARBATOS, "fervidex score": FERVIDEX_SCORE, "kshook score": KSHOOK_SCORE}


def charts() -> None:
    """Creates the chart of the example bodies in both games."""
    _chart("sdvx", "Single", "EXH", {}, versions=["konaste", "vivid", "exceed"])
    _chart("iidx", "SP", "ANOTHER", {"notecount": 500, "2dxtraSet": None}, versions=["30", "inf"])


def _chart(game: str, playtype: str, difficulty: str, data: dict[str, Any], *, versions: list[str]) -> None:
    data = {"inGameID": IN_GAME_ID, **data}
    Chart.objects.create(
        chart_id=f"{game:_>40}",
        game=game,
        song=create_song(1, game=game),
        playtype=playtype,
        difficulty=difficulty,
        level="16",
        level_num=16,
        versions=versions,
        data=data,
        match_keys=chart_keys({"data": data}),
    )


def program_of(user: User) -> Client:
    """Returns a client with a token of this user that may submit scores."""
    return people.bearer(user, Permission.SUBMIT_SCORE)


def words_of(response: Any) -> str:
    """Returns the message of a hook from `description` or `error`."""
    reply = response.json()
    return str(reply.get("description") or reply["error"])
