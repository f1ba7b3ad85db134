"""/api/v1/users/:userID/email and …/is-email-verified: for nobody but the player, in a browser.

An address is given and taken away on the account page, where it is verified; without a mail server there is none.
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

    @endpoint(id="getEmail", returns=str, says="Returned email.", raises=RAISES)
    def retrieve(self, request: Request, user_id: str) -> Response:
        """The verified e-mail address, an empty text without one."""
        return self.ok(self.get_owner().verified_email)


class EmailVerification(OwnersViewSet):
    tag = Tag.ACCOUNTS

    @endpoint(id="getEmailVerification", returns=bool, says="Returned email verification status.", raises=RAISES)
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Whether there is a verified e-mail address."""
        return self.ok(bool(self.get_owner().verified_email))
