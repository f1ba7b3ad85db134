"""Rate limits: fixed windows in Redis, by user or address, with headers, and no failures if Redis is down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings
from redis import Redis

from imports.access import rate_limits as counted
from imports.access.rate_limits import DEFAULT_LIMIT, SCORE_IMPORT_LIMIT, STRICT_LIMIT, RateLimit, client_address
from imports.api.core import authentication, throttling
from imports.api.imports import orphans
from imports.models import GameStats, Import, Permission, Session
from tests import people
from tests.api.envelopes import summary
from tests.factories import NOON, batch_manual, charts, create_import, score_on, unknown_score

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rate_limits")]

STATUS = "/api/v1/status"


@pytest.fixture
def three_a_minute() -> Iterator[RateLimit]:
    """Lowers the default limit to three requests a minute."""
    limiter = RateLimit("normal", 3, 60)
    with patch.object(throttling, "DEFAULT_LIMIT", limiter):
        yield limiter


def upload(client: Client, path: str) -> tuple[int, str]:
    if path.startswith("/ir"):
        return summary(client.post(path, batch_manual(), content_type="application/json"))
    form = {
        "importType": "file/batch-manual",
        "scoreData": SimpleUploadedFile("a.json", json.dumps(batch_manual()).encode()),
    }
    return summary(client.post(path, form))


def test_the_rate_limits_are_those_of_tachi() -> None:
    assert [
        (limiter.max_requests, limiter.seconds) for limiter in (DEFAULT_LIMIT, SCORE_IMPORT_LIMIT, STRICT_LIMIT)
    ] == [
        (500, 60),
        (5, 60),
        (15, 600),
    ]


def test_the_rate_limit_headers_count_down_until_a_request_is_refused(three_a_minute: RateLimit) -> None:
    client = people.guest()
    actual = [client.get(STATUS).headers["X-RateLimit-Remaining"] for _ in range(3)]
    refused = client.get(STATUS)
    assert actual == ["2", "1", "0"]
    assert refused.status_code == 429
    assert json.loads(refused.content) == {
        "success": False,
        "description": "You have exceeded 3 requests per 60 seconds. Please wait.",
        "status": 429,
        "message": "You're being rate limited.",
    }
    assert refused.headers["X-RateLimit-Limit"] == "3"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_the_window_of_a_rate_limit_is_not_extended_by_refused_requests(
    three_a_minute: RateLimit, redis_clean: Redis
) -> None:
    client = people.guest()
    for _ in range(4):
        last = client.get(STATUS)
    (key,) = redis_clean.keys("tachi:limit:*")
    assert last.status_code == 429
    assert 0 < redis_clean.pttl(key) <= 60_000
    redis_clean.delete(key)
    assert client.get(STATUS).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/imports/0/poll-status", "/api/v1/nothing", "/ir/nothing"])
def test_all_endpoints_share_the_default_counter(path: str, three_a_minute: RateLimit) -> None:
    client = people.guest()
    for _ in range(3):
        client.get(STATUS)
    assert client.get(path).status_code == 429


def test_each_client_address_has_its_own_counter(three_a_minute: RateLimit) -> None:
    for _ in range(4):
        people.guest().get(STATUS)
    assert people.guest().get(STATUS, REMOTE_ADDR="10.0.0.2").status_code == 200


def test_an_authenticated_user_has_one_counter_for_all_addresses(three_a_minute: RateLimit) -> None:
    clients = [people.bearer(people.alice()), people.bearer(people.alice()), people.session_of(people.alice())]
    for number, client in enumerate(clients):
        assert client.get(STATUS, REMOTE_ADDR=f"10.0.0.{number}").status_code == 200
    assert clients[0].get(STATUS, REMOTE_ADDR="10.0.0.9").status_code == 429
    assert clients[0].get("/api/v1/imports/0/poll-status").status_code == 429


def test_players_behind_one_address_have_separate_counters(three_a_minute: RateLimit) -> None:
    for _ in range(4):
        last = people.bearer(people.alice()).get(STATUS)
    assert last.status_code == 429
    assert people.bearer(people.bob()).get(STATUS).status_code == 200
    assert people.guest().get(STATUS).status_code == 200


def test_requests_under_ir_are_counted_by_address(three_a_minute: RateLimit, redis_clean: Redis) -> None:
    people.bearer(people.alice()).post("/ir/direct-manual/import")
    assert redis_clean.keys("tachi:limit:normal:*") == [b"tachi:limit:normal:127.0.0.1"]


@pytest.mark.quick_rows(5)
@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "192.0.2.1"),
        (0, "198.51.100.7", "192.0.2.1"),  # without a proxy the header is not trusted
        (1, "", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # our proxy appends to the client's forged header
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::/64"),
        (1, "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),  # a customer has 2^64 of these to choose from
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "nonsense", "192.0.2.1"),
        (1, ",", "192.0.2.1"),
    ],
)
def test_the_client_address_is_taken_from_trusted_proxies_only(
    proxies: int, forwarded: str, address: str, settings: Settings
) -> None:
    settings.TACHI_PROXIES = proxies
    meta = {"REMOTE_ADDR": "192.0.2.1", **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})}
    assert client_address(meta) == address


def test_requests_without_an_address_share_one_counter() -> None:
    assert client_address({}) == client_address({"REMOTE_ADDR": ""}) == "nowhere"


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_changing_forwarded_header_does_not_evade_the_rate_limit(
    proxies: int, three_a_minute: RateLimit, settings: Settings
) -> None:
    settings.TACHI_PROXIES = proxies
    actual = [
        people.guest().get(STATUS, headers={"X-Forwarded-For": f"10.0.0.{number}, 198.51.100.7"}).status_code
        for number in range(4)
    ]
    assert actual == [200, 200, 200, 429]


def test_an_invalid_token_counts_towards_the_default_limit_under_ir_only(
    three_a_minute: RateLimit, redis_clean: Redis
) -> None:
    client = people.with_authorization("Bearer x")
    client.get(STATUS)
    assert redis_clean.keys("tachi:limit:normal:*") == []
    client.post("/ir/direct-manual/import")
    assert len(redis_clean.keys("tachi:limit:normal:*")) == 1


@pytest.mark.parametrize("path", [STATUS, "/api/v1/imports/0/poll-status", "/ir/direct-manual/import"])
def test_an_address_that_guesses_tokens_is_refused_until_the_window_ends(path: str, redis_clean: Redis) -> None:
    good = people.bearer(people.alice())
    with patch.object(authentication, "BAD_TOKEN_LIMIT", RateLimit("bad-token", 3, 60)):
        actual = [people.with_authorization(f"Bearer {number:040x}").post(STATUS).status_code for number in range(4)]
        assert actual == [401, 401, 401, 429]
        refused = good.post(path) if path.startswith("/ir") else good.get(path)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert good.get(STATUS, REMOTE_ADDR="10.0.0.2").status_code == 200
        assert people.guest().get(STATUS).status_code == 200
        redis_clean.delete("tachi:limit:bad-token:127.0.0.1")
        assert good.get(STATUS).status_code == 200


def test_a_valid_token_is_not_counted_as_an_invalid_one(redis_clean: Redis) -> None:
    people.bearer(people.alice()).get(STATUS)
    people.with_authorization("").get(STATUS)
    people.with_authorization("Basic x").get(STATUS)
    assert redis_clean.keys("tachi:limit:bad-token:*") == []


@pytest.mark.parametrize("path", ["/api/v1/import/file", "/ir/direct-manual/import"])
def test_the_sixth_upload_in_a_minute_is_refused_for_files_and_irs_together(path: str) -> None:
    client = people.bearer(people.alice(), Permission.SUBMIT_SCORE)
    paths = ["/api/v1/import/file", "/ir/direct-manual/import"] * 2 + [path, path]
    actual = [upload(client, each)[0] for each in paths[:5]]
    assert actual == [202] * 5
    response = client.post(path, {})
    assert response.status_code == 429
    assert json.loads(response.content)["description"] == "You have exceeded 5 requests per 60 seconds. Please wait."


@pytest.mark.parametrize("path", ["/api/v1/import/file", "/ir/direct-manual/import"])
def test_an_unauthorized_upload_is_not_counted_as_an_upload(path: str, redis_clean: Redis) -> None:
    assert people.guest().post(path).status_code == 401
    assert people.bearer(people.alice()).post(path).status_code == 403
    assert redis_clean.keys("tachi:limit:score-import:*") == []


def test_an_upload_with_an_invalid_form_is_counted(redis_clean: Redis) -> None:
    assert people.bearer(people.alice(), Permission.SUBMIT_SCORE).post("/api/v1/import/file").status_code == 400
    assert len(redis_clean.keys("tachi:limit:score-import:*")) == 1


def test_the_list_of_all_bests_has_a_strict_limit_that_counts_valid_paths_only() -> None:
    alice = people.alice()
    GameStats.objects.create(user=alice, game="sdvx", playtype="Single")
    client = people.guest()
    for _ in range(20):
        assert client.get("/api/v1/users/alice/games/sdvx/Double/pbs/all").status_code == 400
    actual = [client.get("/api/v1/users/alice/games/sdvx/Single/pbs/all").status_code for _ in range(16)]
    assert actual == [200] * 15 + [429]


def test_requests_are_not_limited_while_redis_is_down(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/at/all.sock"
    for _ in range(3):
        response = people.guest().get(STATUS)
        assert response.status_code == 200
        assert "X-RateLimit-Limit" not in response.headers


def test_requests_are_not_counted_when_rate_limits_are_disabled(settings: Settings, redis_clean: Redis) -> None:
    settings.TACHI_RATE_LIMITS = False
    people.guest().get(STATUS)
    assert redis_clean.keys("tachi:limit:*") == []


# --- expensive requests -------------------------------------------------------------------------------


@pytest.fixture
def once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allows each expensive request once a minute, and counts documents of three rows as long."""
    for name in ("FILES", "LONG_DOCUMENTS", "SEARCHES", "ORPHANS"):
        limiter = RateLimit(name.lower(), 1, 60)
        for module in (throttling, counted, orphans):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, limiter)
    monkeypatch.setattr("imports.pages.core.rate_limit_middleware.SEARCHES", RateLimit("searches", 1, 60))
    monkeypatch.setattr("imports.api.imports.views.LONG", 2)
    monkeypatch.setattr("imports.api.players.sessions.LONG", 2)


