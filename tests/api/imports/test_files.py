"""GET …/imports/:importID/errors in its three formats, and GET …/input."""

from __future__ import annotations

import csv
import io
import json
import zlib
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports import exports
from imports.models import Import, ImportInput, ImportProblem, Permission, Score, State
from imports.pipeline.undo.revert import RevertRequest, revert
from imports.takeout.csv_cells import escape_formula
from tests import people
from tests.api.callers import GUEST, STRANGER, Caller, Outcome, table
from tests.api.envelopes import body, summary
from tests.factories import batch_manual, charts, create_import, queued_import, score_on, unknown_score

pytestmark = pytest.mark.django_db

SUBMIT = Permission.SUBMIT_SCORE
UNKNOWN = (404, "This import does not exist.")
REVERTED = (410, "This import has been reverted.")
NO_INPUT = (410, "The input of this import is no longer stored.")
NOT_FOUND = "Cannot find chart tachiSongID:999999."


def errors_of(job: Import, query: str = "") -> str:
    return f"/api/v1/imports/{job.import_id}/errors{query}"


def input_of(job: Import) -> str:
    return f"/api/v1/imports/{job.import_id}/input"


def with_problems(*more: dict[str, Any], **fields: Any) -> Import:
    """Imports for Alice a valid row between a row of an unknown song and one that violates a rule of its game."""
    (chart,) = charts(1)
    invalid = score_on(chart, lamp="PERFECT ULTIMATE CHAIN", comment="at last")
    return create_import(people.alice(), unknown_score(), score_on(chart), invalid, *more, **fields)


def bytes_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def table_of(response: Any) -> list[list[str]]:
    """Returns the cells of a CSV response."""
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(bytes_of(response).decode("utf-8-sig"), newline="")))


def outcome_of(response: Any) -> Outcome:
    """Returns the status and the description of a response; for a file an empty description."""
    return (200, "") if "Content-Disposition" in response.headers else summary(response)


# --- errors -------------------------------------------------------------------------------------------


def test_each_problem_has_its_row_number_type_message_and_row() -> None:
    job = with_problems()
    sent = json.loads(input_bytes_of(job))["scores"]
    assert body(people.session_of(people.alice()), errors_of(job)) == {
        "errors": [
            {"row": 0, "type": "SongOrChartNotFound", "message": NOT_FOUND, "datapoint": sent[0]},
            {
                "row": 2,
                "type": "InvalidDatapoint",
                "message": "Got 1 error when validating score:\n"
                "Cannot have a PERFECT ULTIMATE CHAIN without a perfect score.",
                "datapoint": sent[2],
            },
        ],
        "total": 2,
    }


def input_bytes_of(job: Import) -> bytes:
    return bytes_of(people.session_of(people.mo()).get(input_of(job)))


def test_a_guest_sees_problems_without_their_rows() -> None:
    job = with_problems()
    document = body(people.guest(), errors_of(job))
    assert [set(each) for each in document["errors"]] == [{"row", "type", "message"}] * 2
    assert table_of(people.guest().get(errors_of(job, "?format=csv")))[:2] == [
        ["row", "type", "message"],
        ["0", "SongOrChartNotFound", NOT_FOUND],
    ]


@pytest.mark.parametrize("query", ["", "?format=csv"])
@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, "")))
def test_the_problems_of_a_completed_import_are_public(caller: Caller, expected: Outcome, query: str) -> None:
    status, description = outcome_of(caller(SUBMIT).get(errors_of(with_problems(), query)))
    assert (status, description if status != 200 else "") == expected


@pytest.mark.parametrize(("state", "query"), [(State.FAILED, ""), (State.CANCELLED, "?format=csv")])
@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=UNKNOWN, stranger=UNKNOWN))
def test_the_problems_of_unfinished_imports_are_for_owners_and_moderators(
    caller: Caller, expected: Outcome, state: State, query: str
) -> None:
    job = with_problems()
    Import.objects.filter(pk=job.pk).update(state=state, status_code=400, error_message="Nonsense.")
    status, description = outcome_of(caller(SUBMIT).get(errors_of(job, query)))
    assert (status, description if status != 200 else "") == expected


@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=REVERTED, stranger=REVERTED))
def test_the_problems_of_a_reverted_import_are_a_410_for_others(caller: Caller, expected: Outcome) -> None:
    job = with_problems()
    revert(job, RevertRequest())
    status, description = outcome_of(caller(SUBMIT).get(errors_of(job)))
    assert (status, description if status != 200 else "") == expected


@pytest.mark.parametrize("address", ["errors", "errors?format=csv", "errors?format=batch-manual", "input"])
@pytest.mark.parametrize("import_id", ["0" * 40, "x", "%00", "' OR 1=1 --"])
def test_the_files_of_an_unknown_import_are_a_404(import_id: str, address: str) -> None:
    client = people.session_of(people.mo())
    assert summary(client.get(f"/api/v1/imports/{import_id}/{address}")) == UNKNOWN


