"""Narrowing a list of imports. Everything stands in the address, so that it can be kept and sent."""

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

MAX_SEARCH_LENGTH = 100  # characters that are looked for


def _day(label: str) -> forms.DateField:
    """A day as browsers send it: 2026-11-23."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget)


class ImportFilters(forms.Form):
    """What a list is narrowed to; a part that says nothing sensible narrows nothing and says what is wrong with it.

    Both days are included. They are days of the reader's time zone, which page.js writes into `zone`; else of UTC.
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
    state = forms.CharField(required=False, widget=forms.HiddenInput)  # the chips' business: kept beside the others

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", revert_texts.NO_DAY_BETWEEN)
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """The filters that are set and sensible, the state aside."""
        # Not `is_valid`: a date that is none must not take the other filters along.
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value and name not in ("state", "zone")}

    def narrow(self, found: QuerySet[Import], *, clients: bool) -> QuerySet[Import]:
        """`clients`: whether the reader may search in what sent the imports (User-Agents), too."""
        for name, value in self.chosen().items():
            match name:
                case "q":
                    # Signs alone are no words: nothing matches them, rather than everything.
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
        except (ValueError, OSError, ZoneInfoNotFoundError):  # names no zone, or climbs out of their folder
            return UTC
