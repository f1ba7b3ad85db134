"""Lists of imports: of all players (/api/v1/imports) and of one (/api/v1/users/:userID/imports).

Without parameters they are the same as in Tachi: completed imports by the time at which they finished, or failed ones
by the time of their upload. In addition they are paginated with `cursor` and `limit`, and have the filters `state`,
`game`, `since`, `until` and `search`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from imports.access import permissions
from imports.api.common import schemas as shared
from imports.api.common.players import RequesterUnknown, UserNotFound, UserViewSet
from imports.api.common.queries import read_snapshot
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.pagination import CursorPagination, Page
from imports.api.core.parameters import Fields, Parameter, choice
from imports.api.core.streaming import StreamedObject, complete_response
from imports.api.core.validation import optional
from imports.api.core.views import APIViewSet
from imports.api.imports import schemas
from imports.api.imports.queries import listed_documents_of
from imports.formats import schema
from imports.formats.schema import Violation
from imports.formats.text import storable
from imports.games import BY_SLUG
from imports.integers import EPOCH, MAX_TIMESTAMP_MS, parse_digits
from imports.models import Import, State, User
from imports.models.search import words_of

MAX_LISTED = 500  # imports in one response
RECENT = timedelta(days=28)
MAX_SEARCH_LENGTH = 100  # UTF-16 units
NO_TIME = "Expected a time in Unix milliseconds."
NO_WORDS = "Expected letters or digits to search for."

BY_FINISH = CursorPagination(key="time_finished", kind=datetime, limit=MAX_LISTED)
BY_ARRIVAL = CursorPagination(key="time_queued", kind=datetime, limit=MAX_LISTED)
"""For imports that are not completed: they have no time of completion, or one that may still change."""


def timestamp(name: str, description: str) -> Parameter:
    """Returns an optional parameter for a time in Unix milliseconds."""

    def check(value: Any) -> datetime:
        milliseconds = parse_digits(value, maximum=MAX_TIMESTAMP_MS)
        if milliseconds is None:
            raise Violation(NO_TIME, value)
        return EPOCH + timedelta(milliseconds=milliseconds)

    return Parameter(
        name=name,
        description=f"{description} Unix milliseconds.",
        schema={"type": "integer", "minimum": 0, "maximum": MAX_TIMESTAMP_MS},
        check=optional(check),
        expects=(NO_TIME,),
    )


def import_type(value: Any) -> str:
    """Returns the import type; "" if it is given more than once. An unknown type matches no import."""
    return str(storable(value)) if isinstance(value, str) else ""


def search_words(value: Any) -> str:
    """Returns a search text with at least one letter or digit. Raises Violation."""
    text: str = schema.length_between(1, MAX_SEARCH_LENGTH)(value)
    if not words_of(text):
        raise Violation(NO_WORDS, value)
    return text


FILTERS = (
    Parameter(name="importType", description="Returns only imports of this type.", check=optional(import_type)),
    Parameter(
        name="userIntent",
        description="`true` returns only imports that a user started deliberately, any other value only the others.",
        check=optional(lambda value: value == "true"),
    ),
    choice("game", "Returns only results of this game.", *BY_SLUG),
    timestamp("since", "Only imports at or after this time."),
    timestamp("until", "Only imports before this time."),
    Parameter(
        name="search",
        description="Words of the name of the service, and of the client if you may see it.",
        schema={"type": "string", "minLength": 1, "maxLength": MAX_SEARCH_LENGTH},
        check=optional(search_words),
        expects=(NO_WORDS, f"Expected a string with length between 1 and {MAX_SEARCH_LENGTH}."),
    ),
)
STATE = choice("state", "Returns only imports in this state. Defaults to completed.", *State.values)
COMPLETED = Fields(STATE, *FILTERS, *BY_FINISH.parameters)
OTHERS = Fields(STATE, *FILTERS, *BY_ARRIVAL.parameters)
FAILED = Fields(*FILTERS, *BY_ARRIVAL.parameters)


class ImportListViewSet(APIViewSet):
    """The base of the lists. `owner`: the player whose imports are listed; None for all players."""

    tag = Tag.IMPORTS
    owner: User | None = None

    def filtered_page(self, request: Request) -> Page[Import]:
        """Returns the requested page of imports in the requested state."""
        if request.query_params.get("state") in {None, State.COMPLETED}:
            return self.page(BY_FINISH, COMPLETED.from_query(request))
        return self.page(BY_ARRIVAL, OTHERS.from_query(request))

    def failures(self, request: Request) -> Page[Import]:
        """Returns the requested page of failed imports."""
        return self.page(BY_ARRIVAL, {**FAILED.from_query(request), "state": State.FAILED})

    def page(self, paging: CursorPagination, params: Mapping[str, Any]) -> Page[Import]:
        """Returns a page of imports for checked parameters; `since` is inclusive, `until` exclusive."""
        imports = Import.objects.in_state(State(params.get("state", State.COMPLETED)), seen_by=self.user)
        if self.owner is not None:
            imports = imports.filter(user=self.owner)
        # With a search in the clients, a stranger could find out the programs of a player word by word.
        if "search" in params:
            imports = imports.search(params["search"], clients=permissions.can_see_clients(self.user, self.owner))
        columns = {
            "importType": "import_type",
            "userIntent": "user_intent",
            "game": "game",
            "since": f"{paging.key}__gte",
            "until": f"{paging.key}__lt",
        }
        imports = imports.filter(**{column: params[name] for name, column in columns.items() if name in params})
        # Only the columns of the page: the documents are read in parts while they are sent.
        return paging.page(imports.only(paging.key, "user_id", "score_count", "problem_count"), params)


class ImportList(ImportListViewSet):
    """The imports of all players."""

    @endpoint(
        id="listImports", returns=schemas.Imports, message="Found {count} imports.", query=COMPLETED, paging=BY_FINISH
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Lists the imports of all users, most recently finished first.

        Imports that are not completed are visible only to their owner and to moderators.
        """
        with read_snapshot():
            return self._list_response("imports", self.filtered_page(request))

    @endpoint(
        id="listFailedImports",
        returns=schemas.FailedImports,
        message="Found {count} failed imports.",
        query=FAILED,
        paging=BY_ARRIVAL,
    )
    def failed(self, request: Request) -> HttpResponseBase:
        """Lists your failed imports, or those of all users for moderators."""
        with read_snapshot():
            return self._list_response("failedImports", self.failures(request))

    def _list_response(self, name: str, page: Page[Import]) -> HttpResponseBase:
        """Returns the documents of the imports with their owners."""
        users = User.objects.in_bulk({job.user_id for job in page.rows})
        owners = [shared.User.from_row(users[key]) for key in sorted(users)]
        body = StreamedObject([(name, listed_documents_of(page.rows)), ("users", owners)])
        return page.add_pagination_headers(
            self.request, complete_response(self.success_message(count=len(page.rows)), body)
        )


