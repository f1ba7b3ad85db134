"""The table of scores compared with a copy partitioned by user: the product's statements on both, with their plans.

All rows are made by PostgreSQL from the scores of one import: many players with equally many scores, and one player
with a twentieth of all scores. Both tables are unlogged, to reduce writes equally for both.
"""

# ruff: noqa: S608 - only names and keys of our own tables are inserted

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from script.bench_parts.figures import Table
from script.bench_parts.installation import Installation
from script.bench_parts.many_players import STRIDE, USER_STRIDE, Player

PARTITIONS = 16
PLAIN, PARTED = "bench_plain_score", "bench_parted_score"
LARGE_SHARE = 20  # one player has one in this many of all scores
ROUNDS = 5
YEAR = 31_536_000_000  # milliseconds; a hundredth of it is between copies of the large player's scores
# As in imports/models/results/scores.py; a unique index on a partitioned table must contain the partitioning column.
INDEXES = {
    "primary key": "UNIQUE INDEX ON {table} (id{user})",
    "score IDs": "UNIQUE INDEX ON {table} (score_id{user})",
    "by chart": "INDEX ON {table} (chart_id, user_id)",
    "by moment": "INDEX ON {table} (user_id, game, playtype, time_achieved, id)",
    "by import": "INDEX ON {table} (from_import_id, id)",
}
REFERENCES = {"user_id": "imports_user", "chart_id": "imports_chart", "from_import_id": "imports_import"}


@dataclass(frozen=True)
class Statement:
    """A statement of the product; `parted`: the variant that would also name the player."""

    name: str
    plain: str
    parted: str = ""


# {large}: whether the player has a twentieth of all scores, or is one of the many.
STATEMENTS = (
    Statement(
        "300 score IDs of an import",
        "SELECT score_id, id FROM {table} WHERE score_id = ANY(%(ids)s)",
        "SELECT score_id, id FROM {table} WHERE user_id = %(user)s AND score_id = ANY(%(ids)s)",
    ),
    Statement("the same without the player", "SELECT score_id, id FROM {table} WHERE score_id = ANY(%(ids)s)"),
    Statement(
        "scores of a player on 200 charts",
        "SELECT chart_id, best_keys[1], time_achieved, score_id FROM {table}"
        " WHERE user_id = %(user)s AND chart_id = ANY(%(charts)s)",
    ),
    Statement(
        "scores of a session",
        "SELECT id, score_id FROM {table} WHERE (user_id, game, playtype) = (%(user)s, 'sdvx', 'Single')"
        " AND time_achieved BETWEEN %(from)s AND %(to)s ORDER BY time_achieved, id",
    ),
    Statement(
        "100 recent scores",
        "SELECT * FROM {table} WHERE (user_id, game, playtype) = (%(user)s, 'sdvx', 'Single')"
        " AND time_achieved IS NOT NULL ORDER BY time_achieved DESC, id DESC LIMIT 100",
    ),
    Statement(
        "100 scores of an import",
        "SELECT * FROM {table} WHERE from_import_id = %(import)s ORDER BY id LIMIT 100",
        "SELECT * FROM {table} WHERE user_id = %(user)s AND from_import_id = %(import)s ORDER BY id LIMIT 100",
    ),
    Statement(
        "the same without the player",
        "SELECT * FROM {table} WHERE from_import_id = %(import)s ORDER BY id LIMIT 100",
    ),
    Statement("one score by its ID", "SELECT * FROM {table} WHERE score_id = %(id)s"),
    Statement("scores of a player, counted", "SELECT count(*) FROM {table} WHERE user_id = %(user)s"),
    Statement("plays of a chart, counted", "SELECT count(*) FROM {table} WHERE chart_id = %(chart)s"),
)


