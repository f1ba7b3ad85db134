"""Errors of requests for streams."""

from __future__ import annotations

from imports.api.core.exceptions import APIError, EndpointNotFound

MAX_STREAMS = 4_000
MAX_STREAMS_PER_CLIENT = 50


class TooManyStreams(APIError):
    status = 503
    message = "Too many streams are open at the moment. Please poll instead, or try again in a few seconds."


class TooManyStreamsOfClient(APIError):
    status = 429
    message = f"You have {MAX_STREAMS_PER_CLIENT} streams open already. Please close one of them first."


REFUSALS = (EndpointNotFound, TooManyStreams, TooManyStreamsOfClient)
