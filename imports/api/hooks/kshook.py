"""/ir/kshook/sv6c: scores of SOUND VOLTEX Konaste (spec: import-types §11)."""

from __future__ import annotations

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.core.endpoints import endpoint
from imports.api.core.permissions import ClientIsNotBlocked, IsAuthenticatedForIR
from imports.api.core.responses import Empty
from imports.api.hooks.base import BODY, IMPORT_REFUSALS, IMPORTED, QUEUED, Hook, ImportDocument, WrongSoftware
from imports.formats.hooks import kshook
from imports.formats.parsing.software_models import read_model
from imports.models import HookSettings, User

AGENT = "kshook/"
KONASTE = "QCV"
DISABLED = "Static importing is disabled. Ignoring static import request."


class KsHook(Hook):
    """The checks of both views. Any token of the player is accepted."""

    permission_classes = (IsAuthenticatedForIR, ClientIsNotBlocked)
    error_key = "error"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        agent, model = self.header("User-Agent"), self.header("X-Software-Model")
        if not agent:
            raise WrongSoftware("Invalid User-Agent.")
        if not agent.startswith(AGENT):
            raise WrongSoftware(f"Invalid User-Agent {agent} - expected KsHook client.")
        software = read_model(model)
        if software is None:
            raise WrongSoftware("Invalid X-Software-Model.")
        if software.name != KONASTE:
            raise WrongSoftware(f"Invalid softID {model}.")


class KsHookScore(KsHook):
    """One score per request."""

    formats = (kshook.SCORE,)

    @endpoint(
        id="submitKsHookScore",
        returns=ImportDocument,
        message=IMPORTED,
        queued=QUEUED,
        forms=BODY,
        raises=IMPORT_REFUSALS,
    )
    def create(self, request: Request) -> Response:
        """Imports a SOUND VOLTEX Konaste score from KsHook."""
        return self.import_response(self.run_import(kshook.SCORE))


class KsHookExport(KsHook):
    """All scores that the game has stored."""

    formats = (kshook.STATIC,)

    @endpoint(
        id="exportKsHookScores",
        returns=(ImportDocument, Empty),
        message=(IMPORTED, DISABLED),
        queued=QUEUED,
        forms=BODY,
        raises=IMPORT_REFUSALS,
    )
    def create(self, request: Request) -> Response:
        """Imports the scores stored by SOUND VOLTEX Konaste from KsHook.

        Accepted only once each time the player enables `forceStaticImport`.
        """
        player = cast("User", self.user)  # permissions exclude guests
        if not HookSettings.objects.use_up_static_import(player, HookSettings.Hook.KSHOOK):
            return self.ok(Empty(), message=DISABLED)
        return self.import_response(self.run_import(kshook.STATIC))
