"""Filters of a list of imports. They are in the query string, so that addresses can be bookmarked and shared."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from imports import jobs
from imports.catalogue.format_names import format_name
from imports.models import Import
from imports.models.documents import ImportQuerySet
from imports.models.search import words_of
from imports.pages.imports.listing.runs import run_members
from imports.pages.texts import revert_texts
from imports.pages.texts.translation import gettext_lazy

MAX_SEARCH_LENGTH = 100  # characters of the search text


def _day(label: str) -> forms.DateField:
    """Returns a field for a day as browsers send it: 2026-11-23."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget)


class ImportFilters(forms.Form):
    """The filters of a list; an invalid filter is ignored and shows its error.

    Both days are included. They are days in the reader's time zone, which page.js writes into `zone`; otherwise in UTC.
    """

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=MAX_SEARCH_LENGTH,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Service or tool")}),
    )
    # Callables, as both are read once an instance is set up: games can be turned off.
    game = forms.ChoiceField(
        label=gettext_lazy("Game"),
        choices=lambda: [("", revert_texts.ANY), *((game.slug, game.name) for game in jobs.enabled_games())],
        required=False,
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Source"),
        choices=lambda: [
            ("", revert_texts.ANY),
            *((each.import_type, format_name(each.import_type)) for each in jobs.enabled_formats()),
        ],
        required=False,
    )
    intent = forms.ChoiceField(
        label=gettext_lazy("Started by"),
        choices=[("", revert_texts.ANYONE), ("yes", revert_texts.BY_HAND), ("no", revert_texts.BY_ITSELF)],
        required=False,
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[("", gettext_lazy("Any time")), *revert_texts.PERIODS, revert_texts.YEAR],
        required=False,
    )
    since = _day(revert_texts.FROM_DAY)
    until = _day(revert_texts.TO_DAY)
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-time-zone": ""}))
    run = forms.CharField(
        label=gettext_lazy("Only this run"), required=False, max_length=81, widget=forms.HiddenInput
    )  # listing.runs.run_id
    state = forms.CharField(required=False, widget=forms.HiddenInput)  # set by the chips; kept when the form is sent

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", revert_texts.NO_DAY_BETWEEN)
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """Returns the filters that are set and valid, without the state."""
        # Not `is_valid`: an invalid date must not disable the other filters.
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value and name not in ("state", "zone")}

    def narrow(self, found: QuerySet[Import], *, clients: bool) -> QuerySet[Import]:
        """Applies the filters. `clients`: whether the reader may also search the User-Agents of the imports."""
        for name, value in self.chosen().items():
            match name:
                case "q":
                    # Punctuation alone gives no words: it matches nothing instead of everything.
                    wanted = cast(ImportQuerySet, found)
                    found = wanted.search(value, clients=clients) if words_of(value) else found.none()
                case "game":
                    found = found.filter(game=value)
                case "type":
                    found = found.filter(import_type=value)
                case "intent":
                    found = found.filter(user_intent=value == "yes")
                case "when":
                    since = timezone.now() - timedelta(days=int(value.removesuffix("d")))
                    found = found.filter(time_queued__gte=since)
                case "since":
                    found = found.filter(time_queued__gte=datetime.combine(value, time.min, tzinfo=self._zone))
                case "until":
                    found = found.filter(time_queued__lte=datetime.combine(value, time.max, tzinfo=self._zone))
                case "run":
                    found = run_members(found, value)
        return found

    @property
    def _zone(self) -> tzinfo:
        try:
            return ZoneInfo(self.cleaned_data.get("zone") or "UTC")
        except (ValueError, OSError, ZoneInfoNotFoundError):  # not a time zone, or a path outside the time zone folder
            return UTC
