"""/api/v1/sessions/:sessionID."""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imports.access.rate_limits import LONG
from imports.api.common import schemas as shared
from imports.api.common.generations import SharedView
from imports.api.common.locks import PlayerBusy, translate_lock_errors
from imports.api.common.queries import listed_sessions_of, read_snapshot, scores_with_related, session_documents
from imports.api.core import throttling
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, boolean, text_between
from imports.api.core.permissions import CanEditSession, IsSessionOwner
from imports.api.players import schemas
from imports.api.players.score_info import score_info
from imports.models import Score, Session, User, find_session
from imports.pipeline.scores import edit_session

CHANGES = Fields(
    text_between("name", 3, 80),
    text_between("desc", 3, 120, or_null=True),
    boolean("highlight"),
    is_strict=False,
    needs_one=True,
)


class SessionNotFound(APIError):
    status = 404
    message = "This session does not exist."


class SessionNotModified(APIError):
    status = 400
    message = "This request modifies nothing about this session."


class Sessions(SharedView):
    """A session; sessions are public. The ID of a merged session leads to the session that it was merged into."""

    tag = Tag.SCORES
    lookup_field = "session_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Session:
        session = find_session(self.path_param("session_id"))
        if session is None:
            raise SessionNotFound()
        self.check_object_permissions(self.request, session)
        return session

    @endpoint(
        id="getSession",
        returns=schemas.SessionContents,
        message="Successfully returned session {name}.",
        raises=(SessionNotFound,),
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a session with its scores.

        The ID of a session that was merged into an older one returns the merged session, whose `sessionID` differs.
        """
        with read_snapshot():
            session = self.get_object()
            # Only for long sessions; a short one is as cheap as a score.
            if session.score_count > LONG:
                self.throttle(throttling.LONG_DOCUMENTS)
            # Scores do not refer to their session: it has all scores within its times, as sessions do not overlap.
            within = Score.objects.filter(time_achieved__range=(session.time_started, session.time_ended))
            mine = within.filter(user_id=session.user_id, game=session.game, playtype=session.playtype)
            scores = list(mine.order_by("time_achieved", "pk"))
            related = scores_with_related(scores, self.documents)
            info = score_info(session, scores)
            index = self.others(session).filter(time_started__lt=session.time_started).count()
        body = self.documents.of(schemas.SessionContents)(
            session=self.documents.of(shared.Session).from_row(session, [score.score_id for score in scores]),
            scores=related.scores,
            songs=related.songs,
            charts=related.charts,
            user=shared.User.from_row(session.user),
            score_info=info,
            index=index,
        )
        return self.ok(body, name=session.name)

    @endpoint(
        id="editSession",
        returns=shared.Session,
        message="Updated Session.",
        permissions=(IsSessionOwner, CanEditSession),
        body=CHANGES,
        raises=(SessionNotFound, SessionNotModified, PlayerBusy),
    )
    def partial_update(self, request: Request, **address: str) -> Response:
        """Updates the name, description or highlight of a session.

        Other members of the body are ignored.
        """
        session = self.get_object()
        self.require(session)
        changes = CHANGES.from_body(self.body)
        if not changes:
            raise SessionNotModified()
        with translate_lock_errors(SessionNotFound):  # its scores may have been reverted or deleted meanwhile
            session = edit_session(session, changes, by=cast("User", self.user), token=self.token)
        return self.ok(session_documents([session], self.documents)[0])

    @endpoint(
        id="getAdjacentSessions",
        returns=schemas.AdjacentSessions,
        message="Returned adjacent sessions.",
        raises=(SessionNotFound,),
    )
    @action(detail=True)
    def adjacent(self, request: Request, **address: str) -> Response:
        """Returns the previous and next sessions of the same player and game."""
        with read_snapshot():
            session = self.get_object()
            # By time, not by key: an older session may have been imported later.
            earlier = self.others(session).filter(time_started__lt=session.time_started).order_by("-time_started")
            later = self.others(session).filter(time_started__gt=session.time_started).order_by("time_started")
            found = [*earlier[:1], *later[:1]]
            listed = dict(zip((row.pk for row in found), listed_sessions_of(found, self.documents), strict=True))
        before, after = (
            next((listed[row.pk] for row in found if row.time_started < session.time_started), None),
            next((listed[row.pk] for row in found if row.time_started > session.time_started), None),
        )
        return self.ok(self.documents.of(schemas.AdjacentSessions)(prev=before, next=after))

    def others(self, session: Session) -> QuerySet[Session]:
        """Returns all sessions of the same player and game, including this one."""
        return Session.objects.filter(user_id=session.user_id, game=session.game, playtype=session.playtype)
