"""What every view of the API does first, in the order that clients rely on (spec: http-api §2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from imports.api import bodies, limits
from imports.api.authentication import SessionAuth, TokenAuth, token_of
from imports.api.errors import NOT_AUTHORISED, Refused, handle, no_endpoint
from imports.api.limits import Limiter
from imports.api.permissions import Rule
from imports.api.rendering import AlwaysJSON, EnvelopeRenderer
from imports.formats.text import storable
from imports.models import APIToken, User


class Resource(GenericViewSet[Any]):
    """The body is read, then it is found out who asks, then limits and permissions are held."""

    authentication_classes = (SessionAuth, TokenAuth)
    permission_classes: Sequence[type[BasePermission]] = ()
    renderer_classes = (EnvelopeRenderer,)
    content_negotiation_class = AlwaysJSON

    is_ir: ClassVar[bool] = False  # under /ir the normal limit is counted before it is known who asks
    not_an_object: ClassVar[str] = "Expected an object or an array, received {kind}."
    has_normal_limit: ClassVar[bool] = True  # all but /auth, which has its own
    limiters: Sequence[Limiter] = ()  # beside the normal one; counted after the permissions

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.limit_headers: dict[str, str] = {}
        self.body = bodies.read(request._request, not_an_object=self.not_an_object)
        if self.is_ir:
            self.limit_headers = limits.spend(limits.NORMAL, request._request)
        self.perform_authentication(request)
        if not self.is_ir and self.has_normal_limit:
            self.spend(limits.NORMAL)
        if self.action is None:  # a method that this address does not have
            raise no_endpoint()
        self.check_permissions(request)
        for limiter in self.limiters:
            self.spend(limiter)

    def spend(self, limiter: Limiter) -> None:
        """Counts this request, by user where it is known who asks. Raises Refused with 429."""
        self.limit_headers = limits.spend(limiter, self.request._request, user=self.user)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        for name, value in getattr(self, "limit_headers", {}).items():
            response.headers.setdefault(name, value)
        return super().finalize_response(request, response, *args, **kwargs)

    def permission_denied(self, request: Request, message: str | None = None, code: Any = None) -> NoReturn:
        raise Refused(message or NOT_AUTHORISED, status=code or 403)

    def insist(self, obj: Any, *rules: type[Rule]) -> None:
        """Asks rules in turn that are not asked of the whole view, or only after its parameters. Raises Refused."""
        for rule in rules:
            if not rule().has_object_permission(self.request, self, obj):
                self.permission_denied(self.request, rule.message, rule.code)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        raise no_endpoint()

    def get_exception_handler(self) -> Any:
        return handle

    def segment(self, name: str) -> str:
        """A parameter of the address, fit to be looked for in the database."""
        return str(storable(self.kwargs[name]))

    @property
    def user(self) -> User | None:
        """Who asks; None for a guest."""
        return self.request.user if isinstance(self.request.user, User) else None

    @property
    def token(self) -> APIToken | None:
        """The token that acts; None for a browser's session and for guests."""
        return token_of(self.request)


class UnknownEndpoint(Resource):
    """Everything else under /api/v1 and /ir, whatever the method."""
