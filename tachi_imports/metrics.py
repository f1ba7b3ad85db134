"""/metrics, in the words of Prometheus: how the requests of this host went, and what the database and Redis know.

Requests are counted by each process; the processes of a host add up through files (PROMETHEUS_MULTIPROC_DIR, set by the
supervisor). Everything else is the same whichever host is asked, so it must not be summed over hosts.
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

from tachi_imports.facts import Facts
from tachi_imports.logs import PROBES

log = logging.getLogger(__name__)

PATH = "/metrics"
REFUSED = "Metrics are shown to this machine itself, or for TACHI_METRICS_TOKEN.\n"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
# Polls are answered before routes are looked for, so they are known by how they begin and end.
POLLS = ("/api/v1/imports/", "/poll-status")
POLL_ROUTE = "<str:import_id>".join(POLLS)
TOLD_OF_A_PROXY = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")

OWN = CollectorRegistry()
REQUESTS = Counter("tachi_requests", "Requests answered.", ("method", "route", "status"), registry=OWN)
SECONDS = Histogram("tachi_request_seconds", "Time to answer.", ("method", "route"), registry=OWN, buckets=BUCKETS)


class MetricsMiddleware:
    """Times every request, and answers /metrics before anybody asks for a host name that we know."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._shared = Facts()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == PATH:
            return self._answer(request)
        begun = time.perf_counter()
        response = self.get_response(request)
        if request.path not in PROBES:
            note(request, status=response.status_code, seconds=time.perf_counter() - begun)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if not may_look(request):
            return HttpResponse(REFUSED, status=403, content_type="text/plain")
        registry = CollectorRegistry()
        registry.register(self._shared)
        content = generate_latest(of_all_processes()) + generate_latest(registry)
        return HttpResponse(content, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def note(request: HttpRequest, *, status: int, seconds: float) -> None:
    """Counts one answer. Nothing that a client makes up becomes a label: there would be no end of them."""
    method = request.method if request.method in METHODS else "other"
    route = route_of(request)
    try:
        REQUESTS.labels(method, route, str(status)).inc()
        SECONDS.labels(method, route).observe(seconds)
    except OSError:  # the files of all processes; a full disk must not cost the answer
        log.warning("a request is not counted", exc_info=True)


def route_of(request: HttpRequest) -> str:
    """The address with its parameters as names: `/api/v1/imports/<id>`."""
    match = request.resolver_match
    if match is None and request.path.startswith(POLLS[0]) and request.path.endswith(POLLS[1]):
        return POLL_ROUTE
    if match is not None:
        return f"/{match.route.lstrip('^')}"
    return "static files" if request.path.startswith(settings.STATIC_URL) else "none"


def may_look(request: HttpRequest) -> bool:
    """With TACHI_METRICS_TOKEN whoever brings it; without, only this machine, and not through a proxy on it."""
    token = settings.TACHI_METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    return _is_loopback(str(request.META.get("REMOTE_ADDR", ""))) and not any(
        name in request.META for name in TOLD_OF_A_PROXY
    )


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def of_all_processes() -> CollectorRegistry:
    """The requests of this host's processes; without a folder for their files, of this process."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if not folder:
        return OWN
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return registry
