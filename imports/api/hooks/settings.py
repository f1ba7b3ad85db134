"""/api/v1/users/:userID/integrations: the settings of players for their hooks (spec: import-types §16)."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import UNSET, UnsetType
from rest_framework.request import Request
from rest_framework.response import Response

from imports.access import permissions
from imports.api.common.players import RequesterUnknown, UserNotFound, UserViewSet
from imports.api.core import validation
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import NOT_AUTHORISED, APIError
from imports.api.core.parameters import Fields, Parameter
from imports.api.core.permissions import APIPermission, IsAuthenticated, missing_permission_message
from imports.api.core.responses import Schema
from imports.formats import schema
from imports.models import HookSettings, Permission, User
from imports.models.hook_settings import MAX_CARD_LENGTH, MAX_CARDS, TooManyCards

CHANGED = "Successfully updated settings."
NO_LIST = "Value was not an array."


class NothingChanged(APIError):
    status = 400
    message = "No modifications sent."


class CardLimitReached(APIError):
    status = 400
    message = str(TooManyCards())


FORCE = Parameter(
    name="forceStaticImport",
    description="Whether the next import of stored scores is accepted. It is disabled again by that import.",
    schema={"type": "boolean"},
    check=validation.optional(validation.boolean),
    expects=("Expected *boolean or no value.",),
)
CARDS = Parameter(
    name="cards",
    description=f"The IDs of the accepted cards, at most {MAX_CARDS}, or null for all.",
    schema={"type": ["array", "null"], "items": {"type": "string", "maxLength": MAX_CARD_LENGTH}},
    check=validation.optional(
        schema.optional_null(schema.list_of(schema.string("Expected string.", high=MAX_CARD_LENGTH)))
    ),
    expects=(NO_LIST,),
)
FERVIDEX = Fields(CARDS, FORCE, is_strict=False)
KSHOOK = Fields(FORCE, is_strict=False)


class Settings(Schema):
    """The settings of a hook. `cards` applies only to Fervidex."""

    user_id: int
    force_static_import: bool
    cards: list[str] | UnsetType | None = UNSET


class IsHookOwner(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return permissions.is_self(request.user, obj)


class CanCustomise(APIPermission):
    permission = Permission.CUSTOMISE_PROFILE
    message, code = missing_permission_message(permission), 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return permissions.grants(request.user, view.token, Permission.CUSTOMISE_PROFILE)


class HookSettingsViewSet(UserViewSet):
    """A player's settings of one hook; only the player may read and change them."""

    tag = Tag.HOOKS
    permission_classes = (IsAuthenticated, IsHookOwner, CanCustomise)
    hook: ClassVar[HookSettings.Hook]
    fields: ClassVar[Fields]

    def read(self) -> Settings | None:
        """Returns the settings, None if there are none yet. Raises APIError unless the caller is the player."""
        row = HookSettings.objects.filter(user=self.get_object(), hook=self.hook).first()
        return None if row is None else self.document(row)

    def change(self) -> Settings:
        """Applies the changes of the body and returns the settings. Raises APIError with 400, and as `read` does."""
        user, given = self.get_object(), self.fields.from_body(self.body)
        names = {CARDS.name: "cards", FORCE.name: "force_static_import"}
        changes = {names[name]: value for name, value in given.items()}
        if not changes:
            raise NothingChanged()
        try:
            return self.document(HookSettings.objects.change(user, self.hook, changes))
        except TooManyCards:
            raise CardLimitReached() from None

    def document(self, row: HookSettings) -> Settings:
        cards = row.cards if CARDS.name in self.fields else UNSET
        return Settings(user_id=row.user_id, force_static_import=row.force_static_import, cards=cards)


class FervidexSettings(HookSettingsViewSet):
    hook = HookSettings.Hook.FERVIDEX
    fields = FERVIDEX

    @endpoint(
        id="getFervidexSettings",
        returns=Settings | None,
        message="Retrieved Fervidex settings.",
        raises=(RequesterUnknown, UserNotFound),
    )
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Returns your Fervidex settings, or null if none are stored."""
        return self.ok(self.read())

    @endpoint(
        id="setFervidexSettings",
        returns=Settings,
        message=CHANGED,
        body=FERVIDEX,
        raises=(RequesterUnknown, UserNotFound, NothingChanged, CardLimitReached),
    )
    def partial_update(self, request: Request, user_id: str) -> Response:
        """Updates which cards are accepted, and whether the next import of stored scores is accepted."""
        return self.ok(self.change())


class KsHookSettings(HookSettingsViewSet):
    hook = HookSettings.Hook.KSHOOK
    fields = KSHOOK

    @endpoint(
        id="getKsHookSettings",
        returns=Settings | None,
        message="Retrieved KsHook (S6VC) settings.",
        raises=(RequesterUnknown, UserNotFound),
    )
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Returns your KsHook settings, or null if none are stored."""
        return self.ok(self.read())

    @endpoint(
        id="setKsHookSettings",
        returns=Settings,
        message=CHANGED,
        body=KSHOOK,
        raises=(RequesterUnknown, UserNotFound, NothingChanged),
    )
    def partial_update(self, request: Request, user_id: str) -> Response:
        """Updates whether the next import of stored scores is accepted."""
        return self.ok(self.change())