def test_the_link_headers_page_through_all_problems() -> None:
    job = with_problems(*(unknown_score(score=i) for i in range(2, 6)))
    client = people.session_of(people.alice())
    seen, link = [], errors_of(job, "?limit=2")
    while link:
        response = client.get(link)
        assert response.json()["body"]["total"] == 6
        seen += [each["row"] for each in response.json()["body"]["errors"]]
        link = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert seen == [0, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?format=xml", "[format] Expected any of json, csv, batch-manual. (Received xml)"),
        ("?limit=501", "[limit] Expected an integer between 1 and 500. (Received 501)"),
        ("?cursor=x", "[cursor] Expected a cursor from another response of this list. (Received x)"),
        ("?row=1", "[null] Unexpected properties inside object: row."),
    ],
)
def test_an_invalid_query_for_problems_is_refused(query: str, expected: str) -> None:
    assert summary(people.guest().get(errors_of(with_problems(), query))) == (400, expected)


@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize("query", ["", "?format=csv"])
def test_a_list_of_problems_takes_a_constant_number_of_queries(
    query: str, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    job = create_import(people.alice(), *(unknown_score(score=i) for i in range(number)))
    client = people.guest()
    # Import, problems; savepoint and release; a page also reads which rows have been imported since.
    with django_assert_num_queries(4 if "csv" in query else 5):
        assert client.get(errors_of(job, query)).status_code == 200


# --- CSV ----------------------------------------------------------------------------------------------


def test_the_csv_of_problems_has_all_rows() -> None:
    job = with_problems()
    response = people.session_of(people.alice()).get(errors_of(job, "?format=csv"))
    assert response.headers["Content-Disposition"] == f'attachment; filename="{job.import_id}-errors.csv"'
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    heads, first, second = table_of(response)
    problems = ImportProblem.objects.order_by("row")
    assert heads == ["row", "type", "message", "datapoint"]
    assert [first[:3], second[:3]] == [[str(each.row), each.type, each.message] for each in problems]
    assert [json.loads(first[3]), json.loads(second[3])] == [each.datapoint for each in problems]


@pytest.mark.parametrize(
    ("accept", "is_table"),
    [
        ("text/csv", True),
        ("text/csv, application/json;q=0.5", True),
        ("application/json, text/csv;q=0.5", False),
        ("*/*", False),
        ("text/html", False),
    ],
)
def test_a_client_that_prefers_csv_gets_csv(accept: str, is_table: bool) -> None:
    job = with_problems()
    client = Client(headers={"Accept": accept})
    assert ("Content-Disposition" in client.get(errors_of(job)).headers) is is_table
    assert "Content-Disposition" not in client.get(errors_of(job, "?format=json")).headers


def test_the_csv_of_problems_can_be_paginated() -> None:
    job = with_problems()
    client = people.guest()
    first = client.get(errors_of(job, "?format=csv&limit=1"))
    second = client.get(errors_of(job, f"?format=csv&limit=1&cursor={first.headers['X-Next-Cursor']}"))
    assert [row[0] for response in (first, second) for row in table_of(response)] == ["row", "0", "row", "2"]
    assert "X-Next-Cursor" not in second.headers


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("\t=1", "\t'=1"),
        ('"=1', "\"'=1"),
        ("  =1", "  '=1"),
        ("said:\r\n=1", "said:\r\n'=1"),
        ("title ;=1+1.", "title ;'=1+1."),
        ("a = b - c, d@e; f", "a = b - c, d@e; f"),
        ("Cannot find chart songTitle:=1.", "Cannot find chart songTitle:=1."),
    ],
)
def test_a_formula_in_a_cell_is_escaped_also_after_semicolons_and_tabs(text: str, cell: str) -> None:
    assert escape_formula(text) == cell


def test_a_csv_row_with_formulas_keeps_its_data_and_is_escaped() -> None:
    evil = "=cmd|' /C calc'!A0;=1+1\t@SUM(A1)"
    job = with_problems(unknown_score(comment=evil, identifier=evil, matchType="songTitle"))
    response = people.session_of(people.alice()).get(errors_of(job, "?format=csv"))
    *_, row = table_of(response)
    assert json.loads(row[3])["comment"] == evil
    assert not any(mark in row[3] for mark in (";", "=", "@", "\t"))
    assert ";=" not in row[2]


# --- BATCH-MANUAL -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=GUEST, stranger=STRANGER))
def test_the_file_of_rows_to_correct_is_for_owners_and_moderators(caller: Caller, expected: Outcome) -> None:
    job = with_problems()
    assert outcome_of(caller(SUBMIT).get(errors_of(job, "?format=batch-manual"))) == expected


def test_the_file_of_rows_to_correct_of_a_hidden_import_is_a_404() -> None:
    job = with_problems()
    Import.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    assert summary(people.session_of(people.bob()).get(errors_of(job, "?format=batch-manual"))) == UNKNOWN


