"""Narrowing a list of imports. Everything stands in the address, so that it can be kept and sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from imports import jobs
from imports.formats import FORMATS
from imports.models import Import
from imports.models.documents import ImportQuerySet
from imports.models.searching import words_of
from imports.pages import undo_words
from imports.pages.texts import gettext_lazy

LONGEST = 100  # characters that are looked for
Choices = list[tuple[str, str]]


def _games() -> Choices:
    return [("", undo_words.ANY), *((game.slug, game.name) for game in jobs.offered_games())]


def _types() -> Choices:
    return [("", undo_words.ANY_WAY), *((each.import_type, each.name) for each in FORMATS)]


def _day(label: str) -> forms.DateField:
    """A day as browsers send it: 2026-11-23. It begins at midnight UTC, as the server knows no reader's zone."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget)


class ImportFilters(forms.Form):
    """What a list is narrowed to; a part that says nothing sensible narrows nothing and says what is wrong with it.

    As in the API, the first moment of `since` is included and that of `until` is not.
    """

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Service or tool")}),
    )
    game = forms.ChoiceField(choices=_games, required=False)
    type = forms.ChoiceField(label=gettext_lazy("Came by"), choices=_types, required=False)
    intent = forms.ChoiceField(
        label=gettext_lazy("Asked for by"),
        choices=[("", undo_words.ANY), ("yes", undo_words.BY_HAND), ("no", undo_words.BY_ITSELF)],
        required=False,
    )
    when = forms.ChoiceField(
        choices=[("", gettext_lazy("Any time")), *undo_words.PERIODS, undo_words.YEAR],
        required=False,
    )
    since = _day(undo_words.FROM_DAY)
    until = _day(undo_words.BEFORE_DAY)
    state = forms.CharField(required=False, widget=forms.HiddenInput)  # the chips' business: kept beside the others

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", undo_words.NO_DAY_BETWEEN)
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """The filters that are set and sensible, the state aside."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "state"}

    def narrow(self, found: QuerySet[Import], *, clients: bool) -> QuerySet[Import]:
        """`clients`: whether the reader may search in what sent the imports (User-Agents), too."""
        for name, value in self.chosen().items():
            found = _NARROWED[name](found, value, clients)
        return found


def _search(found: QuerySet[Import], text: str, clients: bool) -> QuerySet[Import]:
    return cast(ImportQuerySet, found).search(text, clients=clients) if words_of(text) else found.none()


def _since(found: QuerySet[Import], period: str) -> QuerySet[Import]:
    return found.filter(time_queued__gte=timezone.now() - timedelta(days=int(period.removesuffix("d"))))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


_NARROWED: dict[str, Any] = {
    "q": _search,
    "game": lambda found, value, _: found.filter(game=value),
    "type": lambda found, value, _: found.filter(import_type=value),
    "intent": lambda found, value, _: found.filter(user_intent=value == "yes"),
    "when": lambda found, value, _: _since(found, value),
    "since": lambda found, day, _: found.filter(time_queued__gte=_begin(day)),
    "until": lambda found, day, _: found.filter(time_queued__lt=_begin(day)),
}