def compare(made: Installation, template: Player, *, rows: int, status: Callable[[str], None]) -> tuple[Table, str]:
    """Fills both tables, and returns the times of each statement on both, with the plans as text."""
    database = made.database
    database.execute("SET session_replication_role = replica")
    status(f"{rows:,} scores ...")
    timings: dict[str, dict[str, float]] = {}
    of_template = _count(database, template.key)
    copies, repeats = (rows - rows // LARGE_SHARE) // of_template, rows // LARGE_SHARE // of_template
    create_tables(database)
    add_players(database, template.key, copies=copies)
    with timed(timings, "filling", PLAIN):
        add_scores(database, template.key, copies=copies, repeats=repeats)
    with timed(timings, "filling", PARTED):
        database.execute(f"INSERT INTO {PARTED} SELECT * FROM {PLAIN}")
    for table in (PLAIN, PARTED):
        for name, definition in INDEXES.items():
            status(f"Index {name} of {table} ...")
            user = ", user_id" if table == PARTED else ""
            with timed(timings, f"index: {name}", table):
                database.execute("CREATE " + definition.format(table=table, user=user))
        for column, referred in REFERENCES.items():
            # NOT VALID: the rows are valid by construction; new rows are checked anyway.
            database.execute(f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {referred} NOT VALID")
        status(f"VACUUM ANALYZE {table} ...")
        with timed(timings, "VACUUM ANALYZE", table):
            database.execute(f"VACUUM ANALYZE {table}")
    database.execute("RESET session_replication_role")
    plans: list[str] = []
    found = [(name, _row(passed), "") for name, passed in timings.items()]
    for size, key in (("many", template.key + copies // 2 * USER_STRIDE), ("large", template.key)):
        values = values_of(database, key)
        for statement in STATEMENTS:
            status(f"{statement.name}, player with {'many' if size == 'large' else 'few'} scores ...")
            found.append(_asked(database, statement, values, size, plans))
    for count in (10, 1_000, 50_000):
        status(f"Storing and deleting {count:,} ...")
        found += _stored(database, template.key + USER_STRIDE, count)
    found += _vacuumed(database, template.key)
    sizes = {table: _size(database, table) for table in (PLAIN, PARTED)}
    for part in ("GB of rows", "GB of indexes"):
        found.append(
            (part, {"plain": sizes[PLAIN][part], "parted": sizes[PARTED][part], "blocks": 0, "parted b.": 0}, "")
        )
    return Table(found), "\n\n".join(plans)


def create_tables(database: psycopg.Connection) -> None:
    database.execute(f"CREATE UNLOGGED TABLE {PLAIN} (LIKE imports_score INCLUDING DEFAULTS)")
    database.execute(f"CREATE TABLE {PARTED} (LIKE imports_score INCLUDING DEFAULTS) PARTITION BY HASH (user_id)")
    for number in range(PARTITIONS):
        database.execute(
            f"CREATE UNLOGGED TABLE {PARTED}_{number} PARTITION OF {PARTED}"
            f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )


def add_players(database: psycopg.Connection, template: int, *, copies: int) -> None:
    """Adds players and their imports, for the foreign keys."""
    for table, chosen, changes in (
        ("imports_user", "id", f"'id', one.id + n * {USER_STRIDE}, 'username', 'bench_part_' || n, 'email', ''"),
        ("imports_import", "user_id", (
            f"'id', one.id + n * {STRIDE}::bigint, 'user_id', {template} + n * {USER_STRIDE}, 'import_id',"
            " left(encode(sha256((n || one.import_id)::bytea), 'hex'), 40)"
        )),
    ):  # fmt: skip
        database.execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object({changes}))).*"
            f" FROM {table} AS one, generate_series(1, {copies}) AS n WHERE one.{chosen} = {template}"
        )


def add_scores(database: psycopg.Connection, template: int, *, copies: int, repeats: int) -> None:
    """Adds the scores of each copy one after the other, as imports store them; then those of the large player."""
    columns = [
        str(name)
        for (name,) in database.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'imports_score'::regclass AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum"
        )
    ]
    number = "(id + {n} * {stride}::bigint)"
    score_id = "'T' || encode(sha256((n || '-' || {sign} || score_id)::bytea), 'hex')"
    ways = (
        (copies, {
            "id": number.format(n="n", stride=STRIDE), "user_id": f"user_id + n * {USER_STRIDE}",
            "from_import_id": f"from_import_id + n * {STRIDE}::bigint", "score_id": score_id.format(sign="'a'"),
        }),
        (repeats, {
            "id": number.format(n=f"(n + {copies})", stride=STRIDE), "score_id": score_id.format(sign="'b'"),
            "time_achieved": f"time_achieved - n * {YEAR}::bigint / 100",
        }),
    )  # fmt: skip
    for times, changes in ways:
        values = ", ".join(changes.get(name, name) for name in columns)
        database.execute(
            f"INSERT INTO {PLAIN} ({', '.join(columns)}) SELECT scores.* FROM generate_series(1, {times}) AS n"
            f" CROSS JOIN LATERAL (SELECT {values} FROM imports_score WHERE user_id = {template} ORDER BY id) AS scores"
        )


def values_of(database: psycopg.Connection, user: int) -> dict[str, Any]:
    """Returns the values for the statements about a player."""
    of_player = f"FROM {PLAIN} WHERE user_id = {user}"
    import_id, start = _one(
        database, f"SELECT from_import_id, time_achieved {of_player} ORDER BY id OFFSET 100 LIMIT 1"
    )
    return {
        "user": user,
        "import": import_id,
        "from": start,
        "to": start + 7_200_000,
        "ids": _one(database, f"SELECT array_agg(score_id) FROM (SELECT score_id {of_player} LIMIT 300) AS ids")[0],
        "charts": _one(
            database, f"SELECT array_agg(chart_id) FROM (SELECT DISTINCT chart_id {of_player} LIMIT 200) AS charts"
        )[0],
        "id": _one(database, f"SELECT score_id {of_player} LIMIT 1")[0],
        "chart": _one(database, f"SELECT min(chart_id) {of_player}")[0],
    }


