"""Compares derived state with the result of a full refresh, which is rolled back unless it repairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, F

from imports.games import BY_SLUG, judging, playtype_of
from imports.games.identity import score_id
from imports.games.spec import Play
from imports.models import Import, Score, State, User
from imports.models.row_corrections import open_problems
from imports.pipeline import states
from imports.pipeline.derived.refresh import refresh_everything
from imports.pipeline.derived.snapshot import take_snapshot
from imports.pipeline.rankings import ranking_entries
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.undo.carried_scores_recount import carried_differences

SCORES_PER_QUERY = 5_000  # scores read by one query


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored value that differs from the one computed from scores or files. `None`: the value is missing."""

    user_id: int
    what: str
    key: str
    stored: Any
    computed: Any

    def __str__(self) -> str:
        return f"user {self.user_id}: {self.what} {self.key}: stored {self.stored!r}, computed {self.computed!r}"


def check_player(user: User, *, repair: bool = False) -> list[Difference]:
    """Returns every difference of one player; with `repair` the differences are corrected, too."""
    # One transaction under the player's lock, so that no import changes the compared state.
    with transaction.atomic():
        states.lock_player(user.pk)
        found = [*_scores(user, repair=repair), *_counts(user, repair=repair)]
        for each in carried_differences(user, repair=repair):
            stored, computed = len(each.stored), len(each.computed)
            found.append(Difference(user.pk, "scores carried by import", each.job.import_id, stored, computed))
        # Gains that are due because a day has passed are no differences.
        ranking_entries.refresh_due_gains(user_id=user.pk)
        # After the repair of scores, because all other state follows from them.
        before = take_snapshot(user.pk)
        refresh_everything(user)
        after = take_snapshot(user.pk)
        for what in ("sessions", "identities", "parts", "bests", "stats", "days", "ranking_entries", "achievements"):
            old: dict[Any, Any] = getattr(before, what)
            new: dict[Any, Any] = getattr(after, what)
            found += [
                Difference(user.pk, what, str(key), old.get(key), new.get(key))
                for key in [*old, *(key for key in new if key not in old)]
                if old.get(key) != new.get(key)
            ]
        transaction.set_rollback(not repair)
    return found


def _scores(user: User, *, repair: bool) -> Iterator[Difference]:
    """Yields scores whose ID, derived metrics, ratings or keys do not follow from their provided metrics and chart."""
    mine = Score.objects.filter(user=user, game__in=BY_SLUG).annotate(rules=F("from_import__rules")).order_by("pk")
    last = 0
    while piece := list(mine.filter(pk__gt=last)[:SCORES_PER_QUERY]):
        last = piece[-1].pk
        charts = charts_by_pk({score.chart_id for score in piece})
        for score in piece:
            chart, playtype = charts[score.chart_id], playtype_of(score.game, score.playtype)
            data = dict(score.score_data)
            judgements, optional = data.pop("judgements"), data.pop("optional")
            play = Play({name: data[name] for name in playtype.provided}, judgements, optional)
            ratings, _ = judging.judge(play, chart, playtype, rules=score.rules)
            if ratings is None:  # the chart has changed since the score was stored; the score keeps its values
                continue
            computed = {
                "score_id": score_id(user.pk, chart.chart_id, play, playtype),
                "score_data": {**play.metrics, "judgements": judgements, "optional": optional},
                "calculated_data": ratings,
                "best_keys": judging.best_keys(play.metrics, optional, playtype),
            }
            stored = {name: getattr(score, name) for name in computed}
            if computed != stored:
                yield Difference(user.pk, "score", score.score_id, stored, computed)
                if repair:
                    Score.objects.filter(pk=score.pk).update(**computed)


def _counts(user: User, *, repair: bool) -> Iterator[Difference]:
    """Yields imports whose counts differ from the numbers of their scores and open problems."""
    scores = Score.objects.filter(user=user).values_list("from_import").annotate(count=Count("pk"))
    problems = open_problems().filter(job__user=user).values_list("job").annotate(count=Count("pk"))
    score_counts: dict[int, int] = dict(scores.order_by())
    problem_counts: dict[int, int] = dict(problems.order_by())
    for job in Import.objects.filter(user=user).order_by("pk"):
        actual = {"score_count": score_counts.get(job.pk, 0), "problem_count": problem_counts.get(job.pk, 0)}
        if job.state != State.COMPLETED:
            if actual["score_count"]:  # an import in another state must not have scores
                yield Difference(user.pk, "scores of import", job.import_id, actual["score_count"], 0)
            continue
        for name, what in (("score_count", "count of import"), ("problem_count", "problems of import")):
            if getattr(job, name) != actual[name]:
                yield Difference(user.pk, what, job.import_id, getattr(job, name), actual[name])
                if repair:
                    Import.objects.filter(pk=job.pk).update(**{name: actual[name]})
