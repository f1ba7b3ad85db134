"""Writes the ZIP of everything that is stored of a player. docs/your-data.md describes the entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedWriter
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec
from django.db.models import QuerySet
from django.utils import timezone

from imports.formats.parsing.export_archive import ABOUT, FORMAT, VERSION
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.integers import milliseconds
from imports.models import (
    Chart,
    ClassAchievement,
    GameStats,
    Import,
    ImportInput,
    ImportProblem,
    OrphanScore,
    PersonalBest,
    Replay,
    Score,
    ScoreBlacklist,
    Session,
    SessionIdentity,
    Song,
    User,
)
from imports.takeout import batch_manual_files, documents
from imports.takeout.stored_file import safe_file_name, uploaded

CHUNK_ROWS = 250  # rows in memory at once
COMPRESSION = 6
BUFFER_BYTES = 1 << 16

README = """\
This is everything that {instance} stores of {username}.

batch-manual/   your scores as BATCH-MANUAL files, which any instance of Tachi Imports imports
scores/, bests/ your scores and personal bests as Tachi's API documents them, with their songs and charts
sessions.json, classes.json, unmatched.json, imports.json, problems.json, blacklist.json, account.json
imports/        the files that you uploaded, as far as they are still stored
replays/        replays that your game sent

docs/your-data.md of Tachi Imports describes every file.
"""

Report = Callable[[int], None]
"""Called with the number of rows written since the last call."""


class Archive:
    """A ZIP that is written to a file, which need not be seekable."""

    def __init__(self, file: IO[bytes], report: Report) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=COMPRESSION)
        self._report = report
        self._moment = timezone.now().timetuple()[:6]

    def close(self) -> None:
        self._zip.close()

    @contextmanager
    def entry(self, name: str) -> Iterator[Callable[[bytes], Any]]:
        """Opens an entry; yields the function that writes to it."""
        info = ZipInfo(name, self._moment)
        info.compress_type = ZIP_DEFLATED
        # Compressing many rows at a time costs less than a call per row.
        with self._zip.open(info, "w", force_zip64=True) as file, BufferedWriter(file, BUFFER_BYTES) as buffered:
            yield buffered.write

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        with self.entry(name) as write:
            for piece in pieces:
                write(piece)

    def add_document(self, name: str, document: Any) -> None:
        self.add(name, [msgspec.json.format(msgspec.json.encode(document), indent=2)])

    def add_lists(
        self, name: str, lists: Mapping[str, Iterable[Any]], *, before: bytes = b"", after: bytes = b""
    ) -> None:
        """Adds an object of long lists, with a line per element."""
        with self.entry(name) as write:
            write(before + b"{")
            for place, (member, values) in enumerate(lists.items()):
                write((b"," if place else b"") + msgspec.json.encode(member) + b":[")
                for row, value in enumerate(values):
                    write((b",\n" if row else b"\n") + msgspec.json.encode(value))
                    self._report(1)
                write(b"]\n")
            write(b"}" + after)


def count_rows(user: User) -> int:
    """Returns approximately the number of rows that `write` will report."""
    scores = 3 * Score.objects.filter(user=user).count()
    return scores + PersonalBest.objects.filter(user=user).count() + OrphanScore.objects.filter(user=user).count()


def write(user: User, file: IO[bytes], *, instance: str, report: Report) -> None:
    """Writes the ZIP. To be called in a transaction with one snapshot."""
    archive = Archive(file, report)
    about = {
        "format": FORMAT,
        "version": VERSION,
        "instance": instance,
        "userID": user.pk,
        "username": user.username,
        "time": milliseconds(timezone.now()),
    }
    archive.add_document(ABOUT, about)
    archive.add("README.txt", [README.format(instance=instance, username=user.username).encode()])
    archive.add_document("account.json", documents.account(user))
    for stats in GameStats.objects.filter(user=user).order_by("game", "playtype"):
        playtype = BY_SLUG[stats.game].by_name.get(stats.playtype) if stats.game in BY_SLUG else None
        if playtype is not None:  # a release may have removed a game
            _add_scores(archive, user, stats, playtype, report)
    hidden = SessionIdentity.objects.filter(user=user).order_by("pk").iterator(chunk_size=CHUNK_ROWS)
    archive.add_lists("sessions.json", {"sessions": _sessions(user), "mergedSessions": map(documents.session, hidden)})
    history = ClassAchievement.objects.filter(user=user).select_related("from_import").order_by("time_achieved", "pk")
    history = history.defer("from_import__put_aside")
    classes = {
        "current": map(documents.stats, GameStats.objects.filter(user=user).order_by("game", "playtype")),
        "history": map(documents.achievement, history.iterator(chunk_size=CHUNK_ROWS)),
    }
    archive.add_lists("classes.json", classes)
    _add_imports(archive, user)
    for replay in Replay.objects.filter(user=user).order_by("pk").iterator(chunk_size=10):
        archive.add(f"replays/{replay.score_id}.urf", [bytes(replay.content)])
    archive.close()


# --- scores -------------------------------------------------------------------------------------------


def _add_scores(archive: Archive, user: User, stats: GameStats, playtype: Playtype, report: Report) -> None:
    name = f"{stats.game}-{stats.playtype}"
    for place, pieces in enumerate(batch_manual_files.files(user, stats, playtype), 1):
        with archive.entry(f"batch-manual/{name}-{place}.json") as write_piece:
            for piece, count in pieces:
                write_piece(piece)
                report(count)
    mine = {"user": user, "game": stats.game, "playtype": stats.playtype}
    scores = documents.score_rows(Score.objects.filter(**mine).order_by("pk"))
    bests = documents.best_rows(PersonalBest.objects.filter(**mine).order_by("pk"))
    _add_envelope(archive, f"scores/{name}.json", "scores", scores, lambda row: documents.score(row, playtype))
    _add_envelope(archive, f"bests/{name}.json", "pbs", bests, lambda row: documents.best(row, playtype))


def _add_envelope(
    archive: Archive, name: str, member: str, rows: QuerySet[Any, Any], document: Callable[[Any], documents.Document]
) -> None:
    """Adds a list as a response of Tachi's API, with the songs and charts of its rows."""
    songs, charts = set[int](), set[int]()

    def rows_read() -> Iterator[documents.Document]:
        for row in rows.iterator(chunk_size=CHUNK_ROWS):
            songs.add(row.chart__song_id)
            charts.add(row.chart_id)
            yield document(row)

    lists = {
        member: rows_read(),
        "songs": map(documents.song, _with_keys(songs, Song.objects.defer("match_keys"))),
        "charts": map(documents.chart, _with_keys(charts, Chart.objects.select_related("song").defer("match_keys"))),
    }
    before = b'{"success":true,"description":"Exported.","body":'
    archive.add_lists(name, lists, before=before, after=b"}\n")


