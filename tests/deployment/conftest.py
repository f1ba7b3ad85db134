"""Folders for real servers."""

from __future__ import annotations

from tests.services.conftest import folder

__all__ = ["folder"]
