"""Whether derived state is what the scores say: the real refresh, compared and rolled back unless told to repair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count

from imports.games import BY_SLUG, judging, playtype_of
from imports.games.identity import score_id
from imports.games.spec import Play
from imports.models import Import, Score, Session, State, User
from imports.pipeline import bests, sessions, states, stats
from imports.pipeline.catalogue import charts_by_pk
from imports.pipeline.snapshot import Snapshot, take

PIECE = 5_000  # scores looked at in one go


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that is not what the scores say. `None`: not there."""

    user_id: int
    what: str
    key: str
    stored: Any
    computed: Any

    def __str__(self) -> str:
        return f"user {self.user_id}: {self.what} {self.key}: stored {self.stored!r}, computed {self.computed!r}"


def check_player(user: User, *, repair: bool = False) -> list[Difference]:
    """Every difference of one player; with `repair` they are mended too."""
    # One transaction under the player's lock: no import may move what is being compared.
    with transaction.atomic():
        states.lock_player(user.pk)
        found = [*_scores(user, repair=repair), *_counts(user, repair=repair)]
        before = take(user.pk)
        _refresh_everything(user)
        found += _compare(user.pk, before, take(user.pk))
        transaction.set_rollback(not repair)
    return found


def _refresh_everything(user: User) -> None:
    playtypes: dict[str, set[str]] = defaultdict(set)
    times: dict[tuple[str, str], set[float]] = defaultdict(set)
    mine = Score.objects.filter(user=user)
    for game, playtype, time in mine.values_list("game", "playtype", "time_achieved").distinct():
        playtypes[game].add(playtype)
        if time is not None:
            times[(game, playtype)].add(time)
    for session in Session.objects.filter(user=user):
        playtypes[session.game].add(session.playtype)
        times[(session.game, session.playtype)] |= {session.time_started, session.time_ended}
    for row in user.game_stats.all():
        playtypes[row.game].add(row.playtype)
    charts = {*mine.values_list("chart_id", flat=True), *user.bests.values_list("chart_id", flat=True)}
    for game, names in playtypes.items():
        sessions.refresh(user.pk, game, {name: times[(game, name)] for name in names})
    bests.refresh(user.pk, charts)
    for game, names in playtypes.items():
        stats.refresh(user.pk, game, names)


def _compare(user_id: int, before: Snapshot, after: Snapshot) -> list[Difference]:
    found = []
    for what in ("sessions", "parts", "bests", "stats"):
        old: dict[Any, Any] = getattr(before, what)
        new: dict[Any, Any] = getattr(after, what)
        found += [
            Difference(user_id, what, str(key), old.get(key), new.get(key))
            for key in [*old, *(key for key in new if key not in old)]
            if old.get(key) != new.get(key)
        ]
    return found


def _scores(user: User, *, repair: bool) -> Iterator[Difference]:
    """Scores whose ID, derived metrics, ratings or keys are not what their provided metrics and chart say."""
    mine = Score.objects.filter(user=user, game__in=BY_SLUG).order_by("pk")
    last = 0
    while piece := list(mine.filter(pk__gt=last)[:PIECE]):
        last = piece[-1].pk
        charts = charts_by_pk({score.chart_id for score in piece})
        for score in piece:
            computed = _recomputed(score, charts[score.chart_id])
            stored = {name: getattr(score, name) for name in computed}
            if computed != stored:
                yield Difference(user.pk, "score", score.score_id, stored, computed)
                if repair:
                    Score.objects.filter(pk=score.pk).update(**computed)


def _recomputed(score: Score, chart: Any) -> dict[str, Any]:
    playtype = playtype_of(score.game, score.playtype)
    data = dict(score.score_data)
    judgements, optional = data.pop("judgements"), data.pop("optional")
    play = Play({name: data[name] for name in playtype.provided}, judgements, optional)
    ratings, _ = judging.judge(play, chart, playtype)
    if ratings is None:  # charts change after scores are stored; such a score keeps what it has
        return {}
    return {
        "score_id": score_id(score.user_id, chart.chart_id, play, playtype),
        "score_data": {**play.metrics, "judgements": judgements, "optional": optional},
        "calculated_data": ratings,
        "best_keys": judging.best_keys(play.metrics, optional, playtype),
    }


def _counts(user: User, *, repair: bool) -> Iterator[Difference]:
    """Imports whose count of new scores is not the number of scores they have; unfinished business has none."""
    counts = Score.objects.filter(user=user).values_list("from_import").annotate(count=Count("pk"))
    actually = dict(counts.order_by())
    for job in Import.objects.filter(user=user).order_by("pk"):
        actual = actually.get(job.pk, 0)
        wanted = actual if job.state == State.COMPLETED else 0
        if actual != wanted:
            yield Difference(user.pk, "scores of import", job.import_id, actual, wanted)
        elif job.state == State.COMPLETED and job.score_count != actual:
            yield Difference(user.pk, "count of import", job.import_id, job.score_count, actual)
            if repair:
                Import.objects.filter(pk=job.pk).update(score_count=actual)
