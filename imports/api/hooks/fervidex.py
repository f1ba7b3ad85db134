"""/ir/fervidex: scores and dans of beatmania IIDX (spec: import-types §10)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.responses import Empty
from imports.api.hooks.base import (
    BODY,
    IMPORT_REFUSALS,
    IMPORTED,
    QUEUED,
    REFUSALS,
    Hook,
    ImportDocument,
    UploadQuotaExceeded,
    WrongSoftware,
)
from imports.formats import schema
from imports.formats.hooks import fervidex
from imports.formats.parsing.bodies import boolean, choice, integer_between
from imports.formats.parsing.numbers import number_of
from imports.formats.parsing.software_models import iidx_version_of, read_model
from imports.formats.schema import Violation
from imports.games.iidx import DAN
from imports.games.javascript import text
from imports.models import HookSettings, User
from imports.pipeline.classes import ClassChange

AGENT = "fervidex/"
LONGEST_QUOTED = 100  # characters from which a value is cut in a message

COURSE = schema.open_object(
    {"cleared": boolean, "course_id": integer_between(0, len(DAN.ids) - 1), "play_style": choice((0, 1))}
)
PLAY_STYLES = ("SP", "DP")
NOT_CLEARED = "No Update Made."
RAISED = "Dan changed!"
NOT_RAISED = "Dan unchanged, was worse than your current dan."


class InvalidCourse(APIError):
    status = 400
    message = "[{path}] {expected} (Received {received})"


class FervidexHook(Hook):
    """The checks of all views for Fervidex."""

    error_key = "error"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_agent(self.header("User-Agent"))
        check_model(self.model)
        settings = HookSettings.objects.filter(user=self.player, hook=HookSettings.Hook.FERVIDEX).first()
        if settings is not None and settings.cards is not None:
            card = self.header("X-Account-Id")
            if not card:
                raise WrongSoftware("Fervidex did not provide a card ID.")
            if card not in settings.cards:
                raise WrongSoftware(f"The card ID {card} is not in your list of filters. Ignoring.")

    @property
    def model(self) -> str:
        """The software model of the game."""
        return self.header("X-Software-Model")

    @property
    def player(self) -> User:
        return cast("User", self.user)  # permissions exclude guests


def check_agent(agent: str) -> None:
    """Raises WrongSoftware unless the User-Agent is a supported version of Fervidex."""
    if not agent:
        raise WrongSoftware("Invalid User-Agent.")
    if not agent.startswith(AGENT):
        raise WrongSoftware(f"Invalid User-Agent {agent} - expected fervidex client.")
    parts = [number_of(part) for part in agent.removeprefix(AGENT).split(".")]
    if len(parts) < 3 or any(map(math.isnan, parts)):
        raise WrongSoftware(f"Invalid version {'.'.join(map(text, parts))}.")
    if parts[0] == 1 and parts[1] < 3:
        raise WrongSoftware("Versions of fervidex < 1.3.0 are not supported.")


def check_model(model: str) -> None:
    """Raises WrongSoftware unless the header is the software model of a supported game."""
    software = read_model(model)
    if software is None:
        raise WrongSoftware("Invalid X-Software-Model.")
    if software.revision == "Z":
        raise WrongSoftware("2DX_BMS is not supported.")
    if iidx_version_of(model) is None:
        raise WrongSoftware(f"Invalid software model {model})")


class FervidexScore(FervidexHook):
    """One score per request."""

    formats = (fervidex.SCORE,)

    @endpoint(
        id="submitFervidexScore",
        returns=ImportDocument,
        message=IMPORTED,
        queued=QUEUED,
        forms=BODY,
        raises=IMPORT_REFUSALS,
    )
    def create(self, request: Request) -> Response:
        """Imports a beatmania IIDX score from Fervidex.

        `highlight` also applies to an identical score that is already stored.
        """
        return self.import_response(self.run_import(fervidex.SCORE, {"model": self.model}))


class FervidexClass(FervidexHook):
    """One dan course per request."""

    formats = (fervidex.SCORE,)

    @endpoint(
        id="submitFervidexClass",
        returns=(Empty, None),
        message=(NOT_CLEARED, RAISED, NOT_RAISED),
        forms=BODY,
        raises=(*REFUSALS, InvalidCourse),
    )
    def create(self, request: Request) -> Response:
        """Imports the result of a dan course from Fervidex."""
        try:
            course: Mapping[str, Any] = COURSE(self.body.members())
        except Violation as violation:
            received = schema.written(violation.value)
            if len(received) >= LONGEST_QUOTED:
                received = f"{received[: LONGEST_QUOTED - 3]}..."
            path = violation.path.removeprefix(".")
            raise InvalidCourse(path=path, expected=violation.message, received=received) from None
        if not course["cleared"]:
            return self.ok(Empty(), message=NOT_CLEARED)
        dan = ClassChange("iidx", PLAY_STYLES[course["play_style"]], DAN.name, DAN.ids[course["course_id"]])
        message = RAISED if self.raise_class(dan) else NOT_RAISED
        return Response({"success": True, "description": self.success_message(message=message)})


class FervidexProfile(FervidexHook):
    """All scores and dans that the game has stored."""

    formats = (fervidex.STATIC,)

    @endpoint(
        id="submitFervidexProfile",
        returns=Empty,
        message="Your import has been loaded for further processing.",
        status=202,
        forms=BODY,
        raises=(*REFUSALS, UploadQuotaExceeded),
    )
    def create(self, request: Request) -> Response:
        """Imports the scores and dans stored by beatmania IIDX from Fervidex.

        Scores of arcade versions are accepted only once each time the player enables `forceStaticImport`. Responds
        immediately; the result is shown in the lists of imports.
        """
        # The setting is reset for any game and any body.
        is_forced = HookSettings.objects.use_up_static_import(self.player, HookSettings.Hook.FERVIDEX)
        fields = {"model": self.model, "forced": "true" if is_forced else "false"}
        self.submit(fervidex.STATIC, fields, check=False)
        return self.ok(Empty())
