"""Filters of the list of imports. Each uses an index, and counts are bounded.

Choices come from the declarations, or for clients and services from the newest imports; the chosen value is then
searched for in all imports.
"""

# ruff: noqa: ARG002 - Django decides the signatures

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Greatest
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports import monitoring
from imports.admin.base import MAX_COUNTED, GameFilter
from imports.admin.details.clients import client_name
from imports.formats import FORMATS
from imports.integers import parse_digits
from imports.models import Import, State
from imports.models.documents import UNFINISHED
from imports.templatetags.moderation import state_name

MAX_RECENT_IMPORTS = 2_000  # newest imports, whose clients and services are choices
MAX_VALUES = 12  # choices per filter, most frequent first
STUCK_AFTER = timedelta(minutes=5)  # an unfinished import counts as stuck after this time
# so does a running import without a worker for this long; the sweeper needs a second or two
SILENT_AFTER = timedelta(seconds=15)


class ColumnFilter(admin.SimpleListFilter):
    """Filters by the value of a column. Facet counts are those of the newest imports that the other filters match."""

    column: ClassVar[str]

    def stored(self, value: str) -> Any:
        """Returns the column's value for a value in the URL."""
        return value

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else queryset.filter(**{self.column: self.stored(value)})

    def get_facet_queryset(self, changelist: ChangeList) -> dict[str, int]:
        rest = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        # Counting all imports would read the whole table; the newest ones show the distribution as well.
        newest = Import.objects.filter(pk__in=rest.order_by("-pk").values("pk")[:MAX_COUNTED])
        counts = dict(newest.order_by().values_list(self.column).annotate(Count("pk")))
        return {f"{i}__c": counts.get(self.stored(value), 0) for i, (value, _) in enumerate(self.lookup_choices)}


class StateFilter(ColumnFilter):
    title, parameter_name, column = gettext_lazy("state"), "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, capfirst(state_name(state))) for state in State]


class CountedGameFilter(ColumnFilter, GameFilter):
    column = "game"


class TypeFilter(ColumnFilter):
    title, parameter_name, column = gettext_lazy("type"), "import_type", "import_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.import_type, each.name) for each in FORMATS]


class IntentFilter(ColumnFilter):
    title, parameter_name, column = gettext_lazy("started by"), "intent", "user_intent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("The player")), ("no", _("Automatic"))]

    def stored(self, value: str) -> bool:
        return value == "yes"


