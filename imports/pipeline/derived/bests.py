"""Computes personal bests from the scores (spec: import-pipeline §11).

Ties are decided by content, so that the order of imports does not matter: earliest achieved first, untimed last. Of
scores with equal times, a merge takes the primary score itself, then the one with the smaller default metric, which
was probably achieved first, then the smaller score ID.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from django.db import connection

from imports.games import playtype_of
from imports.games.judging import Best, Candidate, as_of_today, compose, rank_keys
from imports.games.spec import Chart, Playtype
from imports.models import Chart as StoredChart
from imports.models import PersonalBest, Score
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.scoring.score_ids import array_of

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
CHARTS = StoredChart._meta.db_table
# The columns of a best, with their PostgreSQL types for reading from JSON.
COLUMNS = {
    "chart_id": "bigint",
    "is_primary": "boolean",
    "score_id": "text",
    "highlight": "boolean",
    "time_achieved": "float8",
    "score_data": "jsonb",
    "calculated_data": "jsonb",
    "composed_from": "jsonb",
    "rank_keys": "float8[]",
}
COPY_THRESHOLD = 500  # number of bests above which COPY is used, which takes a third of the time of an upsert
COPY_ROWS = 200  # rows per write: the text of all rows is never in memory, and each write costs a system call
to_json = msgspec.json.Encoder().encode
from_json = msgspec.json.decode

# A part of a best whose score no longer exists.
LOST_PART = f"""
    SELECT FROM jsonb_array_elements(best.composed_from) AS part
    WHERE NOT EXISTS (SELECT FROM {SCORES} AS score WHERE score.score_id = part->>'scoreID')
"""

Moment = tuple[int, float]
"""A chart, and a time in Unix milliseconds."""

Key = TypeVar("Key", int, Moment)

Winners = dict[Key, dict[int, str]]
"""Chart (and moment) -> position in best_keys -> ID of the score that wins at this position."""


@dataclass(frozen=True, slots=True)
class BestsChange:
    """The numbers of bests that were created, changed and deleted; and the current bests and winners, by chart."""

    first: int = 0
    raised: int = 0
    removed: int = 0
    winners: Winners[int] = field(default_factory=dict, compare=False)
    composed: Mapping[int, Best] = field(default_factory=dict, compare=False)


def refresh(
    user_id: int,
    chart_keys: Collection[int],
    *,
    charts: Mapping[int, Chart] | None = None,
    game: str = "",
    winners: Winners[int] | None = None,
) -> BestsChange:
    """Updates the player's bests on these charts from the scores. Writes only rows that differ.

    `charts`: loaded charts, by primary key. `game`: the game of all charts, if known. `winners`: the winning scores
    of a player without bests on these charts, if the caller knows them; then the scores are not compared.
    """
    if not chart_keys:
        return BestsChange()
    known = charts or {}
    # An import has loaded the charts of its rows; a revert or a rerating knows only their keys.
    unplaced = list(chart_keys if not game else set(chart_keys) - known.keys())
    places = _games_and_playtypes(unplaced) if unplaced else {}
    by_playtype: dict[tuple[str, str], list[int]] = defaultdict(list)
    for chart in chart_keys:
        if chart in places:
            by_playtype[places[chart]].append(chart)
        elif chart in known:
            by_playtype[(game, known[chart].playtype)].append(chart)
    first = raised = 0
    alive: dict[int, Best] = {}
    won: Winners[int] = {}
    for (slug, name), keys in by_playtype.items():
        playtype = playtype_of(slug, name)
        chosen = (
            _choose(user_id, keys, playtype)
            if winners is None
            else {chart: winners[chart] for chart in sorted(keys) if chart in winners}
        )
        # Only for charts with a score: a revert may leave thousands without one.
        facts = {**known, **charts_by_pk(missing)} if (missing := chosen.keys() - known.keys()) else known
        composed = compose_all(chosen, facts, playtype)
        alive.update(composed)
        won.update(chosen)
        rows = [_row(facts[chart], best, playtype) for chart, best in composed.items()]
        # COPY cannot resolve conflicts, so it is used only for a player without bests.
        write = _insert if winners is not None and len(rows) >= COPY_THRESHOLD else _upsert
        new, changed = write(user_id, slug, playtype, rows)
        first, raised = first + new, raised + changed
    # These charts have no score any more. If there was no best either, nothing is deleted.
    gone = 0
    if dead := set(chart_keys) - alive.keys():
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {BESTS} WHERE user_id = %s AND chart_id = ANY(%s)", [user_id, list(dead)])
            gone = cursor.rowcount
    return BestsChange(first=first, raised=raised, removed=gone, winners=won, composed=alive)


def _games_and_playtypes(chart_keys: list[int]) -> dict[int, tuple[str, str]]:
    """Returns the game and the playtype of each of these charts, by primary key."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, game, playtype FROM {CHARTS} WHERE id = ANY(%s)", [chart_keys])
        return {chart: (game, playtype) for chart, game, playtype in cursor.fetchall()}


