"""Renders every response as JSON, whatever the client accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

JSON = "application/json"

encode = msgspec.json.Encoder().encode
"""Encodes plain data as JSON. NaN and infinities become null; models and other objects raise TypeError."""


class EnvelopeRenderer(BaseRenderer):
    """Renders the envelope that `responses` created."""

    media_type = JSON
    format = "json"
    # DRF would append it to the content type, and JSON has no such parameter.
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return encode(data)


class AlwaysJSON(BaseContentNegotiation):
    """Ignores the Accept header and ?format=."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return next(iter(renderers)), JSON


def json_response(
    envelope: Mapping[str, Any], *, status: int, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Returns a JSON response for a view outside DRF."""
    return HttpResponse(encode(envelope), status=status, content_type=JSON, headers=dict(headers or {}))
