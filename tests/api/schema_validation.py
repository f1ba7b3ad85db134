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
    found: Schema = json.loads(generator.document())
    return found


@functools.cache
def _paths() -> list[tuple[re.Pattern[str], Schema]]:
    """What addresses look like, those with the fewest parameters first."""
    paths = sorted(document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), operations) for path, operations in paths]


def operation_of(method: str, path: str) -> Schema | None:
    """None for what is no endpoint."""
    plain = canonical_path(path)
    found = next((operations for pattern, operations in _paths() if pattern.fullmatch(plain)), {})
    operation: Schema | None = found.get(method.lower())
    return operation


def check(environ: Mapping[str, Any], response: Any) -> None:
    """Fails where an answer of ours is not as described. What breaks (500) is no part of the description."""
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
        answer = json.loads(response.content)
        words = answer.get("description") or answer["error"]
        assert words_fit(words, reply["description"]), f"{where} in words that its description does not know: {words}"
    if kind == "application/json" and not response.streaming and "Content-Disposition" not in response.headers:
        _validator(json.dumps(reply["content"][kind].get("schema", {}))).validate(json.loads(response.content))


def words_fit(words: str, described: str) -> bool:
    """Whether a refusal's words are among those that are listed for its status.

    `…` stands for anything, and so does a line that is not quoted. Lists and objects that do not fit are not quoted.
    """
    listed = re.findall(r"^\* (?:`(.*)`|[^`].*)$", described, re.MULTILINE)
    patterns = (re.escape(line.replace(" (Received …)", "…")).replace("…", ".*") for line in listed)
    return any(re.fullmatch(pattern or ".*", words, re.DOTALL) for pattern in patterns)


@functools.cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": document()["components"]})
