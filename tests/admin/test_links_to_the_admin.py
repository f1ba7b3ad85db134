"""Links from the pages to the admin, and how moderators find imports there."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from imports.models import Import
from tests import factories, people
from tests.pages.html_parsing import text_of, url_of

pytestmark = pytest.mark.django_db

LIST = "admin:imports_import_changelist"


@pytest.fixture
def job() -> Import:
    chart = factories.create_chart(factories.create_song(1, "Glass Meridian"))
    return factories.create_import(people.alice(), factories.score_on(chart), file_name="night-session.json")


def pages_of(job: Import) -> dict[str, str]:
    """Returns page -> URL of the same object in the admin."""
    score = job.scores.get()
    return {
        url_of(job): reverse("admin:imports_import_change", args=[job.pk]),
        f"/scores/{score.score_id}/": reverse("admin:imports_score_change", args=[score.pk]),
        "/users/Alice/": reverse("admin:imports_user_change", args=[job.user_id]),
    }


def test_pages_link_moderators_to_the_same_object_in_the_admin(job: Import) -> None:
    mo = people.session_of(people.mo())
    for page, target in pages_of(job).items():
        markup = mo.get(page).content.decode()
        assert f'href="{target}"' in markup
        assert 'href="/admin/"' in markup  # in the header
        assert mo.get(target).status_code == 200


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/admin/imports/import/", "Imports"),
        ("/admin/queue/", "Queue"),
        ("/admin/imports/user/", "Users"),
        ("/admin/imports/blockedclient/", "Blocked clients"),
        ("/admin/imports/auditentry/", "History"),
    ],
)
def test_the_navigation_of_the_admin_marks_the_current_page(address: str, name: str) -> None:
    body = people.session_of(people.mo()).get(address).content.decode()
    navigation = body.split('<nav class="ways"')[1].split("</nav>")[0]
    assert re.findall(r'aria-current="page">([^<]+)<', navigation) == [name]


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("who", [people.alice, people.bob, people.eve])
def test_pages_show_no_link_to_the_admin_to_others(who: object, job: Import) -> None:
    client = people.session_of(who())  # type: ignore[operator]
    for page in pages_of(job):
        assert "/admin/" not in client.get(page).content.decode()
    for page in pages_of(job):
        assert "/admin/" not in people.guest().get(page).content.decode()


@pytest.mark.quick_rows(3)
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
def test_the_search_finds_imports_by_file_service_player_and_song(words: str, finds: bool, job: Import) -> None:
    page = people.session_of(people.mo()).get(reverse(LIST), {"q": words})
    assert ("night-session.json" in text_of(page)) is finds


def test_the_page_of_an_import_shows_rating_changes_with_readable_names(job: Import) -> None:
    page = people.session_of(people.mo()).get(reverse("admin:imports_import_change", args=[job.pk]))
    text = text_of(page)
    assert "VOLFORCE: none → 0.294" in text
    assert "VF7" not in text
    assert "History" in text
    assert "Completed" in text
    assert "night-session.json" in text


def test_the_preview_of_a_revert_shows_ratings_with_readable_names(job: Import) -> None:
    mo = people.session_of(people.mo())
    page = mo.post(reverse(LIST), {"action": "revert_selected", "_selected_action": [job.pk]})
    text = text_of(page)
    assert "VOLFORCE 0.294 −0.294 none" in text
    assert "vfClass" not in text
    assert "VF7" not in text
