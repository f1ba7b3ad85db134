"""Reverting an import: the confirmation, the result, and refusals."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from imports.models import AuditEntry, Import, ImportInput, PersonalBest, Score, Session, State
from tests import factories, people
from tests.pages.html_parsing import heading_of, in_state, messages_of, text_of, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices() -> Client:
    return people.session_of(people.alice())


def two_nights() -> tuple[Import, Import]:
    """Returns two imports: four charts on one night, and better scores on the next with a fifth chart and a class."""
    charts = factories.charts(5)
    before = [
        factories.score_on(chart, 9_000_000, timeAchieved=factories.NOON + place * factories.MINUTE)
        for place, chart in enumerate(charts[:4])
    ]
    after = [
        factories.score_on(
            chart, 9_500_000, timeAchieved=factories.NOON + 24 * factories.HOUR + place * factories.MINUTE
        )
        for place, chart in enumerate(charts)
    ]
    first = factories.create_import(people.alice(), *before)
    second = factories.create_import(
        people.alice(), *after, parts={"classes": {"dan": "DAN_3"}}, file_name="night.json"
    )
    return first, second


def test_the_confirmation_page_lists_every_change(alices: Client) -> None:
    _, job = two_nights()
    session = Session.objects.order_by("time_started").last()
    assert session
    page = alices.get(url_of(job, "revert/"))
    text = text_of(page)
    assert heading_of(page) == "Revert this import?"
    for part in (
        "night.json, SOUND VOLTEX",
        "VOLFORCE 1.470 −0.422 1.048",
        "Scores 9 −5 4",
        "Charts 5 −1 4",
        "Sessions 2 −1 1",
        "5 scores will be removed. 4 bests return to the previous score and 1 chart will have no score.",
        f"{session.name} is removed. It has 5 scores.",
        "You can restore it until",
        "Dan LV.03 stays.",
        "Show all 4 changed bests",
        "9,500,000 9,000,000",
        "Revert 5 scores",
    ):
        assert part in text
    assert 'name="keep_shared"' not in page.content.decode()


def test_a_session_that_loses_scores_is_shown_with_the_remaining_count(alices: Client) -> None:
    charts = factories.charts(5)
    rows = [factories.score_on(chart, timeAchieved=factories.NOON + place) for place, chart in enumerate(charts)]
    factories.create_import(people.alice(), *rows[:1], *rows[4:])
    job = factories.create_import(people.alice(), *rows[1:4])
    name = Session.objects.get().name
    assert f"{name} gets shorter. 2 of its 5 scores remain." in text_of(alices.get(url_of(job, "revert/")))


def test_five_removed_sessions_are_counted_and_not_named(alices: Client) -> None:
    rows = [
        factories.score_on(chart, timeAchieved=factories.NOON + place * 3 * factories.HOUR)
        for place, chart in enumerate(factories.charts(5))
    ]
    job = factories.create_import(people.alice(), *rows)
    assert "5 sessions removed." in text_of(alices.get(url_of(job, "revert/")))


def test_an_import_without_its_file_has_no_restore_deadline(alices: Client) -> None:
    _, job = two_nights()
    ImportInput.objects.all().delete()
    assert "You can restore it until" not in text_of(alices.get(url_of(job, "revert/")))


def test_the_confirmation_page_changes_nothing(alices: Client) -> None:
    _, job = two_nights()
    alices.get(url_of(job, "revert/"))
    job.refresh_from_db()
    assert (job.state, Score.objects.count(), Session.objects.count()) == (State.COMPLETED, 9, 2)
    assert not AuditEntry.objects.filter(verb="reverted").exists()


def test_a_revert_makes_the_announced_changes(alices: Client) -> None:
    _, job = two_nights()
    response = alices.post(url_of(job, "revert/"), {"reason": "wrong card"}, follow=True)
    assert response.redirect_chain == [(url_of(job), 302)]
    assert messages_of(response) == "5 scores removed."
    assert (Score.objects.count(), PersonalBest.objects.count(), Session.objects.count()) == (4, 4, 1)
    job.refresh_from_db()
    assert (job.state, job.reverted_by, job.revert_reason) == (State.REVERTED, people.alice(), "wrong card")


def test_the_confirmation_form_works_as_a_dialog(alices: Client) -> None:
    """dialog.js looks for this form and shows it; the form posts to the same address."""
    _, job = two_nights()
    page = alices.get(url_of(job, "revert/")).content.decode()
    form = re.search(r"<form[^>]*data-dialog-form[^>]*>", page)
    assert form
    assert f'action="{url_of(job, "revert/")}"' in form[0]
    assert 'method="post"' in form[0]
    assert f'href="{url_of(job, "revert/")}" data-dialog' in alices.get(url_of(job)).content.decode()


@pytest.mark.parametrize(
    ("keep_shared", "left", "says"),
    [
        ("yes", 2, "1 score removed, 2 kept with another import."),
        ("no", 0, "3 scores removed."),
        (None, 0, "3 scores removed."),
    ],
)
def test_shared_scores_are_kept_or_removed_as_chosen(
    keep_shared: str | None, left: int, says: str, alices: Client
) -> None:
    rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in factories.charts(3)]
    job = factories.create_import(people.alice(), *rows)
    factories.create_import(people.alice(), *rows[:2], file_name="the-other.json")
    said = text_of(alices.get(url_of(job, "revert/")))
    assert "2 of its scores also came with the-other.json" in said
    assert "Keep 2 shared" in said
    assert "Remove all 3" in said
    assert "1 score will be removed." in said
    assert "Revert import Revert 1 score Revert 3 scores" in said
    form = {"keep_shared": keep_shared} if keep_shared else {}
    assert messages_of(alices.post(url_of(job, "revert/"), form, follow=True)) == says
    assert Score.objects.count() == left


def test_a_revert_is_refused_while_another_import_runs(alices: Client) -> None:
    _, job = two_nights()
    in_state(people.alice(), State.RUNNING)
    for response in (alices.get(url_of(job, "revert/")), alices.post(url_of(job, "revert/"))):
        assert response.status_code == 409
        assert heading_of(response) == "Please wait"
        assert "Nothing was changed. An import or revert of this player is still running." in text_of(response)
        assert f'href="{url_of(job)}"' in response.content.decode()
    assert Score.objects.count() == 9


@pytest.mark.parametrize("state", [State.QUEUED, State.FAILED, State.CANCELLED, State.REVERTED])
def test_an_import_that_is_not_completed_cannot_be_reverted(state: State, alices: Client) -> None:
    job = in_state(people.alice(), state)
    for send in (alices.get, alices.post):
        response = send(url_of(job, "revert/"), follow=True)
        assert response.redirect_chain == [(url_of(job), 302)]
        assert messages_of(response).startswith("This import can't be reverted")


def test_a_second_revert_is_refused(alices: Client) -> None:
    _, job = two_nights()
    alices.post(url_of(job, "revert/"), follow=True)
    second = alices.post(url_of(job, "revert/"), follow=True)
    assert messages_of(second).startswith("This import can't be reverted")
    assert AuditEntry.objects.filter(verb="reverted").count() == 1


def test_a_reason_is_stripped_and_truncated(alices: Client) -> None:
    _, job = two_nights()
    alices.post(url_of(job, "revert/"), {"reason": f" a\0b{'x' * 600} "})
    job.refresh_from_db()
    assert job.revert_reason == f"ab{'x' * 498}"


def test_a_revert_reason_is_escaped(alices: Client) -> None:
    _, job = two_nights()
    page = alices.post(url_of(job, "revert/"), {"reason": "<b>x</b>"}, follow=True)
    assert "&lt;b&gt;x&lt;/b&gt;" in page.content.decode()


def test_an_administrator_reverts_an_import_of_another_player() -> None:
    _, job = two_nights()
    page = people.session_of(people.ada()).post(url_of(job, "revert/"), {"reason": "cheated"}, follow=True)
    assert "by Ada 5 scores removed. Reason: “cheated”" in text_of(page)


def test_a_revert_requires_a_csrf_token() -> None:
    _, job = two_nights()
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice())
    assert client.post(url_of(job, "revert/")).status_code == 403
    assert Score.objects.count() == 9
