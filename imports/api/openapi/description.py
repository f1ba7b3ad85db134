"""The tables of this folder -> an OpenAPI 3.1 document, through drf-spectacular.

The views have no serializers to look at. So drf-spectacular finds the addresses, and what is said of each stands in the
tables.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from drf_spectacular.drainage import warn
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from imports.api.openapi import common, games, importing, reading, undoing
from imports.api.openapi.operation import JSON, Operation, Query, Schema, Table, Who
from imports.api.resource import Resource, UnknownEndpoint

TAGS: dict[str, Table] = {
    "Submitting": importing.SUBMITTING,
    "Imports": importing.IMPORTS,
    "Undo": undoing.UNDO,
    "Scores and sessions": undoing.SCORES,
    "Signing in and tokens": undoing.SIGNING_IN,
    "Players": reading.USERS,
    "Players on a game": reading.PLAYERS,
    "Songs, charts and games": games.CATALOGUE,
    "The instance": games.INSTANCE,
}
TABLE: Table = {address: operation for table in TAGS.values() for address, operation in table.items()}
TAG_OF = {address: tag for tag, table in TAGS.items() for address in table}
EXAMPLES = Path(__file__).parent / "examples.json"
PLACEHOLDER = re.compile(r"{(\w+)}")
REF = "#/components/schemas/{name}"

Endpoint = tuple[str, str, str, Callable[..., Any]]


class Poll(Resource):
    """Stands for the view of polls, which is none of DRF's."""

    def retrieve(self) -> None:
        """Never called."""


def with_polls(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """A hook of drf-spectacular: the addresses as the documents spell their IDs, and the one that it cannot find."""
    poll = Poll.as_view({"get": "retrieve"})
    address = "/api/v1/imports/{importID}/poll-status"
    known = [
        (PLACEHOLDER.sub(_as_spoken, path), regex, method, view)
        for path, regex, method, view in endpoints
        if getattr(view, "cls", None) is not UnknownEndpoint
    ]
    return [*known, (address, address, "GET", poll)]


def _as_spoken(found: re.Match[str]) -> str:
    first, *rest = found[1].split("_")
    return f"{{{first}{''.join(part.upper() for part in rest)}}}"


class FromTables(AutoSchema):
    """What is said of an address is what its table says."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Schema | None:
        address = f"{method.upper()} {path}"
        operation = TABLE.get(address)
        if operation is None:
            warn(f"{address} is in no table of imports/api/openapi")
            return None
        return _operation(operation, address)


def complete(result: Schema, **_: Any) -> Schema:
    """A hook of drf-spectacular: the components."""
    _, components = _types()
    parts = {
        "schemas": {**components, "Failure": common.FAILURE},
        "responses": common.responses(),
        "headers": common.HEADERS,
        "parameters": common.path_parameters(),
        "securitySchemes": common.security_schemes(),
    }
    return {**result, "components": parts, "tags": [{"name": tag} for tag in TAGS]}


@functools.cache
def document() -> bytes:
    """The description of this instance's API, as JSON."""
    generator: Any = SchemaGenerator
    return json.dumps(generator().get_schema(request=None, public=True)).encode()


# --- an operation -------------------------------------------------------------------------------------


@functools.cache
def _types() -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """The schema of each type that a table names, and the components that these name."""
    wanted: dict[Any, None] = {}
    for operation in TABLE.values():
        wanted |= dict.fromkeys(_bodies(operation))
        wanted |= {sent: None for sent in operation.sends.values() if not isinstance(sent, dict)}
    schemas, components = msgspec.json.schema_components(wanted, ref_template=REF)
    return dict(zip(wanted, schemas, strict=True)), components


def _bodies(operation: Operation) -> tuple[Any, ...]:
    return operation.body if isinstance(operation.body, tuple) else (operation.body,)


@functools.cache
def examples() -> dict[str, Any]:
    """`operation: {"request", "status", "answer"}`; real ones, which the tests wrote."""
    found: dict[str, Any] = json.loads(EXAMPLES.read_text()) if EXAMPLES.exists() else {}
    return found


def _operation(operation: Operation, address: str) -> Schema:
    method, path = address.split(" ")
    said: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [TAG_OF[address]],
        "parameters": [*map(_in_path, PLACEHOLDER.findall(path)), *map(_parameter, operation.query)],
        "security": _security(operation, method),
        "responses": _responses(operation, path),
    }
    notes = [operation.note, f"A token needs the permission `{operation.asks}`." if operation.asks else ""]
    if any(notes):
        said["description"] = "\n\n".join(note for note in notes if note)
    if operation.sends:
        said["requestBody"] = {"required": operation.must_send, "content": _contents(operation)}
    return said


def _in_path(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}


def _parameter(query: Query) -> Schema:
    return {
        "name": query.name,
        "in": "header" if query.is_header else "query",
        "description": query.description,
        "required": query.required,
        "schema": query.schema,
    }


def _security(operation: Operation, method: str) -> list[Schema]:
    session: Schema = {"session": []} if method == "GET" else {"session": [], "csrf": []}
    match operation.who:
        case Who.IN_A_BROWSER:
            return [session]
        case Who.SIGNED_IN:
            return [{"token": []}, session]
    return [{}, {"token": []}, session]


def _contents(operation: Operation) -> Schema:
    schemas = _types()[0]
    example = examples().get(operation.name, {}).get("request")
    shown = {JSON: {"example": example}} if example is not None else {}
    return {
        kind: {"schema": sent if isinstance(sent, dict) else schemas[sent], **shown.get(kind, {})}
        for kind, sent in operation.sends.items()
    }


# --- its answers --------------------------------------------------------------------------------------


def _responses(operation: Operation, path: str) -> Schema:
    answers = {str(operation.status): _success(operation)}
    for status, descriptions in operation.refusals.items():
        answers[str(status)] = common.refusal(descriptions, status=status)
    usual = common.USUAL if operation.reads_bodies else common.USUAL_WITHOUT_BODY
    for status in usual:
        answers.setdefault(str(status), {"$ref": f"#/components/responses/{common.NAMES[status]}"})
    if "{" in path:
        answers.setdefault("404", {"$ref": f"#/components/responses/{common.NAMES[404]}"})
    return dict(sorted(answers.items()))


def _success(operation: Operation) -> Schema:
    names = [*common.ON_EVERY_ANSWER, *(common.ON_PAGES if operation.is_paged else ())]
    names += common.ON_POLLS if operation.is_polled else ()
    names += common.ON_FILES if operation.files else ()
    content: Schema = {kind: {} if kind == JSON else {"schema": {"type": "string"}} for kind in operation.files}
    if operation.body is not None:
        content[JSON] = {"schema": _envelope(operation)}
        if (example := examples().get(operation.name, {}).get("answer")) is not None:
            content[JSON]["example"] = example
    return {
        "description": f"`{operation.told}`",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": content,
    }


def _envelope(operation: Operation) -> Schema:
    bodies = [_types()[0][body] for body in _bodies(operation)]
    return {
        "type": "object",
        "properties": {
            "success": {"const": True},
            "description": {"type": "string"},
            "body": bodies[0] if len(bodies) == 1 else {"anyOf": bodies},
        },
        "required": ["success", "description", "body"],
        "additionalProperties": False,
    }
