"""/api/v1/users/:userID/pfp: a player's picture, generated from the user ID unless the player uploaded one
(spec: api-v3 §2.4).
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from imports import pictures
from imports.access import permissions
from imports.api.common.forms import FORM, InvalidFile, read_form
from imports.api.common.players import NO_USER, UserViewSet
from imports.api.core import parsers, throttling
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.permissions import APIPermission, Caller
from imports.api.core.responses import Empty, Schema
from imports.models import Permission, ProfilePicture, User

SVG = "image/svg+xml"
SQUARES = 5  # in each direction
FIELD = "pfp"
HEADERS = {
    # The same as for Tachi's pictures.
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    # An SVG that is opened as a page may run no scripts and load nothing.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
PICTURE_FORM = {
    "type": "object",
    "properties": {FIELD: {"type": "string", "format": "binary", "description": "PNG, JPEG, WebP or GIF, up to 1 MiB"}},
    "required": [FIELD],
}


class RequesterIsKnownV3(APIPermission):
    caller = Caller.SIGNED_IN
    message, code = "Authentication is required for this endpoint.", 401

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return isinstance(request.user, User)


class IsSelfOrAdminV3(APIPermission):
    """Allows administrators, and the user if the path has `me` or the ID, not the name."""

    message, code = "You are not authorised as this user.", 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        is_own = permissions.is_self(request.user, obj) and view.kwargs["user_id"] in {"me", str(obj.pk)}
        return is_own or permissions.is_administrator(request.user)


class CanCustomiseProfileV3(APIPermission):
    permission = Permission.CUSTOMISE_PROFILE
    message, code = f'This request requires the "{permission}" permission.', 403

    def has_object_permission(self, request: Request, view: Any, obj: User) -> bool:
        return permissions.grants(request.user, view.token, Permission.CUSTOMISE_PROFILE)


class NoPictureSent(APIError):
    status = 400
    message = "No file provided."


class PictureRefused(APIError):
    status = 400
    described_as = "the reason why the file is not accepted as a picture"


class StoredPicture(Schema):
    """The URL of the picture."""

    get: str


MAY_CHANGE = (RequesterIsKnownV3, IsSelfOrAdminV3, CanCustomiseProfileV3)


class Pictures(UserViewSet):
    """A player's picture: public, and changed by the player and administrators."""

    @endpoint(id="getPicture", returns=None, message="An image.", files=(SVG, pictures.CONTENT_TYPE), raises=NO_USER)
    def retrieve(self, request: Request, **address: str) -> HttpResponse:
        """Returns the profile picture of a user: the uploaded one as PNG, or a generated one as SVG."""
        user = self.get_object()
        stored = ProfilePicture.objects.filter(user=user).first()
        if stored is None:
            return _image(identicon(user), SVG, f"{user.pk}.svg")
        return _image(bytes(stored.content), pictures.CONTENT_TYPE, f"{user.pk}.png")

    @endpoint(
        id="setPicture",
        returns=StoredPicture,
        message="Stored profile picture.",
        forms={FORM: PICTURE_FORM},
        permissions=MAY_CHANGE,
        raises=(*NO_USER, NoPictureSent, InvalidFile, PictureRefused),
    )
    def update(self, request: Request, **address: str) -> Response:
        """Uploads a profile picture, which is scaled down to at most 256 by 256 pixels.

        Only the first frame of an animation is stored, and no metadata. Limited to 20 requests per ten minutes.
        """
        user = self._changeable()
        self.throttle(throttling.PICTURES)
        form = request._request
        if form.content_type != FORM and parsers.content_length(form):
            raise parsers.wrong_type(FORM, form.content_type or "")
        file = read_form(form, FIELD, max_bytes=pictures.MAX_BYTES)[0] if form.content_type == FORM else None
        if file is None:
            raise NoPictureSent()
        try:
            ProfilePicture.objects.keep(user, pictures.encode_picture(bytes(file.read())))
        except pictures.PictureRefused as refused:
            raise PictureRefused(str(refused)) from None
        return self.ok(StoredPicture(get=reverse("api:user-picture", args=[user.pk])))

    @endpoint(
        id="removePicture",
        returns=Empty,
        message="Removed custom profile picture.",
        permissions=MAY_CHANGE,
        raises=NO_USER,
    )
    def destroy(self, request: Request, **address: str) -> Response:
        """Deletes the profile picture of a user and returns to the generated one. Does nothing if there is none."""
        ProfilePicture.objects.filter(user=self._changeable()).delete()
        return self.ok(Empty())

    def _changeable(self) -> User:
        user = self.get_object()
        self.require(user)
        return user


def _image(content: bytes | str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=kind, headers={**HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
    )


def identicon(user: User) -> str:
    """Returns an SVG of five by five squares whose right half mirrors the left one."""
    digest = hashlib.sha256(f"user {user.pk}".encode()).digest()
    hue = int.from_bytes(digest[:2]) % 360
    squares = "".join(
        f'<rect x="{x}" y="{y}" width="1" height="1"/>'
        for y in range(SQUARES)
        for x in range(SQUARES)
        # Columns left and right of the middle one have the same bits.
        if digest[2 + y * SQUARES + min(x, SQUARES - 1 - x)] % 2
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {SQUARES + 2} {SQUARES + 2}" width="280" height="280">'
        f'<rect x="-1" y="-1" width="{SQUARES + 2}" height="{SQUARES + 2}" fill="#f0f0f0"/>'
        f'<g fill="hsl({hue}, 55%, 45%)">{squares}</g></svg>'
    )
