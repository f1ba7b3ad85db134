"""Derives an OpenAPI 3.1 document from the endpoints of the API, through drf-spectacular.

Endpoints are declared at their view methods (`imports.api.core.endpoints`). Their types are the structs that views
build, their errors the exceptions and permissions that they declare.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import warn
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from imports.api.core.authentication import security_schemes
from imports.api.core.endpoints import Endpoint, Tag
from imports.api.core.exceptions import ERROR_SCHEMA, InvalidRequest, ParameterError
from imports.api.core.parameters import Fields, Parameter, path_parameters
from imports.api.core.permissions import APIPermission, Caller
from imports.api.core.renderers import JSON
from imports.api.core.responses import (
    COMMON_HEADERS,
    FILE_HEADERS,
    HEADERS,
    PAGE_HEADERS,
    RATE_LIMIT_HEADERS,
    RETRY_HEADERS,
)
from imports.api.core.views import REFUSALS, APIViewSet, UnknownEndpoint
from imports.formats.schema import NO_OBJECT
from imports.models import Permission

EXAMPLES = Path(__file__).parent / "examples.json"
PLACEHOLDER = re.compile(r"{(\w+)}")
REF = "#/components/schemas/{name}"

RESPONSE_NAMES = {
    400: "BadRequest",
    401: "Unauthorised",
    403: "Forbidden",
    404: "NotFound",
    413: "TooLarge",
    415: "UnknownEncoding",
    429: "TooOften",
}
"""Status -> the component that describes the errors of all endpoints."""
UNEXPECTED = "[null] Unexpected properties inside object: …."

Schema = dict[str, Any]
Route = tuple[str, str, str, Callable[..., Any]]
"""The path, its pattern, a method and the view, as drf-spectacular passes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An `Endpoint` together with what applies to all endpoints of its view.

    `success_description`: the description of a success; `body`: the type of its body, or a tuple of possible types.
    `queued`: the description and the type of the body of a 202. `request_body`: media type -> type, or schema, of a
    request's body. `files`: media types of responses that are files.
    """

    name: str
    summary: str
    success_description: str
    body: Any
    status: int = 200
    queued: tuple[str, Any] | None = None
    note: str = ""
    caller: Caller = Caller.ANYBODY
    token_permission: Permission | None = None
    query: Sequence[Parameter] = ()
    request_body: Mapping[str, Any] = field(default_factory=dict)
    body_required: bool = False
    refusals: Mapping[int, Sequence[str]] = field(default_factory=dict)
    files: Sequence[str] = ()
    is_paged: bool = False
    is_polled: bool = False
    has_envelope: bool = True
    reads_bodies: bool = True
    is_stream: bool = False


@functools.cache
def document() -> bytes:
    """Returns the description of this instance's API as JSON."""
    generator: Any = SchemaGenerator
    return json.dumps(generator().get_schema(request=None, public=True)).encode()


@functools.cache
def examples() -> dict[str, Any]:
    """Returns operation -> `{"request", "answer"}`: real examples, written by the tests."""
    content: dict[str, Any] = json.loads(EXAMPLES.read_text()) if EXAMPLES.exists() else {}
    return content


# --- hooks of drf-spectacular -----------------------------------------------------------------------------


def list_endpoints(endpoints: Sequence[Route]) -> list[Route]:
    """A hook: converts path parameters to JSON names, and adds view functions, which drf-spectacular ignores."""
    described = [route for route in endpoints if getattr(route[3], "cls", None) is not UnknownEndpoint]
    described = [route for route in described if not getattr(route[3], "initkwargs", {}).get("is_other_address")]
    routes = [*described, *_routes_of_functions(get_resolver().url_patterns)]

    def json_name(match: re.Match[str]) -> str:
        first, *rest = match[1].split("_")
        return f"{{{first}{''.join(part.upper() for part in rest)}}}"

    return [(PLACEHOLDER.sub(json_name, path), regex, method, view) for path, regex, method, view in routes]


