"""Moderators can find all records, and change only permitted ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from imports.models import (
    APIClient,
    APIToken,
    AuditEntry,
    AuthorizationCode,
    BlockedClient,
    CarriedScores,
    Chart,
    Course,
    DataExport,
    DataExportPart,
    Departure,
    HiddenRow,
    HookSettings,
    IdempotencyKey,
    Import,
    ImportTimestop,
    KnownPlace,
    Mail,
    OrphanRetry,
    OrphanScore,
    PlayerChart,
    ProfilePicture,
    Replay,
    Rerating,
    RowCorrection,
    Score,
    ScoreBlacklist,
    SessionIdentity,
    Song,
    User,
    WebhookDelivery,
)
from imports.pictures import encode_picture
from tests import factories, people
from tests.factories import picture
from tests.pages.html_parsing import text_of
from tests.sharing import shared

pytestmark = pytest.mark.django_db

# Inline styles, inline handlers, and inline scripts other than data.
FORBIDDEN = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\s(src=|type=.application))")
MODELS = [model for model in apps.get_app_config("imports").get_models() if not model._meta.auto_created]


def names(models: list[type[Model]]) -> list[str]:
    return [model.__name__ for model in models]


def address(model: type[Model], page: str, *args: Any, **query: Any) -> str:
    return reverse(f"admin:imports_{model._meta.model_name}_{page}", args=args, query=query or None)


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """At least one row of every model."""
    with shared(django_db_blocker):
        alice, charts = people.alice(), factories.charts(3)
        people.token_of(alice)
        rows = [factories.score_on(chart, timeAchieved=factories.NOON) for chart in charts]
        job = factories.create_import(alice, *rows, factories.unknown_score(), parts={"classes": {"dan": "DAN_4"}})
        IdempotencyKey.objects.create(user=alice, key="one", digest="0" * 64, job=job)
        BlockedClient.objects.create(pattern="BadHook/1.0", message="Take BadHook 1.1.")
        OrphanRetry.objects.create(user=alice, total=1, up_to=1)
        RowCorrection.objects.create(job=job, row=3, corrected_by=job, corrected_row=0)
        CarriedScores.objects.create(job=job, score_ids=bytes(32))
        Rerating.objects.create(rated=[charts[0].pk], flagged=[], player_count=1)
        ScoreBlacklist.objects.create(user=alice, score_id="T" + "0" * 64, score={})
        Course.objects.create(md5sums="a", game="bms", playtype="7K", class_set="lnDan", value="DAN_1", title="LN")
        PlayerChart.objects.create(game="bms", playtype="7K", chart_hash="a" * 64, title="New", chart=charts[0])
        HookSettings.objects.create(user=alice, hook="fervidex", cards=["E004000000000000"])
        ProfilePicture.objects.keep(alice, encode_picture(picture()))
        ImportTimestop.objects.create(user=alice, import_type="api/flo-iidx", last_score_time=0)
        Replay.objects.create(user=alice, score_id="T" + "0" * 64, content=b"x", size=1)
        client, _ = APIClient.objects.create_for(alice, name="A tool", permissions=["submit_score"])
        AuthorizationCode.objects.create_code(alice, client=client)
        Mail.objects.create(kind="export", user=alice)
        KnownPlace.objects.create(user=alice, digest="0" * 64)
        WebhookDelivery.objects.create(client=client, user=alice, body="{}")
        DataExport.objects.create(user=alice)
        DataExportPart.objects.create(export=DataExport.objects.get(), number=0, content=b"x")
        departure = Departure.objects.create(user=alice, game="bms", due_at=timezone.now())
        HiddenRow.objects.create(departure=departure, table="Score", row={})
        OrphanScore.objects.create(
            user=alice, from_import=job, orphan_id="O", import_type="ir/beatoraja", game="bms", context={},
            data={"chart": {"title": "New", "artist": "Ann"}}, chart_hash="a" * 64, chart_playtype="7K",
        )  # fmt: skip
        SessionIdentity.objects.create(
            user=alice, game="sdvx", playtype="Single", name="Early", anchor=1.0, time_started=1.0, time_ended=2.0
        )
        yield


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
def test_moderators_can_open_every_list_and_row(model: Any, who: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(who)
    row = model.objects.first()

    assert row is not None
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.quick_rows(10)
@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_players_and_banned_moderators_are_refused_every_list(model: Any) -> None:
    banned = User.objects.create_user("Ex_mod", is_staff=True, is_banned=True)

    for nobody in (people.bob(), banned):
        refused = people.session_of(nobody).get(address(model, "changelist"), follow=True)
        assert refused.status_code == 403
        assert "These pages are for moderators." in refused.content.decode()


@pytest.mark.parametrize("page", ["index", "queue", "imports_import_changelist", "imports_import_revert"])
def test_guests_are_redirected_to_the_common_sign_in_page(page: str) -> None:
    url = reverse(f"admin:{page}")

    sent = people.guest().get(url, follow=True)

    assert [target for target, _ in sent.redirect_chain] == [
        f"{reverse('admin:login')}?next={url}",
        f"{reverse('login')}?next={url}",
    ]


@pytest.mark.usefixtures("everything")
def test_the_permissions_of_the_group_equal_those_of_moderators_in_the_admin(mo: Client) -> None:
    request = RequestFactory().get("/")
    request.user = people.mo()
    actual = {
        f"{verb}_{model._meta.model_name}"
        for model, pages in admin.site._registry.items()
        for verb, may in pages.get_model_perms(request).items()
        if may
    }

    assert actual == set(Group.objects.get().permissions.values_list("codename", flat=True))


@pytest.mark.quick_rows(8)
@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(
    "model",
    [model for model in MODELS if model not in {User, BlockedClient, APIClient}],
    ids=lambda model: model.__name__,
)
def test_administrators_cannot_add_or_change_most_models(model: Any, ada: Client) -> None:
    row = model.objects.first()
    before = model.objects.values().get(pk=row.pk)

    assert ada.get(address(model, "add")).status_code == 403
    assert ada.post(address(model, "change", row.pk), {"reason": "x", "name": "x"}).status_code == 403
    assert model.objects.values().get(pk=row.pk) == before


@pytest.mark.quick_rows(8)
@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
@pytest.mark.parametrize("who", ["ada", "mo"])
def test_only_tokens_blocks_and_pictures_can_be_deleted(model: Any, who: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(who)
    row = model.objects.first()
    may = model in {APIToken, BlockedClient, ProfilePicture}

    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == (302 if may else 403)
    assert model.objects.filter(pk=row.pk).exists() != may


@pytest.mark.quick_rows(4)
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
def test_searches_match_whole_ids_and_names(model: Any, found: Any, lost: str, ada: Client) -> None:
    people.bob()

    def results(term: str) -> int:
        return len(ada.get(address(model, "changelist", q=term)).context["cl"].result_list)

    assert results(found()) > 0
    assert results(lost) == 0


@pytest.mark.quick_rows(8)
@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("model", MODELS, ids=names(MODELS))
def test_a_list_takes_a_constant_number_of_queries(model: Any, ada: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(7 if model is Import else 5):
        ada.get(address(model, "changelist"))


@pytest.mark.usefixtures("everything")
def test_the_pages_of_tokens_show_no_digest(ada: Client) -> None:
    token = people.alice().tokens.get()

    for url in (address(type(token), "changelist"), address(type(token), "change", token.pk)):
        assert token.digest not in ada.get(url).content.decode()


@pytest.mark.slow
@pytest.mark.usefixtures("everything")
def test_the_pages_of_the_admin_comply_with_the_content_security_policy(ada: Client) -> None:
    urls = [reverse(f"admin:{name}") for name in ("index", "queue", "password_change")]
    urls += [address(User, "add"), address(User, "change", people.alice().pk), address(BlockedClient, "add")]
    urls += [reverse("admin:imports_gamestats_set_class", args=[people.alice().pk])]
    urls += [address(Import, "changelist", _facets="True"), address(Import, "change", Import.objects.get().pk)]
    urls += [address(model, "changelist") for model in MODELS]
    selection = {"action": "revert_selected", "_selected_action": Import.objects.get().pk}
    for url in [*urls, None]:
        page = ada.get(url) if url else ada.post(address(Import, "changelist"), selection)
        assert page.status_code == 200
        html = page.content.decode()
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert not FORBIDDEN.search(html), url


def test_the_audit_trail_names_actions_in_the_language_of_the_reader(ada: Client) -> None:
    AuditEntry.objects.create(verb=AuditEntry.Verb.TOKEN_MADE, actor=people.ada(), subject=people.alice())
    entry = AuditEntry.objects.latest("pk")
    for address in ("/admin/imports/auditentry/?verb=token+made", f"/admin/imports/auditentry/{entry.pk}/change/"):
        assert "Token created" in text_of(ada.get(address))
        assert "トークンを作成" in text_of(ada.get(address, headers={"Accept-Language": "ja"}))
    assert (
        "Token created" not in ada.get("/admin/imports/auditentry/?verb=banned").content.decode().partition("<tbody")[2]
    )


def test_times_are_written_alike_in_lists_and_on_the_pages_of_rows(ada: Client) -> None:
    score = Score.objects.filter(time_achieved__isnull=False).latest("pk")
    achieved = datetime.fromtimestamp((score.time_achieved or 0) / 1000, UTC)
    for address in ("/admin/imports/score/", f"/admin/imports/score/{score.pk}/change/"):
        text = text_of(ada.get(address))
        assert f"{achieved:%-d %b %Y, %H:%M}" in text
        assert f"{score.time_added:%-d %b %Y, %H:%M}" in text


def test_the_admin_has_the_name_of_the_product(ada: Client, settings: Any) -> None:
    assert settings.TACHI_NAME in ada.get(reverse("admin:index")).content.decode()
