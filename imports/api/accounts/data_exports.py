"""/api/v1/users/:userID/export: a player's data as a ZIP, and a table of a game's scores."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from imports import exports, jobs
from imports.access import permissions
from imports.api.accounts import schemas
from imports.api.common.players import NO_USER, GameNotSupported, NoSuchPlaytype, UserViewSet
from imports.api.core import throttling
from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import NOT_AUTHORISED, APIError
from imports.api.core.parameters import Fields, text
from imports.api.core.permissions import APIPermission, RequesterIsKnown
from imports.models import DataExport, ExportState, User

TABLE = Fields(
    text("game", longest=20, required=True, description="The ID of the game, such as `sdvx`."),
    text("playtype", longest=20, required=True, description="The playtype, such as `Single`."),
)


class ExportNotFound(APIError):
    """The export does not exist, is not finished, or was deleted."""

    status = 404
    message = "This export does not exist."


class CanExportData(APIPermission):
    message, code = NOT_AUTHORISED, 403

    def has_object_permission(self, request: Request, view: object, obj: User) -> bool:
        return permissions.can_export_data(request.user, obj)


class DataExports(UserViewSet):
    tag = Tag.ACCOUNTS
    permission_classes = (RequesterIsKnown, CanExportData)

    @endpoint(id="listExports", returns=list[schemas.DataExport], message="Returned {count} exports.", raises=NO_USER)
    def list(self, request: Request, user_id: str) -> Response:
        """Lists the data exports of a player: the one in progress and the stored ones.

        Sorted by date, newest first.
        """
        data_exports = DataExport.objects.filter(user=self._owner()).order_by("-pk")
        body = [schemas.DataExport.from_row(export, percent=_percent(export)) for export in data_exports]
        return self.ok(body, count=len(body))

    @endpoint(
        id="createExport",
        returns=schemas.DataExport,
        message="Your data is being exported. Poll this address until it is ready.",
        status=202,
        raises=NO_USER,
    )
    def create(self, request: Request, user_id: str) -> Response:
        """Starts an export of all data of a player as a ZIP file.

        If an export is in progress, returns that one instead. The latest two finished exports are stored for
        a few days.
        """
        owner = self._owner()
        self.throttle(throttling.FILES)
        export = jobs.request_export(owner, by=self.user or owner, token=self.token)
        return self.ok(schemas.DataExport.from_row(export, percent=_percent(export)))

    @endpoint(
        id="getExport",
        returns=None,
        message="the ZIP",
        files=("application/zip",),
        raises=(*NO_USER, ExportNotFound),
    )
    def retrieve(self, request: Request, user_id: str, export_id: str) -> HttpResponseBase:
        """Downloads a data export as a ZIP file."""
        matching = DataExport.objects.filter(user=self._owner(), export_id=self.path_param("export_id"))
        export = matching.filter(state=ExportState.READY).first()
        if export is None:
            raise ExportNotFound()
        self.throttle(throttling.FILES)
        return exports.data_export_file(export)

    @endpoint(
        id="getScoreTable",
        returns=None,
        message="the table",
        query=TABLE,
        files=("text/csv",),
        raises=(*NO_USER, GameNotSupported, NoSuchPlaytype),
    )
    def table(self, request: Request, user_id: str) -> HttpResponseBase:
        """Returns a player's scores on one game as a table for spreadsheets."""
        owner = self._owner()
        params = TABLE.from_query(request)
        game = {game.slug: game for game in jobs.enabled_games()}.get(params["game"])
        if game is None:
            raise GameNotSupported(game=params["game"])
        playtype = game.by_name.get(params["playtype"])
        if playtype is None:
            raise NoSuchPlaytype(game=params["game"], playtype=params["playtype"])
        self.throttle(throttling.FILES)
        return exports.score_table_file(owner, game.slug, playtype)

    def _owner(self) -> User:
        """Returns the user of the path. Raises APIError with 401, 403 or 404."""
        # For `me` the permissions are not checked by `get_object`.
        user = self.get_object()
        self.check_object_permissions(self.request, user)
        return user


def _percent(export: DataExport) -> int:
    return 100 if export.state == ExportState.READY else jobs.export_percent(export)
