"""Writes scores with COPY, looks them up and deletes them, in a fixed number of statements for any number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

import msgspec
from django.db import DEFAULT_DB_ALIAS, connection, connections

from imports.errors import RowProblem
from imports.formats.base import Context
from imports.games.spec import Chart
from imports.integers import milliseconds
from imports.models import Import, Score, ScoreBlacklist
from imports.pipeline.derived.islands import Timed
from imports.pipeline.derived.leaders import Play, counting_ratings, day_of
from imports.pipeline.derived.session_storage import rating_names
from imports.pipeline.scoring.concurrent_copy import copy_while_producing
from imports.pipeline.scoring.convert import BLACKLISTED, DELETED, Chunk, Judged, Known
from imports.pipeline.scoring.score_ids import array_of

SCORE_COLUMNS = (
    "score_id", "chart_id", "playtype", "comment", "time_achieved", "score_data", "score_meta", "calculated_data",
    "best_keys", "user_id", "from_import_id", "game", "service", "import_type", "highlight", "time_added",
)  # fmt: skip
# Characters that COPY's text format escapes (PostgreSQL: COPY, File Formats).
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
MAX_CHUNKS_PER_COPY = 20  # chunks stored together while the next ones are judged
BULK_THRESHOLD = 5_000  # scores above which fresh planner statistics are worth their cost
ANALYZE_MIN_SHARE = 20  # new scores must be at least one in twenty of all
ANALYZE_STATISTICS_TARGET = 10  # a sample of 3,000 rows instead of 30,000
to_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class AffectedScope:
    """The scope of added or deleted scores, which has to be refreshed. Times in Unix milliseconds."""

    user_id: int
    game: str
    charts: set[int] = field(default_factory=set)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # by playtype
    playtypes: list[str] = field(default_factory=list)  # in order of first appearance
    # By playtype, when scores without a time were added: they count from this time on.
    untimed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    # By playtype, times whose sessions may have another shown identity now, even without changed scores.
    named: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    # By playtype, for a player who had no scores of the game: all timed scores for sessions, and all scores for bests.
    scores: dict[str, list[Timed]] | None = None
    plays: dict[str, dict[int, list[Play]]] | None = None  # also by chart

    def moments(self, playtype: str) -> list[float]:
        """Returns the moments from which touched scores count."""
        return [*self.times.get(playtype, ()), *self.untimed.get(playtype, ())]


def merge_scopes(parts: Iterable[AffectedScope]) -> list[AffectedScope]:
    """Returns one scope for each game, so that each is refreshed once."""
    by_game: dict[str, AffectedScope] = {}
    for part in parts:
        whole = by_game.setdefault(part.game, AffectedScope(user_id=part.user_id, game=part.game))
        whole.charts |= part.charts
        whole.playtypes = list(dict.fromkeys([*whole.playtypes, *part.playtypes]))
        for playtype, times in part.times.items():
            whole.times[playtype] += times
        for playtype, moments in part.untimed.items():
            whole.untimed[playtype] += moments
        for playtype, moments in part.named.items():
            whole.named[playtype] += moments
    return list(by_game.values())


class Batch:
    """The scores of one import as COPY text, which takes a third of the memory of objects and is fast to write.

    `added`: when the scores were added. `keep_ids`: store the score ID of each row. `has_no_scores`: the player has no
    other scores of the game.
    """

    def __init__(
        self,
        job: Import,
        context: Context,
        *,
        added: datetime,
        row_count: int = 0,
        has_no_scores: bool = False,
        keep_ids: bool = False,
    ) -> None:
        self.affected = AffectedScope(user_id=job.user_id, game=context.game.slug)
        self.affected.scores = defaultdict(list) if has_no_scores else None
        # Not if a restore sets other times of addition of some scores, on which their days depend.
        is_added_at_once = not job.put_aside.get("added_later")
        self.affected.plays = defaultdict(lambda: defaultdict(list)) if has_no_scores and is_added_at_once else None
        self.charts: dict[int, Chart] = {}
        self.problems: list[RowProblem] = []
        self.known: set[int] = set()
        self.carried: set[str] = set()
        self.highlighted: dict[int, int] = {}  # score -> its chart
        self.reclaimed: set[str] = set()
        self.score_ids: dict[int, str] | None = {} if keep_ids else None
        self.duplicate_count = 0
        self.row_count = row_count
        self.score_count = 0
        self._copy_texts: list[bytes] = []
        self._job_key = job.pk
        self._rated = {playtype.name: rating_names(playtype) for playtype in context.game.playtypes}
        self._counting = {playtype.name: counting_ratings(playtype) for playtype in context.game.playtypes}
        self.added = added
        self._context = context
        self._tails: dict[tuple[str, bool], bytes] = {}  # by service ("" for that of the file) and highlight

    def add(self, chunk: Chunk) -> None:
        """Adds a chunk of judged rows, which `save` stores."""
        self._copy_texts.append(self._encode(chunk))

    def save(self, on_progress: Callable[[int, int], None]) -> None:
        """Copies the scores into the table. The caller holds the player's lock, so no others are added meanwhile."""
        total = len(self._copy_texts)
        if not self.score_count:
            return
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for number, text in enumerate(self._copy_texts):
                copy.write(text)
                self._copy_texts[number] = b""  # to free its memory
                on_progress(self.score_count * number // total, self.score_count)
        self._copy_texts.clear()

    def save_while_judging(self, chunks: Iterator[Chunk], *, between: Callable[[], None]) -> None:
        """Stores chunks that are judged without the database. `between` is called between two COPYs."""

        def texts() -> Iterator[bytes]:
            pieces = 1  # small ones first, so that PostgreSQL starts early
            for first in chunks:
                yield b"".join(map(self._encode, chain([first], islice(chunks, pieces - 1))))
                pieces = min(2 * pieces, MAX_CHUNKS_PER_COPY)

        copy_while_producing(COPY, texts(), between=between)

    def _encode(self, chunk: Chunk) -> bytes:
        """Counts a chunk and extends the affected scope; returns the chunk's scores as COPY text."""
        self.problems += chunk.problems
        self.known |= chunk.known
        self.carried |= {score_id for _, score_id, key in chunk.repeats if key}
        self.highlighted |= {key: draft.chart.pk for draft, _, key in chunk.repeats if draft.highlights and key}
        if self.score_ids is not None:
            self.score_ids |= {score.row: score.score_id for score in chunk.scores}
            self.score_ids |= {draft.row: score_id for draft, score_id, key in chunk.repeats if key != BLACKLISTED}
        self.duplicate_count += chunk.duplicate_count
        self.score_count += len(chunk.scores)
        affected = self.affected
        for score in chunk.scores:
            chart = score.chart
            if chart.pk not in self.charts:
                self.charts[chart.pk] = chart
                affected.charts.add(chart.pk)
                if chart.playtype not in affected.playtypes:
                    affected.playtypes.append(chart.playtype)
            if affected.plays is not None:
                moment = milliseconds(self.added) if score.time_achieved is None else score.time_achieved
                values = [score.calculated_data[name] for name in self._counting[chart.playtype]]
                affected.plays[chart.playtype][chart.pk].append(
                    Play(chart.pk, day_of(moment), score.score_id, score.time_achieved, score.best_keys, values)
                )
            if score.time_achieved is None:
                if not affected.untimed[chart.playtype]:  # all scores of an import are added at the same time
                    affected.untimed[chart.playtype].append(milliseconds(self.added))
                continue
            time = float(score.time_achieved)
            affected.times[chart.playtype].append(time)
            # In the form that sessions need, so that the scores of a new player are not read from the database again.
            if affected.scores is not None:
                rated = tuple([score.calculated_data[name] for name in self._rated[chart.playtype]])
                affected.scores[chart.playtype].append(Timed(score.row, time, self._job_key, rated))
        return b"".join([_copy_line(score, self._tail(score.service, score.is_highlighted)) for score in chunk.scores])

    def _tail(self, service: str, is_highlighted: bool) -> bytes:
        """Returns the text of the columns that all scores with this service and highlight share."""
        if (service, is_highlighted) not in self._tails:
            game, import_type = self._context.game.slug, self._context.import_type_of_scores
            named = service or self._context.service_of_scores
            user_id, highlight = self.affected.user_id, "t" if is_highlighted else "f"
            fixed = (user_id, self._job_key, game, named, import_type, highlight, self.added.isoformat())
            line = "\t".join(str(value).translate(ESCAPES) for value in fixed) + "\n"
            self._tails[service, is_highlighted] = line.encode()
        return self._tails[service, is_highlighted]


def _copy_line(score: Judged, tail: bytes) -> bytes:
    """Returns one row of SCORE_COLUMNS; `tail` has the columns that many scores share."""
    comment = "\\N" if score.comment is None else score.comment.translate(ESCAPES)
    # repr() is the shortest text that PostgreSQL reads as the same number.
    when = "\\N" if score.time_achieved is None else repr(score.time_achieved)
    return b"\t".join(
        (
            f"{score.score_id}\t{score.chart.pk}\t{score.chart.playtype}\t{comment}\t{when}".encode(),
            _escaped(to_json(score.score_data)),
            _escaped(to_json(score.score_meta)) if score.score_meta else b"{}",
            to_json(score.calculated_data),
            b"{%b}" % to_json(score.best_keys)[1:-1],  # a PostgreSQL array: null may be lower case
            tail,
        )
    )


def refresh_statistics(added: int) -> None:
    """Updates the planner statistics if the new scores are a considerable part of all, for the refreshes that follow.

    Only the columns in their conditions are analysed, as the others are long, and from few rows: autovacuum soon does
    it thoroughly. Until COMMIT, ANALYZE holds a lock that conflicts only with another ANALYZE or VACUUM; if one of
    these is running, this is skipped.
    """
    if added < BULK_THRESHOLD:
        return
    table = _table(Score)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples < %s FROM pg_class WHERE oid = %s::regclass", [added * ANALYZE_MIN_SHARE, table]
        )
        if cursor.fetchone()[0]:
            cursor.execute("SELECT set_config('default_statistics_target', %s, true)", [str(ANALYZE_STATISTICS_TARGET)])
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {table} (user_id, game, playtype, chart_id, time_achieved)")


