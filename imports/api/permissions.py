"""Permission classes: one line each, asking `imports.rules`. A view lists them in the order they are answered."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from imports import blocked_clients, rules
from imports.api.authentication import token_of
from imports.api.errors import NOT_AUTHORISED
from imports.models import Import, OrphanScore, Permission, Score, Session, User


def missing(permission: Permission) -> str:
    return f"You are missing the following permissions necessary for this request: {permission.value}"


class Rule(BasePermission):
    """A rule that says with which status and words it refuses."""

    message: ClassVar[str]
    code: ClassVar[int]


class SomebodyIsSignedIn(Rule):
    message, code = NOT_AUTHORISED, 401

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, User)


class AnIRNeedsSomebody(SomebodyIsSignedIn):
    message = "This endpoint requires authentication."


class TheyMaySubmitScores(Rule):
    message, code = missing(Permission.SUBMIT_SCORE), 403

    def has_permission(self, request: Request, view: Any) -> bool:
        return rules.grants(request.user, token_of(request), Permission.SUBMIT_SCORE)


class TheirClientIsWelcome(Rule):
    """Moderators block programs that harm; they are told what the moderators wrote."""

    code = 403

    def has_permission(self, request: Request, view: Any) -> bool:
        refusal = blocked_clients.refusal_of(request.headers.get("User-Agent", ""))
        self.message = refusal or ""  # type: ignore[misc]  # of this one refusal, not of the class
        return refusal is None


class WeKnowWhoAsks(Rule):
    message, code = "You are not authorised as anyone, and this endpoint requires us to know who you are.", 401

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return isinstance(request.user, User)


class TheyOwnTheImportOrAdminister(Rule):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return rules.can_touch_import(request.user, obj)


class TheyMayRevertIt(Rule):
    message, code = missing(Permission.DELETE_SCORE), 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return rules.can_revert(request.user, token_of(request), obj)


class TheyMayRunItAgain(Rule):
    message, code = missing(Permission.SUBMIT_SCORE), 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return rules.can_run_again(request.user, token_of(request), obj)


class TheyMayReadItsAudit(Rule):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return rules.can_read_audit(request.user, obj)


class TheyMaySeeTheInput(Rule):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Import) -> bool:
        return rules.can_see_input(request.user, obj)


class TheyOwnTheOrphanOrModerate(Rule):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: OrphanScore) -> bool:
        return rules.can_touch_orphan(request.user, token_of(request), obj)


class TheyMayDeleteTheOrphan(Rule):
    message, code = missing(Permission.DELETE_SCORE), 403

    def has_object_permission(self, request: Request, view: Any, obj: OrphanScore) -> bool:
        return rules.can_delete_orphan(request.user, token_of(request), obj)


class TheyOwnTheScoreOrAdminister(Rule):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: Score) -> bool:
        return rules.can_touch_score(request.user, token_of(request), obj)


class TheyMayEditTheScore(Rule):
    message, code = missing(Permission.CUSTOMISE_SCORE), 403

    def has_object_permission(self, request: Request, view: Any, obj: Score) -> bool:
        return rules.can_edit_score(request.user, token_of(request), obj)


class TheyMayDeleteTheScore(Rule):
    message, code = missing(Permission.DELETE_SCORE), 403

    def has_object_permission(self, request: Request, view: Any, obj: Score) -> bool:
        return rules.can_delete_score(request.user, token_of(request), obj)


class TheyOwnTheSession(Rule):
    message, code = "You are not authorised to modify this session.", 403

    def has_object_permission(self, request: Request, view: Any, obj: Session) -> bool:
        return rules.can_touch_session(request.user, obj)


class TheyMayEditTheSession(Rule):
    message, code = missing(Permission.CUSTOMISE_SESSION), 403

    def has_object_permission(self, request: Request, view: Any, obj: Session) -> bool:
        return rules.can_edit_session(request.user, token_of(request), obj)
