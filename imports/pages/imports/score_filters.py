"""Filters and orders of an import's scores. They are in the query string, so that addresses can be shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.http import QueryDict

from imports.catalogue import fuzzy
from imports.games.spec import Playtype
from imports.models import Import, Score
from imports.pages.components.lamp_colors import TABLE, row_ladder
from imports.pages.components.score_rows import DEFAULT_METRIC, Place, ScoreScope, rating_order
from imports.pages.components.view_models import Column, Link
from imports.pages.core.pagination import list_url
from imports.pages.texts import formatting, import_texts
from imports.pages.texts.translation import gettext_lazy

MAX_SEARCH_LENGTH = 100  # characters of the search text
ASCENDING_SUFFIX = "-up"  # ends the name of an ascending order

ORDERS: dict[str, Callable[[Playtype], Any]] = {
    "score": lambda _: DEFAULT_METRIC.desc(),
    "rating": rating_order,
    "time": lambda _: F("time_achieved").desc(nulls_last=True),
    f"score{ASCENDING_SUFFIX}": lambda _: DEFAULT_METRIC.asc(),
    f"rating{ASCENDING_SUFFIX}": lambda playtype: rating_order(playtype, upwards=True),
    f"time{ASCENDING_SUFFIX}": lambda _: F("time_achieved").asc(nulls_last=True),
}


PLACES: dict[str, Place] = {"best": "best", "first": "first", "under": "under"}
"""Value of `show` in the query string -> how the scores compare with the player's earlier ones."""


def scores_at(place: Place, ordered: QuerySet[Score], scope: ScoreScope) -> list[int]:
    """Returns the keys of the scores with this comparison, in their order. Two queries."""
    rows = list(ordered.values_list("pk", "chart_id", DEFAULT_METRIC))
    baselines = scope.baselines({chart for _, chart, _ in rows})
    return [key for key, chart, value in rows if baselines[chart].place_of(value) == place]


def place_chips(job: Import, chosen: str, query: QueryDict) -> list[Link]:
    """Returns filters by how the scores compare; the import already stores some of the counts."""
    counts = {"": job.score_count, "best": job.best_count, "first": job.first_play_count, "under": None}
    return [
        Link(
            import_texts.PLACES[place],
            f"{list_url(query, tab='scores', show=place, page=None)}#parts",
            count,
            is_current=place == chosen,
        )
        for place, count in counts.items()
        if count != 0 or place == chosen
    ]


class ScoreFilters(forms.Form):
    """The filters of the scores; an invalid filter is ignored and shows its error."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        required=False,
        max_length=MAX_SEARCH_LENGTH,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Title or artist")}),
    )
    lamp = forms.ChoiceField(label=import_texts.LAMP, required=False)
    grade = forms.ChoiceField(label=import_texts.GRADE, required=False)
    tab = forms.CharField(required=False, widget=forms.HiddenInput, initial="scores")
    show = forms.CharField(required=False, widget=forms.HiddenInput)  # set by the chips; kept when the form is sent
    sort = forms.ChoiceField(label=gettext_lazy("Sort by"), required=False)  # on phones, where the table has no header

    def __init__(self, query: QueryDict, *, game: str, playtype: Playtype) -> None:
        # The form leads to its own tab, whichever tab is in the query string.
        super().__init__({**query.dict(), "tab": "scores"})
        orders = self.fields["sort"]
        assert isinstance(orders, forms.ChoiceField)  # noqa: S101 - for mypy
        orders.choices = import_texts.score_orders(formatting.rating_name(playtype.default_score_rating, playtype))
        self.ladders = {"lamp": row_ladder(game), "grade": "grade"}
        for name, ladder in self.ladders.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for mypy
            field.choices = [("", import_texts.ALL), *((value, value) for value in reversed(TABLE[game][ladder]))]

    def chosen(self) -> dict[str, Any]:
        """Returns the filters that are set and valid."""
        self.full_clean()
        return {name: self.cleaned_data[name] for name in ("q", *self.ladders) if self.cleaned_data.get(name)}

    def narrow(self, found: QuerySet[Score]) -> QuerySet[Score]:
        for name, value in self.chosen().items():
            if name == "q":
                # In any of the song's names, ignoring case and accents: the column holds them folded.
                wanted = fuzzy.pattern(value)
                found = found.filter(chart__song__search_text__contains=wanted) if wanted else found.none()
            else:
                found = found.alias(**{name: KT(f"score_data__{self.ladders[name]}")}).filter(**{name: value})
        return found


def order_scores(found: QuerySet[Score], playtype: Playtype, sort: str) -> QuerySet[Score]:
    """Orders the scores as the query string says; by default in the order of the import."""
    # Every order ends with the key: equal scores must not change places between two pages.
    order = [ORDERS[sort](playtype)] if sort in ORDERS else []
    return found.order_by(*order, "pk")


def columns(playtype: Playtype, query: QueryDict) -> list[Column]:
    """Returns the table's columns. Three of them sort: descending first, ascending at the second click."""
    sort = query.get("sort", "")

    def sortable(name: str, key: str) -> Column:
        following = f"{key}{ASCENDING_SUFFIX}" if sort == key else key
        # Another order starts on its first page.
        url = f"{list_url(query, tab='scores', sort=following, page=None)}#parts"
        return Column(
            name, url, {key: "descending", f"{key}{ASCENDING_SUFFIX}": "ascending"}.get(sort, ""), is_number=True
        )

    plain = [Column(name) for name in import_texts.SCORE_COLUMNS]
    rating = formatting.rating_name(playtype.default_score_rating, playtype)
    return [
        *plain[:3],
        sortable(import_texts.SCORE, "score"),
        sortable(rating, "rating"),
        plain[3],
        sortable(import_texts.TIME, "time"),
    ]
