"""Constant texts in the reader's language."""

from __future__ import annotations

from typing import cast

from django.utils import translation


def gettext_lazy(text: str) -> str:
    """Marks a text that is translated whenever it is shown. Typed as `str`; only `str.join` needs `str()` first."""
    return cast("str", translation.gettext_lazy(text))
