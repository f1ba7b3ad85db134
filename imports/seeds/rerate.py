"""What follows for scores once their charts, or the rules of their game, have changed: ratings, sessions, bests, stats.

The ratings of the stored scores are computed anew; their other metrics stay as they were judged (spec: seeds-format),
but for values that are called otherwise today. Everything else is the pipeline's own refresh, player by player, each
player's lock held as for an import. A load writes down what is to do (`plan`) in its own transaction, the sweeper what
new rules ask for (`plan_for_rules`); `work` does it, in whatever process, and may be stopped.

An import reads the charts long before it stores what it made of them. So `work` notes first who is at what: a player
whose lock is held comes to be looked at like those who have scores on the charts, and once an import that somebody was
at has ended, its player is rated (again).
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

OF_IMPORT, OF_PLAYER = 1, 2  # what pg_locks calls an advisory lock with one key of 64 bits, and with two of 32

OnPlayerDone = Callable[[Rerating], None]


def plan(rated: Iterable[int], flagged: Iterable[int]) -> Rerating | None:
    """Writes down what follows from changed charts, within the load's transaction; None where no chart has changed.

    `rated`: primary keys of charts whose formulas see something new; `flagged`: those with another primary flag. That
    no player has scores on them says nothing: an import may be about to bring some.
    """
    left = Rerating(rated=sorted(rated), flagged=sorted(flagged))
    if not left.rated and not left.flagged:
        return None
    left.player_count = len(_players(left))
    left.save()
    return left


def plan_for_rules() -> list[Rerating]:
    """Writes down what follows from rules that are newer than those by which a game's scores are rated.

    To be called now and then. Scores that a worker of the release before brought in meanwhile are seen, too, as is a
    rerating that such a worker, who knows nothing of rules, took for done.
    """
    # One transaction under a lock: of several hosts that look at once, one plans.
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
            else:  # a game that nobody has played is up to date as it is
                _apply(left)
        return planned


def _apply(left: Rerating) -> None:
    """The rules hold for what was there when this rerating was planned; later scores may be by older ones."""
    facts = {"year": left.rules, "time_applied": left.time_queued}
    GameRules.objects.update_or_create(game=left.game, defaults=facts)


def _outdated() -> list[Game]:
    """Games whose scores are rated by older rules, as far as is known."""
    years = dict(GameRules.objects.values_list("game", "year"))
    return [game for game in GAMES if years.get(game.slug, OLDEST_RULES) < game.rules]


def _outrun() -> list[Game]:
    """Games of which scores came in by older rules after the rerating by those of today was planned."""
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
    """Rates a player by the rules of today, where the rerating has not come to them yet.

    For whoever is about to change their scores: ratings and classes before and after say what that changes.
    """
    outdated = {game.slug for game in _outdated()}
    if not outdated:
        return
    done = unfinished().filter(game__in=outdated, last_user__gte=user_id).values_list("game", flat=True)
    played = GameStats.objects.filter(user_id=user_id, game__in=outdated.difference(done))
    for game in sorted(set(played.values_list("game", flat=True))):
        # One transaction: a game of a player is rated anew, or it is not.
        with transaction.atomic():
            states.lock_player(user_id)
            rating.rate_game(user_id, game)


def unfinished() -> QuerySet[Rerating]:
    """Oldest first."""
    return Rerating.objects.filter(time_finished=None).order_by("pk")


def stalled(*, seconds: float) -> list[int]:
    """Keys of those that nobody has moved for so long; each is reported once in that time."""
    now = timezone.now()
    still = unfinished().filter(time_touched__lt=now - timedelta(seconds=seconds))
    keys = list(still.values_list("pk", flat=True))
    Rerating.objects.filter(pk__in=keys).update(time_touched=now)
    return keys


def work(key: int, *, seconds: float = math.inf, on_player_done: OnPlayerDone = lambda _: None) -> bool:
    """Goes on with a rerating, for about so long; `on_player_done` hears of every player that is done. Whether more can
    be done.

    It cannot while imports are awaited; whoever calls later goes on. Safe to call at any time: of several processes one
    works and the others return at once, and what is done already is not done again.
    """
    with try_lock(RERATING_LOCK, key) as is_alone:
        left = unfinished().filter(pk=key).first() if is_alone else None
        if left is None:
            return False
        if left.busy_imports is None and not left.game:  # who reads charts by rules of before is seen by `_outrun`
            # The load is committed, so that later imports see it.
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
            # One transaction: the rerating is done, and the rules hold.
            with transaction.atomic():
                unfinished().filter(pk=key).update(time_finished=timezone.now())
                if left.game:
                    _apply(left)
    return False


def _held() -> list[tuple[int, int]]:
    """The advisory locks that stand for an import or a player, of which of the two, and its key.

    An import whose worker has died is not among them: it begins anew, and reads the charts again.
    """
    # A view of locks shows a key of 64 bits in two halves.
    return _rows(
        """
        SELECT objsubid, CASE objsubid WHEN 1 THEN classid::bigint << 32 | objid::bigint ELSE objid::bigint END
        FROM pg_locks WHERE locktype = 'advisory' AND granted AND (objsubid = 1 OR (objsubid = 2 AND classid = %s))
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        [USER_LOCK],
    )


def _player(left: Rerating, user_id: int, *, after: int | None = None) -> None:
    """One player, and the note that this one is done; or done again, `after` an import that was awaited."""
    # One transaction: a player is rated anew and noted as done, or neither; imports of theirs wait meanwhile.
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
    """Those who are not done yet, by user ID. Whoever plays a game has stats of it."""
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
