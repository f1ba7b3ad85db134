"""Imports that failed in each way that the page distinguishes, and a cancelled one, for the tests of all pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from imports import jobs
from imports.formats import BY_IMPORT_TYPE
from imports.models import Import, State, User
from tests.factories import run_job


def failed_imports(user: User, document: Mapping[str, Any]) -> dict[str, Import]:
    """Returns the imports by the name of their picture. `document`: a file of scores that have a time."""
    in_seconds = [
        {**row, "timeAchieved": row["timeAchieved"] // 1_000} if place in (2, 5) and row.get("timeAchieved") else row
        for place, row in enumerate(row for row in document["scores"] if row.get("timeAchieved"))
    ]
    content, with_seconds = (
        json.dumps(each, indent=2).encode() for each in (document, {**document, "scores": in_seconds})
    )
    table = BY_IMPORT_TYPE["file/eamusement-iidx-csv"].sample
    assert table is not None

    def submitted(content: bytes, name: str, import_type: str = "file/batch-manual") -> Import:
        return jobs.submit(user, jobs.Upload(content=content, import_type=import_type, file_name=name))

    made = {
        "failed-rows": run_job(submitted(with_seconds, "sdvx-300.json")),
        "failed-cut-off": run_job(submitted(content[: len(content) * 2 // 3], "night-session.json")),
        "failed-other-kind": run_job(submitted(table.content, "score.csv", "file/eamusement-sdvx-csv")),
        "failed-server": run_job(submitted(b"{", "scorelog-2026.json")),
    }
    Import.objects.filter(pk=made["failed-server"].pk).update(status_code=500, error_message="broke", attempts=3)
    assert {job.state for job in made.values()} == {State.FAILED}
    cancelled = submitted(content, "scorelog.json")
    jobs.cancel(cancelled, by=user)
    return {**made, "cancelled": cancelled}
