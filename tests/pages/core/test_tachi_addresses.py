"""Links to pages of Tachi's web client, of either API version, redirect to the pages of this site."""

from __future__ import annotations

import pytest

from imports.models import Chart, Score, Session
from tests import people
from tests.factories import NOON, charts, create_import, score_on

pytestmark = pytest.mark.django_db

GONE = "404"


@pytest.fixture
def ids() -> dict[str, str]:
    (chart,) = charts(1)
    create_import(people.alice(), score_on(chart, timeAchieved=NOON))
    chart = Chart.objects.select_related("song").get(pk=chart.pk)
    return {
        "alice": str(people.alice().pk),
        "chart": chart.chart_id,
        "chart_v3": chart.v3_id,
        "song": str(chart.song.song_id),
        "song_v3": chart.song.v3_id,
        "difficulty": chart.difficulty,
        "score": Score.objects.get().score_id,
        "session": Session.objects.get().session_id,
    }


@pytest.mark.quick_rows(12)
@pytest.mark.parametrize(
    ("tachi", "ours"),
    [
        ("/u/alice", "/users/Alice/"),
        ("/u/alice/", "/users/Alice/"),
        ("/u/{alice}", "/users/Alice/"),
        ("/u/alice/games/sdvx/Single", "/users/Alice/"),
        ("/u/alice/games/iidx-sp/scores", "/users/Alice/"),
        ("/u/alice/games/sdvx", "/users/Alice/"),
        ("/u/alice/imports", "/users/Alice/imports/"),
        ("/u/alice/games/sdvx/Single/sessions/{session}", "/sessions/{session}/"),
        ("/u/alice/games/sdvx/sessions/{session}", "/sessions/{session}/"),
        ("/u/alice/games/sdvx/scores/{score}", "/scores/{score}/"),
        ("/u/nobody", GONE),
        ("/u/999999999999999999999999", GONE),
        ("/games/sdvx/Single", "/games/sdvx/?playtype=Single"),
        ("/games/iidx-dp", "/games/iidx/?playtype=DP"),
        ("/games/iidx-dp/", "/games/iidx/?playtype=DP"),
        ("/games/iidx-dp/leaderboard", "/games/iidx/?playtype=DP"),
        ("/games/sdvx/Double", GONE),
        ("/games/iidx-tp", GONE),
        ("/games/sdvx/Single/songs", "/games/sdvx/songs/"),
        ("/games/iidx-sp/songs/", "/games/iidx/songs/"),
        ("/games/sdvx/Single/charts", "/games/sdvx/songs/"),
        ("/games/sdvx/Single/songs/{song}", "/games/sdvx/songs/{song}/"),
        ("/games/sdvx/songs/{song_v3}", "/games/sdvx/songs/{song}/"),
        ("/games/sdvx/songs/{song_v3}/", "/games/sdvx/songs/{song}/"),
        ("/games/sdvx/Single/songs/{song}/{difficulty}", "/charts/{chart}/"),
        ("/games/sdvx/Single/songs/{song}/{chart}", "/charts/{chart}/"),
        ("/games/sdvx/songs/{song_v3}/{chart_v3}", "/charts/{chart}/"),
        ("/games/sdvx/songs/{song_v3}/none", "/games/sdvx/songs/{song}/"),
        ("/games/sdvx/charts/{chart}", "/charts/{chart}/"),
        ("/games/sdvx/charts/{chart_v3}", "/charts/{chart}/"),
        ("/games/sdvx/Single/charts/{chart_v3}", "/charts/{chart}/"),
        ("/games/iidx-sp/charts/{chart_v3}", GONE),
        ("/games/sdvx/charts/%00", GONE),
        ("/games/sdvx/songs/S0000000000000000000", GONE),
        ("/import/batch-manual", "/import/"),
        ("/import/iidx-eam-csv", "/import/"),
        ("/utils/imports", "/imports/"),
        ("/utils/imports/failed", "/imports/"),
    ],
)
def test_an_address_of_tachi_redirects_to_the_matching_page(ids: dict[str, str], tachi: str, ours: str) -> None:
    response = people.guest().get(tachi.format(**ids))
    found = GONE if response.status_code == 404 else response.headers["Location"]
    assert found == ours.format(**ids)


def test_the_target_page_of_a_tachi_address_exists(ids: dict[str, str]) -> None:
    for address in ("/u/{alice}", "/games/iidx-sp", "/games/sdvx/songs/{song_v3}/{difficulty}", "/u/alice/imports"):
        assert people.guest().get(address.format(**ids), follow=True).status_code == 200, address


def test_addresses_of_tachi_are_read_only(ids: dict[str, str]) -> None:
    assert people.session_of(people.alice()).post("/import/batch-manual").status_code == 405
