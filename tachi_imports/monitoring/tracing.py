"""Traces with OpenTelemetry if TACHI_TRACING is on: requests, jobs of workers, and their SQL.

The destination and sampling of spans are set by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT,
OTEL_TRACES_SAMPLER). Statements are recorded without their values.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from imports import log_context, spans
from tachi_imports.monitoring.logs import PROBES
from tachi_imports.monitoring.metrics import METHODS, route_of

MAX_STATEMENT_CHARACTERS = 2_000

tracer = trace.get_tracer("tachi_imports")


def start() -> None:
    """Exports the spans of this process to the collector."""
    own = {"service.version": settings.TACHI_VERSION}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        own["service.name"] = "tachi-imports"
    provider = TracerProvider(resource=Resource.create(own))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    install(provider)


def install(provider: TracerProvider) -> None:
    """Traces requests, jobs and SQL with this provider from now on."""
    global tracer  # noqa: PLW0603 - one a process
    tracer = provider.get_tracer("tachi_imports")
    spans.use(job_span)
    connection_created.connect(trace_statements_of, dispatch_uid="tracing")


def job_span(name: str, attributes: dict[str, str]) -> AbstractContextManager[object]:
    """Returns a span for a job of a worker, with the ID of the request that queued it."""
    named = {f"tachi.{key}": value for key, value in attributes.items()}
    if request_id := log_context.request_id():
        named["tachi.request_id"] = request_id
    return tracer.start_as_current_span(name, kind=trace.SpanKind.CONSUMER, attributes=named)


class TracingMiddleware:
    """A span for each request except probes; continues the trace of a proxy or client."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            return self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        before = propagate.extract(request.headers)
        with tracer.start_as_current_span(str(method), context=before, kind=trace.SpanKind.SERVER) as span:
            response = self.get_response(request)
            route = route_of(request)
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {
                    "http.request.method": str(method),
                    "http.route": route,
                    "http.response.status_code": response.status_code,
                    "tachi.request_id": response.headers.get("X-Request-ID", ""),
                }
            )
            if response.status_code >= 500:
                span.set_status(trace.StatusCode.ERROR)
            return response


def trace_statements_of(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Wraps the statements of a new connection; a reopened connection has its wrapper already."""
    if trace_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(trace_statement)


def trace_statement(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Runs a statement, in a span if a request or a job is being traced; not for the sweeper's frequent queries."""
    if not trace.get_current_span().is_recording():
        return execute(sql, params, many, context)
    text = str(sql)
    verb = text.split(None, 1)[0].upper() if text.strip() else "SQL"
    attributes = {"db.system.name": "postgresql", "db.query.text": text[:MAX_STATEMENT_CHARACTERS]}
    with tracer.start_as_current_span(verb, kind=trace.SpanKind.CLIENT, attributes=attributes):
        return execute(sql, params, many, context)
