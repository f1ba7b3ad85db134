"""Lists of imports: everybody's (/api/v1/imports) and a player's (/api/v1/users/:userID/imports).

Called plainly they are the original's: what is completed, by when it was finished, or what failed, by when it was sent.
Beyond that they go on with `cursor` and `limit`, and take `state`, `game`, `since`, `until` and `search`.
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

from imports import rules
from imports.api import parameters
from imports.api.documents import EPOCH, Document, user_document
from imports.api.import_rows import documents_of
from imports.api.large import Members, long_success
from imports.api.loading import one_moment
from imports.api.paging import Page, Paging
from imports.api.parameters import maybe
from imports.api.players import UserResource
from imports.api.resource import Resource
from imports.api.responses import success
from imports.formats import BY_IMPORT_TYPE, schema
from imports.formats.schema import Violation
from imports.games import BY_SLUG
from imports.models import Import, State, User
from imports.models.searching import words_of

LISTED = 500  # imports in one answer
RECENT = timedelta(days=28)
LAST_MOMENT = 253_402_300_799_999  # Unix milliseconds; the end of the year 9999
LONGEST_SEARCH = 100  # UTF-16 units

BY_FINISH = Paging(key="time_finished", kind=datetime, most=LISTED)
BY_ARRIVAL = Paging(key="time_queued", kind=datetime, most=LISTED)
"""What is not in has no time of its own at which it was finished, or not one that lasts."""


def _moment(value: Any) -> datetime:
    """Unix milliseconds."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        milliseconds = int(value)
        if milliseconds <= LAST_MOMENT:
            return EPOCH + timedelta(milliseconds=milliseconds)
    raise Violation("Expected a time in Unix milliseconds.", value)


def _search(value: Any) -> str:
    text: str = schema.length_between(1, LONGEST_SEARCH)(value)
    if not words_of(text):
        raise Violation("Expected letters or digits to search for.", value)
    return text


FILTERS = {
    "importType": maybe(schema.one_of(tuple(BY_IMPORT_TYPE))),
    "userIntent": maybe(parameters.spoken),
    "game": maybe(schema.one_of(tuple(BY_SLUG))),
    "since": maybe(_moment),
    "until": maybe(_moment),
    "search": maybe(_search),
}
STATE = {"state": maybe(schema.one_of(tuple(State.values)))}


class Lists(Resource):
    """What the lists have in common. `owner`: whose imports they are of; None where they are of everybody's."""

    owner: User | None = None

    def chosen(self, request: Request) -> Page[Import]:
        """The page of the list that the query asks for, in the state that it names."""
        named = request.query_params.get("state")
        paging = BY_FINISH if named in {None, State.COMPLETED} else BY_ARRIVAL
        return self._page(paging, parameters.query(request, {**FILTERS, **STATE, **paging.members}))

    def failures(self, request: Request) -> Page[Import]:
        """The same, of what failed."""
        wishes = parameters.query(request, {**FILTERS, **BY_ARRIVAL.members})
        return self._page(BY_ARRIVAL, {**wishes, "state": State.FAILED})

    def _page(self, paging: Paging, wishes: Mapping[str, Any]) -> Page[Import]:
        found = Import.objects.in_state(State(wishes.get("state", State.COMPLETED)), seen_by=self.user)
        if self.owner is not None:
            found = found.filter(user=self.owner)
        if "search" in wishes:
            found = found.search(wishes["search"], clients=rules.can_see_clients(self.user, self.owner))
        found = found.filter(**_columns(wishes, time=paging.key))
        return paging.page(found.only(paging.key, "user_id", "score_count", "problem_count"), wishes)


def _columns(wishes: Mapping[str, Any], *, time: str) -> dict[str, Any]:
    """What the query says of columns. `since` is included, `until` is not."""
    named = {
        "importType": "import_type",
        "userIntent": "user_intent",
        "game": "game",
        "since": f"{time}__gte",
        "until": f"{time}__lt",
    }
    return {column: wishes[name] for name, column in named.items() if name in wishes}


class ImportList(Lists):
    """Everybody's."""

    def list(self, request: Request) -> HttpResponseBase:
        with one_moment():
            page = self.chosen(request)
            answer = long_success(f"Found {len(page.rows)} imports.", _with_users("imports", page))
        return page.announce(request, answer)

    def failed(self, request: Request) -> HttpResponseBase:
        """Of what failed everybody is told their own, and moderators all."""
        with one_moment():
            page = self.failures(request)
            answer = long_success(f"Found {len(page.rows)} failed imports.", _with_users("failedImports", page))
        return page.announce(request, answer)


def _with_users(name: str, page: Page[Import]) -> Members:
    """The documents, and the users whose imports they are."""
    users = User.objects.in_bulk({job.user_id for job in page.rows})
    owners: list[Document] = [user_document(users[key]) for key in sorted(users)]
    return Members([(name, documents_of(page.rows)), ("users", owners)])


class UserImports(UserResource, Lists):
    """One player's."""

    def list(self, request: Request, user_id: str) -> HttpResponseBase:
        self.owner = self.get_object()
        with one_moment():
            page = self.chosen(request)
            answer = long_success(f"Found {len(page.rows)} imports.", documents_of(page.rows))
        return page.announce(request, answer)

    def failed(self, request: Request, user_id: str) -> HttpResponseBase:
        self.owner = self.get_object()
        with one_moment():
            page = self.failures(request)
            answer = long_success(f"Found {len(page.rows)} failed imports.", documents_of(page.rows))
        return page.announce(request, answer)

    def recent(self, request: Request, user_id: str) -> Response:
        """How often each import type was used on purpose in the last four weeks, the most used first."""
        since = timezone.now() - RECENT
        done = Import.objects.filter(user=self.get_object(), state=State.COMPLETED, time_finished__gte=since)
        counts = done.filter(user_intent=True).values("import_type").annotate(count=Count("pk"))
        body = [
            {"importType": each["import_type"], "count": each["count"]}
            for each in counts.order_by("-count", "import_type")
        ]
        return success(f"Found {len(body)} imports.", body)