def _routes_of_functions(patterns: Iterable[URLPattern | URLResolver], before: str = "/") -> Iterator[Route]:
    """Yields the view functions that are marked as endpoints."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes_of_functions(pattern.url_patterns, path)
        elif hasattr(pattern.callback, "endpoint"):
            yield function_route(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), pattern.callback)


def function_route(path: str, function: Callable[..., Any]) -> Route:
    """Returns the route of a function that is marked as an endpoint, wrapped in a DRF view."""
    stand_in: Any = type("FunctionView", (APIViewSet,), {"retrieve": function})
    return path, path, "GET", stand_in.as_view({"get": "retrieve"})


def add_components(result: Schema, **_: Any) -> Schema:
    """A hook: adds the components, and sorts methods, whose order differs between processes in DRF."""
    parts = {
        "schemas": {**result["components"].get("schemas", {}), "Failure": ERROR_SCHEMA},
        "responses": {
            name: _error(REFUSALS[status], COMMON_HEADERS, status) for status, name in RESPONSE_NAMES.items()
        },
        "headers": {name: {"description": text, "schema": {"type": kind}} for name, (text, kind) in HEADERS.items()},
        "parameters": path_parameters(),
        "securitySchemes": security_schemes(),
    }
    paths = {path: dict(sorted(operations.items())) for path, operations in result["paths"].items()}
    return {**result, "paths": paths, "components": parts, "tags": [{"name": tag} for tag in Tag]}


# --- an operation -----------------------------------------------------------------------------------------


class EndpointSchema(AutoSchema):
    """Describes an endpoint by the declaration of its view method."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Schema | None:
        view: Any = self.view
        declared = getattr(getattr(view, view.action, None), "endpoint", None)
        if declared is None:
            warn(f"{method.upper()} {path} is no @endpoint")
            return None
        self.tag, self.operation = declared.tag or view.tag, operation_of(view, declared)
        return super().get_operation(path, path_regex, path_prefix, method, registry)

    def get_operation_id(self) -> str:
        return self.operation.name

    def get_summary(self) -> str:
        return self.operation.summary

    def get_tags(self) -> list[str]:
        return [self.tag]

    def get_description(self) -> str:  # type: ignore[override]  # the type of drf-spectacular, not of DRF
        needed = self.operation.token_permission
        notes = [self.operation.note, f"A token needs the permission `{needed}`." if needed else ""]
        return "\n\n".join(note for note in notes if note)

    def get_auth(self) -> list[Schema]:
        if self.operation.is_stream:
            return [{}]
        session: Schema = {"session": []} if self.method == "GET" else {"session": [], "csrf": []}
        match self.operation.caller:
            case Caller.IN_A_BROWSER:
                return [session]
            case Caller.SIGNED_IN:
                return [{"token": []}, session]
        return [{}, {"token": []}, session]

    def _get_parameters(self) -> list[Schema]:
        in_path = [{"$ref": f"#/components/parameters/{name}"} for name in PLACEHOLDER.findall(self.path)]
        others = [
            {
                "name": parameter.name,
                "in": "header" if parameter.is_header else "query",
                "description": parameter.description,
                "required": parameter.required,
                "schema": parameter.schema,
            }
            for parameter in self.operation.query
        ]
        return [*in_path, *others]

    def _get_request_body(self, direction: str = "request") -> Schema | None:
        if not self.operation.request_body:
            return None
        example = examples().get(self.operation.name, {}).get("request")
        shown = {JSON: {"example": example}} if example is not None else {}
        content = {
            kind: {"schema": sent if isinstance(sent, dict) else self._reference(sent), **shown.get(kind, {})}
            for kind, sent in self.operation.request_body.items()
        }
        return {"required": self.operation.body_required, "content": content}

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        operation = self.operation
        responses = {str(operation.status): self._success_response()}
        if operation.queued is not None:
            words, body = operation.queued
            envelope = self._envelope(*(body if isinstance(body, tuple) else (body,)))
            responses["202"] = _response(f"`{words}`", COMMON_HEADERS, {JSON: {"schema": envelope}})
        for status, descriptions in operation.refusals.items():
            every = dict.fromkeys([*descriptions, *REFUSALS.get(status, ())])
            responses[str(status)] = _error(list(every), self._headers, status)
        if not operation.is_stream:
            usual = [*(400, 401, 403, 429), *((413, 415) if operation.reads_bodies else ())]
            for status in [*usual, *((404,) if "{" in self.path else ())]:
                responses.setdefault(str(status), {"$ref": f"#/components/responses/{RESPONSE_NAMES[status]}"})
        return dict(sorted(responses.items()))

    @property
    def _headers(self) -> Iterable[str]:
        return RATE_LIMIT_HEADERS if self.operation.is_stream else COMMON_HEADERS

    def _success_response(self) -> Schema:
        operation = self.operation
        headers = [*self._headers, *(PAGE_HEADERS if operation.is_paged else ())]
        headers += RETRY_HEADERS if operation.is_polled else ()
        headers += FILE_HEADERS if operation.files and not operation.is_stream else ()
        content: Schema = {kind: {} if kind == JSON else {"schema": {"type": "string"}} for kind in operation.files}
        if operation.body is not None:
            bodies = operation.body if isinstance(operation.body, tuple) else (operation.body,)
            schema = self._envelope(*bodies) if operation.has_envelope else self._reference(operation.body)
            content[JSON] = {"schema": schema}
            if (example := examples().get(operation.name, {}).get("answer")) is not None:
                content[JSON]["example"] = example
        words = operation.success_description
        return _response(f"`{words}`" if words else operation.summary, headers, content)

    def _envelope(self, *types: Any) -> Schema:
        bodies = [self._reference(body) for body in types if body is not None]
        return {
            "type": "object",
            "properties": {
                "success": {"const": True},
                "description": {"type": "string"},
                "body": bodies[0] if len(bodies) == 1 else {"anyOf": bodies},
            },
            "required": ["success", "description", *(["body"] if None not in types else [])],
            "additionalProperties": False,
        }

    def _reference(self, kind: Any) -> Schema:
        """Returns the schema of a type; the structs in it become components."""
        (schema,), parts = msgspec.json.schema_components([kind], ref_template=REF)
        for name, part in parts.items():
            component = ResolvedComponent(name, ResolvedComponent.SCHEMA, part, name)  # type: ignore[no-untyped-call]
            if component not in self.registry:
                self.registry.register(component)
            elif self.registry[component].schema != part:
                warn(f"two structs of the API are called {name}")
        return schema


