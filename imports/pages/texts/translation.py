"""Constant texts in the reader's language."""

from __future__ import annotations

from typing import cast

from django.utils import translation


def gettext_lazy(text: str) -> str:
    """Looked up whenever it is shown. It acts as a string and is called one; only `str.join` wants `str()` first."""
    return cast("str", translation.gettext_lazy(text))
