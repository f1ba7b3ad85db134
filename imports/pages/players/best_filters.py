"""Filters and orders of a player's bests of a game. They are in the query string."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.http import QueryDict

from imports.catalogue import fuzzy
from imports.games.spec import Playtype
from imports.models import PersonalBest
from imports.pages.components.lamp_colors import TABLE, row_ladder
from imports.pages.components.score_rows import rating_order
from imports.pages.components.view_models import Column
from imports.pages.core.pagination import list_url
from imports.pages.texts import formatting, import_texts, player_texts

MAX_SEARCH_LENGTH = 100  # characters of the search text
MAX_LEVEL_LENGTH = 50
RANK = F("rank_keys")

ORDERS: dict[str, Callable[[Playtype], Any]] = {
    "": rating_order,
    "rating": rating_order,
    "rating-up": lambda playtype: rating_order(playtype, upwards=True),
    "score": lambda _: RANK.desc(),
    "score-up": lambda _: RANK.asc(),
    "time": lambda _: F("time_achieved").desc(nulls_last=True),
    "time-up": lambda _: F("time_achieved").asc(nulls_last=True),
}


class BestFilters(forms.Form):
    """The filters of the bests; an invalid filter is ignored."""

    q = forms.CharField(label=player_texts.SEARCH, required=False, max_length=MAX_SEARCH_LENGTH)
    level = forms.CharField(label=player_texts.LEVEL, required=False, max_length=MAX_LEVEL_LENGTH)
    lamp = forms.ChoiceField(label=player_texts.LAMP, required=False)
    grade = forms.ChoiceField(label=player_texts.GRADE, required=False)
    sort = forms.ChoiceField(label=player_texts.ORDER, required=False)  # on phones, where the table has no header
    tab = forms.CharField(required=False, widget=forms.HiddenInput)
    show = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, query: QueryDict, *, game: str, playtype: Playtype) -> None:
        super().__init__({**query.dict(), "tab": "bests"})
        self.ladders = {"lamp": row_ladder(game), "grade": "grade"}
        choices = {
            name: [("", str(import_texts.ALL)), *((value, value) for value in reversed(TABLE[game][ladder]))]
            for name, ladder in self.ladders.items()
        }
        choices["sort"] = player_texts.orders(formatting.rating_name(playtype.default_score_rating, playtype))
        for name, found in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for mypy
            field.choices = found

    def chosen(self) -> dict[str, Any]:
        """Returns the filters that are set and valid."""
        self.full_clean()
        return {name: self.cleaned_data[name] for name in ("q", "level", *self.ladders) if self.cleaned_data.get(name)}

    def narrow(self, found: QuerySet[PersonalBest]) -> QuerySet[PersonalBest]:
        for name, value in self.chosen().items():
            if name == "q":
                wanted = fuzzy.pattern(value)
                found = found.filter(chart__song__search_text__contains=wanted) if wanted else found.none()
            elif name == "level":
                found = found.filter(chart__level=value)
            else:
                found = found.alias(**{name: KT(f"score_data__{self.ladders[name]}")}).filter(**{name: value})
        return found


def order_bests(found: QuerySet[PersonalBest], playtype: Playtype, sort: str) -> QuerySet[PersonalBest]:
    """Orders the bests as the query string says, by default by rating; then by key, so that pages do not overlap."""
    return found.order_by(ORDERS.get(sort, rating_order)(playtype), "pk")


def columns(playtype: Playtype, query: QueryDict, *, counting: int) -> list[Column]:
    """Returns the table's columns; `counting`: how many bests count. Three columns sort: descending first."""
    sort = query.get("sort", "") or "rating"

    def sortable(name: str, key: str) -> Column:
        url = f"{list_url(query, sort=f'{key}-up' if sort == key else key, page=None)}#parts"
        return Column(name, url, {key: "descending", f"{key}-up": "ascending"}.get(sort, ""), is_number=True)

    return [
        Column(str(player_texts.SONG)),
        Column(str(player_texts.CHART)),
        Column(str(player_texts.LAMP)),
        sortable(str(player_texts.SCORE), "score"),
        sortable(formatting.rating_name(playtype.default_score_rating, playtype), "rating"),
        Column(player_texts.of_counting(counting), is_number=True),
        sortable(str(player_texts.DATE), "time"),
    ]
