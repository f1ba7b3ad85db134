"""Exports in tests: written in this process instead of by a worker, and read back."""

from __future__ import annotations

import io
import json
import secrets
from typing import Any
from zipfile import ZipFile

from imports import jobs, submissions
from imports.formats.files.tachi_imports_export import IMPORT_TYPE
from imports.formats.parsing.export_archive import write_archive
from imports.models import DataExport, GameStats, Import, PersonalBest, Score, Session, User
from imports.pipeline.undo.revert import RevertRequest, revert
from imports.takeout.stored_file import parts_of
from tests import factories


def export_of(user: User) -> DataExport:
    """Returns an export that has been written."""
    export = jobs.request_export(user, by=user)
    jobs.write_export(export.export_id)
    export.refresh_from_db()
    return export


def zip_of(export: DataExport) -> ZipFile:
    return ZipFile(io.BytesIO(b"".join(parts_of(export))))


def exported(user: User) -> ZipFile:
    """Returns the ZIP of a player's present data."""
    return zip_of(export_of(user))


def document(archive: ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def batch_manual_files(archive: ZipFile) -> list[bytes]:
    return [archive.read(name) for name in archive.namelist() if name.startswith("batch-manual/")]


def import_file(user: User, content: bytes, import_type: str = "file/batch-manual", **fields: Any) -> Any:
    """Imports a file, and asserts that no row was left out."""
    job = factories.run_job(jobs.submit(user, jobs.Upload(content=content, import_type=import_type, **fields)))
    assert (job.state, job.error_message, job.problem_count) == ("completed", "", 0), list(job.problems.values()[:3])
    return job


def zip_of_files(archive: ZipFile) -> bytes:
    """Returns the files of an export, packed again."""
    with archive:
        return write_archive((name, archive.read(name)) for name in archive.namelist())


def import_export(user: User, content: bytes, *, username: str = "alice") -> list[Import]:
    """Imports an export of the named player, and returns its imports, one per game."""
    upload = jobs.Upload(content=content, import_type=IMPORT_TYPE, fields={"username": username})
    first = submissions.submit_every_game(user, upload, key=secrets.token_hex(8))
    made = [factories.run_job(job) for job in user.imports.filter(pk__gte=first.pk).order_by("pk")]
    assert [(job.state, job.error_message, job.problem_count) for job in made] == [("completed", "", 0)] * len(made)
    return made


def revert_import(job: Import) -> None:
    """Reverts an import, and the classes that it gave."""
    job.refresh_from_db()
    revert(job, RevertRequest(roll_back_classes=True))


def restore_import(job: Import) -> None:
    """Restores a reverted import."""
    job.refresh_from_db()
    jobs.restore(job, by=job.user)
    factories.run_job(job)
    assert job.state == "completed", job.error_message


def empty(user: User) -> None:
    """Deletes a player's scores, classes and imports."""
    for model in (Score, PersonalBest, Session, GameStats):
        model.objects.filter(user=user).delete()
    user.class_achievements.all().delete()
    user.imports.all().delete()


def facts_of(user: User) -> dict[str, list[Any]]:
    """Returns a player's data without the IDs and times that differ per import."""
    scores = Score.objects.filter(user=user).order_by("score_id")
    bests = PersonalBest.objects.filter(user=user).order_by("chart")
    sessions = Session.objects.filter(user=user).order_by("game", "playtype", "time_started")
    stats = GameStats.objects.filter(user=user).order_by("game", "playtype")
    of_scores = ("score_id", "chart", "comment", "time_achieved", "score_data", "score_meta", "calculated_data")
    of_bests = ("chart", "score_id", "time_achieved", "score_data", "calculated_data", "composed_from", "rank_keys")
    return {
        "scores": list(scores.values(*of_scores)),
        "bests": list(bests.values(*of_bests)),
        "sessions": list(
            sessions.values("game", "playtype", "time_started", "time_ended", "score_count", "calculated_data")
        ),
        "stats": list(stats.values("game", "playtype", "ratings", "classes")),
    }
