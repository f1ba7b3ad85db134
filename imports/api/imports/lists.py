"""Lists of imports: everybody's (/api/v1/imports) and a player's (/api/v1/users/:userID/imports).

Without parameters they are the original's: completed imports by the time they finished, or failed ones by the time they
were sent. Beyond that they are paginated with `cursor` and `limit`, and take `state`, `game`, `since`, `until` and
`search`.
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
from imports.api.common.units import EPOCH
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
from imports.models import Import, State, User
from imports.models.search import words_of

MAX_LISTED = 500  # imports in one answer
RECENT = timedelta(days=28)
MAX_TIMESTAMP_MS = 253_402_300_799_999  # Unix milliseconds; the end of the year 9999
MAX_SEARCH_LENGTH = 100  # UTF-16 units
NO_TIME = "Expected a time in Unix milliseconds."
NO_WORDS = "Expected letters or digits to search for."

BY_FINISH = CursorPagination(key="time_finished", kind=datetime, limit=MAX_LISTED)
BY_ARRIVAL = CursorPagination(key="time_queued", kind=datetime, limit=MAX_LISTED)
"""What is not in has no time of its own at which it was finished, or not one that lasts."""


def timestamp(name: str, description: str) -> Parameter:
    """A time in Unix milliseconds."""

    def check(value: Any) -> datetime:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
            milliseconds = int(value)
            if milliseconds <= MAX_TIMESTAMP_MS:
                return EPOCH + timedelta(milliseconds=milliseconds)
        raise Violation(NO_TIME, value)

    return Parameter(
        name=name,
        description=f"{description} Unix milliseconds.",
        schema={"type": "integer", "minimum": 0, "maximum": MAX_TIMESTAMP_MS},
        check=optional(check),
        expects=(NO_TIME,),
    )


def import_type(value: Any) -> str:
    """Any text: of a type that there is not there are no imports. So it is of several."""
    return str(storable(value)) if isinstance(value, str) else ""


def search_words(value: Any) -> str:
    """A text that holds something to search for."""
    text: str = schema.length_between(1, MAX_SEARCH_LENGTH)(value)
    if not words_of(text):
        raise Violation(NO_WORDS, value)
    return text


FILTERS = (
    Parameter(name="importType", description="Only of this import type.", check=optional(import_type)),
    Parameter(
        name="userIntent",
        description="`true`: only those that somebody wanted; anything else: only the others.",
        check=optional(lambda value: value == "true"),
    ),
    choice("game", "Only of this game.", *BY_SLUG),
    timestamp("since", "Not before."),
    timestamp("until", "Before."),
    Parameter(
        name="search",
        description="Words of the service; of the client too for whoever may see it.",
        schema={"type": "string", "minLength": 1, "maxLength": MAX_SEARCH_LENGTH},
        check=optional(search_words),
        expects=(NO_WORDS, f"Expected a string with length between 1 and {MAX_SEARCH_LENGTH}."),
    ),
)
STATE = choice("state", "Only in this state; completed if it is not named.", *State.values)
COMPLETED = Fields(STATE, *FILTERS, *BY_FINISH.parameters)
OTHERS = Fields(STATE, *FILTERS, *BY_ARRIVAL.parameters)
FAILED = Fields(*FILTERS, *BY_ARRIVAL.parameters)


class ImportListViewSet(APIViewSet):
    """What the lists have in common. `owner`: whose imports they are of; None where they are of everybody's."""

    tag = Tag.IMPORTS
    owner: User | None = None

    def filtered_page(self, request: Request) -> Page[Import]:
        """The page of the list that the query asks for, in the state that it names."""
        if request.query_params.get("state") in {None, State.COMPLETED}:
            return self.page(BY_FINISH, COMPLETED.from_query(request))
        return self.page(BY_ARRIVAL, OTHERS.from_query(request))

    def failures(self, request: Request) -> Page[Import]:
        """The same, of what failed."""
        return self.page(BY_ARRIVAL, {**FAILED.from_query(request), "state": State.FAILED})

    def page(self, paging: CursorPagination, params: Mapping[str, Any]) -> Page[Import]:
        """Of imports in one state, as a checked query has it: `since` is included, `until` is not."""
        found = Import.objects.in_state(State(params.get("state", State.COMPLETED)), seen_by=self.user)
        if self.owner is not None:
            found = found.filter(user=self.owner)
        # A search that looked at clients would tell a stranger, word by word, which programs somebody uses.
        if "search" in params:
            found = found.search(params["search"], clients=permissions.can_see_clients(self.user, self.owner))
        columns = {
            "importType": "import_type",
            "userIntent": "user_intent",
            "game": "game",
            "since": f"{paging.key}__gte",
            "until": f"{paging.key}__lt",
        }
        found = found.filter(**{column: params[name] for name, column in columns.items() if name in params})
        # The page only: the documents are read in pieces while they are sent.
        return paging.page(found.only(paging.key, "user_id", "score_count", "problem_count"), params)


