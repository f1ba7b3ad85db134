"""Lists of imports: filters, search and pagination, which Tachi does not have."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.models import Import, Permission, State
from tests import people
from tests.api import expected_documents
from tests.api.callers import Caller, Outcome, table
from tests.api.envelopes import body, summary
from tests.api.imports.import_factories import (
    ALL,
    ALL_FAILED,
    HERS,
    HERS_FAILED,
    LISTS,
    RECENT,
    START,
    finished,
    ids,
    in_state,
    some_failed,
    some_of,
)
from tests.factories import NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db

# --- filters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ALL, HERS])
def test_list_filters_apply_alone_and_together(address: str) -> None:
    sdvx = finished(1, game="sdvx", user_intent=True)
    iidx = finished(2, game="iidx", import_type="ir/direct-manual")
    client = people.guest()
    expected_ids = {
        "game=sdvx": [sdvx],
        "game=iidx": [iidx],
        "game=bms": [],
        "importType=file/batch-manual": [sdvx],
        "importType=ir/direct-manual": [iidx],
        "userIntent=true": [sdvx],
        "userIntent=false": [iidx],
        "userIntent=false&game=sdvx": [],
        "userIntent=false&game=iidx&importType=ir/direct-manual&state=completed": [iidx],
    }
    document = {query: ids(body(client, f"{address}?{query}")) for query in expected_ids}
    assert document == {query: [job.import_id for job in jobs] for query, jobs in expected_ids.items()}


def test_the_filter_since_is_inclusive_and_until_is_exclusive() -> None:
    jobs = {minute: finished(minute) for minute in (1, 2, 3)}
    at = {minute: expected_documents.milliseconds(job.time_finished) for minute, job in jobs.items()}
    client = people.guest()
    expected_ids = {
        f"since={at[2]}": [3, 2],
        f"until={at[2]}": [1],
        f"since={at[2]}&until={at[3]}": [2],
        "since=0": [3, 2, 1],
    }
    for query, minutes in expected_ids.items():
        assert ids(body(client, f"{HERS}?{query}")) == [jobs[minute].import_id for minute in minutes]


def test_failed_imports_are_filtered_by_the_time_of_their_upload() -> None:
    job = in_state(State.FAILED)
    Import.objects.filter(pk=job.pk).update(time_queued=START)
    at = expected_documents.milliseconds(START)
    client = people.session_of(people.alice())
    actual = [summary(client.get(f"{HERS_FAILED}?{query}")) for query in (f"since={at}", f"until={at}")]
    assert actual == [some_failed(1), some_failed(0)]


# --- search -------------------------------------------------------------------------------------------

CLIENT = "Barbatos/1.2.3 (Linux; x86_64)"
SERVICE = "ぼくのサービス Deluxe"


@pytest.mark.parametrize(
    ("text", "is_match"),
    [
        ("barbatos", True),
        ("BARB", True),
        ("atos", False),
        ("Barbatos/1.2.3", True),
        ("barbatos 1.2", True),
        ("barbatos 9.2", False),
        ("linux barbatos", True),
        ("x86_64", True),
        ("deluxe", True),
        ("ぼくの", True),
        ("deluxe linux", True),
        ("deluxe windows", False),
        ("' | barbatos", True),
        ("!deluxe", True),
    ],
)
def test_a_search_matches_the_beginnings_of_words_of_service_and_client(text: str, is_match: bool) -> None:
    finished(1, client=CLIENT, service=SERVICE)
    response = people.session_of(people.alice()).get(HERS, {"search": text})
    assert summary(response) == some_of(int(is_match))


ALLOWED = {
    "moderator": some_of(1),
    "admin": some_of(1),
    "an_administrators_token_without_the_permission": some_of(1),
}
OWN = {**ALLOWED, "owner": some_of(1), "the_owners_token_without_the_permission": some_of(1)}


@pytest.mark.parametrize(("caller", "expected"), table(anybody=some_of(0), **OWN))
def test_only_the_owner_and_moderators_can_search_by_program(caller: Caller, expected: Outcome) -> None:
    finished(1, client=CLIENT, service=SERVICE)
    assert summary(caller(Permission.SUBMIT_SCORE).get(HERS, {"search": "barbatos"})) == expected


@pytest.mark.parametrize(("caller", "expected"), table(anybody=some_of(0), **ALLOWED))
def test_only_moderators_can_search_all_imports_by_program(caller: Caller, expected: Outcome) -> None:
    finished(1, client=CLIENT, service=SERVICE)
    assert summary(caller(Permission.SUBMIT_SCORE).get(ALL, {"search": "barbatos"})) == expected


def test_a_guest_can_search_by_service() -> None:
    finished(1, client=CLIENT, service=SERVICE)
    assert summary(people.guest().get(ALL, {"search": "deluxe"})) == some_of(1)


# --- filters that accept any text --------------------------------------------------------------------


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("importType=file/none", []),
        ("importType=", []),
        ("importType=%00", []),
        ("importType=file/batch-manual&importType=file/batch-manual", []),
        ("userIntent=true", [1]),
        ("userIntent=false", [2]),
        ("userIntent=1", [2]),
        ("userIntent=", [2]),
        ("userIntent=TRUE", [2]),
        ("userIntent=true&userIntent=true", [2]),
    ],
)
def test_an_unknown_import_type_matches_nothing_and_an_invalid_intent_counts_as_false(
    query: str, expected: list[int]
) -> None:
    jobs = {1: finished(1, user_intent=True), 2: finished(2)}
    actual = ids(body(people.guest(), f"{HERS}?{query}"))
    assert actual == [jobs[number].import_id for number in expected]


# --- invalid queries ----------------------------------------------------------------------------------

STATES = "[state] Expected any of queued, running, completed, failed, cancelled, reverted."
CURSOR = "[cursor] Expected a cursor from another response of this list."
LIMIT = "[limit] Expected an integer between 1 and 500."
TIME = "Expected a time in Unix milliseconds."


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("game=osu", "[game] Expected any of "),
        ("limit=0", f"{LIMIT} (Received 0)"),
        ("limit=501", f"{LIMIT} (Received 501)"),
        ("cursor=x", f"{CURSOR} (Received x)"),
        ("since=yesterday", f"[since] {TIME} (Received yesterday)"),
        ("until=-1", f"[until] {TIME} (Received -1)"),
        ("until=253402300800000", f"[until] {TIME} (Received 253402300800000)"),
        ("search=", "[search] Expected a string with length between 1 and 100."),
        ("search=%00", "[search] Expected letters or digits to search for."),
        ("search=()", "[search] Expected letters or digits to search for. (Received ())"),
        ("page=2", "[null] Unexpected properties inside object: page."),
    ],
)
def test_an_invalid_list_query_is_refused(address: str, query: str, expected: str) -> None:
    people.alice()
    status, description = summary(people.guest().get(f"{address}?{query}"))
    assert (status, description[: len(expected)]) == (400, expected)


@pytest.mark.parametrize("address", [ALL, HERS])
@pytest.mark.parametrize("query", ["state=done", "state=", "state=failed&state=failed"])
def test_an_unknown_state_is_refused(address: str, query: str) -> None:
    people.alice()
    status, description = summary(people.guest().get(f"{address}?{query}"))
    assert (status, description[: len(STATES)]) == (400, STATES)


@pytest.mark.parametrize("address", [ALL_FAILED, HERS_FAILED])
def test_a_list_of_failed_imports_refuses_the_state_filter(address: str) -> None:
    people.alice()
    actual = summary(people.guest().get(f"{address}?state=failed"))
    assert actual == (400, "[null] Unexpected properties inside object: state.")


@pytest.mark.parametrize("address", [HERS, HERS_FAILED, RECENT])
def test_an_unknown_user_is_reported_before_an_invalid_query(address: str) -> None:
    nobody = address.lower().replace("alice", "nobody")
    assert summary(people.guest().get(f"{nobody}?x=1")) == (404, "The user nobody does not exist.")
    me = address.lower().replace("alice", "me")
    assert summary(people.guest().get(f"{me}?x=1")) == (401, "Cannot use 'me' userID with no authentication.")


# --- pagination ---------------------------------------------------------------------------------------


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize("address", [f"{ALL}?", f"{HERS}?", f"{HERS}?state=failed&", f"{ALL_FAILED}?"])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_link_headers_page_through_the_whole_list(limit: int, address: str) -> None:
    state = State.FAILED if "failed" in address else State.COMPLETED
    expected_ids = [in_state(state).import_id for _ in range(5)][::-1]
    client = people.session_of(people.alice())
    seen, link = [], f"{address}limit={limit}"
    while link:
        response = client.get(link)
        seen += ids(response.json()["body"])
        link = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
        assert ("X-Next-Cursor" in response.headers) is bool(link)
    assert seen == expected_ids


def test_a_cursor_of_another_list_is_refused() -> None:
    for _ in range(2):
        in_state(State.FAILED)
    client = people.session_of(people.alice())
    cursor = client.get(f"{HERS_FAILED}?limit=1").headers["X-Next-Cursor"]
    assert summary(client.get(HERS, {"cursor": cursor}))[0] == 400
    assert summary(client.get(HERS, {"cursor": cursor, "state": "failed"})) == some_of(1)


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("number", [1, 20])
@pytest.mark.parametrize(("address", "queries"), [(ALL, 5), (HERS, 5)])
def test_a_list_of_imports_takes_a_constant_number_of_queries(
    address: str, queries: int, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    some = charts(3)
    for i in range(number):
        create_import(people.alice(), *(score_on(chart, 9_000_000 + i, timeAchieved=NOON + i) for chart in some))
    with django_assert_num_queries(queries):  # page, users or user, documents; savepoint and release
        assert len(ids(body(people.guest(), address))) == number
