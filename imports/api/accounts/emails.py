"""/api/v1/users/:userID/email and …/is-email-verified: only for the player, in a browser.

Players set and remove their address on the account page; without a mail server nobody has an address.
"""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.accounts.tokens import OwnersViewSet
from imports.api.common.players import RequesterUnknown, UserNotFound
from imports.api.core.endpoints import Tag, endpoint

RAISES = (RequesterUnknown, UserNotFound)


class EmailAddress(OwnersViewSet):
    tag = Tag.ACCOUNTS

    @endpoint(id="getEmail", returns=str, message="Returned email.", raises=RAISES)
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Returns the verified e-mail address, or an empty string if there is none."""
        return self.ok(self.get_owner().verified_email)


class EmailVerification(OwnersViewSet):
    tag = Tag.ACCOUNTS

    @endpoint(id="getEmailVerification", returns=bool, message="Returned email verification status.", raises=RAISES)
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Returns whether the user has a verified e-mail address."""
        return self.ok(bool(self.get_owner().verified_email))
