"""Reading the API's answers."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


def outcome(response: Any) -> tuple[int, str]:
    """Status and description of an answer whose envelope is in order."""
    answer = json.loads(response.content)
    good = response.status_code < 400
    assert response.headers["Content-Type"] == "application/json"
    assert set(answer) == {"success", "description", *(["body"] if good else [])}
    assert answer["success"] is good
    return response.status_code, answer["description"]


def body(client: Client, path: str) -> Any:
    """The body of a successful GET."""
    response = client.get(path)
    answer = json.loads(response.content)
    assert response.status_code == 200, answer
    return answer["body"]
