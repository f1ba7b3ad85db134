"""Rerates scores after their charts, or the rules of their game, have changed: ratings, sessions, bests and stats.

The ratings of stored scores are computed again; their other metrics stay as they were judged (spec: seeds-format),
except for renamed values. Everything else is the pipeline's refresh, player by player, each under the player's lock as
in an import. A load saves its reratings (`plan`) in its own transaction, the sweeper those for new rules
(`plan_for_rules`); `work` executes them in any process, and may be interrupted.

An import reads the charts long before it stores its scores. `work` therefore first records which players are locked
and which imports are running: these players are rated like those who have scores on the charts, and after such an
import has ended, its player is rated (again).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from imports.advisory_locks import RERATING_LOCK, USER_LOCK, try_lock
from imports.games import BY_SLUG, GAMES
from imports.games.spec import OLDEST_RULES, Game
from imports.models import GameRules, GameStats, Import, Rerating, State
from imports.pipeline import states
from imports.seeds import rating

OF_IMPORT, OF_PLAYER = 1, 2  # pg_locks.objsubid of an advisory lock with one 64-bit key, and with two 32-bit keys

OnPlayerDone = Callable[[Rerating], None]


def plan(rated: Iterable[int], flagged: Iterable[int]) -> Rerating | None:
    """Saves the rerating of changed charts, in the load's transaction; returns None if no chart has changed.

    `rated`: primary keys of charts with changed values that formulas read; `flagged`: those with another primary flag.
    It is saved even if no player has scores on them, as a running import may store some.
    """
    left = Rerating(rated=sorted(rated), flagged=sorted(flagged))
    if not left.rated and not left.flagged:
        return None
    left.player_count = len(_players(left))
    left.save()
    return left


def plan_for_rules() -> list[Rerating]:
    """Saves and returns reratings of games whose scores are rated by older rules.

    To be called periodically. It also finds scores that a worker of the previous release has imported meanwhile, and a
    rerating that such a worker, which does not know about rules, has marked as finished.
    """
    # One transaction under a lock, so that only one of several hosts plans.
    with transaction.atomic():
        _rows("SELECT pg_advisory_xact_lock(%s, 0)", [RERATING_LOCK])
        waiting = set(unfinished().values_list("game", flat=True))
        behind = {game.slug: game for game in (*_outdated(), *_outrun()) if game.slug not in waiting}
        planned = []
        for game in behind.values():
            left = Rerating(rated=[], flagged=[], game=game.slug, rules=game.rules)
            left.player_count = len(_players(left))
            if left.player_count:
                left.save()
                planned.append(left)
            else:  # a game without players is already up to date
                _apply(left)
        return planned


def _apply(left: Rerating) -> None:
    """Records that the rules apply to the scores before this rerating was planned; later ones may be by older rules."""
    facts = {"year": left.rules, "time_applied": left.time_queued}
    GameRules.objects.update_or_create(game=left.game, defaults=facts)


def _outdated() -> list[Game]:
    """Returns the games whose scores are rated by older rules, as far as is recorded."""
    years = dict(_rows("SELECT game, year FROM imports_gamerules", []))  # before every import
    return [game for game in GAMES if years.get(game.slug, OLDEST_RULES) < game.rules]


def _outrun() -> list[Game]:
    """Returns the games with scores imported under older rules after the rerating by those of today was planned."""
    rows = _rows(
        """
        SELECT DISTINCT rules.game FROM imports_gamerules AS rules
        JOIN imports_import AS job ON job.game = rules.game AND job.state = %s
         AND job.time_finished > rules.time_applied AND job.rated_by < rules.year
        """,
        [State.COMPLETED],
    )
    return [BY_SLUG[row[0]] for row in rows if row[0] in BY_SLUG]


def bring_up_to_date(user_id: int) -> None:
    """Rates a player by the rules of today if a rerating has not reached them yet.

    To be called before their scores are changed, so that ratings before and after are comparable.
    """
    outdated = {game.slug for game in _outdated()}
    if not outdated:
        return
    done = unfinished().filter(game__in=outdated, last_user__gte=user_id).values_list("game", flat=True)
    played = GameStats.objects.filter(user_id=user_id, game__in=outdated.difference(done))
    for game in sorted(set(played.values_list("game", flat=True))):
        # One transaction: a player's game is rated completely, or not at all.
        with transaction.atomic():
            states.lock_player(user_id)
            rating.rate_game(user_id, game)


def unfinished() -> QuerySet[Rerating]:
    """Returns the unfinished reratings, oldest first."""
    return Rerating.objects.filter(time_finished=None).order_by("pk")


def stalled(*, seconds: float) -> list[int]:
    """Returns the keys of reratings without progress for `seconds`; each is reported once in that time."""
    now = timezone.now()
    still = unfinished().filter(time_touched__lt=now - timedelta(seconds=seconds))
    keys = list(still.values_list("pk", flat=True))
    Rerating.objects.filter(pk__in=keys).update(time_touched=now)
    return keys


def work(key: int, *, seconds: float = math.inf, on_player_done: OnPlayerDone = lambda _: None) -> bool:
    """Continues a rerating for about `seconds`, and returns whether there is more to do now.
    There is not while it waits for imports; a later call continues. Safe to call at any time: of several processes one

    works and the others return at once, and finished players are not rated again. Calls `on_player_done` after each
    player.
    """
    with try_lock(RERATING_LOCK, key) as is_alone:
        left = unfinished().filter(pk=key).first() if is_alone else None
        if left is None:
            return False
        if left.busy_imports is None and not left.game:  # `_outrun` finds imports under older rules
            # The load is committed, so that later imports read the new charts.
            held = _held()
            left.busy_imports = [key for kind, key in held if kind == OF_IMPORT]
            left.busy_players = [key for kind, key in held if kind == OF_PLAYER]
            left.player_count = len(_players(left))
            left.save(update_fields=["busy_imports", "busy_players", "player_count"])
        until = time.monotonic() + seconds
        for user_id in _players(left):
            if time.monotonic() > until:
                return True
            _player(left, user_id)
            on_player_done(left)
        awaited = {key for kind, key in _held() if kind == OF_IMPORT} & set(left.busy_imports or ())
        ended = sorted(set(left.busy_imports or ()) - awaited)
        for job_id, user_id in Import.objects.filter(pk__in=ended).order_by("pk").values_list("pk", "user_id"):
            if time.monotonic() > until:
                return True
            _player(left, user_id, after=job_id)
        if not awaited:
            # One transaction: the rerating is finished, and the rules are recorded.
            with transaction.atomic():
                unfinished().filter(pk=key).update(time_finished=timezone.now())
                if left.game:
                    _apply(left)
    return False


def _held() -> list[tuple[int, int]]:
    """Returns (OF_IMPORT or OF_PLAYER, key) of the advisory locks of imports and players.

    An import whose worker has died is not included: it starts again and reads the charts again.
    """
    # pg_locks shows a 64-bit key in two halves.
    return _rows(
        """
        SELECT objsubid, CASE objsubid WHEN 1 THEN classid::bigint << 32 | objid::bigint ELSE objid::bigint END
        FROM pg_locks WHERE locktype = 'advisory' AND granted AND (objsubid = 1 OR (objsubid = 2 AND classid = %s))
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        [USER_LOCK],
    )