EXPENSIVE = {
    "table": ("GET", "/api/v1/imports/{job}/errors?format=csv"),
    "rows to correct": ("GET", "/api/v1/imports/{job}/errors?format=batch-manual"),
    "input": ("GET", "/api/v1/imports/{job}/input"),
    "document": ("GET", "/api/v1/imports/{job}"),
    "preview": ("GET", "/api/v1/imports/{job}/revert"),
    "session": ("GET", "/api/v1/sessions/{session}"),
    "search": ("GET", "/api/v1/search?search=a"),
    "search in charts": ("GET", "/api/v1/games/sdvx/Single/charts?search=a"),
    "search for users": ("GET", "/api/v1/users?search=a"),
    "orphans": ("POST", "/api/v1/import/orphans"),
    "table on a page": ("GET", "/imports/{job}/problems.csv"),
    "rows to correct on a page": ("GET", "/imports/{job}/left-out.json"),
    "input on a page": ("GET", "/imports/{job}/input/"),
    "search on a page": ("GET", "/games/sdvx/songs/?q=a"),
    "orphans on a page": ("POST", "/orphans/retry/"),
}


@pytest.mark.quick_rows(5)
@pytest.mark.usefixtures("once_a_minute")
@pytest.mark.parametrize(("method", "path"), EXPENSIVE.values(), ids=EXPENSIVE)
def test_an_expensive_request_has_its_own_rate_limit(method: str, path: str) -> None:
    rows = [score_on(chart, timeAchieved=NOON) for chart in charts(3)]
    job = create_import(people.alice(), *rows, unknown_score(), file_name="night.json")
    client = people.session_of(people.alice())
    address = path.format(job=job.import_id, session=Session.objects.get().session_id)
    assert client.generic(method, address).status_code in {200, 302}
    refused = client.generic(method, address)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert client.get(STATUS).status_code == 200, "other requests are not limited"


