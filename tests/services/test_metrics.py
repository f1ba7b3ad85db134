"""/metrics: its values, its bounded labels, and who may read it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import CollectorRegistry
from pytest_django.fixtures import Settings as SettingsWrapper
from redis import Redis

from imports import monitoring
from imports.errors import ProblemType
from imports.models import Import, ImportProblem, State
from tachi_imports import env
from tachi_imports.monitoring import collectors, metrics
from tests import people
from tests.query_plans import plan_of

pytestmark = pytest.mark.django_db

Sample = tuple[str, tuple[tuple[str, str], ...]]


def samples_of(text: str) -> dict[Sample, float]:
    """(name, labels) to value, as Prometheus reads it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def facts_now() -> dict[Sample, float]:
    registry = CollectorRegistry()
    registry.register(collectors.DatabaseCollector())
    return samples_of(generate_latest(registry).decode())


def an_import(state: State, *, queued: int, waited: int = 0, ran: int = 0, kind: str = "ir/direct-manual") -> Import:
    """One that was queued so many seconds ago; only what is done has the other times."""
    begun = timezone.now() - timedelta(seconds=queued)
    times = {}
    if state == State.COMPLETED:
        times = {
            "time_started": begun + timedelta(seconds=waited),
            "time_finished": begun + timedelta(seconds=waited + ran),
        }
    return Import.objects.create(user=people.alice(), state=state, import_type=kind, time_queued=begun, **times)


@pytest.mark.usefixtures("redis_clean")
def test_the_metrics_contain_the_depth_and_age_of_the_queue() -> None:
    an_import(State.QUEUED, queued=40)
    an_import(State.QUEUED, queued=5)
    an_import(State.RUNNING, queued=90)

    found = facts_now()

    assert found["tachi_imports_unfinished", (("state", "queued"),)] == 2
    assert found["tachi_imports_unfinished", (("state", "running"),)] == 1
    assert found["tachi_queue_age_seconds", ()] == pytest.approx(40, abs=3)
    assert found["tachi_database_up", ()] == found["tachi_redis_up", ()] == 1


@pytest.mark.usefixtures("redis_clean")
def test_the_metrics_contain_recent_imports_by_state_type_and_time() -> None:
    for seconds in (1, 2, 3):
        an_import(State.COMPLETED, queued=600, waited=seconds, ran=10 * seconds)
    an_import(State.COMPLETED, queued=600, ran=7, kind="file/batch-manual")
    an_import(State.COMPLETED, queued=collectors.HOUR + 5, ran=1)

    found = facts_now()

    kind = ("type", "ir/direct-manual")
    assert found["tachi_recent_imports", (("state", "completed"), kind)] == 3
    assert found["tachi_recent_imports", (("state", "completed"), ("type", "file/batch-manual"))] == 1
    assert found["tachi_recent_import_wait_seconds", (("quantile", "0.5"), kind)] == pytest.approx(2)
    assert found["tachi_recent_import_run_seconds", (("quantile", "0.5"), kind)] == pytest.approx(20)
    assert found["tachi_recent_imports_cut", ()] == 0


@pytest.mark.usefixtures("redis_clean")
def test_the_metrics_contain_recent_problems_by_type() -> None:
    job = an_import(State.COMPLETED, queued=60)
    kinds = [ProblemType.INVALID, ProblemType.INVALID, ProblemType.NOT_FOUND]
    for row, kind in enumerate(kinds):
        ImportProblem.objects.create(job=job, row=row, type=kind.value, message="no")
    Import.objects.filter(pk=job.pk).update(problem_count=len(kinds))

    found = facts_now()

    for kind, count in ((ProblemType.INVALID, 2), (ProblemType.NOT_FOUND, 1)):
        assert found["tachi_recent_problems", (("type", kind.value),)] == count


def test_the_metrics_add_up_imports_requeued_by_all_sweepers(redis_clean: Redis) -> None:
    for number in range(2):
        monitoring.record_sweep(redis_clean, ["a" * 40] * (number + 2))

    found = facts_now()

    assert found["tachi_sweeper_rescues_total", ()] == 5
    assert found["tachi_sweeper_age_seconds", ()] == pytest.approx(0, abs=2)


def test_the_metrics_contain_the_age_of_the_last_backup(redis_clean: Redis) -> None:
    assert ("tachi_backup_age_seconds", ()) not in facts_now()
    monitoring.record_backup(redis_clean)
    assert facts_now()["tachi_backup_age_seconds", ()] == pytest.approx(0, abs=5)


def test_an_unavailable_service_is_reported_instead_of_an_error(settings: SettingsWrapper, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/redis"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE imports_importproblem RENAME TO elsewhere")

    found = facts_now()

    assert found["tachi_database_up", ()] == found["tachi_redis_up", ()] == 0
    assert not any(name.startswith("tachi_recent") for name, _ in found)


