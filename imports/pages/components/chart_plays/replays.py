"""Replays of scores."""

from __future__ import annotations

from imports.models import Replay, Score, User
from imports.pages.core.urls import replay_url


def find_replay_url(score: Score, reader: object) -> str:
    """Returns the address of the replay for its player; empty for others, and if there is none. One query for USC."""
    if score.game != "usc" or not isinstance(reader, User) or reader.pk != score.user_id:
        return ""
    is_stored = Replay.objects.filter(user=reader, score_id=score.score_id).exists()
    return replay_url(score.playtype, score.score_id) if is_stored else ""
