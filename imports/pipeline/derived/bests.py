"""Personal bests as a function of the scores (spec: import-pipeline §11).

Ties are decided by content, so that the order of imports never shows: earliest achieved first, untimed last. Of those
that are equal in that too a merge takes the primary score itself, then the one with the smaller default metric, as that
was likely made first, then the smaller score ID.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from django.db import connection

from imports.games import playtype_of
from imports.games.judging import Best, Candidate, as_of_today, compose, rank_keys
from imports.games.spec import Chart, Playtype
from imports.models import Chart as StoredChart
from imports.models import PersonalBest, Score
from imports.pipeline.scoring.chart_loading import charts_by_pk

SCORES = Score._meta.db_table
BESTS = PersonalBest._meta.db_table
# The columns of a best, with the types as which PostgreSQL reads them from JSON.
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
COPY_THRESHOLD = 500  # bests from which COPY, which takes a third of the time of an upsert, is worth a second way
COPY_ROWS = 200  # sent at once: the text of all is never in memory, and each write costs a system call
to_json = msgspec.json.Encoder().encode

Moment = tuple[int, float]
"""A chart, and a time in Unix milliseconds."""

Key = TypeVar("Key", int, Moment)

Winners = dict[Key, dict[int, str]]
"""Chart (and moment) -> position in best_keys -> ID of the score that wins there."""


@dataclass(frozen=True, slots=True)
class BestsChange:
    """How many bests were first made, changed or taken away."""

    first: int = 0
    raised: int = 0
    removed: int = 0


def refresh(
    user_id: int,
    chart_keys: Collection[int],
    *,
    charts: Mapping[int, Chart] | None = None,
    game: str = "",
    winners: Winners[int] | None = None,
) -> BestsChange:
    """Makes the player's bests on these charts what the scores say. Writes only what differs.

    `charts`: those already loaded, by primary key. `game`: of all of them, where it is known. `winners`: of a
    player who has no bests on them yet, where the caller knows them: the scores are not compared then.
    """
    if not chart_keys:
        return BestsChange()
    facts = dict(charts or {})
    # An import has the charts of its rows at hand; a revert or a rerating knows their keys only.
    if missing := set(chart_keys) - facts.keys():
        facts |= charts_by_pk(missing)
    by_playtype: dict[tuple[str, str], list[int]] = defaultdict(list)
    games = {} if game else dict(StoredChart.objects.filter(pk__in=list(chart_keys)).values_list("pk", "game"))
    for chart in chart_keys:
        if chart in facts:
            by_playtype[(game or games[chart], facts[chart].playtype)].append(chart)
    first = raised = 0
    alive: set[int] = set()
    for (slug, name), keys in by_playtype.items():
        playtype = playtype_of(slug, name)
        chosen = (
            _choose(user_id, keys, playtype)
            if winners is None
            else {chart: winners[chart] for chart in sorted(keys) if chart in winners}
        )
        composed = compose_all(chosen, facts, playtype)
        alive.update(composed)
        rows = [_row(facts[chart], best, playtype) for chart, best in composed.items()]
        # COPY cannot resolve conflicts, so that it is only for a player without bests.
        write = _insert if winners is not None and len(rows) >= COPY_THRESHOLD else _upsert
        new, changed = write(user_id, slug, playtype, rows)
        first, raised = first + new, raised + changed
    # No score is left there. Where none was before either, nothing is deleted.
    dead = set(chart_keys) - alive
    gone = PersonalBest.objects.filter(user_id=user_id, chart__in=dead).delete()[0] if dead else 0
    return BestsChange(first=first, raised=raised, removed=gone)


def before(user_id: int, moments: Collection[Moment], playtype: Playtype) -> dict[Moment, Best]:
    """Returns the best that the scores timed before each moment alone would make on its chart; writes nothing.

    In a fixed number of queries. A moment without earlier scores is left out.
    """
    with connection.cursor() as cursor:
        # OFFSET 0 makes PostgreSQL look up each chart in the index.
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT wanted.*, s.* FROM unnest(%s::bigint[], %s::float8[]) AS wanted (chart_id, moment)
                CROSS JOIN LATERAL (
                    SELECT {_key_columns(playtype)}, time_achieved, score_id FROM {SCORES}
                    WHERE user_id = %s AND chart_id = wanted.chart_id AND time_achieved < wanted.moment OFFSET 0
                ) s
            ) {_winners_sql(playtype, "chart_id, moment")}
            """,
            [[chart for chart, _ in moments], [moment for _, moment in moments], user_id],
        )
        chosen = _collect_winners(((chart, moment), pick) for chart, moment, *pick in cursor.fetchall())
    charts = charts_by_pk({chart for chart, _ in chosen})
    return compose_all(chosen, {moment: charts[moment[0]] for moment in chosen}, playtype)


