"""The OpenAPI description is complete, valid, and correct for real responses.

In addition, every response in a test of the API is validated against it (conftest, `validate_responses`).
"""

from __future__ import annotations

import json
import os
from typing import Any

import jsonschema_rs
import pytest
from django.core.management import call_command
from django.http import HttpResponse

from imports.api.openapi import generator
from imports.models import Permission
from tachi_imports.streams.description import STREAMS
from tachi_imports.streams.frames import EVENT_STREAM
from tachi_imports.streams.routes import STREAM_PATH
from tests import people
from tests.api import schema_validation
from tests.api.api_client import filled, send
from tests.api.endpoint import Endpoint
from tests.api.endpoints import ENDPOINTS

pytestmark = pytest.mark.django_db

SHOWN = 2  # items of a list in an example
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in json.loads(generator.document())["paths"].items()
    for method, operation in operations.items()
    if path not in STREAMS
}


@pytest.mark.slow
def test_the_schema_is_generated_without_a_warning_and_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")
    assert json.loads(capsys.readouterr().out)["openapi"] == "3.1.0"


def test_the_schema_is_public() -> None:
    response = people.guest().get("/api/schema")
    assert json.loads(response.content) == schema_validation.document()
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_the_page_of_the_schema_is_public_and_has_no_inline_script() -> None:
    page = people.guest().get("/api/docs/").content.decode()
    assert 'data-schema="/api/schema"' in page
    assert "<style" not in page
    assert all("src=" in script for script in page.split("<script")[1:])


def test_the_schema_describes_every_endpoint_and_no_other() -> None:
    described = {id(schema_validation.operation_of(*endpoint.name.split(" "))) for endpoint in ENDPOINTS}
    assert len(described) == len(ENDPOINTS) == len(OPERATIONS)


PLACES_OF_2025 = ("{game}/{playtype}", "jubeat/Single", "bms/{playtype}")
NOT_IN_2026 = {
    "GET /api/v1/games/{gameID}/charts/resolve",  # by POST only
    "GET /api/v1/games/{gameID}",  # described at /games/{game}, which accepts both IDs
}


def test_the_schema_has_a_path_of_2026_for_each_path_of_2025() -> None:
    expected = set()
    for name in OPERATIONS:
        for place in PLACES_OF_2025:
            if f"/games/{place}" in name:
                expected.add(name.replace(f"/games/{place}", "/games/{gameID}"))
    assert len(expected) > 30
    assert expected - OPERATIONS.keys() == NOT_IN_2026


def test_the_schema_has_separate_documents_for_each_api_version() -> None:
    parts = schema_validation.document()["components"]["schemas"]
    for name in ("Song", "Chart", "Score", "Session", "Stats"):
        assert parts[name] != parts[f"{name}V3"]
    assert "playtype" in parts["Score"]["properties"]
    assert "playtype" not in parts["ScoreV3"]["properties"]


def test_the_schema_describes_the_event_streams() -> None:
    paths = json.loads(generator.document())["paths"]
    described = {path for path, operations in paths.items() if EVENT_STREAM in str(operations)}
    assert described == set(STREAMS)
    assert all(STREAM_PATH.fullmatch(path) for path in described)


def test_the_operations_of_the_schema_are_sorted() -> None:
    orders = [list(operations) for operations in schema_validation.document()["paths"].values()]
    assert orders == [sorted(order) for order in orders]


def test_each_operation_has_a_unique_id() -> None:
    names_of = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names_of)) == len(names_of)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: str(operation["operationId"]))
def test_each_operation_describes_its_success_its_errors_and_its_security(operation: dict[str, Any]) -> None:
    assert {"summary", "tags", "security", "responses"} <= operation.keys()
    assert {"401", "403", "429"} <= operation["responses"].keys()
    good = [response for status, response in operation["responses"].items() if status < "300"]
    assert good
    assert all("X-RateLimit-Remaining" in response["headers"] for response in good)


