"""/api/v1/sessions/:sessionID."""

from __future__ import annotations

from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import parameters
from imports.api.documents import Document, session_document, user_document
from imports.api.errors import Refused
from imports.api.loading import one_moment, scores_with_companions, sessions_of
from imports.api.permissions import TheyMayEditTheSession, TheyOwnTheSession
from imports.api.resource import Resource
from imports.api.responses import success
from imports.api.score_info import score_info
from imports.api.undo import in_turn
from imports.formats import schema
from imports.models import Score, Session, User
from imports.pipeline.scores import edit_session

CHANGES = {
    "name": parameters.maybe(schema.length_between(3, 80)),
    "desc": parameters.maybe(parameters.text_or_null(3, 120)),
    "highlight": parameters.maybe(parameters.flag),
}


class Sessions(Resource):
    """Sessions are everybody's to read."""

    lookup_field = "session_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Session:
        found = Session.objects.select_related("user")
        session = found.filter(session_id=self.segment("session_id")).first()
        if session is None:
            raise no_session()
        self.check_object_permissions(self.request, session)
        return session

    def retrieve(self, request: Request, session_id: str) -> Response:
        with one_moment():
            session = self.get_object()
            return success(f"Successfully returned session {session.name}.", _contents(session))

    def partial_update(self, request: Request, session_id: str) -> Response:
        """Changes name, description or highlight. Whatever else the body says is not looked at."""
        session = self.get_object()
        self.insist(session, TheyOwnTheSession, TheyMayEditTheSession)
        changes = parameters.loose(self.body, CHANGES)
        if not changes:
            raise Refused("This request modifies nothing about this session.", status=400)
        with in_turn(no_session):  # its scores may have been reverted or deleted meanwhile
            session = edit_session(session, changes, by=cast("User", self.user), token=self.token)
        return success("Updated Session.", sessions_of([session])[0])


def no_session() -> Refused:
    return Refused("This session does not exist.", status=404)


def _contents(session: Session) -> Document:
    scores = list(
        Score.objects.filter(
            user_id=session.user_id,
            game=session.game,
            playtype=session.playtype,
            time_achieved__range=(session.time_started, session.time_ended),
        ).order_by("time_achieved", "pk")
    )
    return {
        "session": session_document(session, [score.score_id for score in scores]),
        **scores_with_companions(scores),
        "user": user_document(session.user),
        "scoreInfo": score_info(session, scores),
    }
