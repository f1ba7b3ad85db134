"""Validates responses against the OpenAPI description, which must cover every request of the tests."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from imports.api.core.middleware import canonical_path
from imports.api.openapi import generator

Schema = dict[str, Any]


@functools.cache
def document() -> Schema:
    schema: Schema = json.loads(generator.document())
    return schema


@functools.cache
def _paths() -> list[tuple[re.Pattern[str], Schema]]:
    """Returns the patterns and operations of all paths, those with the fewest parameters first."""
    paths = sorted(document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), operations) for path, operations in paths]


def operation_of(method: str, path: str) -> Schema | None:
    """Returns the described operation; None if no endpoint matches."""
    canonical = canonical_path(path)
    operations = next((operations for pattern, operations in _paths() if pattern.fullmatch(canonical)), {})
    operation: Schema | None = operations.get(method.lower())
    return operation


def check(environ: Mapping[str, Any], response: Any) -> None:
    """Asserts that a response matches the description. Status 500 is not described and not checked."""
    method = environ.get("REQUEST_METHOD", "GET")
    operation = operation_of(method, environ.get("PATH_INFO", "/"))
    if operation is None or response.status_code >= 500:
        return
    where = f"{operation['operationId']} answers {response.status_code}"
    responses = operation["responses"]
    assert str(response.status_code) in responses, f"{where}, of which its description knows nothing"
    reply = responses[str(response.status_code)]
    if "$ref" in reply:
        reply = document()["components"]["responses"][reply["$ref"].rpartition("/")[2]]
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in reply["content"], f"{where} with {kind}"
    if response.status_code >= 400:
        envelope = json.loads(response.content)
        message = envelope.get("description") or envelope["error"]
        assert is_described(message, reply["description"]), (
            f"{where} with a message that its description does not know: {message}"
        )
    if kind == "application/json" and not response.streaming and "Content-Disposition" not in response.headers:
        _validator(json.dumps(reply["content"][kind].get("schema", {}))).validate(json.loads(response.content))


def is_described(message: str, described: str) -> bool:
    """Returns whether an error message is among those that the description lists for its status.

    `…` matches any text, and so does a line that is not quoted. Invalid lists and objects are not quoted.
    """
    listed = re.findall(r"^\* (?:`(.*)`|[^`].*)$", described, re.MULTILINE)
    patterns = (re.escape(line.replace(" (Received …)", "…")).replace("…", ".*") for line in listed)
    return any(re.fullmatch(pattern or ".*", message, re.DOTALL) for pattern in patterns)


@functools.cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": document()["components"]})
