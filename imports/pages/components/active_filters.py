"""The filters of a list that are set, as chips that take them away again."""

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
    """A chip for each filter that is set: what it says, and the same list without it."""
    return [
        Link(_said(form[name], value), list_url(query, **{name: None, "page": None})) for name, value in chosen.items()
    ]


def clear_url(chosen: Iterable[str], query: QueryDict) -> str:
    """The same list without any filter."""
    return list_url(query, **dict.fromkeys((*chosen, "page")))


def _said(field: forms.BoundField, value: Any) -> str:
    if isinstance(field.field, forms.ChoiceField):
        choices = cast(Iterable[tuple[str, str]], field.field.choices)
        return next((str(label) for key, label in choices if key == value), str(value))
    if isinstance(value, date):
        # As the pages write days, whatever the reader's own form: times.js changes moments, and this is a day.
        return _("{label} {day}").format(label=field.label, day=written_day(value))
    # What a hidden field holds is for the program; its label says what it does.
    return str(field.label) if field.is_hidden else _("“{text}”").format(text=value)
