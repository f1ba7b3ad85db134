"""TACHI_TRACING: spans of requests, jobs and statements; nothing of it unless it is on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client
from pytest_django.fixtures import Settings as SettingsWrapper

from imports import jobs, log_context, spans
from tachi_imports import env
from tests import factories, people

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="OpenTelemetry is not installed (requirements-tracing.txt)")


@pytest.fixture
def recorded(settings: SettingsWrapper) -> Iterator[Any]:
    """The spans of this process, kept in memory."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415 - only where it is installed
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: PLC0415

    from tachi_imports.monitoring import tracing  # noqa: PLC0415

    exporter, provider = InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    settings.MIDDLEWARE = ["tachi_imports.monitoring.tracing.TracingMiddleware", *settings.MIDDLEWARE]
    tracing.install(provider)
    tracing.trace_statements_of(connection)
    yield exporter
    spans.use(None)
    connection_created.disconnect(dispatch_uid="tracing")
    with suppress(ValueError):
        connection.execute_wrappers.remove(tracing.trace_statement)
    provider.shutdown()


def named(exporter: Any, name: str) -> list[Any]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_a_request_has_a_span_in_its_clients_trace_with_its_statements(client: Client, recorded: Any) -> None:
    path = f"/api/v1/imports/{'0' * 40}"
    client.get(path, headers={"traceparent": PARENT, "X-Request-ID": "r1"})
    client.get("/healthz")

    [request] = [span for span in recorded.get_finished_spans() if span.kind.name == "SERVER"]
    assert request.name.startswith("GET /api/v1/imports/(?P<import_id>")
    assert format(request.context.trace_id, "032x") == PARENT.split("-")[1]
    assert request.attributes["http.response.status_code"] == 404
    assert request.attributes["tachi.request_id"] == "r1"
    statements = named(recorded, "SELECT")
    assert statements
    assert {span.parent.span_id for span in statements} == {request.context.span_id}
    assert not any("0" * 40 in span.attributes["db.query.text"] for span in statements)


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_a_job_has_a_span_with_the_ids_of_its_import_and_request(recorded: Any) -> None:
    with log_context.bind_request("r1"):
        job = factories.queued_import(people.alice(), factories.unknown_score())
    with patch("imports.jobs.worker.close_old_connections"):  # the test's own stays open
        jobs.perform(job.import_id, "r1")

    [span] = named(recorded, "import")
    assert dict(span.attributes) == {"tachi.import_id": job.import_id, "tachi.request_id": "r1"}
    of_job = [each for each in named(recorded, "UPDATE") if each.context.trace_id == span.context.trace_id]
    assert of_job


@pytest.mark.django_db
def test_statements_outside_of_requests_and_jobs_are_not_traced(recorded: Any) -> None:
    assert people.alice().pk
    assert recorded.get_finished_spans() == ()


SEE = """
import os, sys
{before}
os.environ["DJANGO_SETTINGS_MODULE"] = "tachi_imports.settings"
import django
django.setup()
from imports import spans
with spans.span("import", import_id="the-import"):
    pass
print("tachi_imports.monitoring.tracing" in sys.modules)
"""


def seen(before: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """A process that does a piece of work, and says whether what traces it is loaded."""
    argv = [sys.executable, "-c", SEE.format(before=before)]
    return subprocess.run(
        argv, env=os.environ | variables, cwd=env.BASE_DIR, capture_output=True, text=True, check=False
    )


def test_tracing_is_not_loaded_by_default() -> None:
    assert seen().stdout == "False\n"


@pytest.mark.slow
def test_the_error_of_tracing_without_packages_names_them() -> None:
    done = seen("sys.modules['opentelemetry.sdk'] = None", TACHI_TRACING="on")
    assert done.returncode == 1
    assert done.stderr == (
        "TACHI_TRACING is on, and OpenTelemetry is not installed: pip install -r requirements-tracing.txt\n"
    )


class Collector(BaseHTTPRequestHandler):
    """Takes what an exporter sends."""

    received: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.slow
def test_the_spans_of_a_process_reach_the_collector_before_it_ends() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        done = seen(TACHI_TRACING="on", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_EXPORTER_OTLP_COMPRESSION="none")
        server.shutdown()
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
    [(path, content)] = Collector.received
    assert path == "/v1/traces"
    assert all(word in content for word in (b"the-import", b"tachi.import_id", b"tachi-imports"))
