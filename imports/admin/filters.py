"""The filters of the list of imports. Each has an index of its own, and counting has an end.

What there is to choose comes from the declarations, or for clients and services from the newest imports; what is chosen
is then found among all.
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

MAX_RECENT_IMPORTS = 2_000  # imports whose clients and services are offered
MAX_VALUES = 12  # of each, the commonest first
STUCK_AFTER = timedelta(minutes=5)  # an import that is not done after this is worth a look
# and so is one that nobody has been at for this long; the sweeper needs a second or two
SILENT_AFTER = timedelta(seconds=15)


class ColumnFilter(admin.SimpleListFilter):
    """By the value of one column. Counts, when asked for, are those of the newest imports that the others leave."""

    column: ClassVar[str]

    def stored(self, value: str) -> Any:
        """What the column holds for a value of the address."""
        return value

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else queryset.filter(**{self.column: self.stored(value)})

    def get_facet_queryset(self, changelist: ChangeList) -> dict[str, int]:
        rest = changelist.get_queryset(self.request, exclude_parameters=self.expected_parameters())
        # A count of all would read the whole table; the newest ones tell as well what there is.
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
        return [("yes", _("The player")), ("no", _("A program, automatically"))]

    def stored(self, value: str) -> bool:
        return value == "yes"


class RecentValuesFilter(ColumnFilter):
    """By a value of which there is no fixed list: those of the newest imports are offered."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Import.objects.filter(pk__in=Import.objects.order_by("-pk").values("pk")[:MAX_RECENT_IMPORTS])
        seen = newest.exclude(**{self.column: ""}).values_list(self.column, flat=True)
        offered = list(seen.annotate(many=Count("pk")).order_by("-many", self.column)[:MAX_VALUES])
        chosen = request.GET.get(str(self.parameter_name))
        # What is chosen is offered, however rare it has become: otherwise the filter could not be seen.
        values = offered if chosen is None or chosen in offered else [*offered, chosen]
        return [(value, self.shown(value)) for value in values]

    def shown(self, value: str) -> str:
        """A value as moderators read it."""
        return value


class ClientFilter(RecentValuesFilter):
    title, parameter_name, column = gettext_lazy("client"), "client", "client"

    def shown(self, value: str) -> str:
        return client_name(value)


class ServiceFilter(RecentValuesFilter):
    title, parameter_name, column = gettext_lazy("service"), "service", "service"


class StuckFilter(admin.SimpleListFilter):
    """What is not done yet, and what of it should be by now. Both always with their counts: they are few."""

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
    """Of what is under way: begun or queued long ago, or running with nobody at it. What a ban holds up is not."""
    now = timezone.now()
    since = Greatest(F("time_queued"), F("time_started"))
    long_ago = Q(pk__in=Import.objects.alias(since=since).filter(state__in=UNFINISHED, since__lt=now - STUCK_AFTER))
    held_up = Q(state=State.QUEUED, user__is_banned=True)
    left_alone = Import.objects.alias(held=monitoring.is_held()).filter(
        state=State.RUNNING, time_started__lt=now - SILENT_AFTER, held=False
    )
    return (long_ago & ~held_up) | Q(pk__in=left_alone)


class Input(NamedTuple):
    """A field of a filter that is filled in."""

    name: str
    label: str
    type: str
    value: str


class TypedFilter(admin.ListFilter):
    """A filter that is filled in. `inputs` are name -> (label, type of the input)."""

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

    def given(self, name: str) -> str:
        return str(self.used_parameters.get(name, "")).replace("\0", "")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        mine = [name for name in self.expected_parameters() if name is not None]
        kept = {name: value for name, value in changelist.get_filters_params().items() if name not in mine}
        self.hidden = [(name, value[-1] if isinstance(value, list) else value) for name, value in kept.items()]
        self.hidden += [(SEARCH_VAR, changelist.query)] if changelist.query else []
        self.fields = [Input(name, label, kind, self.given(name)) for name, (label, kind) in self.inputs.items()]
        is_used = any(self.used_parameters.values())
        yield {"selected": not is_used, "query_string": changelist.get_query_string(remove=mine), "display": _("All")}
        for display, (name, value) in self.links.items():
            link = changelist.get_query_string({name: value}, remove=mine)
            yield {"selected": self.given(name) == value, "query_string": link, "display": display}


class TextFilter(TypedFilter):
    """By words of the service or the User-Agent; each word may be the beginning of one."""

    title = gettext_lazy("words of client or service")
    inputs: ClassVar = {"words": (gettext_lazy("Words"), "search")}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        given = self.given("words")
        return queryset.search(given, clients=True) if any(map(str.isalnum, given)) else queryset


class TimeFilter(TypedFilter):
    """By when it was queued, in UTC: today, the last days, or from one date to another, both included."""

    title = gettext_lazy("time")
    inputs: ClassVar = {"since": (gettext_lazy("From"), "date"), "until": (gettext_lazy("To"), "date")}
    links: ClassVar = {
        gettext_lazy("Today"): ("days", "1"),
        gettext_lazy("Last 7 days"): ("days", "7"),
        gettext_lazy("Last 28 days"): ("days", "28"),
    }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until, days = _date(self.given("since")), _date(self.given("until")), self.given("days")
        if days:
            count = parse_digits(days, most=9999)
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
