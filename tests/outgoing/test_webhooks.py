"""Events for API clients: recipients, signatures, and failed deliveries."""

from __future__ import annotations

import hmac
import json
import socket
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from imports import jobs, webhook_requests
from imports.advisory_locks import WEBHOOK_LOCK
from imports.jobs import queue
from imports.jobs.outgoing import outbox, webhooks
from imports.models import APIClient, APIToken, Import, User, WebhookDelivery
from imports.models.jobs.webhook_deliveries import KEPT
from imports.pipeline.classes import ClassChange, raise_class
from imports.public_addresses import is_public
from tests import factories, people
from tests.outgoing.receivers import Receiver, receiver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(settings, "TACHI_WEBHOOKS_PRIVATE", True)
    with receiver() as found:
        yield found


def a_client(address: str, **fields: Any) -> tuple[APIClient, str]:
    values = {"name": "Class Bot", "permissions": ["submit_score"], "webhook_uri": address, **fields}
    return APIClient.objects.create_for(people.bob(), **values)


def connect(user: User, client: APIClient, **fields: Any) -> None:
    APIToken.objects.create_for(user, permissions=[], client=client, **fields)


def import_dan(dan: str) -> Import:
    """Imports a file for Alice in which she has reached a dan."""
    return factories.create_import(people.alice(), parts={"classes": {"dan": dan}})


def deliver() -> None:
    """Does the work of sweeper and worker."""
    jobs.sweep_webhooks()
    jobs.deliver_webhooks()


def next_attempt_is_now() -> None:
    WebhookDelivery.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())


class TestRecipients:
    def test_a_raised_class_is_sent_to_the_connected_client_signed_with_its_secret(self, server: Receiver) -> None:
        client, secret = a_client(server.address)
        connect(people.alice(), client)
        import_dan("DAN_4")
        deliver()
        [(path, headers, body)] = server.received
        assert path == "/hook"
        assert json.loads(body) == {
            "type": "class-update/v1",
            "content": {
                "userID": people.alice().pk, "game": "sdvx", "playtype": "Single", "set": "dan", "old": None,
                "new": "DAN_4",
            },
        }  # fmt: skip
        version, _, signature = headers["webhook-signature"].partition(",")
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = hmac.new(sha256(secret.encode()).digest(), signed, sha256).digest()
        assert (version, b64decode(signature)) == ("v1", expected)
        assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
        delivery = WebhookDelivery.objects.get()
        assert (delivery.status, delivery.failure, delivery.attempts, delivery.next_attempt_at) == (204, "", 1, None)
        assert headers["webhook-id"] == delivery.delivery_id

    def test_equal_and_lower_classes_and_restores_send_no_event(self) -> None:
        client, _ = a_client("https://bot.example.org/")
        connect(people.alice(), client)
        import_dan("DAN_4")
        import_dan("DAN_4")
        import_dan("DAN_2")
        assert WebhookDelivery.objects.count() == 1
        job = import_dan("DAN_5")
        browser = people.session_of(people.alice())
        browser.post(f"/api/v1/imports/{job.import_id}/revert")
        browser.post(f"/api/v1/imports/{job.import_id}/restore")
        factories.run_job(job)
        assert [json.loads(each.body)["content"]["new"] for each in WebhookDelivery.objects.order_by("pk")] == [
            "DAN_4",
            "DAN_5",
        ]

    @pytest.mark.parametrize(
        "what", ["no address", "no secret", "no token", "an expired token", "somebody else's", "an author who leaves"]
    )
    def test_an_event_is_not_sent_to_a_client_with(self, what: str) -> None:
        client, _ = a_client("" if what == "no address" else "https://bot.example.org/")
        if what == "no secret":
            APIClient.objects.update(secret_digest="")
        if what == "an author who leaves":
            jobs.start_departure(people.bob(), by=people.bob())
        if what != "no token":
            user = people.kay() if what == "somebody else's" else people.alice()
            past = timezone.now() - timedelta(days=1) if what == "an expired token" else None
            connect(user, client, expires_at=past)
        import_dan("DAN_4")
        assert not WebhookDelivery.objects.exists()

    def test_two_tokens_of_a_client_cause_one_delivery(self) -> None:
        client, _ = a_client("https://bot.example.org/")
        connect(people.alice(), client)
        connect(people.alice(), client)
        import_dan("DAN_4")
        assert WebhookDelivery.objects.count() == 1

    def test_a_class_reported_by_a_program_sends_an_event(self) -> None:
        client, _ = a_client("https://bot.example.org/")
        connect(people.alice(), client)
        raise_class(people.alice(), ClassChange("sdvx", "Single", "dan", "DAN_3"))
        assert WebhookDelivery.objects.count() == 1

    def test_an_import_that_is_rolled_back_sends_no_event(self) -> None:
        client, _ = a_client("https://bot.example.org/")
        connect(people.alice(), client)
        with transaction.atomic():
            import_dan("DAN_4")
            assert WebhookDelivery.objects.exists()
            transaction.set_rollback(True)
        assert not WebhookDelivery.objects.exists()

    @pytest.mark.parametrize("what", ["is revoked", "expires"])
    def test_a_delivery_is_dropped_if_the_token_ends_before_it(self, what: str, server: Receiver) -> None:
        client, _ = a_client(server.address)
        connect(people.alice(), client)
        import_dan("DAN_4")
        if what == "expires":
            APIToken.objects.update(expires_at=timezone.now())
        else:
            APIToken.objects.all().delete()
        deliver()
        assert server.received == []
        assert WebhookDelivery.objects.get().failure == "disconnected"


