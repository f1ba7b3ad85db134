"""The streams in /healthz and /metrics."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from imports.models import Import
from tachi_imports.monitoring import collectors, health
from tests.streams.conftest import Open

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def metric_values() -> dict[str, float]:
    samples = [sample for metric in collectors.stream_metrics() for sample in metric.samples]
    return {sample.labels.get("kind", sample.name): sample.value for sample in samples}


def test_open_streams_are_counted_by_kind(stream: Open, watch: Open, job: Import) -> None:
    with stream(job.import_id) as one, stream(job.import_id), watch() as workers:
        one.until("progress")
        workers.until("snapshot")
        assert metric_values() == {"tachi_streams_up": 1, "imports": 2, "workers": 1}


def test_the_health_report_includes_the_stream_process(socket: Path, client: Client) -> None:
    assert health.report()["streams"] == "ok"


def test_streams_are_reported_down_without_their_process() -> None:
    assert metric_values() == {"tachi_streams_up": 0}
    assert health.report()["streams"] == "down"
