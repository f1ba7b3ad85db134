"""Copies of a player with scores, bests, sessions and ratings, made by PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg import sql

STRIDE = 1_000_000
"""The distance between the keys of a row and its copies: more than the number of existing rows."""
USER_STRIDE = 1_000
"""The same for players, whose keys are four-byte integers."""
UNEVEN = "(n * 7919 % 100000)"
"""The amount by which scores and ratings of copies are lowered, so that ranks differ."""
CHANGES = {
    "imports_user": {"username": "'bench_copy_' || n", "email": "''"},
    "imports_import": {
        "user_id": "{user}",
        "import_id": "left(encode(sha256((n || one.import_id)::bytea), 'hex'), 40)",
    },
    "imports_score": {
        "user_id": "{user}",
        "from_import_id": "one.from_import_id + n * {stride}",
        "score_id": "'T' || encode(sha256((n || one.score_id)::bytea), 'hex')",
    },
    "imports_personalbest": {
        "user_id": "{user}",
        "score_id": "'T' || encode(sha256((n || one.score_id)::bytea), 'hex')",
        "rank_keys": "ARRAY[one.rank_keys[1] - {uneven}] || one.rank_keys[2:]",
    },
    "imports_session": {
        "user_id": "{user}",
        "session_id": "'Q' || left(encode(sha256((n || one.session_id)::bytea), 'hex'), 40)",
    },
    "imports_importsession": {
        "job_id": "one.job_id + n * {stride}",
        "session_id": "one.session_id + n * {stride}",
    },
    "imports_dailyratings": {"user_id": "{user}"},
    "imports_gamestats": {
        "user_id": "{user}",
        "ratings": """(SELECT jsonb_object_agg(name, CASE WHEN jsonb_typeof(value) = 'number'
            THEN to_jsonb(value::float8 * (1 - {uneven} / 200000.0)) ELSE value END)
            FROM jsonb_each(one.ratings) AS rating (name, value))""",
    },
}
"""The columns that differ in copies, by table. `n` numbers the copies."""
OF_THE_PLAYER = {
    "imports_user": "one.id = {template}",
    "imports_importsession": "one.job_id IN (SELECT id FROM imports_import WHERE user_id = {template})",
}
LARGE = ("imports_score", "imports_personalbest")


class Player(NamedTuple):
    key: int
    name: str


def of_import(database: psycopg.Connection, import_id: str) -> Player:
    """Returns the player of an import."""
    row = database.execute(
        "SELECT id, username FROM imports_user WHERE id = (SELECT user_id FROM imports_import WHERE import_id = %s)",
        [import_id],
    ).fetchone()
    return Player(*(row or (0, "")))


def chart_of(database: psycopg.Connection, player: Player) -> str:
    """Returns the ID of a chart on which the player, and therefore each copy, has a best."""
    row = database.execute(
        "SELECT chart_id FROM imports_chart WHERE id = (SELECT min(chart_id) FROM imports_personalbest"
        " WHERE user_id = %s)",
        [player.key],
    ).fetchone()
    return str((row or ("",))[0])


def multiply(database: psycopg.Connection, template: int, *, times: int) -> None:
    """Copies a player. Foreign keys are not checked: the rows are valid by construction, and there are millions."""
    database.execute("SET session_replication_role = replica")
    for table in CHANGES:
        if table in LARGE:
            with without_indexes(database, table):
                copy_rows(database, table, template, times=times)
        else:
            copy_rows(database, table, template, times=times)
    database.execute("RESET session_replication_role")
    database.execute("VACUUM ANALYZE")


def copy_rows(database: psycopg.Connection, table: str, template: int, *, times: int) -> None:
    values = {"user": f"({template} + n * {USER_STRIDE})", "stride": STRIDE, "uneven": UNEVEN, "template": template}
    changes = {name: f"({value.format(**values)})" for name, value in CHANGES[table].items()}
    changes["id"] = f"one.id + n * {USER_STRIDE if table == 'imports_user' else STRIDE}"
    chosen = OF_THE_PLAYER.get(table, "one.user_id = {template}").format(**values)
    found = database.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'", [table]
    )
    columns = [name for (name,) in found]
    statement = sql.SQL("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} AS one, {numbers} WHERE {chosen}")
    database.execute(
        statement.format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(
                sql.SQL(changes[name]) if name in changes else sql.Identifier("one", name) for name in columns
            ),
            numbers=sql.SQL("generate_series(1, {}::bigint) AS n").format(times),
            chosen=sql.SQL(chosen),
        )
    )


@contextmanager
def without_indexes(database: psycopg.Connection, table: str) -> Iterator[None]:
    """Drops the indexes of a table and creates them after the block: updating them per row takes longer."""
    constraints = database.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'",
        [table],
    ).fetchall()
    indexes = database.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass AND NOT indisunique",
        [table],
    ).fetchall()
    for name, _ in constraints:
        database.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    yield
    for name, definition in constraints:
        database.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _, definition in indexes:
        database.execute(definition)
