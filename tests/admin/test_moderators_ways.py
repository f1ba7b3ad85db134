"""How moderators get from a page to the admin, and find imports there."""

from __future__ import annotations

import pytest
from django.urls import reverse

from imports.models import Import
from tests import factories, people
from tests.pages.html_parsing import text_of, url_of

pytestmark = pytest.mark.django_db

LIST = "admin:imports_import_changelist"


@pytest.fixture
def job() -> Import:
    chart = factories.a_chart(factories.a_song(1, "Glass Meridian"))
    return factories.an_import(people.alice(), factories.score_on(chart), file_name="night-session.json")


def pages_of(job: Import) -> dict[str, str]:
    """Page -> the same thing in the admin."""
    score = job.scores.get()
    return {
        url_of(job): reverse("admin:imports_import_change", args=[job.pk]),
        f"/scores/{score.score_id}/": reverse("admin:imports_score_change", args=[score.pk]),
        "/users/Alice/": reverse("admin:imports_user_change", args=[job.user_id]),
    }


def test_moderators_open_what_they_see_in_the_admin(job: Import) -> None:
    mo = people.session_of(people.mo())
    for page, target in pages_of(job).items():
        markup = mo.get(page).content.decode()
        assert f'href="{target}"' in markup
        assert 'href="/admin/"' in markup  # in the header
        assert mo.get(target).status_code == 200


@pytest.mark.parametrize("who", [people.alice, people.bob, people.eve])
def test_nobody_else_is_shown_a_way_to_the_admin(who: object, job: Import) -> None:
    client = people.session_of(who())  # type: ignore[operator]
    for page in pages_of(job):
        assert "/admin/" not in client.get(page).content.decode()
    for page in pages_of(job):
        assert "/admin/" not in people.guest().get(page).content.decode()


@pytest.mark.parametrize(
    ("words", "finds"),
    [
        ("night", True),
        ("night-session.json", True),
        ("session.json", False),
        ("Tests", True),
        ("Glass Meridian", True),
        ("Glass", False),
        ("alice", True),
        ("nobody", False),
        ("%00", False),
        ("!!", False),
    ],
)
def test_imports_are_found_by_file_service_player_and_song(words: str, finds: bool, job: Import) -> None:
    page = people.session_of(people.mo()).get(reverse(LIST), {"q": words})
    assert ("night-session.json" in text_of(page)) is finds


def test_the_page_of_an_import_tells_in_words_what_it_did(job: Import) -> None:
    page = people.session_of(people.mo()).get(reverse("admin:imports_import_change", args=[job.pk]))
    said = text_of(page)
    assert "VOLFORCE: none → 0.294" in said
    assert "VF7" not in said
    assert "History" in said
    assert "Completed" in said
    assert "night-session.json" in said


def test_the_preview_of_a_revert_names_ratings_and_classes_as_players_do(job: Import) -> None:
    mo = people.session_of(people.mo())
    page = mo.post(reverse(LIST), {"action": "revert_selected", "_selected_action": [job.pk]})
    said = text_of(page)
    assert "VOLFORCE 0.294 −0.294 none" in said
    assert "vfClass" not in said
    assert "VF7" not in said
