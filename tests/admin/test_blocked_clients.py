"""Clients that moderators block are refused with a message wherever scores are submitted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from imports.access import blocked_clients
from imports.models import AuditEntry, BlockedClient, Import, Permission
from tests import factories, people

pytestmark = pytest.mark.django_db

MESSAGE = "BadHook before 2.0 sends wrong lamps. Take 2.0 from its page."


def block(client: Client, pattern: str = "BadHook/1", message: str = MESSAGE) -> Any:
    return client.post(reverse("admin:imports_blockedclient_add"), {"pattern": pattern, "message": message})


def by_file(program: Client, agent: str) -> Any:
    file = SimpleUploadedFile("scores.json", json.dumps(factories.batch_manual()).encode())
    data = {"importType": "file/batch-manual", "scoreData": file}
    return program.post("/api/v1/import/file", data, headers={"User-Agent": agent})


def by_body(program: Client, agent: str) -> Any:
    document = factories.batch_manual()
    headers = {"User-Agent": agent}
    return program.post("/ir/direct-manual/import", document, content_type="application/json", headers=headers)


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("send", [by_file, by_body])
@pytest.mark.parametrize(
    ("agent", "refused"),
    [
        ("BadHook/1.4 (Windows)", True),
        ("Mozilla/5.0 badhook/1.0", True),
        ("BadHook/2.0", False),
        ("", False),
    ],
)
def test_a_blocked_client_is_refused_with_the_moderators_message(send: Any, agent: str, refused: bool) -> None:
    block(people.session_of(people.mo()))

    response = send(people.bearer(people.alice(), Permission.SUBMIT_SCORE), agent)

    assert response.status_code == (403 if refused else 202)
    assert (response.json()["description"] == MESSAGE) == refused
    assert Import.objects.exists() != refused


def test_a_missing_permission_is_reported_before_a_blocked_client() -> None:
    block(people.session_of(people.mo()))

    assert by_body(people.guest(), "BadHook/1.4").status_code == 401
    missing = by_body(people.bearer(people.alice()), "BadHook/1.4").json()["description"]
    assert missing.endswith(Permission.SUBMIT_SCORE.value)


def test_the_check_for_blocked_clients_takes_one_query(django_assert_num_queries: Any) -> None:
    BlockedClient.objects.bulk_create(BlockedClient(pattern=f"Hook/{n}.", message="x") for n in range(50))

    with django_assert_num_queries(1):
        assert blocked_clients.block_message("Hook/49.1") == "x"


def test_wildcards_in_a_pattern_are_literal() -> None:
    block(people.session_of(people.mo()), pattern="a%b_c")

    assert blocked_clients.block_message("axxbyc") is None
    assert blocked_clients.block_message("A%B_C/1") == MESSAGE


def test_blocking_and_unblocking_a_client_are_in_the_audit_trail() -> None:
    mo = people.mo()
    browser = people.session_of(mo)
    block(browser)
    blocked = BlockedClient.objects.get()
    assert blocked.created_by == mo
    browser.post(
        reverse("admin:imports_blockedclient_change", args=[blocked.pk]), {"pattern": "BadHook", "message": "No."}
    )
    browser.post(reverse("admin:imports_blockedclient_delete", args=[blocked.pk]), {"post": "yes"})

    assert list(AuditEntry.objects.order_by("pk").values_list("verb", "actor", "reason")) == [
        ("client blocked", mo.pk, f"BadHook/1: {MESSAGE}"),
        ("client blocked", mo.pk, "BadHook: No."),
        ("client unblocked", mo.pk, "BadHook: No."),
    ]
    assert blocked_clients.block_message("BadHook/1.4") is None


@pytest.mark.parametrize("pattern", ["", "ab", "  a  "])
def test_a_pattern_of_fewer_than_three_characters_is_refused(pattern: str) -> None:
    page = block(people.session_of(people.mo()), pattern=pattern)

    assert page.status_code == 200
    assert not BlockedClient.objects.exists()
