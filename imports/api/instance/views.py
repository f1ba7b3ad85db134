"""/api/v1/status and /api/v1/config."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from msgspec import UNSET
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError, invalid_parameter
from imports.api.core.parameters import Fields, Parameter
from imports.api.core.views import APIViewSet
from imports.api.instance import schemas
from imports.models import Permission

STARTED = time.time_ns() // 1_000_000  # Unix milliseconds
NO_TEXT = "Expected *string or no value."
ECHO = Fields(Parameter(name="echo", description="A string that the response returns unchanged.", expects=(NO_TEXT,)))


class UnexpectedProperties(APIError):
    status = 400
    message = "[null] Unexpected properties inside object: {names}."


class Status(APIViewSet):
    """The status of the server and the user of the request, for clients that check their token."""

    tag = Tag.INSTANCE

    @endpoint(
        id="getStatus",
        returns=schemas.Status,
        message="Status check successful.",
        query=ECHO,
        raises=(UnexpectedProperties,),
    )
    def retrieve(self, request: Request) -> Response:
        """Returns the authenticated user and the permissions of the token."""
        # As in Tachi, a value given several times is a list.
        given = {name: values if len(values) > 1 else values[0] for name, values in request.query_params.lists()}
        return self._status_response(given)

    @endpoint(
        id="postStatus",
        returns=schemas.Status,
        message="Status check successful.",
        body=ECHO,
        raises=(UnexpectedProperties,),
    )
    def create(self, request: Request) -> Response:
        """Returns the authenticated user and the permissions of the token."""
        return self._status_response(self.body.members())

    def _status_response(self, parameters: dict[str, Any]) -> Response:
        # Not checked by `Fields`: as in Tachi, null counts as absent.
        echo = parameters.pop("echo", None)
        if echo is not None and not isinstance(echo, str):
            raise invalid_parameter("echo", NO_TEXT, echo)
        if parameters:
            raise UnexpectedProperties(names=", ".join(parameters))
        held = Permission.values if self.token is None else self.token.permissions
        body = schemas.Status(
            server_time=time.time_ns() // 1_000_000,
            start_time=STARTED,
            version=f"v{settings.TACHI_VERSION} [{commit()}]",
            whoami=self.user.pk if self.user else None,
            permissions=[permission for permission in Permission.values if self.user and permission in held],
            echo=UNSET if echo is None else echo,
        )
        return self.ok(body)


class Config(APIViewSet):
    """The configuration of this instance."""

    tag = Tag.INSTANCE

    @endpoint(id="getConfig", returns=schemas.Config, message="Returned configuration info.")
    def retrieve(self, request: Request) -> Response:
        """Returns the configuration of this instance."""
        body = schemas.Config(
            name=settings.TACHI_NAME,
            type="omni",
            games=[game.slug for game in jobs.enabled_games()],
            game_groups=[game.slug for game in jobs.enabled_games()],
            import_types=jobs.import_types(),
            signups_enabled=settings.TACHI_SIGNUPS,
        )
        return self.ok(body)


class MaxRivals(APIViewSet):
    """The maximum number of rivals: zero, as rivals do not exist."""

    tag = Tag.INSTANCE

    @endpoint(id="getMaxRivals", returns=int, message="Returned MAX_RIVALS.")
    def retrieve(self, request: Request) -> Response:
        """Returns the maximum number of rivals, which is 0."""
        return self.ok(0)


class BeatorajaQueueSize(APIViewSet):
    """The number of players after which an unknown chart is created."""

    tag = Tag.INSTANCE

    @endpoint(id="getBeatorajaQueueSize", returns=int, message="Returned BEATORAJA_QUEUE_SIZE.")
    def retrieve(self, request: Request) -> Response:
        """Returns the number of players who must have played an unknown BMS or PMS chart before it is added."""
        return self.ok(jobs.chart_players())


@functools.cache
def commit() -> str:
    """Returns the first seven characters of the running commit, `unknown` without a repository or release file."""
    git, written = Path(settings.BASE_DIR) / ".git", Path(settings.BASE_DIR) / "COMMIT"
    try:
        if written.exists():  # by script/release
            return written.read_text()[:7]
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head[:7]
        name = head.removeprefix("ref: ")
        ref = git / name
        if ref.is_file():
            return ref.read_text()[:7]
        packed = (git / "packed-refs").read_text().splitlines()
        return next((line[:7] for line in packed if line.endswith(f" {name}")), "unknown")
    except OSError:
        return "unknown"
