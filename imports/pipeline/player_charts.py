"""Adds unknown charts of players' scores to the catalogue once enough players have played them.

`create_wanted_charts` is called by imports, in their transaction. Moderators' operations are in `jobs.closed_charts`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone

from imports.advisory_locks import CATALOGUE_LOCK, CHART_LOCK
from imports.errors import ProblemType, RowProblem
from imports.formats import BY_IMPORT_TYPE
from imports.formats.base import Context, UnknownChart
from imports.formats.match_keys import chart_keys, song_keys
from imports.games.spec import Chart as ChartFacts
from imports.models import Chart, Import, OrphanScore, PlayerChart, Song
from imports.pipeline import orphan_retries
from imports.pipeline.scoring.chart_loading import charts_by_pk

MAX_TITLE = 500  # characters of a title, as in seeds
MAX_ARTIST = 5_000


def create_wanted_charts(
    job: Import, context: Context, problems: Sequence[RowProblem], *, enough: int | None
) -> dict[int, ChartFacts]:
    """Returns row -> chart for problems whose chart players have added, or for which it is added now.

    `enough`: the number of players who must have played a chart; None adds none. The caller holds the player's lock.
    """
    found = {}
    sent = context.as_sent()
    for problem in problems:
        is_unknown = problem.type is ProblemType.NOT_FOUND
        chart = described_by(context.import_type, problem.datapoint, sent) if is_unknown else None
        if chart is None:
            continue
        # The lock is held until the transaction ends, so that of two concurrent imports with the last needed play the
        # second one counts the play of the first.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [CHART_LOCK, chart.hash])
        brought = PlayerChart.objects.filter(game=chart.game, playtype=chart.playtype, chart_hash=chart.hash).first()
        key = None
        if brought is not None:
            key = brought.merged_into_id if brought.closed_at else brought.chart_id
        # A chart that a moderator closed without a replacement is not added, regardless of its players.
        if key is None and enough and (brought is None or not brought.closed_at):
            others = _waiting(chart).exclude(user=job.user_id).values("user").distinct().count()
            if others + 1 >= enough:
                key = _add(chart)
        if key is not None:
            found[problem.row] = charts_by_pk([key])[key]
    return found


def waiting_players(chart_hash: str) -> int | None:
    """Returns the number of players with orphans for the chart with this hash; of several, for the one played first."""
    waiting = OrphanScore.objects.filter(chart_hash=chart_hash).values("game", "chart_playtype").order_by()
    counts = waiting.annotate(first=Min("pk"), players=Count("user", distinct=True)).order_by("first")
    return counts.values_list("players", flat=True).first()


def described_by(import_type: str, row: Any, context: Mapping[str, Any]) -> UnknownChart | None:
    """Returns the chart that a row describes (row and context as sent); None for most rows, which only name a chart."""
    describe = BY_IMPORT_TYPE[import_type].unknown_chart
    return describe(row, context) if describe else None


def _waiting(chart: UnknownChart) -> QuerySet[OrphanScore]:
    return OrphanScore.objects.filter(chart_hash=chart.hash, game=chart.game, chart_playtype=chart.playtype)


def _add(chart: UnknownChart) -> int:
    """Adds a chart to the catalogue as its first orphan describes it, and returns its primary key.

    The orphans for it are retried after the commit.
    """
    with connection.cursor() as cursor:  # no load of seeds may use the same song number
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [CATALOGUE_LOCK])
    # A load of seeds may have added the chart during the wait for the lock.
    there = Chart.objects.filter(game=chart.game, playtype=chart.playtype, match_keys__contains=[f"hash:{chart.hash}"])
    key = there.values_list("pk", flat=True).first()
    if key is None:
        first = _waiting(chart).order_by("pk").first()
        described = described_by(first.import_type, first.data, first.context) if first else None
        key = _create(described or chart)
    players = list(_waiting(chart).values_list("user", flat=True).distinct())
    transaction.on_commit(partial(orphan_retries.plan_players, players))
    return key


def _create(chart: UnknownChart) -> int:
    # The number stays free until the transaction ends, because the lock of the catalogue is held (`_add`).
    number = (Song.objects.filter(game=chart.game).aggregate(last=Max("song_id"))["last"] or 0) + 1
    title, artist = chart.title[:MAX_TITLE], chart.artist[:MAX_ARTIST]
    song = Song.objects.create(
        game=chart.game,
        song_id=number,
        title=title,
        artist=artist,
        data=dict(chart.song_data),
        match_keys=song_keys({"id": number, "title": title}),
    )
    made = Chart.objects.create(
        chart_id=secrets.token_hex(20),
        game=chart.game,
        song=song,
        playtype=chart.playtype,
        difficulty="CHART",
        level="?",
        level_num=0,
        data=dict(chart.chart_data),
        match_keys=chart_keys({"data": chart.chart_data}),
    )
    PlayerChart.objects.update_or_create(
        game=chart.game,
        playtype=chart.playtype,
        chart_hash=chart.hash,
        defaults={"title": str(song), "chart": made, "added_at": timezone.now()},
    )
    return made.pk
