"""What follows for scores once their charts have changed: ratings, sessions, bests, game stats.

The ratings of the stored scores are computed anew; their other metrics stay as they were judged (spec: seeds-format).
Everything else is the pipeline's own refresh, player by player, each player's lock held as for an import. A load
writes down what is to do (`plan`) in its own transaction; `work` does it, in whatever process, and may be stopped.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from imports.errors import FormulaError
from imports.games import BY_SLUG, playtype_of
from imports.games.spec import Chart, Play, Playtype
from imports.models import Rerating
from imports.pipeline import states, stats
from imports.pipeline.catalogue import charts_by_pk
from imports.pipeline.progress import Progress
from imports.pipeline.refresh import refresh
from imports.pipeline.store import Touched

_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder(dict[str, Any]).decode


LOCK = 3  # first half of the two-part advisory lock of whoever works at a rerating; 1 and 2 are players and loads

Tell = Callable[[Rerating], None]


def plan(rated: Iterable[int], flagged: Iterable[int]) -> Rerating | None:
    """Writes down what follows from changed charts, within the load's transaction; None where no player has scores.

    `rated`: primary keys of charts whose formulas see something new; `flagged`: those with another primary flag.
    """
    left = Rerating(rated=sorted(rated), flagged=sorted(flagged))
    left.player_count = len(_players(left))
    if not left.player_count:
        return None
    left.save()
    return left


def unfinished() -> QuerySet[Rerating]:
    """Oldest first."""
    return Rerating.objects.filter(time_finished=None).order_by("pk")


def stalled(*, seconds: float) -> list[int]:
    """Keys of those that nobody has moved for so long; each is told of once in that time."""
    now = timezone.now()
    still = unfinished().filter(time_touched__lt=now - timedelta(seconds=seconds))
    keys = list(still.values_list("pk", flat=True))
    Rerating.objects.filter(pk__in=keys).update(time_touched=now)
    return keys


def work(key: int, *, seconds: float = math.inf, tell: Tell = lambda _: None) -> bool:
    """Goes on with a rerating, for about so long; `tell` hears of every player that is done. Whether more is to do.

    Safe to call at any time: of several processes one works and the others return at once, and what is done already
    is not done again.
    """
    with _alone(key) as is_alone:
        left = unfinished().filter(pk=key).first() if is_alone else None
        if left is None:
            return False
        until, charts = time.monotonic() + seconds, charts_by_pk(left.rated)
        for user_id in _players(left):
            if time.monotonic() > until:
                return True
            _player(left, user_id, charts)
            tell(left)
        unfinished().filter(pk=key).update(time_finished=timezone.now())
    return False


@contextlib.contextmanager
def _alone(key: int) -> Iterator[bool]:
    """Holds this rerating's advisory lock on the process's own connection, so that it goes when the process does."""
    numbers = [LOCK, key % 2**31]
    is_held = bool(_rows("SELECT pg_try_advisory_lock(%s, %s)", numbers)[0][0])
    try:
        yield is_held
    finally:
        if is_held:
            # A broken connection has let go of the lock already.
            with contextlib.suppress(DatabaseError, InterfaceError):
                _rows("SELECT pg_advisory_unlock(%s, %s)", numbers)


def _player(left: Rerating, user_id: int, charts: Mapping[int, Chart]) -> None:
    """One player, and the note that this one is done."""
    # One transaction: a player is rated anew and noted as done, or neither; imports of theirs wait meanwhile.
    with transaction.atomic():
        states.lock_player(user_id)
        changed = _rerate_player(user_id, charts) if charts else 0
        for game, playtype in _flag_bests(user_id, left.flagged):
            if game in BY_SLUG:
                stats.refresh(user_id, game, [playtype])
        left.players_done, left.last_user = left.players_done + 1, user_id
        left.scores_changed, left.time_touched = left.scores_changed + changed, timezone.now()
        left.save(update_fields=["players_done", "last_user", "scores_changed", "time_touched"])


def _players(left: Rerating) -> list[int]:
    """Those who are not done yet, by user ID."""
    rows = _rows(
        """
        SELECT DISTINCT user_id FROM imports_score WHERE chart_id = ANY(%s) AND user_id > %s ORDER BY user_id
        """,
        [[*left.rated, *left.flagged], left.last_user],
    )
    return [row[0] for row in rows]


def _flag_bests(user_id: int, charts: Sequence[int]) -> list[tuple[str, str]]:
    """Makes the bests' primary flag that of their charts; returns the stats to refresh: (game, playtype)."""
    return _rows(
        """
        WITH changed AS (
            UPDATE imports_personalbest best SET is_primary = chart.is_primary FROM imports_chart chart
            WHERE chart.id = best.chart_id AND chart.id = ANY(%s) AND best.user_id = %s
            RETURNING best.game, best.playtype
        )
        SELECT DISTINCT game, playtype FROM changed ORDER BY 1, 2
        """,
        [list(charts), user_id],
    )


def _rerate_player(user_id: int, charts: Mapping[int, Chart]) -> int:
    """Rates the player's scores on these charts anew and refreshes what follows; returns how many changed."""
    touched: dict[str, Touched] = {}
    changed: list[tuple[int, str]] = []
    rows = _rows(
        """
        SELECT id, chart_id, game, playtype, time_achieved, score_data::text, calculated_data::text
        FROM imports_score
        WHERE user_id = %s AND chart_id = ANY(%s) ORDER BY id
        """,
        [user_id, list(charts)],
    )
    for key, chart, game, playtype, achieved, score_data, before in rows:
        if game not in BY_SLUG:
            continue
        ratings = _ratings(_from_json(score_data), charts[chart], playtype_of(game, playtype))
        if ratings != _from_json(before):
            changed.append((key, _to_json(ratings).decode()))
        _touch(touched.setdefault(game, Touched(user_id=user_id, game=game)), chart, playtype, achieved)
    _save(changed)
    for part in touched.values():
        refresh(part, Progress(), charts=charts)
    return len(changed)


def _touch(part: Touched, chart: int, playtype: str, achieved: float | None) -> None:
    part.charts.add(chart)
    if playtype not in part.playtypes:
        part.playtypes.append(playtype)
    if achieved is not None:
        part.times[playtype].append(achieved)


def _ratings(metrics: dict[str, Any], chart: Chart, playtype: Playtype) -> dict[str, float | None]:
    """None where a formula has no answer any more: a chart's change must not fail over an old score."""
    play = Play(judgements=metrics.pop("judgements"), optional=metrics.pop("optional"), metrics=metrics)
    ratings: dict[str, float | None] = defaultdict(lambda: None)
    for name, rating in playtype.score_ratings.items():
        try:
            ratings[name] = rating.compute(play, chart)
        except FormulaError:
            ratings[name] = None
    return dict(ratings)


def _save(ratings: Sequence[tuple[int, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE imports_score score SET calculated_data = new.ratings::jsonb
            FROM unnest(%s::bigint[], %s::text[]) AS new (id, ratings) WHERE score.id = new.id
            """,
            [[key for key, _ in ratings], [text for _, text in ratings]],
        )


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
