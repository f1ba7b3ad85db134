"""Narrowing and ordering the scores of an import. Everything stands in the address, so that it can be kept and sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.http import QueryDict

from imports import fuzzy
from imports.games.spec import Playtype
from imports.models import Score
from imports.pages import import_words, words
from imports.pages.keyset import address
from imports.pages.lights import TABLE, edge_ladder
from imports.pages.parts import Column
from imports.pages.score_rows import DEFAULT_METRIC, by_rating
from imports.pages.texts import gettext_lazy

LONGEST = 100  # characters that are looked for
UP = "-up"  # ends the name of an order that begins with the least

ORDERS: dict[str, Callable[[Playtype], Any]] = {
    "score": lambda _: DEFAULT_METRIC.desc(),
    "rating": by_rating,
    "time": lambda _: F("time_achieved").desc(nulls_last=True),
    f"score{UP}": lambda _: DEFAULT_METRIC.asc(),
    f"rating{UP}": lambda playtype: by_rating(playtype, upwards=True),
    f"time{UP}": lambda _: F("time_achieved").asc(nulls_last=True),
}


class ScoreFilters(forms.Form):
    """What the scores are narrowed to; a part that says nothing sensible narrows nothing and says what is wrong."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Title or artist"}),
    )
    lamp = forms.ChoiceField(required=False)
    grade = forms.ChoiceField(required=False)
    tab = forms.CharField(required=False, widget=forms.HiddenInput, initial="scores")
    sort = forms.ChoiceField(label=gettext_lazy("Order"), required=False)  # on phones, where the table has no heads

    def __init__(self, query: QueryDict, *, game: str, playtype: Playtype) -> None:
        super().__init__({**query.dict(), "tab": "scores"})
        orders = self.fields["sort"]
        assert isinstance(orders, forms.ChoiceField)  # noqa: S101 - for mypy
        orders.choices = import_words.score_orders(words.rating_name(playtype.default_score_rating))
        self.ladders = {"lamp": edge_ladder(game), "grade": "grade"}
        for name, ladder in self.ladders.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for mypy
            field.choices = [("", words.ALL), *((value, value) for value in reversed(TABLE[game][ladder]))]

    def chosen(self) -> dict[str, Any]:
        """The filters that are set and sensible."""
        self.full_clean()
        return {name: self.cleaned_data[name] for name in ("q", *self.ladders) if self.cleaned_data.get(name)}

    def narrow(self, found: QuerySet[Score]) -> QuerySet[Score]:
        for name, value in self.chosen().items():
            found = _named(found, value) if name == "q" else self._at(found, name, value)
        return found

    def _at(self, found: QuerySet[Score], name: str, value: str) -> QuerySet[Score]:
        return found.alias(**{name: KT(f"score_data__{self.ladders[name]}")}).filter(**{name: value})


def _named(found: QuerySet[Score], text: str) -> QuerySet[Score]:
    """Those whose song is called so, in any of its names, whatever the case and the accents."""
    wanted = fuzzy.pattern(text)
    return found.filter(chart__song__search_text__contains=wanted) if wanted else found.none()


def in_order(found: QuerySet[Score], playtype: Playtype, sort: str) -> QuerySet[Score]:
    """As the address wishes; else as they came."""
    order = [ORDERS[sort](playtype)] if sort in ORDERS else []
    return found.order_by(*order, "pk")


def columns(playtype: Playtype, query: QueryDict) -> list[Column]:
    """The table's heads. Three of them sort: the most first, and the least when asked again."""
    sort = query.get("sort", "")

    def sortable(name: str, key: str) -> Column:
        following = f"{key}{UP}" if sort == key else key
        url = f"{address(query, tab='scores', sort=following, page=None)}#parts"
        return Column(name, url, {key: "descending", f"{key}{UP}": "ascending"}.get(sort, ""), is_number=True)

    plain = [Column(name) for name in words.SCORE_COLUMNS]
    rating = words.rating_name(playtype.default_score_rating)
    return [
        *plain[:3],
        sortable(words.SCORE, "score"),
        sortable(rating, "rating"),
        plain[3],
        sortable(words.TIME, "time"),
    ]
