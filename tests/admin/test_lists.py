"""Moderators find everything, and change nothing that is not theirs to change."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from imports.models import AuditEntry, Chart, Import, Rerating, Score, ScoreBlacklist, Song, User
from tests import builders, people

pytestmark = pytest.mark.django_db

# Inline styles, inline handlers, and scripts that are neither files nor data.
FORBIDDEN = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\s(src=|type=.application))")
MODELS = [model for model in apps.get_app_config("imports").get_models() if not model._meta.auto_created]


def names(models: list[type[Model]]) -> list[str]:
    return [model.__name__ for model in models]


def address(model: type[Model], page: str, *args: Any, **query: Any) -> str:
    return reverse(f"admin:imports_{model._meta.model_name}_{page}", args=args, query=query or None)


@pytest.fixture
def everything() -> None:
    """At least one row of every model."""
    alice, charts = people.alice(), builders.charts(3)
    people.token_of(alice)
    rows = [builders.score_on(chart, timeAchieved=builders.NOON) for chart in charts]
    builders.an_import(alice, *rows, builders.unknown_score(), parts={"classes": {"dan": "DAN_4"}})
    Rerating.objects.create(rated=[charts[0].pk], flagged=[], player_count=1)
    ScoreBlacklist.objects.create(user=alice, score_id="T" + "0" * 64, score={})


@pytest.fixture
def ada() -> Client:
    return people.session_of(people.ada())


@pytest.fixture
def mo() -> Client:
    return people.session_of(people.mo())


def test_every_model_is_registered() -> None:
    assert [model for model in MODELS if not admin.site.is_registered(model)] == []


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
@pytest.mark.parametrize("who", ["ada", "mo"])
def test_moderators_see_every_list_and_every_row(model: Any, who: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(who)
    row = model.objects.first()

    assert row is not None
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_players_and_banned_moderators_see_nothing(model: Any) -> None:
    banned = User.objects.create_user("Ex_mod", is_staff=True, is_banned=True)

    assert people.session_of(people.bob()).get(address(model, "changelist")).status_code == 302
    assert people.session_of(banned).get(address(model, "changelist")).status_code == 403


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", [model for model in MODELS if model is not User], ids=lambda model: model.__name__)
def test_not_even_an_administrator_adds_or_changes_documents(model: Any, ada: Client) -> None:
    row = model.objects.first()
    before = model.objects.values().get(pk=row.pk)

    assert ada.get(address(model, "add")).status_code == 403
    assert ada.post(address(model, "change", row.pk), {"reason": "x", "name": "x"}).status_code == 403
    assert model.objects.values().get(pk=row.pk) == before


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_nobody_deletes_but_administrators_revoke_tokens(model: Any, ada: Client, mo: Client) -> None:
    row = model.objects.first()
    url = address(model, "delete", row.pk)

    assert mo.post(url, {"post": "yes"}).status_code == 403
    assert ada.post(url, {"post": "yes"}).status_code == (302 if model.__name__ == "APIToken" else 403)
    assert model.objects.filter(pk=row.pk).exists() == (model.__name__ != "APIToken")


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("model", "found", "lost"),
    [
        (Import, lambda: Import.objects.get().import_id, "0" * 40),
        (Import, lambda: "aLiCe", "Bob"),
        (Score, lambda: Score.objects.first().score_id, "T" + "f" * 64),  # type: ignore[union-attr]
        (Score, lambda: "Alice", "nobody"),
        (AuditEntry, lambda: Import.objects.get().import_id, "0" * 40),
        (Song, lambda: "SONG 2", "Song"),
        (Song, lambda: "3", "4"),
        (Chart, lambda: Chart.objects.first().chart_id, "x" * 40),  # type: ignore[union-attr]
        (Chart, lambda: "2", "9"),
        (User, lambda: "ali", "lice"),
    ],
)
def test_searches_find_by_whole_ids_and_names(model: Any, found: Any, lost: str, ada: Client) -> None:
    people.bob()

    def results(term: str) -> int:
        return len(ada.get(address(model, "changelist", q=term)).context["cl"].result_list)

    assert results(found()) > 0
    assert results(lost) == 0


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"state__exact": "completed"}, 1),
        ({"state__exact": "failed"}, 0),
        ({"game": "sdvx"}, 1),
        ({"game": "iidx"}, 0),
        ({"import_type": "file/batch-manual"}, 1),
        ({"import_type": "ir/direct-manual"}, 0),
    ],
)
def test_imports_can_be_filtered(query: dict[str, str], count: int, ada: Client) -> None:
    page = ada.get(address(Import, "changelist", **query))

    assert len(page.context["cl"].result_list) == count


def test_the_list_of_imports_costs_the_same_whatever_its_length(
    ada: Client, django_assert_max_num_queries: Any
) -> None:
    for user in (people.alice(), people.bob()):
        builders.an_import(user)
    with django_assert_max_num_queries(100) as few:
        ada.get(address(Import, "changelist"))

    for number in range(10):
        builders.an_import(User.objects.create_user(f"Player_{number}"))
    with django_assert_max_num_queries(len(few)):
        page = ada.get(address(Import, "changelist"))

    assert len(page.context["cl"].result_list) == 12


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_no_list_asks_once_a_row(model: Any, ada: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        ada.get(address(model, "changelist"))


@pytest.mark.usefixtures("everything")
def test_tokens_show_no_secret(ada: Client) -> None:
    token = people.alice().tokens.get()

    for url in (address(type(token), "changelist"), address(type(token), "change", token.pk)):
        assert token.digest not in ada.get(url).content.decode()


@pytest.mark.usefixtures("everything")
def test_no_page_needs_what_the_policy_forbids(ada: Client) -> None:
    urls = [reverse("admin:index"), address(User, "add"), address(User, "change", people.alice().pk)]
    urls += [address(model, "changelist") for model in MODELS]
    for url in urls:
        page = ada.get(url)
        html = page.content.decode()
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert not FORBIDDEN.search(html), url


def test_it_bears_the_name_of_the_product(ada: Client, settings: Any) -> None:
    assert settings.TACHI_NAME in ada.get(reverse("admin:index")).content.decode()