@pytest.mark.usefixtures("once_a_minute")
def test_a_short_document_and_a_page_of_problems_are_not_limited() -> None:
    job = create_import(people.alice(), score_on(charts(1)[0], timeAchieved=NOON))
    for _ in range(3):
        for path in ("", "/errors", "/revert", "/poll-status"):
            assert summary(people.session_of(people.alice()).get(f"/api/v1/imports/{job.import_id}{path}"))[0] == 200


@pytest.mark.usefixtures("once_a_minute")
def test_a_poll_of_a_long_completed_import_returns_all_scores_and_is_counted() -> None:
    job = create_import(people.alice(), *(score_on(chart) for chart in charts(3)))
    Import.objects.update(score_count=counted.LONG + 1)
    address = f"/api/v1/imports/{job.import_id}/poll-status"
    actual = people.guest().get(address)
    assert len(actual.json()["body"]["import"]["scoreIDs"]) == 3
    assert people.guest().get(address).status_code == 429


def test_the_limits_of_expensive_requests_come_from_the_settings() -> None:
    limits = {
        limiter.name: (limiter.max_requests, limiter.seconds)
        for limiter in (
            counted.SCORE_CHECK_LIMIT,
            counted.ORPHANS,
            counted.FILES,
            counted.LONG_DOCUMENTS,
            counted.SEARCHES,
        )
    }
    assert limits == {
        **{"score-check": (10, 60), "orphans": (5, 60), "files": (20, 60)},
        **{"long-documents": (30, 60), "searches": (120, 60)},
    }
