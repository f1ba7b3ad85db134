"""/ir/barbatos: scores of SOUND VOLTEX (spec: import-types §12)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.core.endpoints import endpoint
from imports.api.hooks.base import BODY, IMPORT_REFUSALS, IMPORTED, QUEUED, Hook, ImportDocument
from imports.formats.hooks import barbatos


class BarbatosScore(Hook):
    """One score per request."""

    formats = (barbatos.SCORE,)

    @endpoint(
        id="submitBarbatosScore",
        returns=ImportDocument,
        message=IMPORTED,
        queued=QUEUED,
        forms=BODY,
        raises=IMPORT_REFUSALS,
    )
    def create(self, request: Request) -> Response:
        """Imports a SOUND VOLTEX score from Barbatos.

        The score belongs to EXCEED GEAR if `ex_score` is present, and to VIVID WAVE otherwise.
        """
        return self.import_response(self.run_import(barbatos.SCORE))
