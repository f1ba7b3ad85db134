"""Exports as tests look at them: written here instead of by a worker, and read back."""

from __future__ import annotations

import io
import json
from typing import Any
from zipfile import ZipFile

from imports import jobs
from imports.models import DataExport, GameStats, PersonalBest, Score, Session, User
from imports.takeout.stored_file import parts_of
from tests import factories


def export_of(user: User) -> DataExport:
    """An export that a worker has written."""
    export = jobs.request_export(user, by=user)
    jobs.write_export(export.export_id)
    export.refresh_from_db()
    return export


def zip_of(export: DataExport) -> ZipFile:
    return ZipFile(io.BytesIO(b"".join(parts_of(export))))


def exported(user: User) -> ZipFile:
    """The ZIP of what is stored of a player now."""
    return zip_of(export_of(user))


def document(archive: ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def batch_manual_files(archive: ZipFile) -> list[bytes]:
    return [archive.read(name) for name in archive.namelist() if name.startswith("batch-manual/")]


def bring(user: User, content: bytes, import_type: str = "file/batch-manual", **fields: Any) -> Any:
    """An import of a file that a worker has dealt with, and that left no row out."""
    job = factories.process(jobs.submit(user, jobs.Upload(content=content, import_type=import_type, **fields)))
    assert (job.state, job.error_message, job.problem_count) == ("completed", "", 0), list(job.problems.values()[:3])
    return job


def empty(user: User) -> None:
    """Takes everything from an account but its name."""
    for model in (Score, PersonalBest, Session, GameStats):
        model.objects.filter(user=user).delete()
    user.class_achievements.all().delete()
    user.imports.all().delete()


def facts_of(user: User) -> dict[str, list[Any]]:
    """What a player has, without the IDs and times that each import gives anew."""
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
