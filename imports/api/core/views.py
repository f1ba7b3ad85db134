"""The base of all views: the checks before the method, in the order that clients rely on (spec: http-api §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NoReturn

from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from imports.api.core import parsers, throttling
from imports.api.core.authentication import (
    CSRF_FAILED,
    INVALID_AUTHORIZATION_TYPE,
    INVALID_TOKEN,
    UNKNOWN_TOKEN,
    SessionAuthentication,
    TokenAuthentication,
    request_token,
)
from imports.api.core.endpoints import Endpoint, Tag
from imports.api.core.exceptions import (
    ENDPOINT_NOT_FOUND,
    JSON_TOO_LARGE,
    NOT_AUTHORISED,
    UNREADABLE_REQUEST,
    APIError,
    EndpointNotFound,
    InvalidRequest,
    ParameterError,
    exception_handler,
)
from imports.api.core.permissions import APIPermission
from imports.api.core.renderers import AlwaysJSON, EnvelopeRenderer
from imports.api.core.responses import ok_response
from imports.api.core.throttling import RateLimit
from imports.formats.text import storable
from imports.models import APIToken, User

REFUSALS: Mapping[int, Sequence[str]] = {
    400: (
        INVALID_AUTHORIZATION_TYPE,
        UNREADABLE_REQUEST,
        "[…] Expected …",
        "Invalid JSON. (…)",
        "Your request body …",
        "Expected an object or an array, received ….",
        "Expected a body with the Content-Type …",
        "The host … is not allowed here. …",
    ),
    401: (UNKNOWN_TOKEN, INVALID_TOKEN),
    403: ("You are banned from …", CSRF_FAILED),
    404: (ENDPOINT_NOT_FOUND,),
    413: (JSON_TOO_LARGE,),
    415: ('Unsupported content encoding "…".',),
    429: ("You have exceeded … requests per … seconds. Please wait.",),
}
"""Status -> the descriptions of errors that any endpoint may return; `…` stands for a variable part."""


class APIViewSet(GenericViewSet[Any]):
    """Reads the body, authenticates, counts the request against rate limits, and checks permissions, in this order."""

    authentication_classes = (SessionAuthentication, TokenAuthentication)
    permission_classes: Sequence[type[BasePermission]] = ()
    renderer_classes = (EnvelopeRenderer,)
    content_negotiation_class = AlwaysJSON

    tag: ClassVar[Tag]  # the group of its endpoints in the API's description
    is_ir: ClassVar[bool] = False  # under /ir the default limit is counted before authentication
    non_object_message: ClassVar[str] = "Expected an object or an array, received {kind}."
    is_other_address: ClassVar[bool] = False  # an alternative URL of an endpoint, which is not described again
    default_throttle: ClassVar[bool] = True  # false for /auth, which has a limit of its own
    rate_limits: Sequence[RateLimit] = ()  # in addition to the default one; counted after the permissions

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Replaces DRF's order, in which limits come last and the body is not checked.
        self.limit_headers: dict[str, str] = {}
        self.body = parsers.read_body(request._request, non_object_message=self.non_object_message)
        if self.is_ir:
            self.limit_headers = throttling.throttle(throttling.DEFAULT_LIMIT, request._request.META)
        self.perform_authentication(request)
        if not self.is_ir and self.default_throttle:
            self.throttle(throttling.DEFAULT_LIMIT)
        if self.action is None:  # the URL does not support the method
            raise EndpointNotFound()
        self.check_permissions(request)
        for limit in self.rate_limits:
            self.throttle(limit)
        if request.query_params.get("search"):  # of every endpoint
            self.throttle(throttling.SEARCHES)

    def throttle(self, limit: RateLimit) -> None:
        """Counts this request, by user if authenticated, else by address. Raises APIError with 429."""
        self.limit_headers = throttling.throttle(limit, self.request._request.META, user=self.user)

    @property
    def endpoint(self) -> Endpoint:
        """The declaration of the method that handles the request."""
        declared: Endpoint = getattr(self, self.action).endpoint
        return declared

    @property
    def is_v3(self) -> bool:
        """Whether invalid parameters get the error message of the API of 2026."""
        return self.endpoint.is_v3

    def success_message(self, *, message: str = "", **values: object) -> str:
        """Returns the description of a success: `message`, or the first one that the endpoint declares."""
        return (message or self.endpoint.wordings[0]).format(**values)

    def ok(self, body: Any, /, *, message: str = "", status: int | None = None, **values: object) -> Response:
        """Returns a success. `status`: 202 if the work was queued instead."""
        return ok_response(self.success_message(message=message, **values), body, status=status or self.endpoint.status)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        # Not set if an error occurred before `initial`.
        for name, value in getattr(self, "limit_headers", {}).items():
            response.headers.setdefault(name, value)
        return super().finalize_response(request, response, *args, **kwargs)

    def permission_denied(self, request: Request, message: str | None = None, code: Any = None) -> NoReturn:
        raise APIError(message or NOT_AUTHORISED, status=code or 403)

    def require(self, obj: Any, *rules: type[APIPermission]) -> None:
        """Checks permissions on an object, by default those that the endpoint declares. Raises APIError.

        For permissions that do not apply to the whole view, or that are checked after the parameters.
        """
        for rule in rules or self.endpoint.permissions:
            if not rule().has_object_permission(self.request, self, obj):
                self.permission_denied(self.request, rule.message, rule.code)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        raise EndpointNotFound()

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ParameterError) and self.is_v3:
            exc = InvalidRequest(path=exc.path, problem=exc.problem)
        return super().handle_exception(exc)

    def get_exception_handler(self) -> Any:
        return exception_handler

    def path_param(self, name: str) -> str:
        """Returns a parameter of the URL, fit for the database."""
        return str(storable(self.kwargs[name]))

    @property
    def user(self) -> User | None:
        """The authenticated user; None for a guest."""
        return self.request.user if isinstance(self.request.user, User) else None

    @property
    def token(self) -> APIToken | None:
        """The token of the request; None for a browser's session and for guests."""
        return request_token(self.request)


class UnknownEndpoint(APIViewSet):
    """All other URLs under /api/v1 and /ir, whatever the method."""
