"""/api/v1/scores/:scoreID."""

from __future__ import annotations

from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.common import schemas as shared
from imports.api.common.generations import SharedView
from imports.api.common.locks import PlayerBusy, translate_lock_errors
from imports.api.common.queries import score_documents
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, boolean, switch, text_between
from imports.api.core.permissions import CanDeleteScore, CanEditScore, IsScoreOwnerOrAdmin, RequesterIsKnown
from imports.api.core.responses import Empty
from imports.api.players import schemas
from imports.models import Score, User
from imports.pipeline.scores import delete_score, edit_score

RELATED = switch("getRelated", "Includes the user, song and chart.")
CHANGES = Fields(text_between("comment", 1, 120, or_null=True), boolean("highlight"), needs_one=True)
DELETION = Fields(boolean("blacklist", "If true, later imports skip this score."))


class ScoreNotFound(APIError):
    status = 404
    message = "This score does not exist."


class ScoreNotModified(APIError):
    status = 400
    message = "This request modifies nothing about the score."


class Scores(SharedView):
    """A score; scores are public."""

    tag = Tag.SCORES
    lookup_field = "score_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Score:
        found = Score.objects.select_related("chart__song", "user")
        score = found.filter(score_id=self.path_param("score_id")).first()
        if score is None:
            raise ScoreNotFound()
        self.check_object_permissions(self.request, score)
        return score

    @endpoint(
        id="getScore", returns=schemas.OneScore, message="Returned score.", query=(RELATED,), raises=(ScoreNotFound,)
    )
    def retrieve(self, request: Request, **address: str) -> Response:
        """Returns a score."""
        score = self.get_object()
        body = self.documents.of(schemas.OneScore)(score=self.document(score))
        if RELATED.is_in(request):
            body.user = shared.User.from_row(score.user)
            body.song = self.documents.of(shared.Song).from_row(score.chart.song)
            body.chart = self.documents.of(shared.Chart).from_row(score.chart)
        return self.ok(body)

    @endpoint(
        id="editScore",
        returns=shared.Score,
        message="Updated score.",
        permissions=(RequesterIsKnown, IsScoreOwnerOrAdmin, CanEditScore),
        body=CHANGES,
        raises=(ScoreNotFound, ScoreNotModified, PlayerBusy),
    )
    def partial_update(self, request: Request, **address: str) -> Response:
        """Updates the comment or the highlight of a score.

        The highlight also applies to the personal best on the chart.
        """
        score = self.get_object()
        self.require(score)
        changes = CHANGES.from_body(self.body)
        if not changes:
            raise ScoreNotModified()
        with translate_lock_errors(ScoreNotFound):  # it may have been reverted or deleted meanwhile
            score = edit_score(score, changes, by=cast("User", self.user), token=self.token)
        return self.ok(self.document(score))

    @endpoint(
        id="deleteScore",
        returns=Empty,
        message="Successfully deleted score.",
        permissions=(RequesterIsKnown, IsScoreOwnerOrAdmin, CanDeleteScore),
        body=DELETION,
        raises=(ScoreNotFound, PlayerBusy),
    )
    def destroy(self, request: Request, **address: str) -> Response:
        """Deletes a score."""
        score = self.get_object()
        # The permission is checked last, after the body, as in Tachi.
        self.require(score, RequesterIsKnown, IsScoreOwnerOrAdmin)
        blacklist = DELETION.from_body(self.body).get("blacklist", False)
        self.require(score, CanDeleteScore)
        with translate_lock_errors(ScoreNotFound):
            delete_score(score, by=cast("User", self.user), token=self.token, blacklist=blacklist)
        return self.ok(Empty())

    def document(self, score: Score) -> shared.Score:
        (document,) = score_documents([score], {score.chart_id: score.chart}, self.documents)
        return document
