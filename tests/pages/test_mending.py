"""Rows that were left out: taken along as a table or a file, or imported on a chart that their player chooses."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from imports.games import BY_SLUG
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Song as SongFacts
from imports.models import Chart, Import, ImportInput, Score
from imports.pages.mending import naming
from tests import builders, people
from tests.pages.reading import heading_of, messages_of, text_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


@pytest.fixture
def snowfall() -> Chart:
    return builders.a_chart(builders.a_song(7, "Tactile Snowfall"), "MXM")


def misspelt(**fields: Any) -> dict[str, Any]:
    row = builders.unknown_score(matchType="songTitle", identifier="Tactile Snowfal", difficulty="MXM")
    return {**row, "lamp": "CLEAR", "score": 9_100_000, **fields}


def an_import_of(*rows: dict[str, Any]) -> Import:
    return builders.an_import(people.alice(), *rows)


def test_a_misspelt_title_is_looked_for_at_once(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    assert f'href="{url_of(job, "problems/0/")}"' in client.get(url_of(job, "?tab=problems")).content.decode()
    page = client.get(url_of(job, "problems/0/"))
    assert heading_of(page) == "Which chart is “Tactile Snowfal”?"
    assert "Tactile Snowfall Somebody MXM 16" in text_of(page)


@pytest.mark.parametrize(("q", "says"), [("snow", "MXM 16"), ("zzz", "No such song"), ("", "Look for its song")])
def test_any_song_can_be_looked_for(q: str, says: str, snowfall: Chart, client: Client) -> None:
    job = an_import_of(builders.unknown_score())
    assert says in text_of(client.get(url_of(job, f"problems/0/?q={q}")))


def test_all_rows_that_are_named_so_go_in_on_the_chart_that_was_chosen(snowfall: Chart, client: Client) -> None:
    others = [misspelt(difficulty="EXH"), builders.unknown_score()]
    job = an_import_of(misspelt(), *others, misspelt(score=9_200_000, timeAchieved=builders.NOON))
    page = client.get(url_of(job, "problems/0/"))
    assert "2 rows of this file name it so, and would go in together." in text_of(page)
    answer = client.post(url_of(job, "problems/0/"), {"chart": snowfall.pk})
    made = Import.objects.exclude(pk=job.pk).get()
    assert answer["Location"] == url_of(made)
    assert builders.dealt_with(made).score_count == 2
    assert {score.chart for score in Score.objects.filter(from_import=made)} == {snowfall}
    assert (made.service, made.import_type, made.user_intent) == (job.service, job.import_type, True)


def test_an_ambiguous_title_is_settled_the_same_way(client: Client) -> None:
    twins = [builders.a_chart(builders.a_song(number, "Twins")) for number in (8, 9)]
    job = an_import_of(misspelt(identifier="Twins", difficulty="EXH"))
    client.post(url_of(job, "problems/0/"), {"chart": twins[1].pk})
    assert builders.dealt_with(Import.objects.latest("pk")).score_count == 1
    assert Score.objects.get().chart == twins[1]


def test_a_button_pressed_twice_makes_one_import(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    answers = {client.post(url_of(job, "problems/0/"), {"chart": snowfall.pk})["Location"] for _ in range(2)}
    assert len(answers) == 1
    assert Import.objects.count() == 2


@pytest.mark.parametrize("chart", ["", "nonsense", "999999", "-1", "9" * 40])
def test_without_a_chart_nothing_is_imported(chart: str, snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    answer = client.post(url_of(job, "problems/0/"), {"chart": chart, "q": "snow"})
    assert answer.status_code == 400
    assert "Choose the chart that it was played on." in text_of(answer)
    assert Import.objects.count() == 1


def test_charts_of_other_games_cannot_be_chosen(client: Client) -> None:
    other = builders.a_chart(builders.a_song(3, "Tactile Snowfall", game="usc"))
    job = an_import_of(misspelt())
    assert "Tactile Snowfall" not in text_of(client.get(url_of(job, "problems/0/")))
    assert client.post(url_of(job, "problems/0/"), {"chart": other.pk}).status_code == 400


def test_a_row_with_an_impossible_value_waits_for_no_chart(client: Client) -> None:
    row = builders.score_on(builders.charts(1)[0], 3, lamp="PERFECT ULTIMATE CHAIN")
    job = an_import_of(row)
    assert "Choose the chart" not in text_of(client.get(url_of(job, "?tab=problems")))
    assert messages_of(client.get(url_of(job, "problems/0/"), follow=True)) == "This row does not wait for a chart."


def test_a_chart_of_an_older_version_is_named_with_it(client: Client) -> None:
    song = builders.a_song(7, "Tactile Snowfall")
    builders.a_chart(song, "MXM")
    data = {"chart_id": "old", "game": "sdvx", "song": song, "playtype": "Single", "difficulty": "MXM"}
    old = Chart.objects.create(**data, level="15", level_num=15, is_primary=False, versions=["inf"])
    job = an_import_of(misspelt())
    client.post(url_of(job, "problems/0/"), {"chart": old.pk})
    assert builders.dealt_with(Import.objects.latest("pk")).score_count == 1
    assert Score.objects.get().chart == old


@pytest.mark.parametrize("game", BY_SLUG)
def test_charts_of_every_game_can_be_named(game: str) -> None:
    song = SongFacts(pk=1, song_id=5, title="A")
    for playtype in BY_SLUG[game].playtypes:
        data = {"hashGSv3": "abc"}
        chart = ChartFacts(
            pk=1, chart_id="c", song=song, playtype=playtype.name, difficulty="X", level="1", level_num=1, data=data
        )
        named = naming(chart, playtype)
        assert named is not None
        assert named["matchType"] in playtype.match_types


# --- taking them along ------------------------------------------------------------------------------


def test_the_rows_come_as_a_file_to_mend(client: Client) -> None:
    job = an_import_of(builders.score_on(builders.charts(1)[0]), misspelt())
    assert f'href="{url_of(job, "left-out.json")}"' in client.get(url_of(job, "?tab=problems")).content.decode()
    answer = client.get(url_of(job, "left-out.json"))
    assert json.loads(answer.content)["scores"] == [misspelt()]
    assert "attachment" in answer["Content-Disposition"]


def test_the_table_comes_as_csv(client: Client) -> None:
    job = an_import_of(misspelt())
    table = list(csv.reader(io.StringIO(client.get(url_of(job, "problems.csv")).content.decode("utf-8-sig"))))
    assert table[0] == ["row", "type", "message", "datapoint"]
    assert table[1][:2] == ["0", "SongOrChartNotFound"]


def test_what_the_rows_said_is_not_for_others() -> None:
    job = an_import_of(misspelt())
    bob = people.session_of(people.bob())
    assert b"datapoint" not in bob.get(url_of(job, "problems.csv")).content
    assert bob.get(url_of(job, "left-out.json")).status_code == 403
    assert "to mend" not in text_of(bob.get(url_of(job, "?tab=problems")))


def test_without_its_file_there_are_no_rows_to_take_along(client: Client) -> None:
    job = an_import_of(misspelt())
    ImportInput.objects.all().delete()
    assert client.get(url_of(job, "left-out.json")).status_code == 404
    assert "to mend" not in text_of(client.get(url_of(job, "?tab=problems")))


def test_only_its_owner_chooses_charts(snowfall: Chart) -> None:
    job = an_import_of(misspelt())
    for person in (people.bob(), people.mo(), people.ada()):
        session = people.session_of(person)
        assert session.get(url_of(job, "problems/0/")).status_code == 403
        assert session.post(url_of(job, "problems/0/"), {"chart": snowfall.pk}).status_code == 403
        assert "Choose the chart" not in text_of(session.get(url_of(job, "?tab=problems")))
    assert Import.objects.count() == 1
