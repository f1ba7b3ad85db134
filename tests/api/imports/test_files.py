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
from tests.factories import an_import, batch_manual, charts, queued_import, score_on, unknown_score

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
    """An import of Alice's: a good row between one of an unknown song and one that breaks a rule of its game."""
    (chart,) = charts(1)
    invalid = score_on(chart, lamp="PERFECT ULTIMATE CHAIN", comment="at last")
    return an_import(people.alice(), unknown_score(), score_on(chart), invalid, *more, **fields)


def bytes_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def table_of(response: Any) -> list[list[str]]:
    """The cells of a CSV."""
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(bytes_of(response).decode("utf-8-sig"), newline="")))


def found(response: Any) -> Outcome:
    """Status and description; of a file only the status."""
    return (200, "") if "Content-Disposition" in response.headers else summary(response)


# --- errors -------------------------------------------------------------------------------------------


def test_each_row_that_was_left_out_says_which_it_is_why_and_what_it_said() -> None:
    job = with_problems()
    sent = json.loads(downloads_of(job))["scores"]
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


def downloads_of(job: Import) -> bytes:
    return bytes_of(people.session_of(people.mo()).get(input_of(job)))


def test_the_rows_of_problems_are_not_public() -> None:
    job = with_problems()
    document = body(people.guest(), errors_of(job))
    assert [set(each) for each in document["errors"]] == [{"row", "type", "message"}] * 2
    assert table_of(people.guest().get(errors_of(job, "?format=csv")))[:2] == [
        ["row", "type", "message"],
        ["0", "SongOrChartNotFound", NOT_FOUND],
    ]


@pytest.mark.parametrize("query", ["", "?format=csv"])
@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, "")))
def test_everybody_sees_the_problems_of_what_everybody_sees(caller: Caller, expected: Outcome, query: str) -> None:
    status, description = found(caller(SUBMIT).get(errors_of(with_problems(), query)))
    assert (status, description if status != 200 else "") == expected


@pytest.mark.parametrize(("state", "query"), [(State.FAILED, ""), (State.CANCELLED, "?format=csv")])
@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=UNKNOWN, stranger=UNKNOWN))
def test_problems_of_imports_that_are_not_completed_are_for_owners_and_moderators(
    caller: Caller, expected: Outcome, state: State, query: str
) -> None:
    job = with_problems()
    Import.objects.filter(pk=job.pk).update(state=state, status_code=400, error_message="Nonsense.")
    status, description = found(caller(SUBMIT).get(errors_of(job, query)))
    assert (status, description if status != 200 else "") == expected


@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=REVERTED, stranger=REVERTED))
def test_a_reverted_import_is_gone_for_others(caller: Caller, expected: Outcome) -> None:
    job = with_problems()
    revert(job, RevertRequest())
    status, description = found(caller(SUBMIT).get(errors_of(job)))
    assert (status, description if status != 200 else "") == expected


@pytest.mark.parametrize("address", ["errors", "errors?format=csv", "errors?format=batch-manual", "input"])
@pytest.mark.parametrize("import_id", ["0" * 40, "x", "%00", "' OR 1=1 --"])
def test_unknown_objects_are_not_found(import_id: str, address: str) -> None:
    client = people.session_of(people.mo())
    assert summary(client.get(f"/api/v1/imports/{import_id}/{address}")) == UNKNOWN


def test_the_links_lead_through_all_problems() -> None:
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
        ("?cursor=x", "[cursor] Expected the cursor of another answer of this list. (Received x)"),
        ("?row=1", "[null] Unexpected properties inside object: row."),
    ],
)
def test_queries_that_are_not_understood_are_refused(query: str, expected: str) -> None:
    assert summary(people.guest().get(errors_of(with_problems(), query))) == (400, expected)


