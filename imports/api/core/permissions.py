"""Permission classes of DRF; the rules are in `imports.access.permissions`. A view lists them in the order in which
they are checked.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from imports.access import blocked_clients, permissions
from imports.api.core.authentication import request_token
from imports.api.core.exceptions import NOT_AUTHORISED
from imports.models import Import, OrphanRetry, OrphanScore, Permission, Score, Session, User


def missing_permission_message(permission: Permission) -> str:
    return f"You are missing the following permissions necessary for this request: {permission.value}"


class Caller(Enum):
    """Who may call an endpoint."""

    ANYBODY = auto()
    SIGNED_IN = auto()  # by a token or in a browser
    IN_A_BROWSER = auto()


class APIPermission(BasePermission):
    """A permission with the status and the message of its refusal.

    The OpenAPI description derives the security of an endpoint from `caller`, and the permission that a token needs
    from `permission`. `described_as`: the text of the description if the message is not known in advance.
    """

    message: ClassVar[str]
    code: ClassVar[int]
    caller: ClassVar[Caller] = Caller.ANYBODY
    permission: ClassVar[Permission | None] = None
    described_as: ClassVar[str] = ""


class IsAuthenticated(APIPermission):
    message, code, caller = NOT_AUTHORISED, 401, Caller.SIGNED_IN

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, User)


class IsAuthenticatedForIR(IsAuthenticated):
    message = "This endpoint requires authentication."


class CanSubmitScores(APIPermission):
    permission = Permission.SUBMIT_SCORE
    message, code = missing_permission_message(permission), 403

    def has_permission(self, request: Request, view: Any) -> bool:
        return permissions.grants(request.user, request_token(request), Permission.SUBMIT_SCORE)


class ClientIsNotBlocked(APIPermission):
    """Refuses clients that moderators have blocked, with their message."""

    code = 403
    described_as = "the message of the moderators for a blocked client"

    def has_permission(self, request: Request, view: Any) -> bool:
        message = blocked_clients.block_message(request.headers.get("User-Agent", ""))
        self.message = message or ""  # type: ignore[misc]  # of this request, not of the class
        return message is None


class CanSubmitScoresV3(CanSubmitScores):
    """`CanSubmitScores` with the message of the API of 2026, also for guests."""

    caller, message = Caller.SIGNED_IN, 'This request requires the "submit_score" permission.'


class IsAuthenticatedBySession(APIPermission):
    message, code, caller = "This endpoint requires session-level authentication.", 401, Caller.IN_A_BROWSER

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return isinstance(request.user, User)


class IsSelfBySessionV3(APIPermission):
    """Allows only the user of the URL, which must contain `me` or the ID, not the name."""

    caller = Caller.IN_A_BROWSER
    message, code = "You are not permitted to perform this action for this user.", 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return request.user == obj and view.kwargs["user_id"] in {"me", str(obj.pk)}


class IsSessionV3(APIPermission):
    caller = Caller.IN_A_BROWSER
    message = "This request cannot be performed by an API key and requires session authentication as this user."
    code = 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return request_token(request) is None


class RequesterIsKnown(APIPermission):
    caller = Caller.SIGNED_IN
    message, code = "You are not authorised as anyone, and this endpoint requires us to know who you are.", 401

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return isinstance(request.user, User)


class IsImportOwnerOrAdmin(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return permissions.can_manage_import(request.user, obj)


class CanRevertImport(APIPermission):
    permission = Permission.DELETE_SCORE
    message, code = missing_permission_message(permission), 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return permissions.can_revert(request.user, request_token(request), obj)


class CanRequeueImport(APIPermission):
    permission = Permission.SUBMIT_SCORE
    message, code = missing_permission_message(permission), 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return permissions.can_run_again(request.user, request_token(request), obj)


class CanReadAudit(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return permissions.can_read_audit(request.user, obj)


class CanReadInput(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return permissions.can_see_input(request.user, obj)


class IsOrphanOwnerOrModerator(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: OrphanScore | OrphanRetry) -> bool:
        return permissions.can_manage_orphan(request.user, request_token(request), obj)


class CanDeleteOrphan(APIPermission):
    permission = Permission.DELETE_SCORE
    message, code = missing_permission_message(permission), 403

    def has_object_permission(self, request: Request, view: Any, obj: OrphanScore) -> bool:
        return permissions.can_delete_orphan(request.user, request_token(request), obj)


class IsScoreOwnerOrAdmin(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Score) -> bool:
        return permissions.can_manage_score(request.user, request_token(request), obj)


class CanEditScore(APIPermission):
    permission = Permission.CUSTOMISE_SCORE
    message, code = missing_permission_message(permission), 403

    def has_object_permission(self, request: Request, view: Any, obj: Score) -> bool:
        return permissions.can_edit_score(request.user, request_token(request), obj)


class CanDeleteScore(APIPermission):
    permission = Permission.DELETE_SCORE
    message, code = missing_permission_message(permission), 403

    def has_object_permission(self, request: Request, view: Any, obj: Score) -> bool:
        return permissions.can_delete_score(request.user, request_token(request), obj)


class IsSessionOwner(APIPermission):
    caller = Caller.SIGNED_IN
    message, code = "You are not authorised to modify this session.", 403

    def has_object_permission(self, request: Request, view: Any, obj: Session) -> bool:
        return permissions.can_manage_session(request.user, obj)


class CanEditSession(APIPermission):
    permission = Permission.CUSTOMISE_SESSION
    message, code = missing_permission_message(permission), 403

    def has_object_permission(self, request: Request, view: Any, obj: Session) -> bool:
        return permissions.can_edit_session(request.user, request_token(request), obj)
