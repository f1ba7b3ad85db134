"""The OpenAPI description: whole, sound, and true of real answers.

Beside what stands here, every answer that any test of the API gets is held against it (conftest, `described`).
"""

from __future__ import annotations

import json
import os
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import call_command
from django.http import HttpResponse

from imports.api.openapi import description
from imports.models import Permission
from tests import people
from tests.api import described
from tests.api.endpoints import ENDPOINTS, Endpoint
from tests.api.sending import filled, send
from tests.api.test_every_endpoint import names

__all__ = ["names"]

pytestmark = pytest.mark.django_db

SHOWN = 2  # items of a list in an example
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in json.loads(description.document())["paths"].items()
    for method, operation in operations.items()
}


def test_it_is_made_without_a_warning_and_is_openapi(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")
    assert json.loads(capsys.readouterr().out)["openapi"] == "3.1.0"


def test_it_is_served_to_everybody() -> None:
    response = people.guest().get("/api/schema")
    assert json.loads(response.content) == described.document()
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_its_page_is_there_for_everybody_and_holds_no_script_of_its_own() -> None:
    page = people.guest().get("/api/docs/").content.decode()
    assert 'data-schema="/api/schema"' in page
    assert "<style" not in page
    assert all("src=" in script for script in page.split("<script")[1:])


def test_it_describes_every_endpoint_and_no_other() -> None:
    found = {id(described.operation_of(*endpoint.name.split(" "))) for endpoint in ENDPOINTS}
    assert len(found) == len(ENDPOINTS) == len(OPERATIONS) == len(description.TABLE)


def test_each_operation_has_a_name_of_its_own() -> None:
    names_of = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names_of)) == len(names_of)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: str(operation["operationId"]))
def test_each_operation_tells_of_its_success_its_refusals_and_who_may(operation: dict[str, Any]) -> None:
    assert {"summary", "tags", "security", "responses"} <= operation.keys()
    assert {"401", "403", "429"} <= operation["responses"].keys()
    (good,) = (answer for status, answer in operation["responses"].items() if status < "300")
    assert "X-RateLimit-Remaining" in good["headers"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_real_success_and_a_real_refusal_are_as_described(endpoint: Endpoint, names: dict[str, str]) -> None:
    """The client of the tests checks them; with WRITE_PAGES in the environment they become the examples."""
    bad = send(people.with_authorization("Bearer nobody's"), endpoint, names)
    good = send(people.session_of(people.alice()), endpoint, {**names, "alice_tokens": "1"})
    assert bad.status_code == 401
    if "auth/" in endpoint.path:
        good = send(people.guest() if "login" in endpoint.path else people.session_of(people.alice()), endpoint, names)
    assert good.status_code == endpoint.told[0]
    if os.environ.get("WRITE_PAGES") and good.status_code < 300:
        _write_example(endpoint, good, names)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: str(operation["operationId"]))
def test_each_example_is_as_described(operation: dict[str, Any]) -> None:
    for answer in operation["responses"].values():
        content = answer.get("content", {}).get("application/json", {})
        if "example" in content:
            schema = {**content["schema"], "components": described.document()["components"]}
            jsonschema_rs.validate(schema, content["example"])


def test_an_answer_that_is_not_as_described_is_noticed() -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/config/max-rivals"}
    answer = {"success": True, "description": "", "body": 0}
    described.check(environ, HttpResponse(json.dumps(answer), content_type="application/json"))
    for wrong in ({**answer, "body": "0"}, {**answer, "more": 1}, {"success": True}):
        with pytest.raises(jsonschema_rs.ValidationError):
            described.check(environ, HttpResponse(json.dumps(wrong), content_type="application/json"))
    with pytest.raises(AssertionError, match="knows nothing"):
        described.check(environ, HttpResponse(b"{}", status=418, content_type="application/json"))


def test_what_only_a_signed_in_player_may_says_so() -> None:
    operation = OPERATIONS["POST /api/v1/imports/{importID}/revert"]
    assert operation["security"] == [{"token": []}, {"session": [], "csrf": []}]
    assert Permission.DELETE_SCORE.value in operation["description"]


# --- examples -----------------------------------------------------------------------------------------


def _write_example(endpoint: Endpoint, response: Any, names: dict[str, str]) -> None:
    operation = described.operation_of(*filled(endpoint.name, names).split(" "))
    assert operation is not None
    known = json.loads(description.EXAMPLES.read_text()) if description.EXAMPLES.exists() else {}
    example: dict[str, Any] = {}
    if endpoint.json is not None:
        example["request"] = json.loads(filled(json.dumps(endpoint.json), names))
    if "Content-Disposition" not in response.headers and response.content:
        example["answer"] = _shortened(json.loads(response.content))
    text = json.dumps({**known, operation["operationId"]: example}, indent=1, sort_keys=True, ensure_ascii=False)
    description.EXAMPLES.write_text(f"{text}\n")


def _shortened(value: Any) -> Any:
    """Without the tails of lists, and of objects that are keyed by games."""
    if isinstance(value, list):
        return [_shortened(item) for item in value[:SHOWN]]
    if isinstance(value, dict):
        many = len(value) > 5 and all(":" in key or key in ("iidx", "sdvx", "bms") for key in value)
        shown = [key for key in value if "sdvx" in key] if many else list(value)
        return {key: _shortened(value[key]) for key in shown}
    return value