def test_the_file_of_rows_to_correct_has_only_the_rows_that_were_left_out() -> None:
    job = with_problems()
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert response.headers["Content-Disposition"] == f'attachment; filename="{job.import_id}-left-out.json"'
    sent = json.loads(input_bytes_of(job))
    assert json.loads(response.content) == {"meta": sent["meta"], "scores": [sent["scores"][0], sent["scores"][2]]}


def test_a_corrected_file_is_imported() -> None:
    job = with_problems()
    client = people.session_of(people.alice())
    document = json.loads(client.get(errors_of(job, "?format=batch-manual")).content)
    document["scores"][0] |= {"identifier": "1", "difficulty": "EXH"}
    document["scores"][1] |= {"lamp": "FAILED"}
    corrected = create_import(people.alice(), *document["scores"])
    assert (corrected.score_count, corrected.problem_count) == (2, 0)
    assert Score.objects.count() == 3


def test_the_file_of_rows_to_correct_includes_rows_skipped_as_invalid() -> None:
    job = with_problems({"score": "a lot"}, fields={"invalid": "skip"})
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert json.loads(response.content)["scores"][-1] == {"score": "a lot"}


def test_the_file_of_rows_to_correct_has_the_meta_of_the_input() -> None:
    rows = batch_manual(unknown_score())
    rows["meta"] |= {"version": "vivid"}
    job = create_import(people.alice(), parts=rows)
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert json.loads(response.content)["meta"]["version"] == "vivid"


def test_the_file_of_rows_to_correct_of_a_failed_import_is_a_409() -> None:
    job = create_import(people.alice(), {"matchType": "nonsense"})
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert summary(response) == (409, job.error_message)


# --- input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=GUEST, stranger=STRANGER))
def test_the_input_of_an_import_is_for_owners_and_moderators(caller: Caller, expected: Outcome) -> None:
    assert outcome_of(caller(SUBMIT).get(input_of(queued_import(people.alice())))) == expected


@pytest.mark.parametrize(
    ("state", "stranger"), [(State.FAILED, UNKNOWN), (State.CANCELLED, UNKNOWN), (State.REVERTED, REVERTED)]
)
@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=STRANGER, stranger=STRANGER))
def test_the_input_of_a_hidden_import_looks_unknown_to_other_users(
    caller: Caller, expected: Outcome, state: State, stranger: Outcome
) -> None:
    job = with_problems()
    fields = {"status_code": 400, "error_message": "Nonsense.", "reverted_at": job.time_finished}
    Import.objects.filter(pk=job.pk).update(state=state, **fields)
    assert outcome_of(caller(SUBMIT).get(input_of(job))) == (stranger if expected == STRANGER else expected)


@pytest.mark.parametrize("size", [0, 1, 70_000, exports.MAX_MEMORY_BYTES, exports.MAX_MEMORY_BYTES + 1, 3_000_000])
def test_the_input_is_returned_byte_for_byte(size: int) -> None:
    content = (b'{"meta": ' + bytes(range(256)) * (size // 256 + 1))[:size]
    job = queued_import(people.alice())
    ImportInput.objects.filter(job=job).update(content=zlib.compress(content), size=size)
    response = people.session_of(people.alice()).get(input_of(job))
    assert bytes_of(response) == content
    assert response.headers["Content-Length"] == str(size)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("scores.json", 'attachment; filename="scores.json"'),
        ("", 'attachment; filename="{id}.json"'),
        ('a"b.json', 'attachment; filename="a\\"b.json"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("C:\\scores.json", 'attachment; filename="scores.json"'),
        ("a\r\nX-Evil: 1.json", 'attachment; filename="aX-Evil: 1.json"'),
        ("gpj.\u202ejson.exe", 'attachment; filename="gpj.json.exe"'),
        ("スコア.json", "attachment; filename*=utf-8''%E3%82%B9%E3%82%B3%E3%82%A2.json"),
        ("...", 'attachment; filename="import"'),
    ],
)
def test_the_file_name_of_the_input_is_escaped(name: str, expected: str) -> None:
    job = queued_import(people.alice(), file_name=name)
    response = people.session_of(people.alice()).get(input_of(job))
    assert response.headers["Content-Disposition"] == expected.format(id=job.import_id)


@pytest.mark.parametrize("path", ["/input", "/errors?format=batch-manual"])
def test_an_input_that_is_no_longer_stored_is_a_410(path: str) -> None:
    job = with_problems()
    ImportInput.objects.all().delete()
    assert summary(people.session_of(people.alice()).get(f"/api/v1/imports/{job.import_id}{path}")) == NO_INPUT


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["input", "errors"])
def test_the_files_of_an_import_are_read_only(path: str, method: str) -> None:
    client = people.bearer(people.alice(), *Permission)
    response = getattr(client, method)(f"/api/v1/imports/{with_problems().import_id}/{path}")
    assert summary(response) == (404, "Endpoint Not Found.")
