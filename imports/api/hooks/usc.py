"""/ir/usc/{Controller|Keyboard}: the IR of unnamed-sdvx-clone (spec: import-types §7; USCIR v0.4).

The body contains a status of the IR; the status of HTTP is always 200.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, cast

from django.conf import settings
from django.http import HttpResponse
from msgspec import UNSET, Meta, UnsetType
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.common.forms import FORM, InvalidFile, read_form
from imports.api.common.queries import read_snapshot
from imports.api.core.authentication import SessionAuthentication, TokenAuthentication, authenticate_token
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Parameter
from imports.api.core.permissions import APIPermission, CanSubmitScores, ClientIsNotBlocked, IsAuthenticated
from imports.api.core.responses import Empty, Schema
from imports.api.hooks import usc_scores
from imports.api.hooks.base import STILL_RUNNING, Hook, ImportRefused, UploadQuotaExceeded
from imports.errors import ProblemType
from imports.formats.hooks import usc
from imports.formats.text import is_storable
from imports.models import APIToken, Chart, Replay, Score, State, User

SUCCESS, ACCEPTED, BAD_REQUEST, UNAUTHORISED, NOT_FOUND, SERVER_ERROR = 20, 22, 40, 41, 44, 50
IR_VERSION = "0.4.0-a"
MAX_REPLAY_BYTES = 1024 * 1024
MAX_LISTED = 10  # scores in one response
POSITIVE = re.compile(r"0*[1-9][0-9]{0,15}")
NO_TOKEN = "No auth token provided."  # noqa: S105 - a message, not a secret
WRONG_HEADER = "Invalid Authorization Header. Expected Bearer <token>"
TRACKED = "This chart is tracked by the IR."
UNKNOWN_CHART = "This IR doesn't have any record data yet, or {enough} people have not played the chart yet."
NO_RECORD = "No server record found."
WRONG_MODE = "Invalid 'mode' param - expected 'best' or 'rivals'."
WRONG_N = "Invalid 'n' param - expected a positive non-zero integer less than or equal to 10."
NO_RIVALS = "This is currently unsupported."
ORPHANED = "This score has been saved, but the chart is not currently on the IR."
IDENTICAL = "Score was identical to another score you already have."
IMPORTED = "Successfully imported score."
SAVED_REPLAY = "Saved replay."
REPLAY_FIELD = "replay"

MODE = Parameter(name="mode", description="`best` or `rivals`.")
N = Parameter(name="n", description=f"The number of scores, at most {MAX_LISTED}.")


class Answer(Schema, rename="camel"):
    """The response in the format of the game, instead of the usual envelope."""

    status_code: Annotated[int, Meta(description="20 for success, 22 if the score is queued, 40 to 50 for errors.")]
    description: str
    body: Annotated[Any, Meta(description="Present in most successful responses.")] | UnsetType = UNSET


class USCError(Exception):
    """An error with a status and a message of the IR."""

    def __init__(self, status_code: int, description: str) -> None:
        super().__init__(description)
        self.status_code, self.description = status_code, description


class InvalidPlaytype(APIError):
    status = 400
    message = usc.WRONG_PLAYTYPE


class InvalidUpload(APIError):
    status = 400
    message = InvalidFile.message


class ReplayNotFound(APIError):
    status = 404
    message = "You have no replay of this score."


class USCAuthentication(BaseAuthentication):
    """Accepts only `Authorization: Bearer <token>`; errors are those of the IR."""

    def authenticate(self, request: Request) -> tuple[User, APIToken] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            raise USCError(BAD_REQUEST, NO_TOKEN)
        kind, *rest = header.split(" ")
        if kind != "Bearer" or len(rest) != 1 or not rest[0]:
            raise USCError(BAD_REQUEST, WRONG_HEADER)
        try:
            return authenticate_token(request._request.META)
        except APIError as error:
            if error.status == 401:
                raise USCError(UNAUTHORISED, "Unauthorized.") from None
            raise


class USCHook(Hook):
    """The base of the views for USC."""

    authentication_classes = (USCAuthentication,)  # type: ignore[assignment]  # only tokens, with the IR's errors
    permission_classes: Sequence[type[APIPermission]] = (ClientIsNotBlocked,)
    formats = (usc.HOOK,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.kwargs["playtype"] not in usc.PLAYTYPES:
            raise InvalidPlaytype()
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[[Exception, Mapping[str, Any]], Response]:
        return self.refuse

    def refuse(self, error: Exception, context: Mapping[str, Any]) -> Response:
        if isinstance(error, USCError):
            return _usc_response(error.status_code, error.description)
        return super().refuse(error, context)

    def chart(self) -> Chart:
        """Returns the chart of the path. Raises USCError."""
        key = f"hash:{self.path_param('hash')}"
        charts = Chart.objects.filter(game=usc.GAME, playtype=self.kwargs["playtype"], match_keys__contains=[key])
        chart = charts.order_by("pk").first()
        if chart is None:
            raise USCError(NOT_FOUND, UNKNOWN_CHART.format(enough=jobs.chart_players()))
        return chart


def _usc_response(status_code: int, description: str, body: Any = UNSET) -> Response:
    return Response(Answer(status_code=status_code, description=description, body=body))


class Heartbeat(USCHook):
    """Reports that the IR is available."""

    @endpoint(
        id="uscHeartbeat",
        returns=Answer,
        message="IR Request Successful.",
        raises=(InvalidPlaytype,),
        has_envelope=False,
    )
    def retrieve(self, request: Request, playtype: str) -> Response:
        """Returns the name and the time of the IR."""
        body = {"serverTime": int(time.time()), "serverName": settings.TACHI_NAME, "irVersion": IR_VERSION}
        return _usc_response(SUCCESS, self.success_message(), body)


class Charts(USCHook):
    """A chart, its record and its leaderboard."""

    @endpoint(id="uscChart", returns=Answer, message=TRACKED, raises=(InvalidPlaytype,), has_envelope=False)
    def retrieve(self, request: Request, playtype: str, hash: str) -> Response:
        """Returns whether a chart is known."""
        self.chart()
        return _usc_response(SUCCESS, TRACKED, Empty())

    @endpoint(id="uscRecord", returns=Answer, message="Retrieved score.", raises=(InvalidPlaytype,), has_envelope=False)
    def record(self, request: Request, playtype: str, hash: str) -> Response:
        """Returns the best score on a chart."""
        with read_snapshot():
            first = usc_scores.leaderboard(self.chart(), count=1)
        if not first:
            raise USCError(NOT_FOUND, NO_RECORD)
        return _usc_response(SUCCESS, self.success_message(), {"record": first[0]})

    @endpoint(
        id="uscLeaderboard",
        returns=Answer,
        message="Returned {count} scores.",
        raises=(InvalidPlaytype,),
        query=(MODE, N),
        has_envelope=False,
    )
    def leaderboard(self, request: Request, playtype: str, hash: str) -> Response:
        """Returns the best scores on a chart."""
        with read_snapshot():
            chart = self.chart()
            mode, count = MODE.of(request), N.of(request)
            if mode not in {"best", "rivals"}:
                raise USCError(BAD_REQUEST, WRONG_MODE)
            if not (isinstance(count, str) and POSITIVE.fullmatch(count)):
                raise USCError(BAD_REQUEST, WRONG_N)
            if mode == "rivals":
                raise USCError(BAD_REQUEST, NO_RIVALS)
            scores = usc_scores.leaderboard(chart, count=min(int(count), MAX_LISTED))
        return _usc_response(SUCCESS, self.success_message(count=len(scores)), scores)


class Scores(USCHook):
    """Submission of a score."""

    permission_classes = (CanSubmitScores, ClientIsNotBlocked)

    @endpoint(
        id="uscSubmitScore",
        returns=Answer,
        message=(IMPORTED, IDENTICAL, ORPHANED, STILL_RUNNING),
        raises=(InvalidPlaytype,),
        forms={"application/json": {"type": "object", "description": "`chart` and `score`, as sent by the game."}},
        has_envelope=False,
    )
    def create(self, request: Request, playtype: str) -> Response:
        """Submits a score."""
        try:
            job = self.run_import(usc.HOOK, {"playtype": playtype})
        except (ImportRefused, UploadQuotaExceeded) as refused:
            raise USCError(_code_of(refused.status), refused.description) from None
        match job.state:
            case State.QUEUED | State.RUNNING:
                return _usc_response(ACCEPTED, STILL_RUNNING, Empty())
            case State.FAILED:
                raise USCError(_code_of(job.status_code or 500), job.error_message)
            case State.CANCELLED | State.REVERTED:
                raise USCError(BAD_REQUEST, "This import was cancelled or reverted.")
        problem = job.problems.first()
        if problem is not None:
            if problem.type in {ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS}:
                return _usc_response(ACCEPTED, ORPHANED, Empty())
            raise USCError(BAD_REQUEST, f"{problem.type} {problem.message}")
        score = job.scores.select_related("user").first()
        if score is None:
            return _usc_response(SUCCESS, IDENTICAL)
        with read_snapshot():
            return _usc_response(SUCCESS, IMPORTED, usc_scores.submission_body(score))


def _code_of(status: int) -> int:
    return SERVER_ERROR if status >= 500 else BAD_REQUEST


# --- replays --------------------------------------------------------------------------------------------


class Replays(USCHook):
    """Upload of the replay of a score, which the game sends after the score."""

    permission_classes = (CanSubmitScores, ClientIsNotBlocked)

    @endpoint(
        id="uscSubmitReplay",
        returns=Answer,
        message=SAVED_REPLAY,
        raises=(InvalidPlaytype, InvalidUpload),
        forms={
            FORM: {
                "type": "object",
                "properties": {
                    "identifier": {"type": "string", "description": "`sendReplay` of the response to the score."},
                    REPLAY_FIELD: {"type": "string", "contentMediaType": "application/octet-stream"},
                },
            }
        },
        has_envelope=False,
    )
    def create(self, request: Request, playtype: str) -> Response:
        """Stores the replay of one of your scores, at most 1 MiB.

        The latest 200 replays of a player are stored.
        """
        identifier, file = self.body.members().get("identifier"), None
        if request._request.content_type == FORM:
            file, form = read_form(request._request, REPLAY_FIELD, max_bytes=MAX_REPLAY_BYTES, refusal=InvalidUpload)
            identifier = form.get("identifier")
        if not isinstance(identifier, str) or not identifier:
            raise USCError(BAD_REQUEST, "No Identifier Provided.")
        if file is None:
            raise USCError(BAD_REQUEST, "No File Provided.")
        user = cast("User", self.user)
        is_own = is_storable(identifier) and Score.objects.filter(
            score_id=identifier, user=user, game=usc.GAME, playtype=playtype
        )
        if not is_own:
            raise USCError(NOT_FOUND, "No score corresponds to this identifier.")
        Replay.objects.store(user, identifier, file.read())
        return _usc_response(SUCCESS, SAVED_REPLAY, Empty())


class ReplayFile(Hook):
    """A stored replay, for its player."""

    authentication_classes = (SessionAuthentication, TokenAuthentication)
    permission_classes = (IsAuthenticated,)
    formats = (usc.HOOK,)

    @endpoint(
        id="uscReplay",
        returns=None,
        message="The file, as the game wrote it.",
        raises=(ReplayNotFound,),
        files=("application/octet-stream",),
    )
    def retrieve(self, request: Request, playtype: str, score_id: str) -> HttpResponse:
        """Returns the replay of one of your scores."""
        mine = Replay.objects.filter(user=cast("User", self.user), score_id=self.path_param("score_id"))
        replay = mine.first()
        if replay is None:
            raise ReplayNotFound()
        response = HttpResponse(replay.content, content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{replay.score_id}.urf"'
        return response
