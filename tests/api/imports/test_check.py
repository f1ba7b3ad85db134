"""POST /api/v1/import/check: permissions, order of checks, verdicts, and that nothing is stored."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports import jobs, submissions
from imports.api.core.throttling import SCORE_IMPORT_LIMIT
from imports.api.imports import check
from imports.models import BlockedClient, Import, Permission
from tests import people
from tests.api.callers import Caller, Outcome, lacks, table
from tests.api.envelopes import summary
from tests.api.expected_documents import TYPES_OF_TACHI
from tests.factories import batch_manual, charts, create_import, run_job, score_on, unknown_score

pytestmark = pytest.mark.django_db

CHECK = "/api/v1/import/check"
SUBMIT = Permission.SUBMIT_SCORE
GUEST = (401, "You are not authorised to perform this action.")


def submitter() -> Client:
    return people.bearer(people.alice(), SUBMIT)


def form(document: Any, **fields: Any) -> dict[str, Any]:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {"importType": "file/batch-manual", "scoreData": SimpleUploadedFile("scores.json", content), **fields}


def as_file(client: Client, document: Any, query: str = "", **headers: str) -> Any:
    return client.post(f"{CHECK}{query}", form(document), headers=headers)


def as_body(client: Client, document: Any, query: str = "", **headers: str) -> Any:
    return client.post(f"{CHECK}{query}", document, content_type="application/json", headers=headers)


BOTH_SENDERS = pytest.mark.parametrize("send", [as_file, as_body])


def success_body(response: Any) -> dict[str, Any]:
    reply = json.loads(response.content)
    assert response.status_code == 200, reply
    content: dict[str, Any] = reply["body"]
    return content


# --- permissions and the order of checks --------------------------------------------------------------


@BOTH_SENDERS
@pytest.mark.parametrize(
    ("caller", "expected"), table(anybody=(200, "Checked 1 rows."), guest=GUEST, lacking=lacks(Permission.SUBMIT_SCORE))
)
def test_users_who_can_submit_scores_can_check_them(send: Any, caller: Caller, expected: Outcome) -> None:
    assert summary(send(caller(SUBMIT), batch_manual(unknown_score()))) == expected


@BOTH_SENDERS
def test_a_blocked_client_may_not_check_scores(send: Any) -> None:
    BlockedClient.objects.create(pattern="haywire", message="Please update.", created_by=people.mo())
    headers = {"User-Agent": "Haywire/1.0"}
    assert summary(send(submitter(), batch_manual(), **headers)) == (403, "Please update.")


def test_the_path_of_a_check_matches_in_any_case() -> None:
    response = submitter().post("/API/v1/Import/CHECK/", batch_manual(), content_type="application/json")
    assert summary(response) == (200, "Checked 0 rows.")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"importType": "file/batch-manual"}, (400, "Expected a file for field scoreData.")),
        (
            form({}, importType="file/none"),
            (400, f"[importType] Expected any of {', '.join(TYPES_OF_TACHI)}. (Received file/none)"),
        ),
        (
            {"importType": "file/batch-manual", "scores": SimpleUploadedFile("a", b"{}")},
            (400, "File provided was too large, corrupt, or provided in the wrong field."),
        ),
    ],
)
def test_a_check_refuses_a_form_with_the_message_of_an_import(fields: dict[str, Any], expected: Outcome) -> None:
    assert summary(submitter().post("/api/v1/import/file", fields)) == expected
    assert summary(submitter().post(CHECK, fields)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b" ", (400, "Could not retrieve meta.game - is this valid BATCH-MANUAL?")),
        (b"5", (400, "Invalid BATCH-MANUAL (Not an object, received number.)")),
        (b"{", (400, "Invalid JSON. (It ends too early.)")),
    ],
)
def test_a_check_refuses_a_body_with_the_message_of_an_import(content: bytes, expected: Outcome) -> None:
    first, second = (
        summary(submitter().post(path, content, content_type="application/json"))
        for path in ("/ir/direct-manual/import", CHECK)
    )
    assert first == second == expected


def test_a_check_reports_invalid_json_before_authentication_and_a_form_after() -> None:
    guest = people.guest()
    assert summary(guest.post(CHECK, b"{", content_type="application/json"))[0] == 400
    assert summary(guest.post(CHECK, {})) == GUEST


@pytest.mark.quick_rows(2)
@BOTH_SENDERS
@pytest.mark.parametrize(
    "document",
    [
        {"meta": {"game": "osu", "playtype": "x"}},
        batch_manual(unknown_score(score=-1)),
        batch_manual(unknown_score(), classes={"dan": "nonsense"}),
        batch_manual(meta={"game": "sdvx", "playtype": "Single", "service": "x"}),
        [],
    ],
)
def test_a_check_of_an_unreadable_file_fails_with_the_message_of_the_import(send: Any, document: Any) -> None:
    response = summary(send(submitter(), document))
    kind = "file/batch-manual" if send is as_file else "ir/direct-manual"
    job = run_job(jobs.submit(people.alice(), jobs.Upload(content=json.dumps(document).encode(), import_type=kind)))
    assert response == (job.status_code, job.error_message)


def test_a_check_does_not_count_towards_the_import_limit() -> None:
    assert check.CHECK_LIMIT.name != SCORE_IMPORT_LIMIT.name
    assert check.CheckImport.rate_limits == (check.CHECK_LIMIT,)


# --- results ------------------------------------------------------------------------------------------


def test_a_check_gives_a_verdict_on_every_row() -> None:
    old, new = charts(2)
    stored = create_import(people.alice(), score_on(old)).scores.get()
    unknown, future = unknown_score(), score_on(new, 9_000_000, timeAchieved=9_999_999_999_999)
    document = batch_manual(
        score_on(new), score_on(old), score_on(new), unknown, future, score_on(new, -1), classes={"dan": "DAN_3"}
    )
    result = success_body(as_body(submitter(), document, "?rows=all&invalid=skip"))
    malformed = result["rows"][5].pop("message")
    new_id = result["rows"][0].pop("scoreID")
    assert malformed.startswith("Invalid BATCH-MANUAL: scores[5].score | ")
    assert result == {
        "importType": "ir/direct-manual",
        "game": "sdvx",
        "playtypes": ["Single"],
        "service": "Tests",
        "totals": {
            "rows": 6, "new": 1, "duplicate": 1, "repeated": 1, "blacklisted": 0,
            "unknown": 1, "ambiguous": 0, "invalid": 2, "broken": 0,
        },
        "classes": [{"game": "sdvx", "playtype": "Single", "set": "dan", "old": None, "new": "DAN_3"}],
        "rows": [
            {"row": 0, "verdict": "new", "chartID": new.chart_id, "songID": 2},
            {"row": 1, "verdict": "duplicate", "scoreID": stored.score_id, "chartID": old.chart_id, "songID": 1},
            {"row": 2, "verdict": "repeated", "scoreID": new_id, "chartID": new.chart_id, "songID": 2, "repeats": 0},
            {
                "row": 3, "verdict": "unknown", "type": "SongOrChartNotFound",
                "message": "Cannot find chart tachiSongID:999999.", "datapoint": unknown,
            },
            {
                "row": 4, "verdict": "invalid", "type": "InvalidDatapoint",
                "message": "Invalid timestamp: score happens in the future.", "datapoint": future,
            },
            {"row": 5, "verdict": "invalid", "type": "InvalidDatapoint", "datapoint": score_on(new, -1)},
        ],
        "next": None,
    }  # fmt: skip


def test_a_check_of_a_file_equals_that_of_a_body() -> None:
    document = batch_manual(unknown_score(), score_on(charts(1)[0]))
    by_file, by_body = (success_body(send(submitter(), document, "?rows=all")) for send in (as_file, as_body))
    assert by_file.pop("importType") == "file/batch-manual"
    assert by_body.pop("importType") == "ir/direct-manual"
    assert by_file == by_body


def test_a_check_infers_a_missing_time_as_the_import_does() -> None:
    two = batch_manual(unknown_score(), unknown_score(score=2))
    headers = {"X-Infer-Score-TimeAchieved": "true"}
    refused = "Cannot use X-Infer-Score-TimeAchieved with multiple scores in your import."
    assert summary(as_body(submitter(), two, **headers)) == (400, refused)
    assert summary(as_body(submitter(), batch_manual(unknown_score()), **headers))[0] == 200


# --- listed rows --------------------------------------------------------------------------------------


def three_problems_and_two_scores() -> dict[str, Any]:
    (chart,) = charts(1)
    problems = [unknown_score(score=number) for number in range(3)]
    return batch_manual(problems[0], score_on(chart), problems[1], problems[2], score_on(chart, 9_000_000))


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize(
    ("query", "rows", "following"),
    [
        ("", [0, 2, 3], None),
        ("?rows=problems&limit=2", [0, 2], "2"),
        ("?rows=problems&limit=2&cursor=2", [3], None),
        ("?rows=all&limit=5", [0, 1, 2, 3, 4], None),
        ("?rows=new", [1, 4], None),
        ("?rows=unknown&limit=1&cursor=0", [2], "2"),
        ("?rows=ambiguous", [], None),
        ("?limit=0", [], None),
        ("?elsewhere=1", [0, 2, 3], None),
    ],
)
def test_a_check_lists_the_requested_rows_and_counts_all(query: str, rows: list[int], following: str | None) -> None:
    result = success_body(as_body(submitter(), three_problems_and_two_scores(), query))
    assert [row["row"] for row in result["rows"]] == rows
    assert result["next"] == following
    assert (result["totals"]["rows"], result["totals"]["new"], result["totals"]["unknown"]) == (5, 2, 3)


WORDS = "problems, all, new, duplicate, repeated, blacklisted, unknown, ambiguous, invalid, broken"


@pytest.mark.parametrize(
    ("query", "description"),
    [
        ("?rows=none", f"[rows] Expected any of {WORDS}. (Received none)"),
        ("?rows=new&rows=all", f"[rows] Expected any of {WORDS}."),
        ("?limit=10001", "[limit] Expected an integer between 0 and 10000. (Received 10001)"),
        ("?limit=-1", "[limit] Expected an integer between 0 and 10000. (Received -1)"),
        ("?limit=²", "[limit] Expected an integer between 0 and 10000. (Received ²)"),
        ("?cursor=x", "[cursor] Expected an integer between 0 and 999999999. (Received x)"),
    ],
)
def test_a_check_with_an_invalid_parameter_is_refused(query: str, description: str) -> None:
    assert summary(as_body(submitter(), batch_manual(), query)) == (400, description)


# --- side effects and limits ----------------------------------------------------------------------------


@BOTH_SENDERS
def test_a_check_stores_nothing(send: Any) -> None:
    document = {**three_problems_and_two_scores(), "classes": {"dan": "DAN_3"}}
    client = submitter()
    success_body(send(client, batch_manual()))  # updates the last use of the token
    tables = [model._default_manager for model in apps.get_models(include_auto_created=True)]
    before = [sorted(map(str, table.values_list())) for table in tables]
    success_body(send(client, document, "?rows=all", **{"X-User-Intent": "true", "Idempotency-Key": "a"}))
    assert [sorted(map(str, table.values_list())) for table in tables] == before
    assert not Import.objects.exists()


def test_only_one_large_file_is_checked_at_a_time_but_small_ones_meanwhile() -> None:
    small, large = batch_manual(), json.dumps(batch_manual()).encode() + b" " * submissions.LARGE_UPLOAD_BYTES
    with patch.object(submissions, "LARGE_UPLOAD_BYTES", len(large)), submissions._one_large_check():
        refused = as_file(submitter(), large)
        assert summary(refused) == (429, "Another large file is being checked. Please try again in a few seconds.")
        assert refused.headers["Retry-After"] == "5"
        assert summary(as_file(submitter(), small)) == (200, "Checked 0 rows.")
    assert summary(as_file(submitter(), large)) == (200, "Checked 0 rows.")


def test_a_failed_check_of_a_large_file_does_not_block_the_next() -> None:
    broken = b"nonsense" + b" " * submissions.LARGE_UPLOAD_BYTES
    for _ in range(2):
        assert summary(as_file(submitter(), broken))[0] == 400
