"""Several imports are reverted in one operation: selected in the list, confirmed once, and restored again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from imports.models import AuditEntry, Import, ImportInput, PersonalBest, Score, Session, State
from imports.pipeline.derived.integrity import check_player
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, messages_of, text_of

pytestmark = pytest.mark.django_db

REVERT = "/imports/revert/"


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def three_nights() -> list[Import]:
    """Returns imports of three nights with the same four charts, better each time; the last has a fifth chart."""
    charts = factories.charts(5)
    return [
        factories.create_import(
            people.alice(),
            *(
                factories.score_on(
                    chart,
                    9_000_000 + night * 200_000,
                    timeAchieved=factories.NOON + night * 24 * factories.HOUR + place * factories.MINUTE,
                )
                for place, chart in enumerate(charts[: 4 + (night == 2)])
            ),
            file_name=f"night-{night}.json",
        )
        for night in range(3)
    ]


def ids(jobs: list[Import]) -> dict[str, Any]:
    return {"import": [job.import_id for job in jobs]}


def test_the_confirmation_page_shows_the_combined_changes(alices: Client) -> None:
    jobs = three_nights()
    page = alices.get(REVERT, ids(jobs[1:]))
    text = text_of(page)
    assert heading_of(page) == "Revert these 2 imports?"
    for part in (
        "Scores 13 −9 4",
        "Charts 5 −1 4",
        "Sessions 3 −2 1",
        "9 scores will be removed. 4 bests return to the previous score and 1 chart will have no score.",
        "is removed. It has 4 scores.",
        "is removed. It has 5 scores.",
        "The imports, newest first night-2.json SOUND VOLTEX, Tests",
        "Show all 4 changed bests",
        "9,400,000 9,000,000",
        "Cancel",
        "Revert 2 imports",
    ):
        assert part in text
    assert text.index("night-2.json") < text.index("night-1.json")
    assert "night-0.json" not in text


def test_the_confirmation_page_changes_nothing(alices: Client) -> None:
    jobs = three_nights()
    alices.get(REVERT, ids(jobs))
    assert set(Import.objects.values_list("state", flat=True)) == {State.COMPLETED}
    assert Score.objects.count() == 13
    assert not AuditEntry.objects.filter(verb="reverted").exists()


def form_of(page: Any) -> dict[str, Any]:
    """Returns the fields of the confirmation form, unchanged."""
    body = page.content.decode()
    return {"import": re.findall(r'name="import" value="([0-9a-f]{40})"', body), "reason": ""}


def test_selected_imports_are_reverted_newest_first_and_listed_afterwards(alices: Client) -> None:
    jobs = three_nights()
    form = form_of(alices.get(REVERT, ids(jobs[1:])))
    page = alices.post(REVERT, {**form, "reason": "wrong card"}, follow=True)
    text = text_of(page)
    assert heading_of(page) == "2 imports reverted"
    assert "9 scores removed. Reason: “wrong card”" in text
    assert text.count("Restore night-") == 2
    assert "Restore both" in text
    assert text.count("until ") == 2
    assert (Score.objects.count(), PersonalBest.objects.count(), Session.objects.count()) == (4, 4, 1)
    entries = AuditEntry.objects.filter(verb="reverted").order_by("pk")
    assert [(entry.job, entry.reason) for entry in entries] == [(jobs[2], "wrong card"), (jobs[1], "wrong card")]
    assert check_player(people.alice()) == []


def test_reverted_imports_are_restored_together(alices: Client) -> None:
    jobs = three_nights()
    done = alices.post(REVERT, ids(jobs), follow=True)
    page = alices.post("/imports/restore/", form_of(done), follow=True)
    assert page.redirect_chain == [("/imports/", 302)]
    assert messages_of(page) == "Restoring 3 imports…"
    for job in jobs:  # as they came, so that each finds what it was better than
        assert factories.run_job(job).state == State.COMPLETED
    assert (Score.objects.count(), Session.objects.count()) == (13, 3)
    assert [job.best_count for job in Import.objects.order_by("pk")] == [0, 4, 4]


def test_the_reverted_page_shows_the_current_state_of_each_import(alices: Client) -> None:
    jobs = three_nights()
    done = alices.post(REVERT, ids(jobs[:2]))["Location"]
    alices.post(f"/imports/{jobs[0].import_id}/restore/")
    ImportInput.objects.filter(job=jobs[1]).delete()
    text = text_of(alices.get(done))
    assert "Queued" in text
    assert "The file has been removed, so it can't be restored" in text
    assert "Restore" not in text


def test_imports_that_cannot_be_restored_are_counted(alices: Client) -> None:
    jobs = three_nights()
    alices.post(REVERT, ids(jobs[:2]))
    ImportInput.objects.filter(job=jobs[1]).delete()
    page = alices.post("/imports/restore/", ids(jobs[:2]), follow=True)
    assert messages_of(page) == "Restoring 1 import… 1 import couldn't be restored."


@pytest.mark.parametrize(
    ("keep_shared", "left", "says"),
    [("yes", 2, "2 scores removed, 2 kept with other imports."), ("no", 0, "4 scores removed.")],
)
def test_shared_scores_are_kept_or_removed_as_chosen(keep_shared: str, left: int, says: str, alices: Client) -> None:
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in factories.charts(4)]
    first, second = (factories.create_import(people.alice(), *part) for part in (rows[:3], rows[3:]))
    factories.create_import(people.alice(), *rows[:2], file_name="the-other.json")
    text = text_of(alices.get(REVERT, ids([first, second])))
    assert "2 of their scores also came with the-other.json" in text
    assert "Remove all 4" in text
    page = alices.post(REVERT, {**ids([first, second]), "keep_shared": keep_shared}, follow=True)
    assert says in text_of(page)
    assert Score.objects.count() == left


def test_scores_shared_among_the_selected_imports_are_removed(alices: Client) -> None:
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in factories.charts(2)]
    jobs = [factories.create_import(people.alice(), *rows) for _ in range(2)]
    page = alices.get(REVERT, ids(jobs))
    assert 'name="keep_shared"' not in page.content.decode()
    assert "2 scores will be removed." in text_of(page)


def test_the_confirmation_page_skips_imports_that_are_no_longer_completed(alices: Client) -> None:
    jobs = three_nights()
    revert(jobs[0], RevertRequest())
    page = alices.get(REVERT, ids(jobs))
    assert heading_of(page) == "Revert these 2 imports?"
    assert "1 selected import isn't completed and is skipped." in text_of(page)


def test_a_bulk_revert_is_refused_if_an_import_changed_after_confirmation(alices: Client) -> None:
    jobs = three_nights()
    form = form_of(alices.get(REVERT, ids(jobs)))
    revert(jobs[0], RevertRequest())
    page = alices.post(REVERT, form, follow=True)
    assert messages_of(page).startswith("Nothing was reverted: one of these imports is no longer completed.")
    assert Import.objects.filter(state=State.COMPLETED).count() == 2


def test_a_bulk_revert_is_a_409_while_an_import_runs(alices: Client) -> None:
    jobs = three_nights()
    in_state(people.alice(), State.RUNNING)
    for response in (alices.get(REVERT, ids(jobs)), alices.post(REVERT, ids(jobs))):
        assert response.status_code == 409
        assert "Nothing was changed" in text_of(response)
        assert 'href="/imports/">Back to the list' in response.content.decode()
    assert Score.objects.count() == 13


def test_a_bulk_revert_without_imports_asks_for_a_selection(alices: Client) -> None:
    assert messages_of(alices.get(REVERT, follow=True)).startswith("Select the imports")
    assert messages_of(alices.post(REVERT, follow=True)).startswith("Select the imports")


def test_a_bulk_revert_is_limited_to_a_hundred_imports(alices: Client) -> None:
    wanted = {"import": [f"{number:040x}" for number in range(101)]}
    assert messages_of(alices.get(REVERT, wanted, follow=True)).startswith("At most 100 imports")


def test_administrators_bulk_revert_imports_of_one_player_only() -> None:
    ada, jobs = people.session_of(people.ada()), three_nights()
    bobs = factories.create_import(people.bob(), factories.score_on(factories.create_chart(factories.create_song(9))))
    refused = ada.get(REVERT, ids([*jobs, bobs]))
    assert refused.status_code == 403
    assert "Imports of several players cannot be reverted together." in text_of(refused)
    page = ada.post(REVERT, ids(jobs), follow=True)
    assert heading_of(page) == "3 imports reverted"
    assert 'href="/users/Alice/imports/"' in page.content.decode()
    assert set(AuditEntry.objects.filter(verb="reverted").values_list("actor__username", flat=True)) == {"Ada"}


def test_a_bulk_revert_with_another_player_s_import_is_refused(alices: Client) -> None:
    jobs = three_nights()
    bobs = factories.create_import(people.bob(), factories.score_on(factories.create_chart(factories.create_song(9))))
    assert alices.post(REVERT, ids([*jobs, bobs])).status_code == 403
    assert set(Import.objects.values_list("state", flat=True)) == {State.COMPLETED}


def test_a_bulk_revert_requires_a_csrf_token() -> None:
    jobs = three_nights()
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    assert client.post(REVERT, ids(jobs)).status_code == 403
    assert Score.objects.count() == 13


def test_the_confirmation_page_shows_a_rating_that_stays_the_same(alices: Client) -> None:
    alice, chart = people.alice(), factories.charts(1)[0]
    factories.create_import(alice, factories.score_on(chart, 9_900_000))
    lower = [factories.create_import(alice, factories.score_on(chart, points)) for points in (9_000_000, 9_100_000)]
    page = alices.get(f"/imports/revert/?import={lower[0].import_id}&import={lower[1].import_id}")
    assert "VOLFORCE 0.332 none 0.332" in text_of(page)