class UserImports(UserViewSet, ImportListViewSet):
    """The imports of one player."""

    @endpoint(
        id="listUserImports",
        returns=schemas.ImportDocuments,
        message="Found {count} imports.",
        query=COMPLETED,
        paging=BY_FINISH,
        raises=(RequesterUnknown, UserNotFound),
    )
    def list(self, request: Request, user_id: str) -> HttpResponseBase:
        """Lists the imports of a user."""
        self.owner = self.get_object()
        with read_snapshot():
            return self._list_response(self.filtered_page(request))

    @endpoint(
        id="listUserFailedImports",
        returns=schemas.Trackers,
        message="Found {count} failed imports.",
        query=FAILED,
        paging=BY_ARRIVAL,
        raises=(RequesterUnknown, UserNotFound),
    )
    def failed(self, request: Request, user_id: str) -> HttpResponseBase:
        """Lists the failed imports of a user."""
        self.owner = self.get_object()
        with read_snapshot():
            return self._list_response(self.failures(request))

    @endpoint(
        id="countRecentImports",
        returns=schemas.ImportCounts,
        message="Found {count} imports.",
        raises=(RequesterUnknown, UserNotFound),
    )
    def recent(self, request: Request, user_id: str) -> Response:
        """Returns the import types that a user used deliberately in the last four weeks.

        Sorted by use, most used first.
        """
        since = timezone.now() - RECENT
        done = Import.objects.filter(user=self.get_object(), state=State.COMPLETED, time_finished__gte=since)
        counts = done.filter(user_intent=True).values("import_type").annotate(count=Count("pk"))
        body = [schemas.ImportCount(**each) for each in counts.order_by("-count", "import_type")]
        return self.ok(body, count=len(body))

    def _list_response(self, page: Page[Import]) -> HttpResponseBase:
        response = complete_response(self.success_message(count=len(page.rows)), listed_documents_of(page.rows))
        return page.add_pagination_headers(self.request, response)
