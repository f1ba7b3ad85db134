"""Documents of scores for the IR of USC, with the ranks of their players on the chart."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import IntegerField, Max
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from imports.api.core.responses import Schema
from imports.games import playtype_of
from imports.models import Chart, PersonalBest, Score
from imports.pipeline.rankings.ranks import BY_RANK, best_ranks, ranks_below

NEIGHBOURS = 3  # on either side


class ServerScore(Schema):
    """A score with the place of its player. `timestamp` in Unix seconds, `lamp` counted from 1."""

    score: int
    timestamp: int
    crit: int
    near: int
    error: int
    ranking: int
    lamp: int
    username: str
    note_mod: str
    gauge_mod: str

    @classmethod
    def of(cls, played: Score | PersonalBest, meta: dict[str, Any], *, ranking: int) -> Self:
        """`meta`: the modifiers of the score with these points. The lamp of a best may come from another score."""
        data, judgements = played.score_data, played.score_data["judgements"]
        lamps = playtype_of(played.game, played.playtype).ladder_indexes["lamp"]
        return cls(
            score=data["score"],
            timestamp=int((played.time_achieved or 0) // 1_000),
            crit=judgements.get("critical") or 0,
            near=judgements.get("near") or 0,
            error=judgements.get("miss") or 0,
            ranking=ranking,
            lamp=lamps[data["lamp"]] + 1,
            username=played.user.username,
            note_mod=meta.get("noteMod") or "NORMAL",
            gauge_mod=meta.get("gaugeMod") or "NORMAL",
        )


def leaderboard(chart: Chart, *, count: int, first: int = 1) -> list[ServerScore]:
    """Returns up to `count` bests on a chart from position `first` on."""
    board = PersonalBest.objects.filter(chart=chart).prefetch_related("user").order_by(*BY_RANK)
    bests = list(board[first - 1 : first - 1 + count])
    if not bests:
        return []
    ranks = ranks_below(best_ranks(bests[:1])[bests[0].pk], bests)
    plays = Score.objects.in_bulk([best.score_id for best in bests], field_name="score_id")
    return [
        ServerScore.of(best, plays[best.score_id].score_meta if best.score_id in plays else {}, ranking=rank)
        for best, rank in zip(bests, ranks, strict=True)
    ]


def submission_body(score: Score) -> dict[str, Any]:
    """Returns the body of the response to an imported score."""
    best = PersonalBest.objects.get(user=score.user_id, chart=score.chart_id)
    rank = best_ranks([best])[best.pk]
    start = max(1, rank.place - NEIGHBOURS)
    near = leaderboard(score.chart, first=start, count=rank.place - start + 1 + NEIGHBOURS)
    place = rank.place - start
    [record] = near[:1] if start == 1 else leaderboard(score.chart, count=1)
    others = Score.objects.filter(user=score.user_id, chart=score.chart_id).exclude(pk=score.pk)
    best_of_others = others.aggregate(most=Max(Cast(KT("score_data__score"), IntegerField())))["most"]
    return {
        "score": ServerScore.of(score, score.score_meta, ranking=rank.rank),
        "serverRecord": record,
        "adjacentAbove": near[1 if start == 1 else 0 : place],
        "adjacentBelow": near[place + 1 :],
        "isPB": best_of_others is None or score.score_data["score"] > best_of_others,
        "isServerRecord": place == 0 and start == 1,
        "sendReplay": score.score_id,
    }
