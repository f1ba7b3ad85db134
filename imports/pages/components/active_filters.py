"""The active filters of a list, as chips that remove them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from imports.pages.components.view_models import Link
from imports.pages.core.pagination import list_url
from imports.pages.texts.formatting import written_day


def active_filters(form: forms.Form, chosen: Mapping[str, Any], query: QueryDict) -> list[Link]:
    """Returns a chip for each active filter: its text, and the address of the list without it."""
    return [
        Link(_chip_text(form[name], value), list_url(query, **{name: None, "page": None}))
        for name, value in chosen.items()
    ]


def clear_url(chosen: Iterable[str], query: QueryDict) -> str:
    """Returns the address of the list without filters."""
    return list_url(query, **dict.fromkeys((*chosen, "page")))


def _chip_text(field: forms.BoundField, value: Any) -> str:
    if isinstance(field.field, forms.ChoiceField):
        choices = cast(Iterable[tuple[str, str]], field.field.choices)
        return next((str(label) for key, label in choices if key == value), str(value))
    if isinstance(value, date):
        # In the format of the pages: times.js localizes only moments, not days.
        return _("{label} {value}").format(label=field.label, value=written_day(value))
    if field.is_hidden:  # its value is internal; its label describes it
        return str(field.label)
    # A search text is quoted; other texts are values like those of the choices.
    if field.name == "q":
        return _("“{text}”").format(text=value)
    return _("{label} {value}").format(label=field.label, value=value)
