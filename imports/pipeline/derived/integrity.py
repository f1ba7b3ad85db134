"""Whether derived state is what scores and files say: the real refresh, compared and rolled back unless it repairs."""

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
from imports.pipeline.rankings import standings
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.undo.carried_scores_recount import carried_differences

SCORES_PER_QUERY = 5_000  # scores looked at in one go


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that is not what the scores, or the files, say. `None`: not there."""

    user_id: int
    what: str
    key: str
    stored: Any
    computed: Any

    def __str__(self) -> str:
        return f"user {self.user_id}: {self.what} {self.key}: stored {self.stored!r}, computed {self.computed!r}"


def check_player(user: User, *, repair: bool = False) -> list[Difference]:
    """Returns every difference of one player; with `repair` they are corrected too."""
    # One transaction under the player's lock: no import may move what is being compared.
    with transaction.atomic():
        states.lock_player(user.pk)
        found = [*_scores(user, repair=repair), *_counts(user, repair=repair)]
        for each in carried_differences(user, repair=repair):
            stored, computed = len(each.stored), len(each.computed)
            found.append(Difference(user.pk, "scores carried by import", each.job.import_id, stored, computed))
        # What a new day changes by itself is no difference.
        standings.refresh_due_gains(user_id=user.pk)
        # After the scores have been repaired, as all else follows from them.
        before = take_snapshot(user.pk)
        refresh_everything(user)
        after = take_snapshot(user.pk)
        for what in ("sessions", "identities", "parts", "bests", "stats", "days", "standings", "achievements"):
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
    """Yields scores whose ID, derived metrics, ratings or keys are not what their provided metrics and chart say."""
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
            if ratings is None:  # charts change after scores are stored; such a score keeps what it has
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
    """Yields imports whose counts are not the numbers of scores that they have, and of rows that they left out."""
    scores = Score.objects.filter(user=user).values_list("from_import").annotate(count=Count("pk"))
    problems = open_problems().filter(job__user=user).values_list("job").annotate(count=Count("pk"))
    score_counts: dict[int, int] = dict(scores.order_by())
    problem_counts: dict[int, int] = dict(problems.order_by())
    for job in Import.objects.filter(user=user).order_by("pk"):
        actual = {"score_count": score_counts.get(job.pk, 0), "problem_count": problem_counts.get(job.pk, 0)}
        if job.state != State.COMPLETED:
            if actual["score_count"]:  # nothing of it may be in
                yield Difference(user.pk, "scores of import", job.import_id, actual["score_count"], 0)
            continue
        for name, what in (("score_count", "count of import"), ("problem_count", "problems of import")):
            if getattr(job, name) != actual[name]:
                yield Difference(user.pk, what, job.import_id, getattr(job, name), actual[name])
                if repair:
                    Import.objects.filter(pk=job.pk).update(**{name: actual[name]})
