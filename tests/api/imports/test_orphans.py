"""POST /api/v1/import/orphans, GET /api/v1/orphans and DELETE /api/v1/orphans/:orphanID."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.api.imports import orphans
from imports.models import AuditEntry, Import, OrphanScore, Permission, Score
from tests import people
from tests.api import expected_documents
from tests.api.callers import STRANGER, Caller, Outcome, lacks, table
from tests.api.envelopes import body, summary
from tests.factories import create_chart, create_import, create_song, unknown_score

pytestmark = pytest.mark.django_db

SUBMIT, DELETE = Permission.SUBMIT_SCORE, Permission.DELETE_SCORE
GUEST = (401, "You are not authorised to perform this action.")
ADDRESS = "/api/v1/orphans"
UNKNOWN_SONG = "Cannot find chart tachiSongID:{}."


def unknown(song_id: int, **fields: Any) -> dict[str, Any]:
    return unknown_score(identifier=str(song_id), **fields)


def release(song_id: int) -> None:
    """Creates the song that was unknown, with a chart."""
    create_chart(create_song(song_id))


# --- retrying -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=(200, "Reprocessed 0 orphan scores."),
        guest=GUEST,
        lacking=lacks(SUBMIT),
        owner=(200, "Reprocessed 1 orphan scores."),
    ),
)
def test_a_caller_retries_only_their_own_orphans(caller: Caller, expected: Outcome) -> None:
    create_import(people.alice(), unknown(7))
    release(7)
    assert summary(caller(SUBMIT).post("/api/v1/import/orphans")) == expected
    assert Score.objects.count() == (expected[1] == "Reprocessed 1 orphan scores.")


def test_a_retry_counts_its_results_and_updates_the_errors_of_the_rest() -> None:
    job = create_import(people.alice(), unknown(7), unknown(8), unknown(9), unknown(9, lamp="PERFECT ULTIMATE CHAIN"))
    release(7)
    release(9)
    create_import(people.alice(), unknown(7))
    client = people.bearer(people.alice(), SUBMIT)
    response = client.post("/api/v1/import/orphans", b'{"anything": 1}', content_type="application/json")
    assert json.loads(response.content)["body"] == {"processed": 4, "failed": 2, "success": 1, "removed": 1}
    assert {orphan["errMsg"] for orphan in body(client, ADDRESS)["orphans"]} == {
        UNKNOWN_SONG.format(8),
        "Got 1 error when validating score:\nCannot have a PERFECT ULTIMATE CHAIN without a perfect score.",
    }
    job.refresh_from_db()
    assert (job.score_count, job.problem_count) == (1, 2)
    entry = AuditEntry.objects.get(verb=AuditEntry.Verb.ORPHANS_TRIED)
    assert (entry.actor, entry.subject, entry.token) == (people.alice(), people.alice(), people.alice().tokens.get())


def test_a_revert_removes_scores_imported_from_orphans() -> None:
    job = create_import(people.alice(), unknown(7), unknown(8))
    release(7)
    client = people.session_of(people.alice())
    client.post("/api/v1/import/orphans")
    assert summary(client.post(f"/api/v1/imports/{job.import_id}/revert"))[0] == 200
    assert (Score.objects.count(), OrphanScore.objects.count()) == (0, 0)


# --- listing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=(200, "Found 0 orphan scores."),
        guest=GUEST,
        owner=(200, "Found 1 orphan scores."),
        the_owners_token_without_the_permission=(200, "Found 1 orphan scores."),
    ),
)
def test_a_caller_lists_only_their_own_orphans(caller: Caller, expected: Outcome) -> None:
    create_import(people.alice(), unknown(7))
    assert summary(caller(SUBMIT).get(ADDRESS)) == expected


def test_a_listed_orphan_has_all_its_members() -> None:
    job = create_import(people.alice(), unknown(7))
    row = OrphanScore.objects.get()
    assert body(people.session_of(people.alice()), ADDRESS) == {
        "orphans": [
            {
                "orphanID": row.orphan_id,
                "userID": people.alice().pk,
                "importID": job.import_id,
                "importType": "file/batch-manual",
                "game": "sdvx",
                "data": row.data,
                "context": row.context,
                "errMsg": UNKNOWN_SONG.format(7),
                "timeInserted": expected_documents.milliseconds(row.time_inserted),
            }
        ],
        "next": None,
    }
    assert (row.data["identifier"], row.context["game"]) == ("7", "sdvx")


def test_pages_of_orphans_are_complete_when_orphans_are_deleted_in_between() -> None:
    create_import(people.alice(), *map(unknown, range(1, 6)))
    client = people.session_of(people.alice())
    seen, query = [], "?game=sdvx"
    with patch.object(orphans, "PAGE_SIZE", 2):
        while query:
            page = body(client, ADDRESS + query)
            seen += [orphan["data"]["identifier"] for orphan in page["orphans"]]
            client.delete(f"{ADDRESS}/{page['orphans'][-1]['orphanID']}")
            query = page["next"] and f"?game=sdvx&cursor={page['next']}"
    assert seen == ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize("game", ["iidx", "chunithm"])
def test_orphans_of_other_games_are_left_out(game: str) -> None:
    create_import(people.alice(), unknown(7))
    assert body(people.session_of(people.alice()), f"{ADDRESS}?game={game}")["orphans"] == []


CURSOR = "[cursor] Expected next from another response."


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?game=osu", "[game] Expected any of iidx, museca, "),
        ("?game=sdvx&game=sdvx", "[game] Expected any of iidx, museca, "),
        ("?cursor=x", f"{CURSOR} (Received x)"),
        ("?cursor=-1", f"{CURSOR} (Received -1)"),
        (f"?cursor={'9' * 19}", f"{CURSOR} (Received {'9' * 19})"),
        (f"?cursor={'9' * 5000}", CURSOR),
        ("?page=2", "[null] Unexpected properties inside object: page."),
    ],
)
def test_an_invalid_query_for_orphans_is_refused(query: str, expected: str) -> None:
    status, description = summary(people.session_of(people.alice()).get(ADDRESS + query))
    assert (status, description[: len(expected)]) == (400, expected)


@pytest.mark.parametrize("number", [1, 40])
def test_the_list_of_orphans_takes_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for song_id in range(1, number + 1):
        if song_id < 4 or song_id == number:
            create_import(people.alice(), unknown(song_id))
    client = people.session_of(people.alice())
    with django_assert_num_queries(3):  # browser's session, its user, the orphans with their imports
        assert body(client, ADDRESS)["orphans"]


# --- deleting -----------------------------------------------------------------------------------------

DELETED = (200, "Successfully deleted orphan score.")
UNKNOWN = (404, "This orphan score does not exist.")


@pytest.mark.parametrize(
    ("caller", "expected"),
    table(
        anybody=STRANGER,
        guest=GUEST,
        the_owners_token_without_the_permission=lacks(DELETE),
        owner=DELETED,
        a_moderators_session=DELETED,
        an_administrators_session=DELETED,
    ),
)
def test_owners_and_moderators_in_a_browser_may_delete_an_orphan(caller: Caller, expected: Outcome) -> None:
    job = create_import(people.alice(), unknown(7))
    address = f"{ADDRESS}/{OrphanScore.objects.get().orphan_id}"
    client = caller(DELETE)
    assert summary(client.delete(address)) == expected
    assert OrphanScore.objects.count() == (expected != DELETED)
    if expected == DELETED:
        assert summary(client.delete(address)) == UNKNOWN
        assert Import.objects.get() == job
        assert AuditEntry.objects.get(verb=AuditEntry.Verb.ORPHAN_DELETED).subject == people.alice()


@pytest.mark.parametrize("orphan_id", ["O" + "0" * 64, "%00", "x", "' OR 1=1 --"])
def test_deleting_an_unknown_orphan_is_a_404(orphan_id: str) -> None:
    assert summary(people.session_of(people.alice()).delete(f"{ADDRESS}/{orphan_id}")) == UNKNOWN
