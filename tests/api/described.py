"""Holds answers against the OpenAPI description: whatever a test of the API asks, the description must know it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from imports.api.middleware import canonical
from imports.api.openapi import description

Schema = dict[str, Any]


@functools.cache
def document() -> Schema:
    found: Schema = json.loads(description.document())
    return found


@functools.cache
def _addresses() -> list[tuple[re.Pattern[str], Schema]]:
    """What addresses look like, those with the fewest parameters first."""
    paths = sorted(document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), operations) for path, operations in paths]


def operation_of(method: str, path: str) -> Schema | None:
    """None for what is no endpoint."""
    plain = canonical(path)
    found = next((operations for pattern, operations in _addresses() if pattern.fullmatch(plain)), {})
    operation: Schema | None = found.get(method.lower())
    return operation


def check(environ: Mapping[str, Any], response: Any) -> None:
    """Fails where an answer of ours is not as described. What breaks (500) is no part of the description."""
    method = environ.get("REQUEST_METHOD", "GET")
    operation = operation_of(method, environ.get("PATH_INFO", "/"))
    if operation is None or response.status_code >= 500:
        return
    where = f"{operation['operationId']} answers {response.status_code}"
    answers = operation["responses"]
    assert str(response.status_code) in answers, f"{where}, of which its description knows nothing"
    answer = answers[str(response.status_code)]
    if "$ref" in answer:
        answer = document()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in answer["content"], f"{where} with {kind}"
    if kind == "application/json" and not response.streaming and "Content-Disposition" not in response.headers:
        _validator(json.dumps(answer["content"][kind].get("schema", {}))).validate(json.loads(response.content))


@functools.cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": document()["components"]})