def _response(description: str, headers: Iterable[str], content: Schema) -> Schema:
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": content,
    }


def _error(words: Sequence[str], headers: Iterable[str], status: int) -> Schema:
    """Returns the description of an error with one of these messages."""
    quoted = [word for word in words if word[0].isupper() or word[0] in "[…"]  # others paraphrase the message
    return _response(
        "\n".join(f"* `{word}`" if word in quoted else f"* {word}" for word in words),
        [*(RETRY_HEADERS if status in {429, 503} else ()), *headers],
        {
            JSON: {
                "schema": {"$ref": "#/components/schemas/Failure"},
                "example": {"success": False, "description": [*quoted, *words][0]},
            }
        },
    )


# --- declarations of views --------------------------------------------------------------------------------


def operation_of(view: Any, endpoint: Endpoint) -> Operation:
    """Returns the operation of an endpoint of a view."""
    forms = [generation.endpoint(endpoint) for generation in getattr(view, "generations", ())]
    if forms:
        # One type, or a tuple of the possible types of both API versions.
        returned = (form.returns for form in forms)
        types = dict.fromkeys(part for kind in returned for part in (kind if isinstance(kind, tuple) else (kind,)))
        endpoint = replace(forms[0], returns=next(iter(types)) if len(types) == 1 else tuple(types))
    rules = [rule for rule in (*view.permission_classes, *endpoint.permissions) if issubclass(rule, APIPermission)]
    summary, _, note = inspect.cleandoc(getattr(view, view.action).__doc__).partition("\n\n")
    query = list(endpoint.query.values() if isinstance(endpoint.query, Fields) else endpoint.query)
    if endpoint.paging is not None:
        names = [parameter.name for parameter in query]
        query += [parameter for parameter in endpoint.paging.parameters if parameter.name not in names]
    needed = [rule.permission for rule in rules if rule.permission is not None]
    return Operation(
        name=endpoint.id,
        summary=" ".join(summary.split()).removesuffix("."),
        success_description="` or `".join(map(_with_gaps, endpoint.wordings)),
        body=endpoint.returns,
        status=endpoint.status,
        queued=endpoint.queued,
        note=" ".join(note.split()),
        caller=max((rule.caller for rule in rules), key=list(Caller).index, default=Caller.ANYBODY),
        token_permission=needed[0] if needed else None,
        query=query,
        request_body={**({} if endpoint.body is None else {JSON: _body_schema(endpoint.body)}), **endpoint.forms},
        body_required=bool(endpoint.forms) or (endpoint.body is not None and endpoint.body.is_required),
        refusals=_refusals(rules, [*query, *(endpoint.body or {}).values()], endpoint),
        files=endpoint.files,
        is_paged=endpoint.paging is not None,
        is_polled=endpoint.is_polled,
        has_envelope=endpoint.has_envelope,
        reads_bodies=endpoint.reads_bodies,
        is_stream=endpoint.is_stream,
    )


def _with_gaps(words: str) -> str:
    """`Returned {count} charts.` -> `Returned … charts.`"""
    return re.sub(r"{\w*}", "…", words)


def _body_schema(fields: Fields) -> Schema:
    described: Schema = {"type": "object", "properties": {}}
    for name, parameter in fields.items():
        more = {"description": parameter.description} if parameter.description else {}
        described["properties"][name] = {**parameter.schema, **more}
    if required := [name for name, parameter in fields.items() if parameter.required]:
        described["required"] = required
    return {**described, "additionalProperties": False} if fields.is_strict else described


def _refusals(
    rules: Sequence[type[APIPermission]], parameters: Sequence[Parameter], endpoint: Endpoint
) -> Mapping[int, Sequence[str]]:
    """Returns status -> messages: of permissions, declared exceptions and invalid parameters."""
    found: dict[int, list[str]] = defaultdict(list)
    for rule in rules:
        found[rule.code].append(rule.described_as or rule.message)
    for error in (*endpoint.raises, *(error for parameter in parameters for error in parameter.raises)):
        kind = InvalidRequest if endpoint.is_v3 and issubclass(error, ParameterError) else error
        found[kind.status].append(kind.described_as or _with_gaps(kind.message))
    if endpoint.is_v3 and any(parameter.expects or parameter.check_of_2026 for parameter in parameters):
        found[InvalidRequest.status].append(_with_gaps(InvalidRequest.message))
        parameters = ()
    for parameter in parameters:
        received = "****" if parameter.name.startswith("!") else "…"
        found[400] += [f"[{parameter.name}] {expected} (Received {received})" for expected in parameter.expects]
    if isinstance(endpoint.query, Fields) and endpoint.query.is_strict:
        found[400].append(UNEXPECTED)
    if endpoint.body is not None and endpoint.body.is_strict:
        found[400] += [f"[null] {NO_OBJECT}", UNEXPECTED]
    return {status: words for status, words in found.items() if words}
