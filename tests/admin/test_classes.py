"""Provided classes in the admin: rolling them back for an import and setting them, with a reason and an audit entry."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from imports.models import AuditEntry, ClassAchievement, GameStats, Import, Score
from imports.pipeline import states
from tests import factories, people

pytestmark = pytest.mark.django_db

LIST = "admin:imports_import_changelist"


@pytest.fixture
def mo() -> Client:
    return people.session_of(people.mo())


def act(client: Client, action: str, *chosen: Import, **more: str) -> list[str]:
    data: Any = {"action": action, "_selected_action": [job.pk for job in chosen], **more}
    return [str(message) for message in client.post(reverse(LIST), data, follow=True).context["messages"]]


def stored_dan() -> str | None:
    stats = GameStats.objects.filter(user=people.alice()).first()
    return stats.classes.get("dan") if stats else None


def import_with_dan(value: str) -> Import:
    return factories.create_import(people.alice(), parts={"classes": {"dan": value}})


def test_the_classes_of_an_import_are_rolled_back_without_its_scores(mo: Client) -> None:
    import_with_dan("DAN_3")
    job = import_with_dan("DAN_7")
    choices = mo.get(reverse("admin:imports_import_change", args=[job.pk])).context["available_actions"]
    assert choices == [("revert_selected", "Revert…"), ("roll_back_selected", "Roll back Dan to LV.03")]

    assert act(mo, "roll_back_selected", job, reason="not theirs") == ["Classes of 1 import undone."]

    assert stored_dan() == "DAN_3"
    assert list(ClassAchievement.objects.values_list("new_value", flat=True)) == ["DAN_3"]
    entry = AuditEntry.objects.get(verb="class set")
    assert (entry.job, entry.actor, entry.reason) == (job, people.mo(), "not theirs")
    again = act(mo, "roll_back_selected", job, reason="again")
    assert again == [f"Skipped: {job.import_id} of Alice. None of the classes it set is still in place."]


def test_rolling_back_classes_needs_a_reason(mo: Client) -> None:
    job = import_with_dan("DAN_7")

    assert act(mo, "roll_back_selected", job) == ["Give a reason; the player sees it."]
    assert stored_dan() == "DAN_7"


@pytest.mark.django_db(transaction=True)  # so that the import of this test releases its lock
def test_changing_a_class_of_a_locked_player_fails_after_a_short_wait(
    mo: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "LOCK_TIMEOUT_SECONDS", 0.05)
    job = import_with_dan("DAN_7")
    url = reverse("admin:imports_gamestats_set_class", args=[people.alice().pk])
    busy = "Another import or revert of this player is running."

    with factories.hold_player_lock(people.alice()):
        page = mo.post(url, {"choice": "sdvx|Single|dan|DAN_2", "reason": "see the photo"})
        assert page.context["form"].non_field_errors() == [busy]
        assert busy in page.content.decode()
        refused = act(mo, "roll_back_selected", job, reason="not theirs")
        assert refused == [f"Skipped: {job.import_id} of Alice. {busy}"]

    assert stored_dan() == "DAN_7"
    assert not AuditEntry.objects.filter(verb="class set").exists()


@pytest.mark.parametrize(("choice", "after"), [("sdvx|Single|dan|DAN_2", "DAN_2"), ("sdvx|Single|dan|", None)])
def test_a_moderator_sets_any_provided_class(choice: str, after: str | None, mo: Client) -> None:
    [chart] = factories.charts(1)
    factories.create_import(people.alice(), factories.score_on(chart), parts={"classes": {"dan": "DAN_7"}})
    url = reverse("admin:imports_gamestats_set_class", args=[people.alice().pk])
    assert "LV.07, 7th Dan (now)" in mo.get(url).content.decode()

    done = mo.post(url, {"choice": choice, "reason": "see the photo"})

    assert done.headers["Location"] == reverse("admin:imports_user_change", args=[people.alice().pk])
    assert stored_dan() == after
    assert AuditEntry.objects.get(verb="class set").reason == "see the photo"
    assert Score.objects.count() == 1


def test_a_class_is_set_for_a_player_without_stats(mo: Client) -> None:
    url = reverse("admin:imports_gamestats_set_class", args=[people.alice().pk])

    mo.post(url, {"choice": "sdvx|Single|dan|DAN_2", "reason": "see the photo"})

    assert stored_dan() == "DAN_2"


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    "wrong",
    [
        {"choice": "sdvx|Single|dan|DAN_99", "reason": "x"},
        {"choice": "sdvx|Single|vfClass|IMPERIAL_I", "reason": "x"},
        {"choice": "sdvx|Single|dan|DAN_2", "reason": " "},
        {"choice": "", "reason": "x"},
    ],
)
def test_an_invalid_class_form_sets_no_class(wrong: dict[str, str], mo: Client) -> None:
    page = mo.post(reverse("admin:imports_gamestats_set_class", args=[people.alice().pk]), wrong)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert stored_dan() is None


def test_only_moderators_set_classes() -> None:
    url = reverse("admin:imports_gamestats_set_class", args=[people.alice().pk])

    for who in (people.alice(), people.bob(), people.eve()):
        response = people.session_of(who).post(url, {"choice": "sdvx|Single|dan|DAN_2", "reason": "x"}, follow=True)
        assert response.status_code == 403
    assert stored_dan() is None
