"""Refreshes derived state after scores were added or deleted: sessions, bests, stats, daily ratings, rankings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from imports.games import playtype_of
from imports.games.spec import Chart
from imports.models import Score, User
from imports.pipeline.derived import bests, class_history, rating_history, sessions, stats
from imports.pipeline.derived.class_history import NO_IMPORT, Cause
from imports.pipeline.derived.daily_bests import KnownBests
from imports.pipeline.derived.leaders import daily_winners
from imports.pipeline.derived.rating_history import KnownScores
from imports.pipeline.derived.stats import StatsChange
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.rankings import ranking_entries
from imports.pipeline.scoring.store import AffectedScope

BY_DAY = attrgetter("day")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The changes of bests and stats."""

    bests: bests.BestsChange
    stats: list[StatsChange]


def refresh(
    touched: AffectedScope,
    progress: Progress,
    *,
    charts: Mapping[int, Chart] | None = None,
    provided: Mapping[str, Mapping[str, str]] | None = None,
    lowered: Mapping[str, Collection[str]] | None = None,
    cause: Cause = NO_IMPORT,
    is_preview: bool = False,
    is_last_of_preview: bool = False,
    is_rerating: bool = False,
    rewrite_days: Callable[[StatsChange], bool] = lambda _change: False,
) -> Refreshed:
    """Refreshes all derived state in this scope, in dependency order.

    `charts`: loaded charts, by primary key. `provided`: the classes in the file, by playtype. `lowered`: the
    sets among them that may be lowered. `cause`: the import to which new classes are attributed. `is_preview`: without
    daily ratings and rankings, which previews do not show. `is_last_of_preview`: nothing is refreshed afterwards, so
    that identities of sessions are not needed. `is_rerating`: the formulas of the ratings may have changed, so that
    ratings are computed even if no best has changed. `rewrite_days`: writes the daily ratings of a playtype if the
    caller can, and returns whether it has.
    """
    # In this order: stats depend on the bests, the rating history ends in the stats, and rankings depend on all three.
    # Sessions depend on none of them.
    progress.stage(Stage.SESSIONS)
    moments = {
        name: [*touched.times.get(name, ()), *touched.named.get(name, ())]
        for name in {**touched.times, **touched.named}
    }
    sessions.refresh(touched.user_id, touched.game, moments, scores=touched.scores, only_sessions=is_last_of_preview)
    progress.stage(Stage.BESTS)
    scores: dict[str, KnownScores] = {}
    if touched.plays is not None:
        for name, plays in touched.plays.items():
            in_order = chain.from_iterable(sorted(of_chart, key=BY_DAY) for of_chart in plays.values())
            counts: Counter[int] = Counter()
            for play in chain.from_iterable(plays.values()):
                counts[play.day] += play.time is not None
            scores[name] = KnownScores(daily_winners(in_order, playtype_of(touched.game, name)), counts)
    last = {chart: won for found in scores.values() for chart, won in found.winners.last().items()}
    changed = bests.refresh(
        touched.user_id,
        touched.charts,
        charts=charts,
        game=touched.game,
        winners=None if touched.plays is None else last,
    )
    progress.stage(Stage.RATINGS)
    moved = stats.refresh(
        touched.user_id,
        touched.game,
        touched.playtypes,
        provided=provided,
        lowered=lowered,
        cause=cause,
        same_bests=not (is_rerating or changed.first or changed.raised or changed.removed),
    )
    # A restored import may get scores back that belonged to another import meanwhile.
    added_by = cause.job.pk if cause.job and not cause.job.put_aside else None
    for change in () if is_preview else moved:
        if not rewrite_days(change):
            rating_history.refresh(
                touched.user_id,
                change,
                touched.moments(change.playtype),
                scores=scores.get(change.playtype),
                known=KnownBests(changed, charts or {}, added_by),
            )
        ranking_entries.refresh(touched.user_id, change.game, change.playtype, change.ratings_after)
    return Refreshed(changed, moved)


def refresh_everything(user: User) -> None:
    """Refreshes all state derived from a player's scores; the caller holds the player's lock."""
    playtypes: dict[str, set[str]] = defaultdict(set)
    times: dict[tuple[str, str], set[float]] = defaultdict(set)
    # Includes stored sessions, stats and bests, because some may belong to scores that no longer exist.
    mine = Score.objects.filter(user=user)
    for game, playtype, time in mine.values_list("game", "playtype", "time_achieved").distinct():
        playtypes[game].add(playtype)
        if time is not None:
            times[(game, playtype)].add(time)
    for one in (*user.sessions.all(), *user.session_identities.all()):
        playtypes[one.game].add(one.playtype)
        times[(one.game, one.playtype)] |= {one.time_started, one.time_ended}
    for derived in (user.game_stats, user.class_achievements, user.daily_ratings, user.ranking_entries):
        for game, playtype in derived.values_list("game", "playtype"):
            playtypes[game].add(playtype)
    charts = {*mine.values_list("chart_id", flat=True), *user.bests.values_list("chart_id", flat=True)}
    for game, names in playtypes.items():
        sessions.refresh(user.pk, game, {name: times[(game, name)] for name in names})
    bests.refresh(user.pk, charts)
    for game, names in playtypes.items():
        for change in stats.refresh(user.pk, game, names):
            # `stats.refresh` checks the history only if classes change; here the history itself may be wrong.
            class_history.refresh(user.pk, game, playtype_of(game, change.playtype), change.classes_after)
            rating_history.rebuild(user.pk, change)
            ranking_entries.refresh(user.pk, change.game, change.playtype, change.ratings_after)
