"""GET /api/v1/import/orphans, GET and DELETE /api/v1/import/orphans/:orphanID: orphans in the API of 2026."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from imports.api.imports.orphan_schemas import summary_of
from imports.models import AuditEntry, OrphanScore, Permission
from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import create_import, unknown_score

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/import/orphans"
NO_CURSOR = (400, "Invalid pagination cursor.")
INVALID = "Invalid request: limit "


def orphans_of_songs(*numbers: int) -> list[OrphanScore]:
    """Creates orphans of Alice with these song IDs and returns them newest first."""
    create_import(people.alice(), *(unknown_score(identifier=str(number)) for number in numbers))
    return list(OrphanScore.objects.order_by("-pk"))


def client() -> Any:
    return people.bearer(people.alice(), Permission.SUBMIT_SCORE)


def test_the_list_has_a_summary_of_each_orphan() -> None:
    (orphan,) = orphans_of_songs(7)
    assert body(client(), ADDRESS) == {
        "orphans": [
            {
                "orphanID": orphan.orphan_id,
                "rowID": orphan.pk,
                "importType": "file/batch-manual",
                "gameGroup": "sdvx",
                "timeInserted": expected_documents.milliseconds(orphan.time_inserted),
                "message": "Cannot find chart tachiSongID:7.",
                "summary": "7 (EXH)",
            }
        ],
        "hasMore": False,
    }


def test_a_single_orphan_has_its_row_and_its_context() -> None:
    (orphan,) = orphans_of_songs(7)
    assert body(client(), f"{ADDRESS}/{orphan.orphan_id}") == {
        "orphanID": orphan.orphan_id,
        "importType": "file/batch-manual",
        "gameGroup": "sdvx",
        "timeInserted": expected_documents.milliseconds(orphan.time_inserted),
        "message": "Cannot find chart tachiSongID:7.",
        "data": orphan.data,
        "context": orphan.context,
    }


def test_a_page_of_orphans_starts_after_the_given_row() -> None:
    newest, middle, oldest = orphans_of_songs(7, 8, 9)
    first = body(client(), f"{ADDRESS}?limit=2")
    assert ([each["rowID"] for each in first["orphans"]], first["hasMore"]) == ([newest.pk, middle.pk], True)
    second = body(client(), f"{ADDRESS}?limit=2&after={middle.pk}")
    assert ([each["rowID"] for each in second["orphans"]], second["hasMore"]) == ([oldest.pk], False)


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("anything=1", (200, "Returned 1 orphan scores.")),
        ("limit=1", (200, "Returned 1 orphan scores.")),
        ("limit=100", (200, "Returned 1 orphan scores.")),
        ("after=1", (200, "Returned 0 orphan scores.")),
        ("limit=0", (400, f"{INVALID}Too small: expected number to be >=1")),
        ("limit=101", (400, f"{INVALID}Too big: expected number to be <=100")),
        ("limit=many", (400, f"{INVALID}Invalid input: expected number, received NaN")),
        ("after=", NO_CURSOR),
        ("after=x", NO_CURSOR),
        ("after=-1", NO_CURSOR),
        (f"after={2**63}", NO_CURSOR),
        ("after=1&after=2", NO_CURSOR),
    ],
)
def test_a_list_of_orphans_has_the_error_messages_of_2026(query: str, expected: tuple[int, str]) -> None:
    orphans_of_songs(7)
    assert summary(client().get(f"{ADDRESS}?{query}")) == expected


def test_deleting_an_orphan_is_audited_and_a_404_for_other_players() -> None:
    (orphan,) = orphans_of_songs(7)
    address = f"{ADDRESS}/{orphan.orphan_id}"
    missing = (404, "No such orphan score for this user.")
    other = people.bearer(people.bob(), *Permission)
    assert [summary(other.get(address)), summary(other.delete(address))] == [missing, missing]
    assert summary(client().delete(address)) == (200, "Deleted orphan score.")
    assert summary(client().delete(address)) == missing
    assert AuditEntry.objects.get(verb=AuditEntry.Verb.ORPHAN_DELETED).subject == people.alice()


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_of_own_orphans_takes_a_constant_number_of_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    orphans_of_songs(*range(1_000, 1_000 + number))
    caller = client()
    caller.get(ADDRESS)  # updates the last use of the token
    with django_assert_num_queries(2):  # token, orphans
        assert len(body(caller, ADDRESS)["orphans"]) == number


@pytest.mark.parametrize(
    ("data", "context", "summary"),
    [
        ({"identifier": "GAMBOL"}, {}, "GAMBOL"),
        ({"identifier": "", "title": "GAMBOL", "artist": "SLAKE"}, {}, "GAMBOL (SLAKE)"),
        ({"songTitle": "GAMBOL", "artist": "SLAKE", "difficulty": "HYPER"}, {}, "GAMBOL (SLAKE · HYPER)"),
        ({"sha256": "ab"}, {"title": "GAMBOL"}, "ab"),
        ({"identifier": 7}, {"title": "GAMBOL"}, "GAMBOL"),
        ({}, {"identifier": "GAMBOL"}, "GAMBOL"),
        ({}, {"chart": "0123456789abcdef" * 4}, "sha256:0123456789abcdef..."),
        ({"difficulty": "HYPER"}, {}, None),
        ([], None, None),
        ({"title": "x" * 200}, {}, "x" * 120),
    ],
)
def test_a_summary_of_an_orphan_names_the_song_of_the_row_or_the_context(
    data: Any, context: Any, summary: str | None
) -> None:
    assert summary_of(data, context) == summary
