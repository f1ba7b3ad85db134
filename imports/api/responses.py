"""The envelope: `{"success": true, "description", "body"}` or `{"success": false, "description"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.response import Response


def good(description: str, body: Any) -> dict[str, Any]:
    return {"success": True, "description": description, "body": body}


def bad(description: str, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"success": False, "description": description, **(extra or {})}


def success(description: str, body: Any, *, status: int = 200) -> Response:
    """An answer with a body."""
    return Response(good(description, body), status=status)