def _escaped(json: bytes) -> bytes:
    """Escapes JSON for COPY: it contains no raw tabs or line ends, only backslashes."""
    return json.replace(b"\\", b"\\\\")


def _table(model: type[Any]) -> str:
    return str(model._meta.db_table)


COPY = f"COPY {_table(Score)} ({', '.join(SCORE_COLUMNS)}) FROM STDIN"


def delete_scores(job: Import) -> tuple[list[AffectedScope], dict[tuple[str, str], int]]:
    """Deletes the import's scores; returns the affected scopes, and the number of scores by game and playtype."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH gone AS (
                DELETE FROM {_table(Score)} WHERE from_import_id = %s
                RETURNING chart_id, game, playtype, time_achieved, time_added
            )
            SELECT game, playtype, array_agg(DISTINCT chart_id),
                   array_agg(DISTINCT time_achieved) FILTER (WHERE time_achieved IS NOT NULL),
                   array_agg(DISTINCT time_added) FILTER (WHERE time_achieved IS NULL), count(*)
            FROM gone GROUP BY game, playtype
            """,
            [job.pk],
        )
        rows = cursor.fetchall()
    affected = []
    for game, playtype, charts, times, added, _ in rows:
        part = AffectedScope(user_id=job.user_id, game=game, charts=set(charts), playtypes=[playtype])
        part.times[playtype] += times or []
        part.untimed[playtype] += map(milliseconds, added or ())
        affected.append(part)
    return affected, {(game, playtype): count for game, playtype, *_, count in rows}


