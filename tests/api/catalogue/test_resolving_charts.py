"""Charts are resolved by the same rules as a row of BATCH-MANUAL."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests import people
from tests.api import expected_documents
from tests.api.envelopes import body, summary
from tests.factories import charts, create_chart, create_song

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

CHARTS = "/api/v1/games/sdvx/Single/charts"
MATCH_TYPES = "sdvxInGameID, songTitle, tachiSongID"


def resolved(**query: str) -> tuple[int, str]:
    return summary(people.guest().get(f"{CHARTS}/resolve?{urlencode(query)}"))


def test_a_chart_is_resolved_like_a_row_of_batch_manual() -> None:
    chart = create_chart(create_song(1, "冥"))
    document = body(people.guest(), f"{CHARTS}/resolve?identifier=冥&matchType=songTitle&difficulty=EXH")
    assert document == {
        "song": {**expected_documents.song(1), "title": "冥"},
        "chart": expected_documents.chart(chart, 1),
    }
    assert resolved(identifier="1", matchType="tachiSongID", difficulty="EXH") == (200, "Found song & chart.")
    assert resolved(identifier="1", matchType="sdvxInGameID", difficulty="EXH") == (200, "Found song & chart.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            {"identifier": "x", "matchType": "songTitle", "difficulty": "EXH"},
            (404, "Cannot find chart songTitle:x."),
        ),
        (
            {"identifier": "x\0", "matchType": "songTitle", "difficulty": "EXH"},
            (404, "Cannot find chart songTitle:x\ufffd."),
        ),
        (
            {"identifier": "Song 1", "matchType": "songTitle"},
            (404, "Missing 'difficulty' field, but was necessary for this lookup."),
        ),
        (
            {"identifier": "Song 1", "matchType": "songTitle", "difficulty": "MXM"},
            (404, "Cannot find chart songTitle:Song 1."),
        ),
        (
            {"identifier": "x", "matchType": "bmsChartHash"},
            (404, f"Cannot use matchType bmsChartHash for SOUND VOLTEX. Expected any of {MATCH_TYPES}."),
        ),
        ({"identifier": "x"}, (400, "[matchType] Expected string. (Received nothing (undefined))")),
        ({"matchType": "songTitle"}, (400, "[identifier] Expected string. (Received nothing (undefined))")),
        (
            {"identifier": "x", "matchType": "songTitle", "version": "booth"},
            (400, "[null] Unexpected properties inside object: version."),
        ),
    ],
)
def test_an_unresolvable_chart_is_refused_with_a_reason(query: dict[str, str], expected: tuple[int, str]) -> None:
    charts(1)
    assert resolved(**query) == expected


@pytest.mark.quick_rows(6)
@pytest.mark.parametrize("match_type", ["songTitle", "tachiSongID", "sdvxInGameID", "", "\0", "x" * 10_000])
@pytest.mark.parametrize("identifier", ["", "\0", "'", "9" * 5_000, "x" * 10_000, "1e999", "-0", "0x1", "NaN"])
def test_unusual_identifiers_and_match_types_are_a_404(match_type: str, identifier: str) -> None:
    assert resolved(matchType=match_type, identifier=identifier, difficulty="EXH")[0] == 404
