"""Documents, imports and other data for browser tests."""

from __future__ import annotations

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from redis import Redis

from imports import jobs
from imports.models import (
    APIClient,
    APIToken,
    Import,
    Permission,
    Session,
    State,
    User,
)
from imports.pipeline.progress import Snapshot, Stage, writer
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.browser.conftest import sample_file
from tests.factories import run_job

DAY = 86_400_000


def sample_document(name: str, **parts: Any) -> dict[str, Any]:
    """Returns the document of a sample file, with `parts` replaced."""
    return {**json.loads(sample_file(name).read_text()), **parts}


def replayed_rows(rows: list[dict[str, Any]], *, points: int, days: int) -> list[dict[str, Any]]:
    """Returns other scores on the charts of the given rows; failed and untimed rows are omitted."""
    scores = [
        {**row, "score": row["score"] + points, "lamp": "CLEAR", "timeAchieved": row["timeAchieved"] + days * DAY}
        for row in rows
        if row.get("timeAchieved") and row["lamp"] != "FAILED"
    ]
    for row in scores:
        row.pop("judgements", None)
    return scores


def weaker_document(document: dict[str, Any]) -> dict[str, Any]:
    """Returns a document with every second score, a week earlier and a little lower."""
    scores = replayed_rows(document["scores"][::2], points=-71_000, days=-7)
    return {**document, "scores": scores, "classes": {"dan": "DAN_8"}}


def first_scores(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document with its first dozen scores only."""
    return {**document, "scores": document["scores"][:12]}


def submit_document(user: User, document: dict[str, Any], *, name: str) -> Import:
    content = json.dumps(document, ensure_ascii=False).encode()
    return jobs.submit(
        user, jobs.Upload(content=content, import_type="file/batch-manual", file_name=name, user_intent=True)
    )


def bad_rows() -> list[dict[str, Any]]:
    row = {"matchType": "songTitle", "difficulty": "MXM", "score": 9_876_543, "lamp": "CLEAR"}
    impossible = {"identifier": "Saltwater Engine", "difficulty": "INF", "lamp": "ULTIMATE CHAIN"}
    return [
        {**row, "identifier": "Tactile Snowfal"},
        {**row, "identifier": "月面ラジオ放送局", "difficulty": "ULT"},
        {**row, **impossible, "judgements": {"critical": 2_000, "near": 12, "miss": 2}},
    ]


def create_imports(alice: User) -> dict[str, Import]:
    """Creates an import of Alice's in every final state; returns them by name."""
    sdvx = sample_document("sdvx")
    sdvx["scores"] += bad_rows()
    first = run_job(submit_document(alice, weaker_document(sdvx), name="先週.json"))
    assert first.score_count, first.error_message
    completed = run_job(submit_document(alice, sdvx, name="night-session.json"))
    reverted = run_job(submit_document(alice, sample_document("iidx-sp"), name="iidx-sp.json"))
    revert(reverted, RevertRequest(by=alice, reason="wrong card, these are my brother's"))
    reverted.refresh_from_db()
    imports = {
        "completed": completed,
        "chunithm": run_job(submit_document(alice, sample_document("chunithm"), name="chunithm.json")),
        "iidx": run_job(submit_document(alice, sample_document("iidx-dp"), name="iidx-dp.json")),
        "reverted": reverted,
        "again": run_job(submit_document(alice, first_scores(sdvx), name="昨夜.json")),
        "failed": run_job(submit_document(alice, {**sdvx, "meta": {"game": "sdvx"}}, name="score_2026-11-20.json")),
    }
    assert [job.state for job in imports.values()] == [*["completed"] * 3, "reverted", "completed", "failed"]
    return imports


def create_unfinished_imports(bob: User, redis: Redis) -> tuple[Import, Import]:
    """Creates a running and a queued import of Bob's."""
    running = submit_document(bob, sample_document("sdvx"), name="scorelog-2026.json")
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING, attempts=1, time_started=running.time_queued)
    seconds = {"reading": 0.3, "finding_charts": 0.2, "checking": 1.1}
    snapshot = Snapshot(
        attempt=1, stage=Stage.SAVING, percent=64, processed=12_806, total=20_000, eta=4, seconds=seconds,
        game="sdvx", playtype="Single",
    )  # fmt: skip
    writer(redis, running.import_id)(snapshot)
    return running, submit_document(bob, sample_document("chunithm"), name="chunithm-net.json")


def upload_for_check(user: User) -> str:
    """Uploads a file for checking; returns the address of the check."""
    known = sample_document("sdvx")["scores"]
    scores = [*known[:5], *replayed_rows(known[5:], points=-33_000, days=1), *bad_rows()]
    content = json.dumps(sample_document("sdvx", scores=scores)).encode()
    file = SimpleUploadedFile("saturday.json", content)
    response = people.session_of(user).post("/import/", {"importType": "file/batch-manual", "scoreData": file})
    return response["Location"]


def create_revoked_token(user: User) -> int:
    """Creates a token and revokes it; returns its key."""
    token, _ = APIToken.objects.create_for(user, identifier="KsHook", permissions=[Permission.SUBMIT_SCORE])
    key = token.pk
    APIToken.objects.revoke([token], by=user)
    return key


def api_client() -> APIClient:
    """Returns Bob's API client; creates it at the first call."""
    fields = {
        "permissions": ["submit_score", "customise_session"],
        "redirect_uri": "https://nightlogger.example/callback",
        "key_template": '{"token": "%%TACHI_KEY%%"}',
        "key_filename": "night-logger.json",
    }
    existing = APIClient.objects.filter(name="Night Logger").first()
    return existing or APIClient.objects.create_for(people.bob(), name="Night Logger", **fields)[0]


def create_emptied_session(user: User) -> str:
    """Creates a session and reverts its only score; returns its address."""
    row = next(row for row in sample_document("sdvx")["scores"] if row["lamp"] == "CLEAR" and row.get("timeAchieved"))
    rows = replayed_rows([row], points=1, days=-40)
    job = run_job(submit_document(user, sample_document("sdvx", scores=rows, classes={}), name="alone.json"))
    session = Session.objects.get(imports=job)
    revert(job, RevertRequest(by=user))
    return f"/sessions/{session.session_id}/"