def _with_keys(keys: set[int], rows: QuerySet[Any]) -> Iterator[Any]:
    """Yields the rows with these primary keys, in order; reads `keys` only when the first row is requested.

    Selected by key, as PostgreSQL would join the catalogue with scores in a nested loop if its statistics are outdated
    and show one of the tables as empty.
    """
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK_ROWS):
        yield from rows.filter(pk__in=ordered[start : start + CHUNK_ROWS]).order_by("pk")


# --- sessions and classes -----------------------------------------------------------------------------


def _sessions(user: User) -> Iterator[documents.Document]:
    """Yields the sessions with the IDs of their scores. Both are read once, in the order of time."""
    order = ("game", "playtype")
    timed = Score.objects.filter(user=user, time_achieved__isnull=False).order_by(*order, "time_achieved", "pk")
    scores = timed.values_list(*order, "time_achieved", "score_id").iterator(chunk_size=CHUNK_ROWS)
    following = next(scores, None)
    sessions = Session.objects.filter(user=user).order_by(*order, "time_started")
    for session in sessions.iterator(chunk_size=CHUNK_ROWS):
        end = (session.game, session.playtype, session.time_ended)
        ids = []
        while following is not None and following[:3] <= end:
            ids.append(following[3])
            following = next(scores, None)
        yield {**documents.session(session), "calculatedData": session.calculated_data, "scoreIDs": ids}


# --- imports ------------------------------------------------------------------------------------------


def _add_imports(archive: Archive, user: User) -> None:
    """Adds the imports, the rows that they left out, and their inputs that are still stored."""
    paths = {}
    stored = ImportInput.objects.filter(job__user=user).order_by("job")
    inputs = stored.values_list("job", "job__import_id", "file_name").iterator(chunk_size=CHUNK_ROWS)
    for key, import_id, file_name in inputs:
        paths[key] = f"imports/{import_id}/{safe_file_name(file_name)}"
        archive.add(paths[key], uploaded(key))
    mine = Import.objects.filter(user=user).order_by("pk").select_related("input").defer("put_aside", "input__content")
    found = (documents.import_(job, paths.get(job.pk)) for job in mine.iterator(chunk_size=CHUNK_ROWS))
    archive.add_lists("imports.json", {"imports": found})
    problems = ImportProblem.objects.filter(job__user=user).select_related("job").order_by("job", "row")
    problems = problems.defer("job__put_aside")
    archive.add_lists("problems.json", {"problems": map(documents.problem, problems.iterator(chunk_size=CHUNK_ROWS))})
    orphans = OrphanScore.objects.filter(user=user).select_related("from_import").order_by("pk")
    orphans = orphans.defer("from_import__put_aside")
    archive.add_lists("unmatched.json", {"unmatched": map(documents.orphan, orphans.iterator(chunk_size=CHUNK_ROWS))})
    blacklist = ScoreBlacklist.objects.filter(user=user).order_by("pk").iterator(chunk_size=CHUNK_ROWS)
    archive.add_lists("blacklist.json", {"blacklist": map(documents.blacklisted, blacklist)})