@pytest.mark.usefixtures("redis_clean")
def test_the_metrics_of_the_database_are_cached(django_assert_num_queries: pytest.FixtureRequest) -> None:
    collector = collectors.DatabaseCollector()
    first = list(collector.collect())
    with django_assert_num_queries(0):  # type: ignore[operator]  # what it is, pytest-django does not say
        assert list(collector.collect()) == first


@pytest.mark.parametrize("statement", [collectors.COUNTS, collectors.TIMES, collectors.PROBLEMS])
def test_recent_imports_are_found_by_index(statement: str) -> None:
    """However many older ones there are."""
    plan = plan_of(statement, without=["enable_seqscan"])
    assert "import_by_time" in plan
    assert "Seq Scan" not in plan


@pytest.fixture
def nobody_counted() -> Iterator[None]:
    metrics.REQUESTS.clear()
    metrics.SECONDS.clear()
    yield
    metrics.REQUESTS.clear()
    metrics.SECONDS.clear()


@pytest.mark.usefixtures("redis_clean", "nobody_counted")
def test_requests_are_counted_by_route_and_not_by_client_input(client: Client) -> None:
    for number in range(3):
        client.get(f"/api/v1/imports/{number:040}")
        client.get(f"/nowhere/{number}")
    client.get("/healthz")

    found = samples_of(client.get("/metrics").content.decode())

    counted = {labels: value for (name, labels), value in found.items() if name == "tachi_requests_total"}
    by_status = {(dict(labels)["route"], dict(labels)["status"]): value for labels, value in counted.items()}
    assert by_status.pop(("none", "404")) == 3
    [((route, status), count)] = by_status.items()
    assert (status, count) == ("404", 3)
    assert "<" in route
    assert "0000" not in route
    assert found["tachi_request_seconds_count", (("method", "GET"), ("route", route))] == 3


@pytest.mark.usefixtures("redis_clean", "nobody_counted")
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nobody"}], ids=["plainly", "with a token"])
def test_polls_are_counted_as_one_route_with_and_without_a_token(client: Client, headers: dict[str, str]) -> None:
    """Without a token they are answered before anybody looks for a route; they are the most there is to watch."""
    for number in range(2):
        client.get(f"/api/v1/imports/{number:040}/poll-status", headers=headers)

    found = samples_of(client.get("/metrics").content.decode())

    [route] = {dict(labels)["route"] for (name, labels), _ in found.items() if name == "tachi_requests_total"}
    assert route == metrics.POLL_ROUTE
    assert found["tachi_request_seconds_count", (("method", "GET"), ("route", route))] == 2


@pytest.mark.usefixtures("redis_clean")
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 403),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, 403),
        ("127.0.0.1", {"Forwarded": "for=10.0.0.7"}, 403),
    ],
)
def test_metrics_without_a_token_are_for_local_requests(address: str, headers: dict[str, str], status: int) -> None:
    response = Client(REMOTE_ADDR=address, headers=headers).get("/metrics", headers={"host": "10.0.0.9"})
    assert response.status_code == status
    assert (b"tachi_" in response.content) == (status == 200)


@pytest.mark.usefixtures("redis_clean")
@pytest.mark.parametrize(
    ("header", "status"), [("Bearer s3cret", 200), ("Bearer s3cre", 403), ("s3cret", 403), ("", 403), ("é", 403)]
)
def test_only_the_metrics_token_gives_access_if_it_is_set(settings: SettingsWrapper, header: str, status: int) -> None:
    settings.TACHI_METRICS_TOKEN = "s3cret"
    for address in ("127.0.0.1", "10.0.0.7"):
        response = Client(REMOTE_ADDR=address).get("/metrics", headers={"authorization": header})
        assert response.status_code == status


COUNT_ONE = """
from prometheus_client import Counter
Counter("tachi_requests", "", ("method", "route", "status")).labels("GET", "/", "200").inc()
"""


def test_the_request_metrics_of_a_host_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT_ONE], env=variables, cwd=env.BASE_DIR, check=True)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    found = samples_of(generate_latest(metrics.request_metrics()).decode())

    assert found["tachi_requests_total", (("method", "GET"), ("route", "/"), ("status", "200"))] == 2


@pytest.mark.usefixtures("redis_clean")
def test_concurrent_collections_run_the_queries_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def collect_once() -> Iterator[GaugeMetricFamily]:
        looked.append(1)
        yield GaugeMetricFamily("found", "found")

    monkeypatch.setattr(collectors, "database_metrics", collect_once)
    monkeypatch.setattr(collectors, "redis_metrics", lambda: iter([]))
    collector = collectors.DatabaseCollector()
    threads = [threading.Thread(target=lambda: list(collector.collect())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert looked == [1]
