"""/metrics in Prometheus's format: the requests of this host, and the state of the database and Redis.

Each process counts its requests; those of one host are added up through files (PROMETHEUS_MULTIPROC_DIR, set by the
supervisor). All other metrics are the same on every host, so they must not be summed over hosts.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from tachi_imports.monitoring.collectors import DatabaseCollector
from tachi_imports.monitoring.logs import PROBES

log = logging.getLogger(__name__)

PATH = "/metrics"
FORBIDDEN_MESSAGE = "Metrics are shown to this machine itself, or for TACHI_METRICS_TOKEN.\n"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
# Polls are handled before URLs are resolved, so they are recognized by the beginning and end of their path.
POLLS = ("/api/v1/imports/", "/poll-status")
POLL_ROUTE = "<str:import_id>".join(POLLS)
PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")

REGISTRY = CollectorRegistry()
REQUESTS = Counter("tachi_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY)
SECONDS = Histogram("tachi_request_seconds", "Time to answer.", ("method", "route"), registry=REGISTRY, buckets=BUCKETS)


class MetricsMiddleware:
    """Times every request, and responds to /metrics before the host name is checked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._shared = DatabaseCollector()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == PATH:
            if not can_read_metrics(request):
                return HttpResponse(FORBIDDEN_MESSAGE, status=403, content_type="text/plain")
            registry = CollectorRegistry()
            registry.register(self._shared)
            content = generate_latest(request_metrics()) + generate_latest(registry)
            return HttpResponse(content, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
        begun = time.perf_counter()
        response = self.get_response(request)
        if request.path not in PROBES:
            seconds = time.perf_counter() - begun
            record_request(request.method, route_of(request), status=response.status_code, seconds=seconds)
        return response


def record_request(given_method: str | None, route: str, *, status: int, seconds: float) -> None:
    """Counts a response. Client input never becomes a label: the number of time series must stay bounded."""
    method = given_method if given_method in METHODS else "other"
    try:
        REQUESTS.labels(method, route, str(status)).inc()
        SECONDS.labels(method, route).observe(seconds)
    except OSError:  # the files of all processes; a full disk must not fail the request
        log.warning("a request is not counted", exc_info=True)


def route_of(request: HttpRequest) -> str:
    """Returns the URL pattern of the request, such as `/api/v1/imports/<id>`."""
    match = request.resolver_match
    if match is None and request.path.startswith(POLLS[0]) and request.path.endswith(POLLS[1]):
        return POLL_ROUTE
    if match is not None:
        return f"/{match.route.lstrip('^')}"
    return "static files" if request.path.startswith(settings.STATIC_URL) else "none"


def can_read_metrics(request: HttpRequest) -> bool:
    """Returns whether the request has TACHI_METRICS_TOKEN or, if none is set, comes directly from this machine."""
    token = settings.TACHI_METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").encode()
        # In constant time.
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    # A proxy on this machine would make every client look local.
    if any(name in request.META for name in PROXY_HEADERS):
        return False
    try:
        address = ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return False
    # A socket that listens on :: shows an IPv4 client as ::ffff:127.0.0.1.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def request_metrics() -> CollectorRegistry:
    """Returns the request metrics of all processes of this host; of this process if they share no folder."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if not folder:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return registry