class RecentValuesFilter(ColumnFilter):
    """Filters by a value without a fixed list: the choices are the values of the newest imports."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Import.objects.filter(pk__in=Import.objects.order_by("-pk").values("pk")[:MAX_RECENT_IMPORTS])
        seen = newest.exclude(**{self.column: ""}).values_list(self.column, flat=True)
        offered = list(seen.annotate(many=Count("pk")).order_by("-many", self.column)[:MAX_VALUES])
        chosen = request.GET.get(str(self.parameter_name))
        # The chosen value stays among the choices however rare it is: otherwise the active filter would be invisible.
        values = offered if chosen is None or chosen in offered else [*offered, chosen]
        return [(value, self.shown(value)) for value in values]

    def shown(self, value: str) -> str:
        """Returns a value as shown to moderators."""
        return value


class ClientFilter(RecentValuesFilter):
    title, parameter_name, column = gettext_lazy("client"), "client", "client"

    def shown(self, value: str) -> str:
        return client_name(value)


class ServiceFilter(RecentValuesFilter):
    title, parameter_name, column = gettext_lazy("service"), "service", "service"


class StuckFilter(admin.SimpleListFilter):
    """Filters unfinished and stuck imports. Always with counts: these imports are few."""

    title, parameter_name = gettext_lazy("progress"), "progress"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        under_way = Import.objects.filter(state__in=UNFINISHED)
        counts = under_way.aggregate(all=Count("pk"), stuck=Count("pk", filter=stuck_filter()))
        return [
            ("any", _("Unfinished: {count}").format(count=f"{counts['all']:,}")),
            ("stuck", _("Stuck: {count}").format(count=f"{counts['stuck']:,}")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {"any": Q(state__in=UNFINISHED), "stuck": Q(state__in=UNFINISHED) & stuck_filter()}.get(
            self.value() or ""
        )
        return queryset if chosen is None else queryset.filter(chosen)

    def get_facet_queryset(self, changelist: ChangeList) -> dict[str, int]:
        return {}

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": str(choice["display"]).removesuffix(" (-)")}


def stuck_filter() -> Q:
    """Matches stuck imports: queued or started long ago, or running without a worker.

    Imports of banned players, which wait until the ban is lifted, do not count.
    """
    now = timezone.now()
    since = Greatest(F("time_queued"), F("time_started"))
    long_ago = Q(pk__in=Import.objects.alias(since=since).filter(state__in=UNFINISHED, since__lt=now - STUCK_AFTER))
    waiting_for_ban = Q(state=State.QUEUED, user__is_banned=True)
    without_worker = Import.objects.alias(held=monitoring.is_held()).filter(
        state=State.RUNNING, time_started__lt=now - SILENT_AFTER, held=False
    )
    return (long_ago & ~waiting_for_ban) | Q(pk__in=without_worker)


class Input(NamedTuple):
    """An input of a filter form with its current value."""

    name: str
    label: str
    type: str
    value: str


class TypedFilter(admin.ListFilter):
    """A filter with inputs to fill in. `inputs` are name -> (label, type of the input)."""

    template = "admin/imports/typed_filter.html"
    inputs: ClassVar[Mapping[str, tuple[Any, str]]]
    links: ClassVar[Mapping[Any, tuple[str, str]]] = {}  # display -> (parameter, value)

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name is not None and name in params:
                self.used_parameters[name] = params.pop(name)[-1].strip()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(dict.fromkeys([*self.inputs, *(name for name, _ in self.links.values())]))

    def value_of(self, name: str) -> str:
        return str(self.used_parameters.get(name, "")).replace("\0", "")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        mine = [name for name in self.expected_parameters() if name is not None]
        other_filters = {name: value for name, value in changelist.get_filters_params().items() if name not in mine}
        self.hidden = [(name, value[-1] if isinstance(value, list) else value) for name, value in other_filters.items()]
        self.hidden += [(SEARCH_VAR, changelist.query)] if changelist.query else []
        self.fields = [Input(name, label, kind, self.value_of(name)) for name, (label, kind) in self.inputs.items()]
        is_used = any(self.used_parameters.values())
        yield {"selected": not is_used, "query_string": changelist.get_query_string(remove=mine), "display": _("All")}
        for display, (name, value) in self.links.items():
            link = changelist.get_query_string({name: value}, remove=mine)
            yield {"selected": self.value_of(name) == value, "query_string": link, "display": display}


class TextFilter(TypedFilter):
    """Filters by words of the service or the User-Agent; each may be the beginning of a word."""

    title = gettext_lazy("words in the client or service")
    inputs: ClassVar = {"words": (gettext_lazy("Words"), "search")}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        words = self.value_of("words")
        return queryset.search(words, clients=True) if any(map(str.isalnum, words)) else queryset


class TimeFilter(TypedFilter):
    """Filters by the time of queueing, in UTC: today, the last days, or between two dates, both included."""

    title = gettext_lazy("time")
    inputs: ClassVar = {"since": (gettext_lazy("From"), "date"), "until": (gettext_lazy("To"), "date")}
    links: ClassVar = {
        gettext_lazy("Today"): ("days", "1"),
        gettext_lazy("Last 7 days"): ("days", "7"),
        gettext_lazy("Last 28 days"): ("days", "28"),
    }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until, days = _date(self.value_of("since")), _date(self.value_of("until")), self.value_of("days")
        if days:
            count = parse_digits(days, maximum=9999)
            if count is None:
                raise IncorrectLookupParameters
            since = timezone.now().date() - timedelta(days=count - 1)
        if since is not None:
            queryset = queryset.filter(time_queued__gte=_midnight(since))
        return queryset if until is None else queryset.filter(time_queued__lt=_midnight(until + timedelta(days=1)))


def _date(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise IncorrectLookupParameters from None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())
