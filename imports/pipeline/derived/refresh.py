"""Refreshes derived state after scores were added or deleted: sessions, bests, stats, daily ratings, standings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from imports.games import playtype_of
from imports.games.spec import Chart
from imports.models import Score, User
from imports.pipeline.derived import bests, class_history, rating_history, sessions, stats
from imports.pipeline.derived.class_history import NO_IMPORT, Cause
from imports.pipeline.derived.leaders import DailyWinners, daily_winners
from imports.pipeline.derived.stats import StatsChange
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.rankings import standings
from imports.pipeline.scoring.store import AffectedScope

BY_DAY = attrgetter("day")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What the refreshes changed."""

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
) -> Refreshed:
    """Refreshes everything that these scores may have changed.

    `charts`: those already loaded, by primary key. `provided`: the classes in the file, by playtype. `lowered`: the
    sets among them that may fall. `cause`: the import to which new classes are attributed.
    """
    # In this order: stats are a function of the bests, and end the history of ratings; standings follow from all three.
    # Sessions need none of them.
    progress.stage(Stage.SESSIONS)
    moments = {
        name: [*touched.times.get(name, ()), *touched.named.get(name, ())]
        for name in {**touched.times, **touched.named}
    }
    sessions.refresh(touched.user_id, touched.game, moments, scores=touched.scores)
    progress.stage(Stage.BESTS)
    winners: dict[str, DailyWinners] = {}
    if touched.plays is not None:
        for name, plays in touched.plays.items():
            in_order = chain.from_iterable(sorted(of_chart, key=BY_DAY) for of_chart in plays.values())
            winners[name] = daily_winners(in_order, playtype_of(touched.game, name))
    last = {chart: won for found in winners.values() for chart, won in found.last().items()}
    changed = bests.refresh(
        touched.user_id,
        touched.charts,
        charts=charts,
        game=touched.game,
        winners=None if touched.plays is None else last,
    )
    progress.stage(Stage.RATINGS)
    moved = stats.refresh(
        touched.user_id, touched.game, touched.playtypes, provided=provided, lowered=lowered, cause=cause
    )
    for change in moved:
        rating_history.refresh(
            touched.user_id, change, touched.moments(change.playtype), winners=winners.get(change.playtype)
        )
        standings.refresh(touched.user_id, change.game, change.playtype, change.ratings_after)
    return Refreshed(changed, moved)


def refresh_everything(user: User) -> None:
    """Refreshes all that is derived from a player's scores; the caller holds the player's lock."""
    playtypes: dict[str, set[str]] = defaultdict(set)
    times: dict[tuple[str, str], set[float]] = defaultdict(set)
    # Stored sessions, stats and bests count too: some may remain of scores that no longer exist.
    mine = Score.objects.filter(user=user)
    for game, playtype, time in mine.values_list("game", "playtype", "time_achieved").distinct():
        playtypes[game].add(playtype)
        if time is not None:
            times[(game, playtype)].add(time)
    for one in (*user.sessions.all(), *user.session_identities.all()):
        playtypes[one.game].add(one.playtype)
        times[(one.game, one.playtype)] |= {one.time_started, one.time_ended}
    for derived in (user.game_stats, user.class_achievements, user.daily_ratings, user.standings):
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
            standings.refresh(user.pk, change.game, change.playtype, change.ratings_after)