def without_whole_best(user_id: int, chart_keys: Collection[int]) -> set[int]:
    """Returns the charts whose stored best has lost one of its scores, and those without a stored best.

    Other bests do not change when scores are deleted, because a score that wins among more scores wins among fewer.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT chart_id FROM {BESTS} AS best
            WHERE user_id = %s AND chart_id = ANY(%s) AND NOT EXISTS ({LOST_PART})
            """,
            [user_id, sorted(chart_keys)],
        )
        return set(chart_keys) - {chart for (chart,) in cursor.fetchall()}


def metrics_before(user_id: int, moments: Collection[Moment], playtype: Playtype) -> dict[Moment, Mapping[str, Any]]:
    """Returns for each moment the metrics of the best composed only of the scores on its chart with an earlier time.

    Takes at most five queries. A moment without earlier scores is left out.
    """
    wanted = sorted(moments)
    with connection.cursor() as cursor:
        # A current best whose parts are all earlier is the best before, so for most charts no scores are read.
        cursor.execute(
            f"""
            SELECT wanted.place, best.score_data::text
            FROM unnest(%s::bigint[], %s::float8[]) WITH ORDINALITY AS wanted (chart_id, moment, place)
            JOIN {BESTS} AS best ON (best.user_id, best.chart_id) = (%s, wanted.chart_id)
            WHERE best.time_achieved < wanted.moment AND NOT EXISTS (
                SELECT FROM jsonb_array_elements(best.composed_from) AS part
                JOIN {SCORES} AS score ON score.score_id = part->>'scoreID' WHERE score.time_achieved IS NULL
            )
            """,
            [[chart for chart, _ in wanted], [moment for _, moment in wanted], user_id],
        )
        found: dict[Moment, Mapping[str, Any]] = {
            wanted[place - 1]: as_of_today(msgspec.json.decode(data), playtype) for place, data in cursor.fetchall()
        }
    others = [moment for moment in wanted if moment not in found]
    composed = compose_before(user_id, others, playtype) if others else {}
    return found | {moment: best.metrics for moment, best in composed.items()}


def compose_before(
    user_id: int, moments: Collection[Moment], playtype: Playtype, *, time: str = "time_achieved"
) -> dict[Moment, Best]:
    """Returns the bests on each chart composed of only the scores before the moment. Three queries.

    `time`: SQL for the time of a score; scores without one and moments without earlier scores are left out.
    """
    wanted = sorted(moments)
    with connection.cursor() as cursor:
        # OFFSET 0: PostgreSQL reads and sorts the scores of one chart at a time.
        cursor.execute(
            f"""
            SELECT wanted.chart_id, wanted.moment, winner.*
            FROM unnest(%s::bigint[], %s::float8[]) AS wanted (chart_id, moment) CROSS JOIN LATERAL (
                WITH mine AS MATERIALIZED (
                    SELECT {_key_columns(playtype)}, time_achieved, score_id FROM {SCORES}
                    WHERE {on_chart("wanted.chart_id", "%s")} AND {time} < wanted.moment OFFSET 0
                ) {_winners_sql(playtype)}
            ) AS winner
            """,
            [[chart for chart, _ in wanted], [moment for _, moment in wanted], user_id, user_id],
        )
        chosen = _collect_winners(((chart, moment), pick) for chart, moment, *pick in cursor.fetchall())
    charts = charts_by_pk({chart for chart, _ in chosen})
    return compose_all(chosen, {moment: charts[moment[0]] for moment in chosen}, playtype)


