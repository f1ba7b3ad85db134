"""Writes scores, problems and orphans with COPY: a fixed number of statements, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

import msgspec
from django.db import connection

from imports.errors import ProblemType, RowProblem
from imports.formats.base import Context
from imports.games.identity import orphan_id
from imports.games.spec import Chart
from imports.models import Import, ImportProblem, OrphanScore, Score, ScoreBlacklist
from imports.pipeline.convert import BLACKLISTED, Chunk, Judged, Known
from imports.pipeline.islands import Timed
from imports.pipeline.overlap import copy_beside
from imports.pipeline.sessions import rating_names

SCORE_COLUMNS = (
    "score_id", "chart_id", "playtype", "comment", "time_achieved", "score_data", "score_meta", "calculated_data",
    "best_keys", "user_id", "from_import_id", "game", "service", "import_type", "highlight", "time_added",
)  # fmt: skip
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
COPY_BESIDE = 20  # pieces of judged rows, at most, that one COPY stores while the next are being judged
MANY = 5_000  # scores above which fresh planner statistics pay for themselves
A_GOOD_PART = 20  # one in so many
A_GLANCE = 10  # statistics target: a sample of 3,000 rows instead of 30,000
to_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Touched:
    """Where scores came or went: what the refreshes have to look at. Times in Unix milliseconds."""

    user_id: int
    game: str
    charts: set[int] = field(default_factory=set)
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # by playtype
    playtypes: list[str] = field(default_factory=list)  # in order of first appearance
    scores: dict[str, list[Timed]] | None = None  # by playtype, a newcomer's: all timed ones that there are


class Batch:
    """The scores of one import as COPY text: a third of the memory of objects, and quick to write."""

    def __init__(self, job: Import, context: Context, *, now: datetime, is_newcomers: bool = False) -> None:
        self.touched = Touched(user_id=job.user_id, game=context.game.slug)
        self.touched.scores = defaultdict(list) if is_newcomers else None
        self.charts: dict[int, Chart] = {}
        self.problems: list[RowProblem] = []
        self.known: set[int] = set()
        self.duplicate_count = 0
        self.row_count = 0
        self.score_count = 0
        self.unjudged: Iterator[Chunk] | None = None
        self._pieces: list[bytes] = []
        self._job_key = job.pk
        self._rated = rating_names(context.playtype)
        fixed = (job.user_id, job.pk, context.game.slug, context.score_service, job.import_type, "f", now.isoformat())
        self._tail = ("\t".join(str(value).translate(ESCAPES) for value in fixed) + "\n").encode()

    def add(self, chunk: Chunk) -> None:
        """Takes in a chunk of judged rows, to be stored by `save`."""
        self._pieces.append(self._text(chunk))

    def _text(self, chunk: Chunk) -> bytes:
        self.problems += chunk.problems
        self.known |= chunk.known
        self.duplicate_count += chunk.duplicate_count
        self.score_count += len(chunk.scores)
        for score in chunk.scores:
            self._touch(score)
        return b"".join(map(self._line, chunk.scores))

    def _touch(self, score: Judged) -> None:
        chart = score.chart
        if chart.pk not in self.charts:
            self.charts[chart.pk] = chart
            self.touched.charts.add(chart.pk)
            if chart.playtype not in self.touched.playtypes:
                self.touched.playtypes.append(chart.playtype)
        if score.time_achieved is not None:
            self._touch_moment(score, float(score.time_achieved))

    def _touch_moment(self, score: Judged, time: float) -> None:
        """A newcomer's scores are kept as sessions need them, so that they are not read back from the database."""
        touched, playtype = self.touched, score.chart.playtype
        touched.times[playtype].append(time)
        if touched.scores is not None:
            values = tuple([score.calculated_data[name] for name in self._rated])
            touched.scores[playtype].append(Timed(score.row, time, self._job_key, values))

    def _line(self, score: Judged) -> bytes:
        chart = score.chart
        comment = "\\N" if score.comment is None else score.comment.translate(ESCAPES)
        when = "\\N" if score.time_achieved is None else repr(score.time_achieved)
        return b"\t".join(
            (
                f"{score.score_id}\t{chart.pk}\t{chart.playtype}\t{comment}\t{when}".encode(),
                _escaped(to_json(score.score_data)),
                _escaped(to_json(score.score_meta)) if score.score_meta else b"{}",
                to_json(score.calculated_data),
                b"{%b}" % to_json(score.best_keys)[1:-1],  # an array of PostgreSQL's: null may be in small letters
                self._tail,
            )
        )

    def save(self, on_progress: Callable[[int, int], None]) -> None:
        """COPY into the scores table. The caller holds the player's lock, so nothing can have come in between."""
        total = len(self._pieces)
        if not self.score_count:
            return
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for number, piece in enumerate(self._pieces):
                copy.write(piece)
                self._pieces[number] = b""  # one piece less to hold
                on_progress(self.score_count * number // total, self.score_count)
        self._pieces.clear()

    def save_while_judging(self, chunks: Iterator[Chunk], *, between: Callable[[], None]) -> None:
        """The same for chunks that are judged without the database. `between` is called every now and then."""
        copy_beside(COPY, self._texts(chunks), between=between)

    def _texts(self, chunks: Iterator[Chunk]) -> Iterator[bytes]:
        """Small ones first, so that PostgreSQL soon has something to do."""
        pieces = 1
        for first in chunks:
            yield b"".join(map(self._text, chain([first], islice(chunks, pieces - 1))))
            pieces = min(2 * pieces, COPY_BESIDE)


def refresh_statistics(added: int) -> None:
    """Tells PostgreSQL's planner of many new scores, where they are a good part of all: it plans the refreshes.

    Only of the columns that those ask by, as the others are long, and from few rows: autovacuum soon looks closer.
    ANALYZE holds a lock until COMMIT that only another ANALYZE or VACUUM minds; where one of these is at work already,
    this passes, as nobody shall wait for statistics.
    """
    if added < MANY:
        return
    table = _table(Score)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples < %s FROM pg_class WHERE oid = %s::regclass", [added * A_GOOD_PART, table])
        if cursor.fetchone()[0]:
            cursor.execute("SET LOCAL default_statistics_target = %s", [A_GLANCE])
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {table} (user_id, game, playtype, chart_id, time_achieved)")


def _escaped(json: bytes) -> bytes:
    """JSON has no raw tabs or line ends, so that only its backslashes need COPY's escape."""
    return json.replace(b"\\", b"\\\\")


def _table(model: type[Any]) -> str:
    return str(model._meta.db_table)


COPY = f"COPY {_table(Score)} ({', '.join(SCORE_COLUMNS)}) FROM STDIN"


def known_scores(user_id: int) -> Known | None:
    """A look-up of score IDs for `convert.judge_rows`; None for a newcomer, of whom there is nothing to find."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT EXISTS (SELECT FROM {_table(Score)} WHERE user_id = %s),
                   ARRAY(SELECT score_id FROM {_table(ScoreBlacklist)} WHERE user_id = %s)
            """,
            [user_id, user_id],
        )
        has_scores, blacklist = cursor.fetchone()
    if not has_scores and not blacklist:
        return None
    blacklisted = frozenset(blacklist)

    def known(score_ids: Sequence[str]) -> Mapping[str, int]:
        found = dict.fromkeys(blacklisted.intersection(score_ids), BLACKLISTED)
        if has_scores:
            found.update(_stored(score_ids))
        return found

    return known


