"""What the service says of itself: /api/v1/status and /api/v1/config."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.errors import Refused, invalid
from imports.api.resource import Resource
from imports.api.responses import success
from imports.formats import BY_IMPORT_TYPE
from imports.models import Permission

STARTED = time.time_ns() // 1_000_000  # Unix milliseconds


class Status(Resource):
    """The usual way to find out whether a token is good."""

    def retrieve(self, request: Request) -> Response:
        return self._answer(request.query_params.dict())

    def create(self, request: Request) -> Response:
        return self._answer(self.body.members())

    def _answer(self, parameters: dict[str, Any]) -> Response:
        echo = parameters.pop("echo", None)
        if echo is not None and not isinstance(echo, str):
            raise invalid("echo", "Expected *string or no value.", echo)
        if parameters:
            names = ", ".join(parameters)
            raise Refused(f"[null] Unexpected properties inside object: {names}.", status=400)
        body = {
            "serverTime": time.time_ns() // 1_000_000,
            "startTime": STARTED,
            "version": f"v{settings.TACHI_VERSION} [{commit()}]",
            "whoami": self.user.pk if self.user else None,
            "permissions": self._permissions(),
        }
        return success("Status check successful.", body if echo is None else {**body, "echo": echo})

    def _permissions(self) -> list[str]:
        if self.user is None:
            return []
        held = Permission.values if self.token is None else self.token.permissions
        return [permission for permission in Permission.values if permission in held]


class Config(Resource):
    """What this instance offers."""

    def retrieve(self, request: Request) -> Response:
        body = {
            "NAME": settings.TACHI_NAME,
            "TYPE": "omni",
            "GAMES": [game.slug for game in jobs.offered_games()],
            "IMPORT_TYPES": list(BY_IMPORT_TYPE),
            "SIGNUPS_ENABLED": settings.TACHI_SIGNUPS,
        }
        return success("Returned configuration info.", body)


class MaxRivals(Resource):
    """How many rivals a player may have. There are none."""

    def retrieve(self, request: Request) -> Response:
        return success("Returned MAX_RIVALS.", 0)


@functools.cache
def commit() -> str:
    """The first characters of the commit that runs, `unknown` where the code came without its history."""
    git = Path(settings.BASE_DIR) / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head[:7]
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.is_file():
            return loose.read_text()[:7]
        packed = (git / "packed-refs").read_text().splitlines()
        return next((line[:7] for line in packed if line.endswith(f" {name}")), "unknown")
    except OSError:
        return "unknown"