@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize("query", ["", "?format=csv"])
def test_the_queries_do_not_grow(query: str, number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    job = an_import(people.alice(), *(unknown_score(score=i) for i in range(number)))
    client = people.guest()
    # Import, problems; savepoint and release; a page also tells which rows are in meanwhile.
    with django_assert_num_queries(4 if "csv" in query else 5):
        assert client.get(errors_of(job, query)).status_code == 200


# --- as a table ---------------------------------------------------------------------------------------


def test_a_table_for_spreadsheets_holds_all_rows() -> None:
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
def test_a_client_that_prefers_csv_gets_a_table(accept: str, is_table: bool) -> None:
    job = with_problems()
    client = Client(headers={"Accept": accept})
    assert ("Content-Disposition" in client.get(errors_of(job)).headers) is is_table
    assert "Content-Disposition" not in client.get(errors_of(job, "?format=json")).headers


def test_a_table_can_be_had_in_parts() -> None:
    job = with_problems()
    client = people.guest()
    first = client.get(errors_of(job, "?format=csv&limit=1"))
    second = client.get(errors_of(job, f"?format=csv&limit=1&cursor={first.headers['X-Next-Cursor']}"))
    assert [row[0] for response in (first, second) for row in table_of(response)] == ["row", "0", "row", "2"]
    assert "X-Next-Cursor" not in second.headers


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
def test_no_cell_is_a_formula_not_even_if_semicolons_or_tabs_part_cells(text: str, cell: str) -> None:
    assert escape_formula(text) == cell


def test_a_row_full_of_formulas_says_what_it_said_and_is_none() -> None:
    evil = "=cmd|' /C calc'!A0;=1+1\t@SUM(A1)"
    job = with_problems(unknown_score(comment=evil, identifier=evil, matchType="songTitle"))
    response = people.session_of(people.alice()).get(errors_of(job, "?format=csv"))
    *_, row = table_of(response)
    assert json.loads(row[3])["comment"] == evil
    assert not any(mark in row[3] for mark in (";", "=", "@", "\t"))
    assert ";=" not in row[2]


# --- as a file to correct-----------------------------------------------------------------------------


@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=GUEST, stranger=STRANGER))
def test_the_rows_themselves_are_for_owners_and_moderators(caller: Caller, expected: Outcome) -> None:
    job = with_problems()
    assert found(caller(SUBMIT).get(errors_of(job, "?format=batch-manual"))) == expected


def test_a_file_to_mend_of_what_is_hidden_is_hidden_too() -> None:
    job = with_problems()
    Import.objects.filter(pk=job.pk).update(state=State.CANCELLED)
    assert summary(people.session_of(people.bob()).get(errors_of(job, "?format=batch-manual"))) == UNKNOWN


def test_the_file_to_mend_holds_just_the_rows_that_were_left_out() -> None:
    job = with_problems()
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert response.headers["Content-Disposition"] == f'attachment; filename="{job.import_id}-left-out.json"'
    sent = json.loads(downloads_of(job))
    assert json.loads(response.content) == {"meta": sent["meta"], "scores": [sent["scores"][0], sent["scores"][2]]}


def test_corrected_rows_are_imported() -> None:
    job = with_problems()
    client = people.session_of(people.alice())
    document = json.loads(client.get(errors_of(job, "?format=batch-manual")).content)
    document["scores"][0] |= {"identifier": "1", "difficulty": "EXH"}
    document["scores"][1] |= {"lamp": "FAILED"}
    mended = an_import(people.alice(), *document["scores"])
    assert (mended.score_count, mended.problem_count) == (2, 0)
    assert Score.objects.count() == 3


def test_rows_that_were_skipped_for_breaking_the_schema_are_in_it_too() -> None:
    job = with_problems({"score": "a lot"}, fields={"invalid": "skip"})
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert json.loads(response.content)["scores"][-1] == {"score": "a lot"}


def test_the_corrected_file_has_the_meta_of_the_input() -> None:
    rows = batch_manual(unknown_score())
    rows["meta"] |= {"version": "vivid"}
    job = an_import(people.alice(), parts=rows)
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert json.loads(response.content)["meta"]["version"] == "vivid"


def test_an_import_that_failed_as_a_whole_has_no_rows_to_mend() -> None:
    job = an_import(people.alice(), {"matchType": "nonsense"})
    response = people.session_of(people.alice()).get(errors_of(job, "?format=batch-manual"))
    assert summary(response) == (409, job.error_message)


# --- what was sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=GUEST, stranger=STRANGER))
def test_the_input_is_for_owners_and_moderators(caller: Caller, expected: Outcome) -> None:
    assert found(caller(SUBMIT).get(input_of(queued_import(people.alice())))) == expected


@pytest.mark.parametrize(
    ("state", "stranger"), [(State.FAILED, UNKNOWN), (State.CANCELLED, UNKNOWN), (State.REVERTED, REVERTED)]
)
@pytest.mark.parametrize(("caller", "expected"), table(anybody=(200, ""), guest=STRANGER, stranger=STRANGER))
def test_other_users_learn_nothing_of_unfinished_imports(
    caller: Caller, expected: Outcome, state: State, stranger: Outcome
) -> None:
    job = with_problems()
    fields = {"status_code": 400, "error_message": "Nonsense.", "reverted_at": job.time_finished}
    Import.objects.filter(pk=job.pk).update(state=state, **fields)
    assert found(caller(SUBMIT).get(input_of(job))) == (stranger if expected == STRANGER else expected)


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
def test_an_input_that_is_no_longer_stored_is_gone(path: str) -> None:
    job = with_problems()
    ImportInput.objects.all().delete()
    assert summary(people.session_of(people.alice()).get(f"/api/v1/imports/{job.import_id}{path}")) == NO_INPUT


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["input", "errors"])
def test_the_files_of_an_import_cannot_be_changed(path: str, method: str) -> None:
    client = people.bearer(people.alice(), *Permission)
    response = getattr(client, method)(f"/api/v1/imports/{with_problems().import_id}/{path}")
    assert summary(response) == (404, "Endpoint Not Found.")