@pytest.fixture
def delivery(server: Receiver) -> WebhookDelivery:
    client, _ = a_client(server.address)
    connect(people.alice(), client)
    import_dan("DAN_4")
    return WebhookDelivery.objects.get()


class TestFailures:
    def test_a_failed_delivery_is_retried_after_growing_pauses(
        self, server: Receiver, delivery: WebhookDelivery
    ) -> None:
        server.statuses = [500, 503, 200]
        pauses = []
        for _ in range(3):
            deliver()
            deliver()  # not due, so no request is sent
            delivery.refresh_from_db()
            if delivery.next_attempt_at:
                pauses.append(round((delivery.next_attempt_at - timezone.now()).total_seconds(), -1))
            next_attempt_is_now()
        assert pauses == [30, 120]
        assert [body for _, _, body in server.received] == 3 * [delivery.body.encode()]
        assert len({headers["webhook-id"] for _, headers, _ in server.received}) == 1
        assert (delivery.status, delivery.failure, delivery.attempts) == (200, "", 3)
        assert delivery.delivered_at is not None

    def test_a_delivery_is_given_up_after_the_last_attempt(self, server: Receiver, delivery: WebhookDelivery) -> None:
        server.statuses = [500]
        for _ in range(webhooks.MAX_ATTEMPTS + 2):
            deliver()
            next_attempt_is_now()
        assert len(server.received) == webhooks.MAX_ATTEMPTS
        delivery.refresh_from_db()
        assert (delivery.status, delivery.failure, delivery.next_attempt_at) == (500, "status", None)

    def test_a_redirect_is_not_followed(self, server: Receiver, delivery: WebhookDelivery) -> None:
        server.statuses, server.headers = [307], {"Location": f"{server.address}/elsewhere"}
        deliver()
        assert [path for path, _, _ in server.received] == ["/hook"]
        delivery.refresh_from_db()
        assert (delivery.status, delivery.failure) == (307, "status")

    def test_a_response_that_never_ends_times_out(self, server: Receiver) -> None:
        server.drips = True
        [answer] = send(server.address, timeout=0.3, allows_private=True)
        assert answer.failure == "timeout"

    def test_a_huge_response_is_not_read(self, server: Receiver, delivery: WebhookDelivery) -> None:
        server.statuses, server.body = [200], bytes(50 << 20)
        deliver()
        delivery.refresh_from_db()
        assert delivery.delivered_at is not None

    def test_a_delivery_is_retried_after_a_lost_worker_or_queue(
        self, delivery: WebhookDelivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queued = []
        monkeypatch.setattr(queue, "enqueue_webhooks", lambda: queued.append(1))
        jobs.sweep_webhooks()
        outbox.take_batch(WebhookDelivery.objects.all())  # then the worker is killed, or Redis emptied
        jobs.sweep_webhooks()
        assert len(queued) == 1  # the first worker may still be running
        WebhookDelivery.objects.update(handed_over_at=timezone.now() - outbox.ABANDONED_AFTER)
        jobs.sweep_webhooks()
        assert len(queued) == 2
        jobs.deliver_webhooks()
        delivery.refresh_from_db()
        assert (delivery.attempts, delivery.status) == (2, 204)

    def test_a_delivery_that_kills_workers_is_given_up(self, server: Receiver, delivery: WebhookDelivery) -> None:
        WebhookDelivery.objects.update(attempts=webhooks.MAX_ATTEMPTS)
        deliver()
        delivery.refresh_from_db()
        assert (delivery.failure, delivery.next_attempt_at, server.received) == ("crashed", None, [])

    @pytest.mark.usefixtures("delivery")
    def test_only_one_worker_sends_webhooks_at_a_time(self, server: Receiver) -> None:
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s, 0)", [WEBHOOK_LOCK])
            deliver()
            assert server.received == []
        finally:
            other.close()

    @pytest.mark.usefixtures("delivery")
    def test_a_batch_contains_one_delivery_per_client(self, server: Receiver) -> None:
        import_dan("DAN_5")
        other, _ = a_client(server.address, name="Other Bot")
        connect(people.alice(), other)
        import_dan("DAN_6")
        jobs.sweep_webhooks()
        handed = WebhookDelivery.objects.filter(handed_over_at__isnull=False)
        assert sorted(handed.values_list("client__name", flat=True)) == ["Class Bot", "Other Bot"]
        jobs.deliver_webhooks()  # continues with the rest
        assert len(server.received) == 4

    @pytest.mark.usefixtures("delivery")
    def test_old_deliveries_are_deleted(self) -> None:
        jobs.sweep_webhooks()
        assert WebhookDelivery.objects.exists()
        WebhookDelivery.objects.update(created_at=timezone.now() - KEPT)
        jobs.sweep_webhooks()
        assert not WebhookDelivery.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_worker_sends_deliveries_handed_over_by_the_sweeper(self, delivery: WebhookDelivery) -> None:
        jobs.sweep_webhooks()
        jobs.work(burst=True)
        delivery.refresh_from_db()
        assert delivery.status == 204