def known_scores(
    user_id: int, game: str, *, deleted: Mapping[str, bool] | None = None, besides: Collection[str] = ()
) -> Known | None:
    """Returns a look-up of score IDs for `convert.judge_rows`; None for a player without scores of the game.

    `deleted`: scores that the import does not store again (`deletions.since_completed`). `besides`: scores that are not
    found, because the import reclaims them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT EXISTS (SELECT FROM {_table(Score)} WHERE user_id = %s AND game = %s),
                   ARRAY(SELECT score_id FROM {_table(ScoreBlacklist)} WHERE user_id = %s)
            """,
            [user_id, game, user_id],
        )
        has_scores, blacklist = cursor.fetchone()
    if not has_scores and not blacklist and not deleted:
        return None
    passed_over: dict[str, int | None] = dict.fromkeys(blacklist, BLACKLISTED)
    passed_over |= {score_id: DELETED if is_own else None for score_id, is_own in (deleted or {}).items()}

    database = connections[DEFAULT_DB_ALIAS]  # of this thread: the look-up may be called in another one

    def known(score_ids: Sequence[str]) -> Mapping[str, int | None]:
        found: dict[str, int | None] = {}
        if has_scores:
            asked = [score_id for score_id in score_ids if score_id not in besides] if besides else list(score_ids)
            with database.cursor() as cursor:
                cursor.execute(
                    f"SELECT score_id, id FROM {_table(Score)} WHERE score_id = ANY(%s::text[])",
                    [array_of(asked)],
                )
                found.update(cursor.fetchall())
        found.update((score_id, passed_over[score_id]) for score_id in passed_over.keys() & score_ids)
        return found

    return known


def are_all_stored(keys: Collection[int]) -> bool:
    """Returns whether all of these scores are still stored."""
    if not keys:
        return True
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {_table(Score)} WHERE id = ANY(%s)", [list(keys)])
        return bool(cursor.fetchone()[0] == len(keys))
