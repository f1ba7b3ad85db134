"""Rows with problems: exported as CSV or as a file, or imported on a chart that the player picks."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from imports.models import Chart, Import, ImportInput, ImportProblem, OrphanScore, Score
from imports.pipeline.scores import delete_score
from tests import factories, people
from tests.pages.html_parsing import heading_of, messages_of, text_of, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def client() -> Client:
    return people.session_of(people.alice())


@pytest.fixture
def snowfall() -> Chart:
    return factories.create_chart(factories.create_song(7, "Tactile Snowfall"), "MXM")


def misspelt(**fields: Any) -> dict[str, Any]:
    row = factories.unknown_score(matchType="songTitle", identifier="Tactile Snowfal", difficulty="MXM")
    return {**row, "lamp": "CLEAR", "score": 9_100_000, **fields}


def an_import_of(*rows: dict[str, Any]) -> Import:
    return factories.create_import(people.alice(), *rows)


def test_the_pick_page_searches_for_a_misspelt_title(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    assert f'href="{url_of(job, "problems/0/")}"' in client.get(url_of(job, "?tab=problems")).content.decode()
    page = client.get(url_of(job, "problems/0/"))
    assert heading_of(page) == "Which chart did you play for “Tactile Snowfal”?"
    assert "Tactile Snowfall Somebody MXM 16" in text_of(page)


@pytest.mark.parametrize(("q", "says"), [("snow", "MXM 16"), ("zzz", "No matching songs"), ("", "Search for the song")])
def test_the_pick_page_searches_for_any_song(q: str, says: str, snowfall: Chart, client: Client) -> None:
    job = an_import_of(factories.unknown_score())
    assert says in text_of(client.get(url_of(job, f"problems/0/?q={q}")))


def test_a_correction_imports_all_rows_with_the_same_title_and_difficulty(snowfall: Chart, client: Client) -> None:
    others = [misspelt(difficulty="EXH"), factories.unknown_score()]
    job = an_import_of(misspelt(), *others, misspelt(score=9_200_000, timeAchieved=factories.NOON))
    page = client.get(url_of(job, "problems/0/"))
    assert "Applies to all 2 rows with this title." in text_of(page)
    response = client.post(url_of(job, "problems/0/"), {"chart": snowfall.pk})
    made = Import.objects.exclude(pk=job.pk).get()
    assert response["Location"] == url_of(made)
    assert factories.run_job(made).score_count == 2
    assert {score.chart for score in Score.objects.filter(from_import=made)} == {snowfall}
    assert (made.service, made.import_type, made.user_intent) == (job.service, job.import_type, True)


def test_a_correction_resolves_an_ambiguous_title(client: Client) -> None:
    twins = [factories.create_chart(factories.create_song(number, "Twins")) for number in (8, 9)]
    job = an_import_of(misspelt(identifier="Twins", difficulty="EXH"))
    client.post(url_of(job, "problems/0/"), {"chart": twins[1].pk})
    assert factories.run_job(Import.objects.latest("pk")).score_count == 1
    assert Score.objects.get().chart == twins[1]


def test_a_repeated_correction_creates_one_import(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    responses = {client.post(url_of(job, "problems/0/"), {"chart": snowfall.pk})["Location"] for _ in range(2)}
    assert len(responses) == 1
    assert Import.objects.count() == 2


@pytest.mark.parametrize("chart", ["", "nonsense", "999999", "-1", "9" * 40])
def test_a_correction_without_a_chart_imports_nothing(chart: str, snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    response = client.post(url_of(job, "problems/0/"), {"chart": chart, "q": "snow"})
    assert response.status_code == 400
    assert "Pick the chart you played." in text_of(response)
    assert Import.objects.count() == 1


def test_charts_of_other_games_cannot_be_picked(client: Client) -> None:
    other = factories.create_chart(factories.create_song(3, "Tactile Snowfall", game="usc"))
    job = an_import_of(misspelt())
    assert "Tactile Snowfall" not in text_of(client.get(url_of(job, "problems/0/")))
    assert client.post(url_of(job, "problems/0/"), {"chart": other.pk}).status_code == 400


def test_a_row_with_an_invalid_value_offers_no_chart(client: Client) -> None:
    row = factories.score_on(factories.charts(1)[0], 3, lamp="PERFECT ULTIMATE CHAIN")
    job = an_import_of(row)
    assert "Choose the chart" not in text_of(client.get(url_of(job, "?tab=problems")))
    assert messages_of(client.get(url_of(job, "problems/0/"), follow=True)) == "This row doesn't need a chart."


def test_a_row_can_be_imported_on_a_chart_of_an_older_version(client: Client) -> None:
    song = factories.create_song(7, "Tactile Snowfall")
    factories.create_chart(song, "MXM")
    data = {"chart_id": "old", "game": "sdvx", "song": song, "playtype": "Single", "difficulty": "MXM"}
    old = Chart.objects.create(**data, level="15", level_num=15, is_primary=False, versions=["inf"])
    job = an_import_of(misspelt())
    client.post(url_of(job, "problems/0/"), {"chart": old.pk})
    assert factories.run_job(Import.objects.latest("pk")).score_count == 1
    assert Score.objects.get().chart == old


# --- corrected rows ---------------------------------------------------------------------------------


def choose(client: Client, job: Import, chart: Chart, *, row: int = 0) -> Import:
    """Picks this chart for a row and returns the processed import of the correction."""
    client.post(url_of(job, f"problems/{row}/"), {"chart": chart.pk})
    return factories.run_job(Import.objects.latest("pk"))


def left_out(job: Import) -> tuple[int, int]:
    """Returns the number of problems of an import and the number of all orphans."""
    job.refresh_from_db()
    return job.problem_count, OrphanScore.objects.count()


def test_a_corrected_row_links_to_its_score(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt(), factories.unknown_score())
    assert left_out(job) == (2, 2)
    made = choose(client, job, snowfall)
    page = client.get(url_of(job, "?tab=problems"))
    assert left_out(job) == (1, 1)
    assert "1 row wasn't imported:" in text_of(page)
    assert "Chart picked" in text_of(page)
    assert f'href="/scores/{Score.objects.get(from_import=made).score_id}/"' in page.content.decode()
    assert url_of(job, "problems/0/") not in page.content.decode()
    assert json.loads(client.get(url_of(job, "left-out.json")).content)["scores"] == [factories.unknown_score()]
    response = client.get(url_of(job, "problems/0/"), follow=True)
    assert messages_of(response) == "This row was already imported on the chart you picked."


def test_the_api_returns_the_score_of_a_corrected_row(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt(), factories.unknown_score())
    made = choose(client, job, snowfall)
    actual = client.get(f"/api/v1/imports/{job.import_id}/errors").json()["body"]
    score_id = Score.objects.get(from_import=made).score_id
    assert [error.get("corrected") for error in actual["errors"]] == [
        {"importID": made.import_id, "scoreID": score_id}, None
    ]  # fmt: skip
    assert actual["total"] == 2
    document = client.get(f"/api/v1/imports/{job.import_id}").json()["body"]["import"]
    assert [error["row"] for error in document["errors"]] == [1]


def test_a_row_whose_score_is_already_stored_counts_as_corrected(snowfall: Chart, client: Client) -> None:
    factories.create_import(people.alice(), factories.score_on(snowfall, 9_100_000))
    job = an_import_of(misspelt())
    made = choose(client, job, snowfall)
    assert (made.score_count, made.duplicate_count, left_out(job)) == (0, 1, (0, 0))


def test_reverting_a_correction_reopens_its_row(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    orphan = OrphanScore.objects.values("orphan_id", "data", "context", "error_message", "from_import").get()
    made = choose(client, job, snowfall)
    client.post(url_of(made, "revert/"))
    assert left_out(job) == (1, 1)
    assert OrphanScore.objects.values("orphan_id", "data", "context", "error_message", "from_import").get() == orphan
    assert ImportProblem.objects.get(job=job).orphan == OrphanScore.objects.get()
    assert f'href="{url_of(job, "problems/0/")}"' in client.get(url_of(job, "?tab=problems")).content.decode()


def test_a_second_correction_after_a_revert_creates_a_new_import(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    first = choose(client, job, snowfall)
    client.post(url_of(first, "revert/"))
    second = choose(client, job, snowfall)
    assert (second.pk != first.pk, second.score_count, left_out(job)) == (True, 1, (0, 0))


def test_restoring_a_correction_settles_its_row_again(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    made = choose(client, job, snowfall)
    client.post(url_of(made, "revert/"))
    client.post(url_of(made, "restore/"))
    assert (factories.run_job(made).score_count, left_out(job)) == (1, (0, 0))


def test_a_corrected_row_stays_corrected_when_its_import_is_reverted_and_restored(
    snowfall: Chart, client: Client
) -> None:
    job = an_import_of(misspelt(), factories.unknown_score())
    made = choose(client, job, snowfall)
    client.post(url_of(job, "revert/"))
    client.post(url_of(job, "restore/"))
    factories.run_job(job)
    assert (left_out(job), Score.objects.get().from_import) == ((1, 1), made)

    client.post(url_of(job, "revert/"))
    client.post(url_of(made, "revert/"))
    client.post(url_of(job, "restore/"))
    factories.run_job(job)
    assert (left_out(job), Score.objects.count()) == ((2, 2), 0)


def test_a_correction_settles_the_same_row_of_another_import(snowfall: Chart, client: Client) -> None:
    first, second = an_import_of(misspelt()), an_import_of(misspelt(), factories.unknown_score())
    made = choose(client, second, snowfall)
    assert (left_out(first)[0], left_out(second)[0], OrphanScore.objects.count()) == (0, 1, 1)
    assert "Chart picked" in text_of(client.get(url_of(first, "?tab=problems")))

    client.post(url_of(made, "revert/"))
    assert (left_out(first)[0], left_out(second)[0]) == (1, 2)
    assert OrphanScore.objects.get(data__identifier="Tactile Snowfal").from_import == first


def test_a_row_that_is_invalid_on_the_picked_chart_stays_open(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt(lamp="PERFECT ULTIMATE CHAIN"))
    made = choose(client, job, snowfall)
    assert (made.score_count, made.problem_count, left_out(job)) == (0, 1, (1, 1))
    assert "Which chart" in heading_of(client.get(url_of(job, "problems/0/")))
    assert choose(client, job, snowfall).pk != made.pk


def test_a_corrected_row_with_a_deleted_score_links_to_the_import(snowfall: Chart, client: Client) -> None:
    job = an_import_of(misspelt())
    made = choose(client, job, snowfall)
    delete_score(Score.objects.get(), by=people.alice())
    page = client.get(url_of(job, "?tab=problems"))
    assert "the score has since been deleted" in text_of(page)
    assert f'<a class="btn small" href="{url_of(made)}">' in page.content.decode()


# --- downloads --------------------------------------------------------------------------------------


def test_rows_with_problems_are_downloaded_as_a_file(client: Client) -> None:
    job = an_import_of(factories.score_on(factories.charts(1)[0]), misspelt())
    assert f'href="{url_of(job, "left-out.json")}"' in client.get(url_of(job, "?tab=problems")).content.decode()
    response = client.get(url_of(job, "left-out.json"))
    assert json.loads(response.content)["scores"] == [misspelt()]
    assert "attachment" in response["Content-Disposition"]


def test_problems_are_downloaded_as_csv(client: Client) -> None:
    job = an_import_of(misspelt())
    table = list(csv.reader(io.StringIO(client.get(url_of(job, "problems.csv")).content.decode("utf-8-sig"))))
    assert table[0] == ["row", "type", "message", "datapoint"]
    assert table[1][:2] == ["0", "SongOrChartNotFound"]


def test_rows_of_problems_are_hidden_from_other_players() -> None:
    job = an_import_of(misspelt())
    bob = people.session_of(people.bob())
    assert b"datapoint" not in bob.get(url_of(job, "problems.csv")).content
    assert bob.get(url_of(job, "left-out.json")).status_code == 403
    assert "to mend" not in text_of(bob.get(url_of(job, "?tab=problems")))


def test_an_import_without_its_file_offers_no_rows_for_download(client: Client) -> None:
    job = an_import_of(misspelt())
    ImportInput.objects.all().delete()
    assert client.get(url_of(job, "left-out.json")).status_code == 404
    assert "to mend" not in text_of(client.get(url_of(job, "?tab=problems")))


def test_only_the_owner_picks_charts_for_rows(snowfall: Chart) -> None:
    job = an_import_of(misspelt())
    for person in (people.bob(), people.mo(), people.ada()):
        session = people.session_of(person)
        assert session.get(url_of(job, "problems/0/")).status_code == 403
        assert session.post(url_of(job, "problems/0/"), {"chart": snowfall.pk}).status_code == 403
        assert "Choose the chart" not in text_of(session.get(url_of(job, "?tab=problems")))
    assert Import.objects.count() == 1
