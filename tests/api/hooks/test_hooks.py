"""The common behaviour of all hooks: waiting for the import, storing orphans, and refusing invalid bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from imports import jobs
from imports.api.hooks import base
from imports.models import BlockedClient, ClassAchievement, GameStats, HookSettings, Import, OrphanScore, Score, State
from imports.pipeline.orphans import reprocess
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.api.hooks import senders
from tests.api.hooks.senders import (
    FERVIDEX_CLASS,
    FERVIDEX_PROFILE,
    FERVIDEX_SCORE,
    INFINITAS,
    KSHOOK_EXPORT,
    KSHOOK_SCORE,
    SENDERS,
    SINGLE_SCORES,
    Sender,
    program_of,
    words_of,
)
from tests.factories import run_job

pytestmark = pytest.mark.django_db

MIB = 2**20
UNREADABLE_BODIES: dict[str, tuple[bytes, int]] = {
    "NUL": (b"\0" * 100, 400),
    "broken UTF-8": (b'{"chart": "\xff\xfe"}', 400),
    "HTML": (b"<!doctype html><html></html>", 400),
    "half a document": (b'{"chart": "sp', 400),
    "a number": (b"5", 400),
    "null": (b"null", 400),
    "a million brackets": (b"[" * 1_000_000, 400),
    "16 MiB": (b'{"chart": "' + b"x" * 16 * MIB + b'"}', 413),
}
each_sender = pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
each_single_score = pytest.mark.parametrize("sender", SINGLE_SCORES.values(), ids=SINGLE_SCORES)
processed_while_waiting = pytest.mark.usefixtures("worked_on_while_waiting")


# --- invalid bodies -----------------------------------------------------------------------------------


@pytest.mark.quick_rows(5)
@each_sender
@pytest.mark.parametrize("name", UNREADABLE_BODIES)
def test_an_unreadable_body_is_refused_without_an_import(sender: Sender, name: str) -> None:
    content, status = UNREADABLE_BODIES[name]
    response = sender.send(program_of(people.alice()), content)
    assert (response.status_code, response.json()["success"]) == (status, False)
    assert response.json()["description"]
    assert not Import.objects.exists()


@each_single_score
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[[1]]"])
def test_the_error_for_an_empty_body_names_the_first_required_member(sender: Sender, content: bytes) -> None:
    response = sender.send(program_of(people.alice()), content)
    assert response.status_code == 400
    assert "| Received undefined [type: undefined]." in response.json()[sender.error_key]
    assert not Import.objects.exists()


@pytest.mark.quick_rows(2)
@processed_while_waiting
@each_sender
def test_lists_and_bodies_of_other_programs_store_no_scores(sender: Sender) -> None:
    """Static imports are enabled, so that bodies with all stored scores are processed."""
    senders.charts()
    for hook in HookSettings.Hook:
        HookSettings.objects.change(people.alice(), hook, {"force_static_import": True})
    others = [other.body for other in SENDERS.values() if other.body != sender.body]
    for body in [*others, [], [[1]], [sender.body], {"scores": []}, {"scores": [[]]}]:
        response = sender.send(program_of(people.alice()), json.dumps(body).encode())
        assert response.status_code in (200, 202, 400)
        assert words_of(response)
    for job in Import.objects.all():
        assert run_job(job).status_code in (None, 400)
    assert not Score.objects.exists()
    assert not OrphanScore.objects.exists()


def test_a_body_of_another_content_type_counts_as_empty() -> None:
    response = FERVIDEX_SCORE.send(program_of(people.alice()), content_type="text/plain")
    assert response.json()["error"].startswith("Invalid Fervidex Request?: chart | Expected any of")


@pytest.mark.quick_rows(3)
@processed_while_waiting
@pytest.mark.parametrize(
    ("sender", "member"), [(FERVIDEX_SCORE, "ghost"), (FERVIDEX_SCORE, "pacemaker"), (KSHOOK_SCORE, "retry_count")]
)
@pytest.mark.parametrize("value", ["\0", "\ud800", {"a": {"\0": 1}}, 1e300, "x" * 100_000, [[1]]])
def test_an_unchecked_member_may_have_any_storable_value(sender: Sender, member: str, value: Any) -> None:
    content = json.dumps(sender.changed(**{member: value}).body).encode()
    response = sender.send(program_of(people.alice()), content)
    is_storable = "\\u0000" not in content.decode() and "\\ud800" not in content.decode()
    assert response.status_code == (200 if is_storable else 400)


# --- permissions --------------------------------------------------------------------------------------


@each_sender
def test_a_guest_gets_the_error_in_the_member_of_the_hook(sender: Sender) -> None:
    response = sender.send(people.guest())
    assert (response.status_code, response.json()) == (
        401,
        {"success": False, sender.error_key: "This endpoint requires authentication."},
    )


@each_sender
def test_a_banned_player_gets_the_error_in_the_description(sender: Sender) -> None:
    response = sender.send(program_of(people.eve()))
    assert (response.status_code, response.json()["description"]) == (403, "You are banned from Tachi Imports")


@each_sender
def test_a_blocked_client_gets_the_message_of_the_moderators(sender: Sender) -> None:
    BlockedClient.objects.create(pattern="badhook", message="Get a newer one.")
    response = sender.with_headers(User_Agent="BadHook/1").send(program_of(people.alice()))
    assert (response.status_code, response.json()["description"]) == (403, "Get a newer one.")


@each_sender
def test_a_hook_of_a_disabled_game_is_a_404(sender: Sender, settings: Settings) -> None:
    settings.TACHI_GAMES = ["bms"]
    response = sender.send(program_of(people.alice()))
    assert response.status_code == 404
    assert response.json()["description"] == f"The route {sender.path} is not available on this instance."


# --- imports ------------------------------------------------------------------------------------------


@processed_while_waiting
@each_single_score
def test_a_hook_returns_the_finished_import(sender: Sender) -> None:
    senders.charts()
    response = sender.with_headers(X_User_Intent="true").send(program_of(people.alice()))
    assert (response.status_code, words_of(response)) == (200, "Import successful.")
    document = response.json()["body"]
    [score] = Score.objects.all()
    assert (document["scoreIDs"], document["userIntent"], document["errors"]) == ([score.score_id], False, [])
    job = Import.objects.get(import_id=document["importID"])
    assert job.client == sender.headers.get("User-Agent", "")


@each_single_score
def test_a_slow_import_of_a_hook_gets_a_202_and_continues(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "WAIT_SECONDS", 0.01)
    senders.charts()
    response = sender.send(program_of(people.alice()))
    body = response.json()["body"]
    assert (response.status_code, words_of(response)) == (202, base.STILL_RUNNING)
    assert body["url"].endswith(f"/api/v1/imports/{body['importID']}/poll-status")
    assert run_job(Import.objects.get(import_id=body["importID"])).score_count == 1


@processed_while_waiting
@each_single_score
def test_an_orphan_of_a_hook_is_imported_with_the_time_of_its_receipt(sender: Sender) -> None:
    sender.send(program_of(people.alice()))
    sender.send(program_of(people.alice()))
    first, second = OrphanScore.objects.order_by("pk")
    assert first.context["timeReceived"] < second.context["timeReceived"]
    senders.charts()
    assert reprocess(people.alice(), jobs.enabled_games()).rescued == 1
    assert Score.objects.get().time_achieved == first.context["timeReceived"]


@processed_while_waiting
@each_single_score
def test_a_revert_and_a_restore_of_a_hook_import_keep_the_score(sender: Sender) -> None:
    senders.charts()
    document = sender.send(program_of(people.alice())).json()["body"]
    job = Import.objects.get(import_id=document["importID"])
    facts = ("score_id", "time_achieved", "score_data", "score_meta", "service", "import_type")
    before = Score.objects.values(*facts).get()
    revert(job, RevertRequest(by=people.alice()))
    assert not Score.objects.exists()
    job.refresh_from_db()
    jobs.restore(job, by=people.alice())
    assert run_job(job).state == State.COMPLETED
    assert Score.objects.values(*facts).get() == before


@pytest.mark.quick_rows(1)
@each_single_score
def test_an_import_of_one_score_takes_a_bounded_number_of_queries(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """The player waits for these queries of the worker; each is a round trip."""
    monkeypatch.setattr(base, "WAIT_SECONDS", 0.01)
    senders.charts()
    program, member = program_of(people.alice()), "pgreat" if sender is FERVIDEX_SCORE else "score"
    for step in range(3):
        more = {"ex_score": sender.body["ex_score"] + 2 * step} if sender is FERVIDEX_SCORE else {}
        sender.changed(**{member: sender.body[member] + step}, **more).send(program)
        job = Import.objects.latest("pk")
        # Two of them for the history of ratings: its latest row, and the row of the last day.
        with django_assert_max_num_queries(33):
            jobs.run_import(job.import_id)
        job.refresh_from_db()
        assert (job.state, job.score_count) == (State.COMPLETED, 1)


# --- fervidex and kshook ------------------------------------------------------------------------------


@processed_while_waiting
def test_a_repeated_score_with_a_highlight_marks_the_stored_score_and_its_best() -> None:
    senders.charts()
    program = program_of(people.alice())
    FERVIDEX_SCORE.changed(highlight=True).send(program)
    assert not Score.objects.get().highlight
    FERVIDEX_SCORE.changed(highlight=True).send(program)
    assert Score.objects.get().highlight
    assert people.alice().bests.get().highlight
    FERVIDEX_SCORE.changed(highlight=False).send(program)
    assert Score.objects.get().highlight


def test_a_fervidex_dan_only_rises_and_is_recorded_as_achievements() -> None:
    program = program_of(people.alice())
    messages = [words_of(FERVIDEX_CLASS.changed(course_id=place).send(program)) for place in (10, 10, 9, 11)]
    changed, unchanged = "Dan changed!", "Dan unchanged, was worse than your current dan."
    assert messages == [changed, unchanged, unchanged, changed]
    assert GameStats.objects.get().classes == {"dan": "DAN_5"}
    history = ClassAchievement.objects.order_by("pk").values_list("old_value", "new_value")
    assert list(history) == [(None, "DAN_4"), ("DAN_4", "DAN_5")]
    assert not Import.objects.exists()


def test_a_static_import_of_fervidex_adds_scores_once_after_it_was_enabled() -> None:
    senders.charts()
    alice, program = people.alice(), program_of(people.alice())
    HookSettings.objects.change(alice, "fervidex", {"force_static_import": True})
    for _ in range(2):
        response = FERVIDEX_PROFILE.send(program)
        assert (response.status_code, response.json()["body"]) == (202, {})
    first, second = (run_job(job) for job in Import.objects.order_by("pk"))
    assert (first.score_count, second.score_count) == (1, 0)
    assert first.class_deltas[0]["new"] == "DAN_1"


def test_an_invalid_static_import_of_fervidex_becomes_a_failed_import() -> None:
    sender = Sender(FERVIDEX_PROFILE.path, {"scores": {"x\0y": {}}}, INFINITAS, "error")
    assert sender.send(program_of(people.alice())).status_code == 202
    job = run_job(Import.objects.get())
    assert (job.state, job.error_message) == (State.FAILED, "Invalid score with songID x\N{REPLACEMENT CHARACTER}y.")


@processed_while_waiting
def test_an_export_of_kshook_is_imported_once_after_it_was_enabled() -> None:
    senders.charts()
    program, disabled = program_of(people.alice()), "Static importing is disabled. Ignoring static import request."
    assert words_of(KSHOOK_EXPORT.send(program)) == disabled
    HookSettings.objects.change(people.alice(), "kshook-sv6c", {"force_static_import": True})
    assert [words_of(KSHOOK_EXPORT.send(program)) for _ in range(2)] == ["Import successful.", disabled]
    assert Score.objects.get().import_type == "ir/kshook-sv6c"
    assert Import.objects.get().import_type == "ir/kshook-sv6c-static"


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        (None, "Invalid User-Agent."),
        ("curl/8", "Invalid User-Agent curl/8 - expected fervidex client."),
        ("fervidex/", "Invalid version 0."),
        ("fervidex/1.3", "Invalid version 1.3."),
        ("fervidex/1.3.0-beta", "Invalid version 1.3.NaN."),
        ("fervidex/1.2.99", "Versions of fervidex < 1.3.0 are not supported."),
        ("fervidex/1..3", "Versions of fervidex < 1.3.0 are not supported."),
    ],
)
def test_other_clients_and_old_versions_of_fervidex_are_refused(agent: str | None, message: str) -> None:
    response = FERVIDEX_CLASS.with_headers(User_Agent=agent).send(program_of(people.alice()))
    assert (response.status_code, response.json()) == (400, {"success": False, "error": message})


@pytest.mark.parametrize("version", ["..", "0.9.0", "1.3.0", "1.10.0", "1.3.0.4", "2.0.0"])
def test_a_supported_version_of_fervidex_is_accepted(version: str) -> None:
    sender = FERVIDEX_CLASS.with_headers(User_Agent=f"fervidex/{version}")
    assert sender.send(program_of(people.alice())).status_code == 200


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "Invalid X-Software-Model."),
        ("LDJ:J:E:A:202309050", "Invalid X-Software-Model."),
        ("LDJ:J:E:Z:2023090500", "2DX_BMS is not supported."),
        ("LDJ:J:E:E:2026090900", "Invalid software model LDJ:J:E:E:2026090900)"),
        ("QCV:J:B:A:2021083100", "Invalid software model QCV:J:B:A:2021083100)"),
    ],
)
def test_an_unsupported_software_model_of_fervidex_is_refused(model: str | None, message: str) -> None:
    response = FERVIDEX_CLASS.with_headers(X_Software_Model=model).send(program_of(people.alice()))
    assert (response.status_code, response.json()) == (400, {"success": False, "error": message})


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"User_Agent": None}, "Invalid User-Agent."),
        ({"User_Agent": "KsHook/1"}, "Invalid User-Agent KsHook/1 - expected KsHook client."),
        ({"X_Software_Model": "QCV"}, "Invalid X-Software-Model."),
        ({"X_Software_Model": "KFC:J:B:A:2021083100"}, "Invalid softID KFC:J:B:A:2021083100."),
    ],
)
def test_an_invalid_header_of_kshook_is_refused(headers: dict[str, str | None], message: str) -> None:
    response = KSHOOK_SCORE.with_headers(**headers).send(program_of(people.alice()))
    assert (response.status_code, response.json()) == (400, {"success": False, "error": message})


@pytest.mark.parametrize(
    ("cards", "card", "message"),
    [
        (["E004A"], None, "Fervidex did not provide a card ID."),
        (["E004A"], "e004a", "The card ID e004a is not in your list of filters. Ignoring."),
        ([], "E004A", "The card ID E004A is not in your list of filters. Ignoring."),
        (["E004B", "E004A"], "E004A", "Dan changed!"),
        (None, None, "Dan changed!"),
    ],
)
def test_a_card_filter_ignores_scores_of_other_cards(cards: Any, card: str | None, message: str) -> None:
    HookSettings.objects.change(people.alice(), "fervidex", {"cards": cards})
    assert words_of(FERVIDEX_CLASS.with_headers(X_Account_Id=card).send(program_of(people.alice()))) == message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"course_id": 19}, "[course_id] Expected an integer between 0 and 18. (Received 19)"),
        ({"course_id": [1]}, "[course_id] Expected an integer between 0 and 18. (Received 1)"),
        ({"course_id": {}}, "[course_id] Expected an integer between 0 and 18. (Received [object Object])"),
        ({"play_style": "0"}, "[play_style] Expected any of 0, 1. (Received 0)"),
        ({"cleared": None}, "[cleared] Expected boolean. (Received null)"),
        ({"cleared": "x" * 100}, f"[cleared] Expected boolean. (Received {'x' * 97}...)"),
        ({"cleared": False, "course_id": 99}, "[course_id] Expected an integer between 0 and 18. (Received 99)"),
    ],
)
def test_an_invalid_fervidex_course_is_refused(members: dict[str, Any], message: str) -> None:
    response = FERVIDEX_CLASS.changed(**members).send(program_of(people.alice()))
    assert (response.status_code, response.json()["error"]) == (400, message)
