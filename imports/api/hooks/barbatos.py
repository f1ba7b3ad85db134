"""/ir/barbatos: scores of SOUND VOLTEX (spec: import-types §12)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.core.endpoints import endpoint
from imports.api.hooks.base import BODY, IMPORT_REFUSALS, IMPORTED, QUEUED, Hook, ImportDocument
from imports.formats.hooks import barbatos


class BarbatosScore(Hook):
    """A score a request."""

    formats = (barbatos.SCORE,)

    @endpoint(
        id="submitBarbatosScore",
        returns=ImportDocument,
        says=IMPORTED,
        queued=QUEUED,
        forms=BODY,
        raises=IMPORT_REFUSALS,
    )
    def create(self, request: Request) -> Response:
        """A score of SOUND VOLTEX, from Barbatos.

        With `ex_score` it is one of EXCEED GEAR, else of VIVID WAVE.
        """
        return self.import_response(self.run_import(barbatos.SCORE))