def _choose(user_id: int, chart_keys: Sequence[int], playtype: Playtype) -> Winners[int]:
    """Returns the winning score of each chart for the default metric and for each merge, in one statement.

    Whichever index PostgreSQL takes, it reads no score twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT chart_id, {_key_columns(playtype)}, time_achieved, score_id FROM {SCORES}
                WHERE user_id = %s AND chart_id = ANY(%s)
            ) {_winners_sql(playtype, "chart_id")}
            """,
            [user_id, sorted(chart_keys)],
        )
        return _collect_winners((chart, pick) for chart, *pick in cursor.fetchall())


def compose_all(chosen: Winners[Key], charts: Mapping[Key, Chart], playtype: Playtype) -> dict[Key, Best]:
    """Reads the winners, and merges those of each chart (and moment) into one best; writes nothing."""
    if not chosen:
        return {}
    candidates = {}
    # Only the winners' documents are read: choosing them took nothing but the arrays of keys.
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT score_id, score_data::text, highlight, time_achieved FROM {SCORES} WHERE score_id = ANY(%s)",
            [list({score for winners in chosen.values() for score in winners.values()})],
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
    """Returns the winners of `_winners_sql`, but the primary score wherever it is as good as the winner."""
    chosen: Winners[Key] = defaultdict(dict)
    primary: dict[Key, list[Any]] = {}
    for key, (position, score, *worth) in picks:
        # The primary score's own picks come first, as position 1 is the first part of the UNION.
        first, keys, time = primary.setdefault(key, [score, *worth])
        is_tie = (keys[position - 1], time) == (worth[0][position - 1], worth[1])
        chosen[key][position] = first if is_tie else score
    return chosen


def _key_columns(playtype: Playtype) -> str:
    """Returns SQL for a column a key: a hundred thousand arrays would not fit into the memory of a statement."""
    return ", ".join(f"best_keys[{position}] AS key_{position}" for position in range(1, len(playtype.merges) + 2))


def _winners_sql(playtype: Playtype, key: str) -> str:
    """Returns SQL that selects for each key the winner at each place of `best_keys`, with its keys and time."""
    orders = ["DESC", *("ASC" if merge.smallest else "DESC" for merge in playtype.merges)]
    keys = ", ".join(f"key_{position}" for position in range(1, len(orders) + 1))
    return " UNION ALL ".join(
        f"""(SELECT DISTINCT ON ({key}) {key}, {position}, score_id, ARRAY[{keys}], time_achieved
             FROM mine WHERE key_{position} IS NOT NULL
             ORDER BY {key}, key_{position} {order}, time_achieved ASC NULLS LAST, key_1, score_id)"""
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
    """Writes bests on charts that have none, with COPY; returns as `_upsert` does.

    Where somebody else has made one meanwhile, the unique constraint ends the transaction: the import is tried again.
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
    """Returns a value in COPY's text format. No text column here holds what must be escaped."""
    if value is None:
        return b"\\N"
    if kind == "jsonb":
        return to_json(value).replace(b"\\", b"\\\\")
    return b"{%b}" % to_json(value)[1:-1] if kind == "float8[]" else str(value).encode()


def _upsert(user_id: int, game: str, playtype: Playtype, rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Writes bests that are new or differ, from one JSON text; returns how many were new, and how many changed."""
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