def _stored(score_ids: Sequence[str]) -> Iterable[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT score_id, id FROM {_table(Score)} WHERE score_id = ANY(%s)", [list(score_ids)])
        return list(cursor.fetchall())


def save_problems(job: Import, problems: Sequence[RowProblem], context: Context) -> None:
    """Stores what was left out, and a row with an unknown song or chart as an orphan, once."""
    if not problems:
        return
    orphans = orphan_ids(problems, context, user_id=job.user_id)
    there = orphan_keys(orphans.values())
    old = set(there)
    new: dict[str, RowProblem] = {}
    for problem in problems:
        identity = orphans.get(problem.row)
        if identity is not None and identity not in old:
            new.setdefault(identity, problem)
    _copy_orphans(job, new, context.as_sent())
    there.update(orphan_keys(new))
    first_rows = {problem.row for problem in new.values()}
    _copy_problems(job, problems, orphans=orphans, there=there, first_rows=first_rows)


def orphan_ids(problems: Iterable[RowProblem], context: Context, *, user_id: int) -> dict[int, str]:
    """Row -> the ID of its orphan, for rows with an unknown song or chart."""
    sent = context.as_sent()
    return {
        problem.row: orphan_id(user_id=user_id, import_type=context.import_type, data=problem.datapoint, context=sent)
        for problem in problems
        if problem.type is ProblemType.NOT_FOUND
    }


def orphan_keys(identities: Iterable[str]) -> dict[str, int]:
    """The orphans that are there, with their primary keys."""
    return dict(OrphanScore.objects.filter(orphan_id__in=list(identities)).values_list("orphan_id", "pk"))


def _copy_orphans(job: Import, new: Mapping[str, RowProblem], context: Mapping[str, Any]) -> None:
    columns = (
        "orphan_id", "user_id", "from_import_id", "import_type", "game", "data", "context", "error_message",
        "time_inserted",
    )  # fmt: skip
    shared = to_json(context).decode()
    now = datetime.now().astimezone()

    def row(identity: str, problem: RowProblem) -> tuple[Any, ...]:
        data = to_json(problem.datapoint).decode()
        user = (job.user_id, job.pk, job.import_type, context["game"])
        return (identity, *user, data, shared, problem.message, now)

    copy_rows(OrphanScore, columns, (row(identity, problem) for identity, problem in new.items()))


def _copy_problems(
    job: Import,
    problems: Sequence[RowProblem],
    *,
    orphans: Mapping[int, str],
    there: Mapping[str, int],
    first_rows: set[int],
) -> None:
    def row(problem: RowProblem) -> tuple[Any, ...]:
        identity = orphans.get(problem.row)
        kind = problem.type
        if identity is not None and problem.row not in first_rows:
            kind = ProblemType.ORPHAN_EXISTS
        orphan = None if identity is None else there[identity]
        return (job.pk, problem.row, kind.value, problem.message, to_json(problem.datapoint).decode(), orphan)

    copy_rows(ImportProblem, ("job_id", "row", "type", "message", "datapoint", "orphan_id"), (row(p) for p in problems))


def copy_rows(model: type[Any], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows of Python values into a table; JSON columns take text."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {_table(model)} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
