"""Narrowing and ordering the scores of an import. Everything stands in the address, so that it can be kept and sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.http import QueryDict

from imports.catalogue import fuzzy
from imports.games.spec import Playtype
from imports.models import Score
from imports.pages.components.lamp_colors import TABLE, row_ladder
from imports.pages.components.score_rows import DEFAULT_METRIC, rating_order
from imports.pages.components.view_models import Column
from imports.pages.core.pagination import list_url
from imports.pages.texts import formatting, import_texts
from imports.pages.texts.translation import gettext_lazy

MAX_SEARCH_LENGTH = 100  # characters that are looked for
ASCENDING_SUFFIX = "-up"  # ends the name of an order that begins with the least

ORDERS: dict[str, Callable[[Playtype], Any]] = {
    "score": lambda _: DEFAULT_METRIC.desc(),
    "rating": rating_order,
    "time": lambda _: F("time_achieved").desc(nulls_last=True),
    f"score{ASCENDING_SUFFIX}": lambda _: DEFAULT_METRIC.asc(),
    f"rating{ASCENDING_SUFFIX}": lambda playtype: rating_order(playtype, upwards=True),
    f"time{ASCENDING_SUFFIX}": lambda _: F("time_achieved").asc(nulls_last=True),
}


class ScoreFilters(forms.Form):
    """What the scores are narrowed to; a part that says nothing sensible narrows nothing and says what is wrong."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=MAX_SEARCH_LENGTH,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Title or artist")}),
    )
    lamp = forms.ChoiceField(label=import_texts.LAMP, required=False)
    grade = forms.ChoiceField(label=import_texts.GRADE, required=False)
    tab = forms.CharField(required=False, widget=forms.HiddenInput, initial="scores")
    sort = forms.ChoiceField(label=gettext_lazy("Sort by"), required=False)  # on phones, where the table has no heads

    def __init__(self, query: QueryDict, *, game: str, playtype: Playtype) -> None:
        # The form leads to its own tab, whichever one the address names.
        super().__init__({**query.dict(), "tab": "scores"})
        orders = self.fields["sort"]
        assert isinstance(orders, forms.ChoiceField)  # noqa: S101 - for mypy
        orders.choices = import_texts.score_orders(formatting.rating_name(playtype.default_score_rating))
        self.ladders = {"lamp": row_ladder(game), "grade": "grade"}
        for name, ladder in self.ladders.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for mypy
            field.choices = [("", import_texts.ALL), *((value, value) for value in reversed(TABLE[game][ladder]))]

    def chosen(self) -> dict[str, Any]:
        """The filters that are set and sensible."""
        self.full_clean()
        return {name: self.cleaned_data[name] for name in ("q", *self.ladders) if self.cleaned_data.get(name)}

    def narrow(self, found: QuerySet[Score]) -> QuerySet[Score]:
        for name, value in self.chosen().items():
            if name == "q":
                # In any of the song's names, whatever the case and the accents: the column holds them folded.
                wanted = fuzzy.pattern(value)
                found = found.filter(chart__song__search_text__contains=wanted) if wanted else found.none()
            else:
                found = found.alias(**{name: KT(f"score_data__{self.ladders[name]}")}).filter(**{name: value})
        return found


def order_scores(found: QuerySet[Score], playtype: Playtype, sort: str) -> QuerySet[Score]:
    """In the order that the address names; else as they came."""
    # The key comes last in every order: equal scores must not change places between two pages.
    order = [ORDERS[sort](playtype)] if sort in ORDERS else []
    return found.order_by(*order, "pk")


def columns(playtype: Playtype, query: QueryDict) -> list[Column]:
    """The table's heads. Three of them sort: the most first, and the least when asked again."""
    sort = query.get("sort", "")

    def sortable(name: str, key: str) -> Column:
        following = f"{key}{ASCENDING_SUFFIX}" if sort == key else key
        # Another order begins on its first page.
        url = f"{list_url(query, tab='scores', sort=following, page=None)}#parts"
        return Column(
            name, url, {key: "descending", f"{key}{ASCENDING_SUFFIX}": "ascending"}.get(sort, ""), is_number=True
        )

    plain = [Column(name) for name in import_texts.SCORE_COLUMNS]
    rating = formatting.rating_name(playtype.default_score_rating)
    return [
        *plain[:3],
        sortable(import_texts.SCORE, "score"),
        sortable(rating, "rating"),
        plain[3],
        sortable(import_texts.TIME, "time"),
    ]
