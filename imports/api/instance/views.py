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
ECHO = Fields(Parameter(name="echo", description="Comes back.", expects=(NO_TEXT,)))


class UnexpectedProperties(APIError):
    status = 400
    message = "[null] Unexpected properties inside object: {names}."


class Status(APIViewSet):
    """The usual way to find out whether a token is good."""

    tag = Tag.INSTANCE

    @endpoint(
        id="getStatus",
        returns=schemas.Status,
        says="Status check successful.",
        query=ECHO,
        raises=(UnexpectedProperties,),
    )
    def retrieve(self, request: Request) -> Response:
        """Who one is, and what one's token may."""
        return self._status_response(request.query_params.dict())

    @endpoint(
        id="postStatus",
        returns=schemas.Status,
        says="Status check successful.",
        body=ECHO,
        raises=(UnexpectedProperties,),
    )
    def create(self, request: Request) -> Response:
        """The same."""
        return self._status_response(self.body.members())

    def _status_response(self, parameters: dict[str, Any]) -> Response:
        # Not read as Fields are: as the original has it, null counts as absent, and of several values the last counts.
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
    """What this instance offers."""

    tag = Tag.INSTANCE

    @endpoint(id="getConfig", returns=schemas.Config, says="Returned configuration info.")
    def retrieve(self, request: Request) -> Response:
        """What this instance offers."""
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
    """How many rivals a player may have. There are none."""

    tag = Tag.INSTANCE

    @endpoint(id="getMaxRivals", returns=int, says="Returned MAX_RIVALS.")
    def retrieve(self, request: Request) -> Response:
        """How many rivals one may have: none."""
        return self.ok(0)


class BeatorajaQueueSize(APIViewSet):
    """How many players bring a chart in."""

    tag = Tag.INSTANCE

    @endpoint(id="getBeatorajaQueueSize", returns=int, says="Returned BEATORAJA_QUEUE_SIZE.")
    def retrieve(self, request: Request) -> Response:
        """How many players must have played an unknown chart of BMS or PMS for it to come in."""
        return self.ok(jobs.chart_players())


@functools.cache
def commit() -> str:
    """The first characters of the commit that runs, `unknown` where the code came without its history."""
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
