"""The streams in the API's description. Django has no URL patterns for them, as a separate process serves them."""

from __future__ import annotations

from typing import Any

from imports.api.openapi.generator import Route, function_route
from tachi_imports.streams.import_streams import ImportStreams
from tachi_imports.streams.worker_stream import WorkerStream

STREAMS: dict[str, Any] = {
    "/api/v1/imports/{importID}/stream": ImportStreams.subscribe,
    "/api/v1/status/worker-stream": WorkerStream.subscribe,
}


def list_streams(endpoints: list[Route]) -> list[Route]:
    """A hook of drf-spectacular: adds the streams to its list of endpoints."""
    return [*endpoints, *(function_route(path, stream) for path, stream in STREAMS.items())]