def _player(left: Rerating, user_id: int, *, after: int | None = None) -> None:
    """Rates a player and records that they are done; or rates them again, `after` an import that was waited for."""
    # One transaction: a player is rated and recorded as done, or neither; their imports wait meanwhile.
    with transaction.atomic():
        states.lock_player(user_id)
        if left.game:
            changed = rating.rate_game(user_id, left.game)
        else:
            changed = rating.rate_charts(user_id, left.rated) if left.rated else 0
            rating.flag_bests(user_id, left.flagged)
        if after is None:
            left.players_done, left.last_user = left.players_done + 1, user_id
        else:
            left.busy_imports = [key for key in left.busy_imports or () if key != after]
        left.scores_changed, left.time_touched = left.scores_changed + changed, timezone.now()
        left.save(update_fields=["players_done", "last_user", "busy_imports", "scores_changed", "time_touched"])


def _players(left: Rerating) -> list[int]:
    """Returns the user IDs of players not done yet, in order. Every player of a game has stats of it."""
    if left.game:
        mine = GameStats.objects.filter(game=left.game, user_id__gt=left.last_user)
        return list(mine.order_by("user_id").values_list("user_id", flat=True).distinct())
    rows = _rows(
        """
        SELECT user_id FROM imports_score WHERE chart_id = ANY(%s) AND user_id > %s
        UNION SELECT id FROM imports_user WHERE id = ANY(%s) AND id > %s ORDER BY 1
        """,
        [[*left.rated, *left.flagged], left.last_user, left.busy_players or [], left.last_user],
    )
    return [row[0] for row in rows]


def _rows(statement: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