@pytest.mark.quick_rows(40)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_real_success_and_a_real_error_match_the_schema(endpoint: Endpoint, names: dict[str, str]) -> None:
    """The test client validates them; with WRITE_PAGES in the environment they are written as examples."""
    bad = send(people.with_authorization("Bearer nobody's"), endpoint, names)
    good = send(people.session_of(people.alice()), endpoint, {**names, "alice_tokens": "1"})
    if endpoint.has_own_statuses:
        assert json.loads(bad.content)["statusCode"] == 41
        return
    assert bad.status_code == 401
    if "/auth/" in endpoint.path:
        good = send(people.guest() if "login" in endpoint.path else people.session_of(people.alice()), endpoint, names)
    assert good.status_code == endpoint.success[0]
    if os.environ.get("WRITE_PAGES") and good.status_code < 300:
        _write_example(endpoint, good, names)


@pytest.mark.quick_rows(40)
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: str(operation["operationId"]))
def test_each_example_matches_the_schema(operation: dict[str, Any]) -> None:
    for response in operation["responses"].values():
        content = response.get("content", {}).get("application/json", {})
        if "example" in content:
            schema = {**content["schema"], "components": schema_validation.document()["components"]}
            jsonschema_rs.validate(schema, content["example"])


def test_a_response_that_does_not_match_the_schema_fails_the_check() -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/config/max-rivals"}
    response = {"success": True, "description": "", "body": 0}
    schema_validation.check(environ, HttpResponse(json.dumps(response), content_type="application/json"))
    for wrong in ({**response, "body": "0"}, {**response, "more": 1}, {"success": True}):
        with pytest.raises(jsonschema_rs.ValidationError):
            schema_validation.check(environ, HttpResponse(json.dumps(wrong), content_type="application/json"))
    with pytest.raises(AssertionError, match="knows nothing"):
        schema_validation.check(environ, HttpResponse(b"{}", status=418, content_type="application/json"))


def test_an_error_message_that_is_not_described_fails_the_check() -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/games/sdvx"}
    envelope = {"success": False, "description": "Invalid/unsupported game x - Expected any of sdvx"}
    schema_validation.check(environ, HttpResponse(json.dumps(envelope), status=400, content_type="application/json"))
    wrong = json.dumps({**envelope, "description": "There is no game x."})
    with pytest.raises(AssertionError, match="does not know: There is no game x"):
        schema_validation.check(environ, HttpResponse(wrong, status=400, content_type="application/json"))


def test_an_operation_for_players_has_the_token_and_session_security_schemes() -> None:
    operation = OPERATIONS["POST /api/v1/imports/{importID}/revert"]
    assert operation["security"] == [{"token": []}, {"session": [], "csrf": []}]
    assert Permission.DELETE_SCORE.value in operation["description"]


# --- examples -----------------------------------------------------------------------------------------


def _write_example(endpoint: Endpoint, response: Any, names: dict[str, str]) -> None:
    operation = schema_validation.operation_of(*filled(endpoint.name, names).split(" "))
    assert operation is not None
    known = json.loads(generator.EXAMPLES.read_text()) if generator.EXAMPLES.exists() else {}
    example: dict[str, Any] = {}
    if endpoint.json is not None:
        example["request"] = json.loads(filled(json.dumps(endpoint.json), names))
    if "Content-Disposition" not in response.headers and response.content:
        example["answer"] = _shortened(json.loads(response.content))
    text = json.dumps({**known, operation["operationId"]: example}, indent=1, sort_keys=True, ensure_ascii=False)
    generator.EXAMPLES.write_text(f"{text}\n")


def _shortened(value: Any) -> Any:
    """Returns a value with shortened lists and with only sdvx in objects whose keys are games."""
    if isinstance(value, list):
        return [_shortened(item) for item in value[:SHOWN]]
    if isinstance(value, dict):
        many = len(value) > 5 and all(":" in key or key in ("iidx", "sdvx", "bms") for key in value)
        shown = [key for key in value if "sdvx" in key] if many else list(value)
        return {key: _shortened(value[key]) for key in shown}
    return value