def send(url: str, *, timeout: float = 5, allows_private: bool = False) -> list[webhook_requests.Answer]:
    request = webhook_requests.WebhookRequest(url, "d" * 40, 1_700_000_000, b"{}", b"key")
    return webhook_requests.send([request], agent="tests", allows_private=allows_private, timeout=timeout)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Makes names resolve to these addresses, one list after the other. Returns the names that were looked up."""
    lookups: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        lookups.append(host)
        found = answers[min(len(lookups), len(answers)) - 1]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return lookups


class TestAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0",  # noqa: S104
        ],
    )  # fmt: skip
    def test_addresses_of_this_machine_are_refused_in_any_spelling(self, host: str, server: Receiver) -> None:
        # aiohttp refuses some spellings itself, as a connection error.
        assert send(f"http://{host}:{server.port}/")[0].failure in ("address", "connection")
        assert server.received == []

    @pytest.mark.parametrize(
        "addresses",
        [
            ["10.0.0.1"], ["169.254.169.254"], ["192.168.0.1"], ["100.64.0.1"], ["fe80::1"], ["fd00::1"],
            ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"], ["2002:a00:1::"], ["8.8.8.8", "127.0.0.1"],
        ],
    )  # fmt: skip
    def test_a_name_with_a_private_address_is_refused(
        self, addresses: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        resolving(monkeypatch, addresses)
        assert [each.failure for each in send("http://bot.example.org/")] == ["address"]

    def test_the_connection_uses_the_resolved_and_checked_address(
        self, server: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(webhook_requests, "is_public", lambda address: address == "127.0.0.1")
        lookups = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
        assert send(f"http://bot.example.org:{server.port}/")[0].status == 204
        assert lookups == ["bot.example.org"]
        # Every attempt resolves the name again and checks the result.
        assert send(f"http://bot.example.org:{server.port}/")[0].failure == "address"

    @pytest.mark.parametrize(
        ("url", "failure"),
        [
            ("http://127.0.0.1:1/", "connection"),
            ("http://no-such-host.invalid/", "connection"),
            (f"http://{'a' * 300}.example.org/", "connection"),
            ("http://exa mple/", "connection"),
        ],
    )
    def test_unreachable_addresses_are_connection_failures(self, url: str, failure: str) -> None:
        assert send(url, allows_private=True)[0].failure == failure

    def test_a_plain_server_behind_https_fails_the_certificate_or_connection(self, server: Receiver) -> None:
        url = server.address.replace("http://", "https://")
        assert send(url, allows_private=True)[0].failure in ("certificate", "connection")

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("8.8.8.8", True), ("127.0.0.1", False), ("10.0.0.1", False), ("172.16.3.4", False),
            ("192.168.1.1", False), ("169.254.169.254", False), ("0.0.0.0", False),  # noqa: S104
            ("100.64.0.1", False), ("224.0.0.1", False), ("240.0.0.1", False), ("255.255.255.255", False),
            ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fd00::1", False), ("fec0::1", False),
            ("ff02::1", False), ("::ffff:10.0.0.1", False), ("::ffff:8.8.8.8", True), ("::127.0.0.1", False),
            ("2002:7f00:1::", False), ("2002:808:808::", True), ("64:ff9b::7f00:1", False),
            ("64:ff9b::808:808", True), ("2001:db8::1", False), ("2606:4700::1111", True),
        ],
    )  # fmt: skip
    def test_only_internet_addresses_are_public(self, address: str, expected: bool) -> None:
        assert is_public(address) is expected


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification (standardwebhooks.com)."""
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    request = webhook_requests.WebhookRequest("", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, key)
    assert request.signature() == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
