"""docs/api.md: the requests of its guide work, and the responses have the shape that it shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from imports.models import Import, Permission
from tests import people
from tests.factories import charts, run_job

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).parents[2] / "docs/api.md"
EXAMPLES = PAGE.read_text().partition("## Undo")[0]
STEPS = re.findall(r"```sh\n(.*?)```\n\n```json\n(.*?)```", EXAMPLES, re.DOTALL)
HOST = "http://127.0.0.1:8000"


def send_curl(command: str, names: dict[str, str]) -> Any:
    """Sends the request of a curl command with the options -X, -H and -d."""
    for name, value in names.items():
        command = command.replace(f"${name}", value)
    words = iter(shlex.split(command.replace("\\\n", " "))[1:])
    method, headers, body, address = "GET", {}, "", ""
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                body = next(words)
            case _:
                address = word
    kind = headers.pop("Content-Type", "application/octet-stream")
    path = address.removeprefix(HOST)
    return Client().generic(method, path, body, content_type=kind, headers=headers)


def shape(value: Any) -> Any:
    """Returns a value with its member names, and with type names in place of its values."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value[:1]]
    return type(value).__name__


def test_the_documented_requests_get_the_documented_responses() -> None:
    charts(1)
    alice = people.alice()
    names = {"TOKEN": people.token_of(alice, Permission.DELETE_SCORE, Permission.SUBMIT_SCORE), "ID": ""}
    assert len(STEPS) == 4
    for command, shown in STEPS:
        response = send_curl(command, names).json()
        expected = json.loads(shown)
        assert shape(response) == shape(expected), command
        assert response["description"] == expected["description"]
        if "importID" in response.get("body", {}):
            names["ID"] = response["body"]["importID"]
            run_job(Import.objects.get(import_id=names["ID"]))