def on_chart(chart: str, user: str) -> str:
    """Returns the SQL condition for the scores of a player on a chart, both given as SQL. Each occurs in it twice.

    It consists of row comparisons, which only the index of charts supports. With `user_id = ...` PostgreSQL may choose
    an index of players, and read all scores of a player for each chart, if its statistics are older than these scores.
    """
    return f"(chart_id, user_id) BETWEEN ({chart}, {user}) AND ({chart}, {user})"


def _choose(user_id: int, chart_keys: Sequence[int], playtype: Playtype) -> Winners[int]:
    """Returns the winning score of each chart for the default metric and for each merge, in one statement.

    It reads no score twice.
    """
    with connection.cursor() as cursor:
        # OFFSET 0: PostgreSQL looks up each chart in the index.
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT s.* FROM unnest(%s::bigint[]) AS wanted (chart_id) CROSS JOIN LATERAL (
                    SELECT chart_id, {_key_columns(playtype)}, time_achieved, score_id FROM {SCORES}
                    WHERE {on_chart("wanted.chart_id", "%s")} OFFSET 0
                ) s
            ) {_winners_sql(playtype, "chart_id")}
            """,
            [sorted(chart_keys), user_id, user_id],
        )
        return _collect_winners((chart, pick) for chart, *pick in cursor.fetchall())


def compose_all(chosen: Winners[Key], charts: Mapping[Key, Chart], playtype: Playtype) -> dict[Key, Best]:
    """Reads the winning scores, and merges those of each chart (and moment) into a best. Writes nothing."""
    if not chosen:
        return {}
    candidates = {}
    # Only the documents of the winners are read, because they were selected by the arrays of keys.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT score_id, score_data::text, highlight, time_achieved FROM {SCORES}"
            " WHERE score_id = ANY(%s::text[])",
            [array_of({score for winners in chosen.values() for score in winners.values()})],
        )
        for score_id, score_data, highlight, time_achieved in cursor.fetchall():
            metrics = msgspec.json.decode(score_data)
            judgements, optional = metrics.pop("judgements"), metrics.pop("optional")
            candidates[score_id] = Candidate(
                score_id=score_id, metrics=as_of_today(metrics, playtype), judgements=judgements, optional=optional,
                highlight=highlight, time_achieved=time_achieved,
            )  # fmt: skip
    composed = {}
    for key, winners in chosen.items():
        # Positions as in `best_keys`: 1 is the default metric, whose winner is the primary score; then the merges'.
        lenders = [
            (merge, candidates[winners[position]])
            for position, merge in enumerate(playtype.merges, 2)
            if position in winners
        ]
        composed[key] = compose(candidates[winners[1]], lenders, charts[key], playtype)
    return composed


def _collect_winners(picks: Iterable[tuple[Key, list[Any]]]) -> Winners[Key]:
    """Returns the winners of `_winners_sql`; the primary score replaces a winner that it ties with."""
    chosen: Winners[Key] = defaultdict(dict)
    primary: dict[Key, list[Any]] = {}
    for key, (position, score, *worth) in picks:
        # The primary score comes first, because position 1 is the first part of the UNION.
        first, keys, time = primary.setdefault(key, [score, *worth])
        is_tie = (keys[position - 1], time) == (worth[0][position - 1], worth[1])
        chosen[key][position] = first if is_tie else score
    return chosen


def _key_columns(playtype: Playtype) -> str:
    """Returns SQL with one column for each key: a hundred thousand arrays would exceed the memory of a statement."""
    return ", ".join(f"best_keys[{position}] AS key_{position}" for position in range(1, len(playtype.merges) + 2))


def _winners_sql(playtype: Playtype, key: str = "") -> str:
    """Returns SQL that selects the winner at each position of `best_keys`, with its keys and time.

    `key`: a column that comes first, with winners for each of its values; without it, `mine` has one chart's scores.
    """
    orders = ["DESC", *("ASC" if merge.smallest else "DESC" for merge in playtype.merges)]
    keys = ", ".join(f"key_{position}" for position in range(1, len(orders) + 1))
    first, order_key, last = (f"DISTINCT ON ({key}) {key},", f"{key},", "") if key else ("", "", "LIMIT 1")
    return " UNION ALL ".join(
        f"""(SELECT {first} {position}, score_id, ARRAY[{keys}], time_achieved
             FROM mine WHERE key_{position} IS NOT NULL
             ORDER BY {order_key} key_{position} {order}, time_achieved ASC NULLS LAST, key_1, score_id {last})"""
        for position, order in enumerate(orders, 1)
    )


def _row(chart: Chart, best: Best, playtype: Playtype) -> dict[str, Any]:
    """Returns the values of COLUMNS."""
    return {
        "chart_id": chart.pk,
        "is_primary": chart.is_primary,
        "score_id": best.composed_from[0][1],
        "highlight": best.highlight,
        "time_achieved": best.time_achieved,
        "score_data": {**best.metrics, "judgements": best.judgements, "optional": best.optional},
        "calculated_data": best.ratings,
        "composed_from": [{"name": name, "scoreID": score_id} for name, score_id in best.composed_from],
        "rank_keys": rank_keys(best.metrics, best.optional, playtype),
    }


def _insert(user_id: int, game: str, playtype: Playtype, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Inserts bests on charts that have none, with COPY; returns the same as `_upsert`.

    If another transaction has inserted one meanwhile, the unique constraint fails, and the import is attempted again.
    """
    player = f"{user_id}\t{game}\t{playtype.name}".encode()
    statement = f"COPY {BESTS} (user_id, game, playtype, {', '.join(COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(rows), COPY_ROWS):
            lines = (
                b"\t".join([player, *(_copy_text(row[name], kind) for name, kind in COLUMNS.items())]) + b"\n"
                for row in rows[start : start + COPY_ROWS]
            )
            copy.write(b"".join(lines))
    return len(rows), 0


def _copy_text(value: Any, kind: str) -> bytes:
    """Returns a value in COPY's text format. No text column here has characters that need escaping."""
    if value is None:
        return b"\\N"
    if kind == "jsonb":
        return to_json(value).replace(b"\\", b"\\\\")
    return b"{%b}" % to_json(value)[1:-1] if kind == "float8[]" else str(value).encode()


def _upsert(user_id: int, game: str, playtype: Playtype, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Writes bests that are new or differ, from one JSON text; returns the numbers of new and of changed bests."""
    names = [name for name in COLUMNS if name != "chart_id"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {BESTS} (user_id, game, playtype, {", ".join(COLUMNS)})
            SELECT %s, %s, %s, {", ".join(COLUMNS)}
            FROM jsonb_to_recordset(%s::jsonb) AS new ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())})
            ON CONFLICT (user_id, chart_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in names)}
            WHERE ({", ".join(f"{BESTS}.{name}" for name in names)})
               IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in names)})
            RETURNING (xmax = 0)  -- no transaction has replaced the row: it was inserted
            """,
            [user_id, game, playtype.name, to_json(rows).decode()],
        )
        inserted = [row[0] for row in cursor.fetchall()]
    return sum(inserted), len(inserted) - sum(inserted)