class ImportList(ImportListViewSet):
    """Everybody's."""

    @endpoint(
        id="listImports", returns=schemas.Imports, says="Found {count} imports.", query=COMPLETED, paging=BY_FINISH
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Everybody's imports, the last to be finished first.

        Only the owner and moderators see what is not completed.
        """
        with read_snapshot():
            return self._list_response("imports", self.filtered_page(request))

    @endpoint(
        id="listFailedImports",
        returns=schemas.FailedImports,
        says="Found {count} failed imports.",
        query=FAILED,
        paging=BY_ARRIVAL,
    )
    def failed(self, request: Request) -> HttpResponseBase:
        """One's own imports that failed; to a moderator everybody's."""
        with read_snapshot():
            return self._list_response("failedImports", self.failures(request))

    def _list_response(self, name: str, page: Page[Import]) -> HttpResponseBase:
        """The documents, and the users whose imports they are."""
        users = User.objects.in_bulk({job.user_id for job in page.rows})
        owners = [shared.User.from_row(users[key]) for key in sorted(users)]
        body = StreamedObject([(name, listed_documents_of(page.rows)), ("users", owners)])
        return page.add_pagination_headers(
            self.request, complete_response(self.success_message(count=len(page.rows)), body)
        )


class UserImports(UserViewSet, ImportListViewSet):
    """One player's."""

    @endpoint(
        id="listUserImports",
        returns=schemas.ImportDocuments,
        says="Found {count} imports.",
        query=COMPLETED,
        paging=BY_FINISH,
        raises=(RequesterUnknown, UserNotFound),
    )
    def list(self, request: Request, user_id: str) -> HttpResponseBase:
        """A user's imports."""
        self.owner = self.get_object()
        with read_snapshot():
            return self._list_response(self.filtered_page(request))

    @endpoint(
        id="listUserFailedImports",
        returns=schemas.Trackers,
        says="Found {count} failed imports.",
        query=FAILED,
        paging=BY_ARRIVAL,
        raises=(RequesterUnknown, UserNotFound),
    )
    def failed(self, request: Request, user_id: str) -> HttpResponseBase:
        """A user's imports that failed."""
        self.owner = self.get_object()
        with read_snapshot():
            return self._list_response(self.failures(request))

    @endpoint(
        id="countRecentImports",
        returns=schemas.ImportCounts,
        says="Found {count} imports.",
        raises=(RequesterUnknown, UserNotFound),
    )
    def recent(self, request: Request, user_id: str) -> Response:
        """Which import types a user used on purpose in the last four weeks.

        The most used comes first.
        """
        since = timezone.now() - RECENT
        done = Import.objects.filter(user=self.get_object(), state=State.COMPLETED, time_finished__gte=since)
        counts = done.filter(user_intent=True).values("import_type").annotate(count=Count("pk"))
        body = [schemas.ImportCount(**each) for each in counts.order_by("-count", "import_type")]
        return self.ok(body, count=len(body))

    def _list_response(self, page: Page[Import]) -> HttpResponseBase:
        answer = complete_response(self.success_message(count=len(page.rows)), listed_documents_of(page.rows))
        return page.add_pagination_headers(self.request, answer)