Asked = tuple[str, dict[str, float], str]


def _asked(
    database: psycopg.Connection, statement: Statement, values: dict[str, Any], size: str, plans: list[str]
) -> Asked:
    """Returns the best of several runs, including planning, and the blocks that it read on each table."""
    measured: dict[str, tuple[float, float]] = {}
    remarks = []
    for table in (PLAIN, PARTED):
        text = (statement.parted or statement.plain) if table == PARTED else statement.plain
        explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text.format(table=table)}"
        found = [_one(database, explained, values)[0][0] for _ in range(ROUNDS)]
        best = min(found, key=lambda plan: float(plan["Planning Time"] + plan["Execution Time"]))
        blocks = best["Plan"]["Shared Hit Blocks"] + best["Plan"]["Shared Read Blocks"]
        measured[table] = (best["Planning Time"] + best["Execution Time"], blocks)
        scanned = re.findall(r'"Index Name": "(\w+)"', json.dumps(best["Plan"]))
        remarks.append(f"{len(scanned)} index scans, {best['Planning Time']:.2f} ms of planning")
        lines = database.execute(f"EXPLAIN {text.format(table=table)}", values).fetchall()
        plans.append("\n".join([f"{statement.name}, {size}, {table}:", *(line[:160] for (line,) in lines[:12])]))
    (plain, plain_blocks), (parted, parted_blocks) = measured[PLAIN], measured[PARTED]
    row = {"plain": plain, "parted": parted, "blocks": plain_blocks, "parted b.": parted_blocks}
    name = f"{statement.name} ({'1/20' if size == 'large' else 'few'})"
    return name, row, "ms; " + " / ".join(remarks)


def _stored(database: psycopg.Connection, user: int, count: int) -> list[Asked]:
    """Measures storing scores of an existing player, with foreign keys and indexes, and deleting them."""
    passed: dict[str, dict[str, float]] = {}
    stored, deleted = f"storing {count:,}", f"deleting {count:,}"
    for table in (PLAIN, PARTED):
        database.execute("DROP TABLE IF EXISTS bench_new")
        database.execute(
            f"CREATE TEMPORARY TABLE bench_new AS SELECT * FROM {PLAIN} WHERE user_id <> {user} LIMIT {count}"
        )
        database.execute(
            f"UPDATE bench_new SET user_id = {user}, id = -numbered.number, score_id = 'new-' || numbered.number,"
            f" from_import_id = (SELECT min(id) FROM imports_import WHERE user_id = {user}) FROM"
            " (SELECT ctid, row_number() OVER () AS number FROM bench_new) AS numbered"
            " WHERE numbered.ctid = bench_new.ctid"
        )
        with timed(passed, stored, table):
            database.execute(f"INSERT INTO {table} SELECT * FROM bench_new")
        with timed(passed, deleted, table):
            database.execute(f"DELETE FROM {table} WHERE user_id = {user} AND id < 0")
    return [(name, _row(found), "") for name, found in passed.items()]


def _vacuumed(database: psycopg.Connection, user: int) -> list[Asked]:
    """Measures VACUUM after a change of all scores of a player: of the whole table, and of the player's partition."""
    passed: dict[str, dict[str, float]] = {}
    (part,) = _one(database, f"SELECT tableoid::regclass::text FROM {PARTED} WHERE user_id = {user} LIMIT 1")
    for table, vacuumed in ((PLAIN, PLAIN), (PARTED, part)):
        database.execute(f"UPDATE {table} SET edited = NOT edited WHERE user_id = {user}")
        with timed(passed, "VACUUM after an UPDATE of 1/20", table):
            database.execute(f"VACUUM (INDEX_CLEANUP ON) {vacuumed}")
    return [(name, _row(found), f"of {part} alone") for name, found in passed.items()]


@contextmanager
def timed(timings: dict[str, dict[str, float]], name: str, table: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    timings.setdefault(name, {})[table] = time.perf_counter() - begun


def _row(passed: dict[str, float]) -> dict[str, float]:
    return {"plain": passed[PLAIN], "parted": passed[PARTED], "blocks": 0, "parted b.": 0}


def _size(database: psycopg.Connection, table: str) -> dict[str, float]:
    """Returns the sizes of a table; a table without partitions is the only leaf of its tree."""
    rows, indexes = _one(
        database,
        "SELECT sum(pg_table_size(relid)), sum(pg_indexes_size(relid)) FROM pg_partition_tree(%s::regclass)"
        " WHERE isleaf",
        [table],
    )
    return {"GB of rows": float(rows) / 1e9, "GB of indexes": float(indexes) / 1e9}


def _count(database: psycopg.Connection, user: int) -> int:
    return int(_one(database, f"SELECT count(*) FROM imports_score WHERE user_id = {user}")[0])


def _one(database: psycopg.Connection, statement: str, values: Any = None) -> Any:
    return database.execute(statement, values).fetchone()
