"""Reads the envelopes of the API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


def summary(response: Any) -> tuple[int, str]:
    """Returns the status and description of a response, after asserting that its envelope is valid."""
    reply = json.loads(b"".join(response))
    is_success = response.status_code < 400
    assert response.headers["Content-Type"] == "application/json"
    assert set(reply) - {"hint"} == {"success", "description", *(["body"] if is_success else [])}
    assert reply["success"] is is_success
    return response.status_code, reply["description"]


def body(client: Client, path: str) -> Any:
    """Returns the body of a successful GET request."""
    response = client.get(path)
    reply = json.loads(b"".join(response))
    assert response.status_code == 200, reply
    return reply["body"]
