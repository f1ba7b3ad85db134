"""Imports from other services: POST /api/v1/import/from-api, and the times up to which scores were fetched,
/api/v1/users/:userID/import-timestops. This server fetches from no service.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common.players import NO_USER, UserViewSet
from imports.api.common.schemas import Milliseconds
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, of_kind
from imports.api.core.permissions import (
    CanSubmitScores,
    IsAuthenticated,
    IsAuthenticatedBySession,
    IsSelfBySessionV3,
    IsSessionV3,
)
from imports.api.core.responses import Empty, Schema
from imports.api.core.views import APIViewSet
from imports.api.imports import schemas
from imports.formats.schema import Violation
from imports.integers import MAX_TIMESTAMP_MS
from imports.models import ImportTimestop


class NoServiceImportType(APIError):
    status = 400
    message = "Invalid import type: {import_type}"


class ServiceNotEnabled(APIError):
    status = 400
    message = 'Import type "{import_type}" is not enabled on this instance.'


SERVICES = frozenset(
    [f"api/{service}-{game}" for service in ("eag", "flo") for game in ("iidx", "sdvx")]
    + ["api/min-sdvx", *(f"api/myt-{game}" for game in ("chunithm", "maimaidx", "ongeki", "wacca"))]
    + [
        f"api/cg-{service}-{game}"
        for service in ("dev", "nag", "gan")
        for game in ("iidx", "jubeat", "museca", "popn", "sdvx")
    ]
)
"""The import types that fetch from other services. This server has none of them."""
IMPORT_TYPE = of_kind(str, "importType")
SERVICE = Fields(IMPORT_TYPE, is_strict=False)
LAST_SCORE_TIME = of_kind(float, "lastScoreTime", "Only scores after this time are fetched. Unix milliseconds.")


def timestamp(value: Any) -> int:
    """Returns a time in Unix milliseconds. Raises Violation unless it is an integer in range."""
    number = LAST_SCORE_TIME.check(value)
    if not (0 <= number <= MAX_TIMESTAMP_MS and number == int(number)):
        raise Violation("Invalid input: expected a time in Unix milliseconds", value)
    return int(number)


TIMESTOP = Fields(IMPORT_TYPE, replace(LAST_SCORE_TIME, check=timestamp), is_strict=False)


def refuse_unknown(import_type: str) -> None:
    """Raises NoServiceImportType unless the import type is one of `SERVICES`."""
    if import_type not in SERVICES:
        raise NoServiceImportType(import_type=import_type)


class ImportFromAPI(APIViewSet):
    """Imports of scores from another service, which are always refused."""

    tag = Tag.SUBMITTING
    permission_classes = (IsAuthenticated, CanSubmitScores)

    @endpoint(
        id="importFromAPI",
        returns=schemas.Queued,
        message="never",
        status=202,
        body=SERVICE,
        is_v3=True,
        raises=(NoServiceImportType, ServiceNotEnabled),
    )
    def create(self, request: Request) -> Response:
        """Imports scores from another service. Not supported by this instance.

        Responds with 400 for every import type.
        """
        import_type = SERVICE.from_body(self.body)["importType"]
        refuse_unknown(import_type)
        raise ServiceNotEnabled(import_type=import_type)


class Timestop(Schema):
    import_type: str
    last_score_time: Milliseconds | None


class Timestops(Schema):
    timestops: list[Timestop]


class ImportTimestops(UserViewSet):
    """The timestops of a player, one per service: scores before it are not fetched again."""

    tag = Tag.IMPORTS
    permission_classes = (IsAuthenticatedBySession, IsSessionV3, IsSelfBySessionV3)

    @endpoint(id="getImportTimestops", returns=Timestops, message="Returned import timestops.", raises=NO_USER)
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Returns the times up to which scores were fetched from other services.

        This instance does not fetch scores, so these are the times set through this API.
        """
        stored = ImportTimestop.objects.filter(user=self.get_object()).order_by("import_type")
        return self.ok(Timestops(timestops=[Timestop.from_attributes(row) for row in stored]))

    @endpoint(
        id="setImportTimestop",
        returns=Empty,
        message="Updated import timestop.",
        body=TIMESTOP,
        is_v3=True,
        raises=(*NO_USER, NoServiceImportType),
    )
    def update(self, request: Request, user_id: str) -> Response:
        """Sets the time from which scores of another service are fetched."""
        user, given = self.get_object(), TIMESTOP.from_body(self.body)
        refuse_unknown(given["importType"])
        ImportTimestop.objects.update_or_create(
            user=user, import_type=given["importType"], defaults={"last_score_time": given["lastScoreTime"]}
        )
        return self.ok(Empty())

    @endpoint(
        id="resetImportTimestop",
        returns=Empty,
        message="Reset import timestop.",
        body=SERVICE,
        is_v3=True,
        raises=(*NO_USER, NoServiceImportType),
    )
    def destroy(self, request: Request, user_id: str) -> Response:
        """Resets the time from which scores of another service are fetched."""
        user, given = self.get_object(), SERVICE.from_body(self.body)
        refuse_unknown(given["importType"])
        ImportTimestop.objects.filter(user=user, import_type=given["importType"]).delete()
        return self.ok(Empty())
