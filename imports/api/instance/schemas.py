"""Documents of the instance."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from imports.api.common.schemas import Game, Milliseconds
from imports.api.core.responses import Schema
from imports.models import Permission

PermissionNames = Annotated[str, Meta(extra_json_schema={"enum": list(Permission.values)})]


class Status(Schema):
    server_time: Milliseconds
    start_time: Milliseconds
    version: str
    whoami: int | None
    permissions: list[PermissionNames]
    echo: str | UnsetType = UNSET


class Config(Schema):
    name: str = field(name="NAME")
    type: Literal["omni"] = field(name="TYPE")
    games: list[Game] = field(name="GAMES")
    game_groups: Annotated[list[Game], Meta(description="The same, under the name of API version 2026.")] = field(
        name="GAME_GROUPS"
    )
    import_types: list[str] = field(name="IMPORT_TYPES")
    signups_enabled: bool = field(name="SIGNUPS_ENABLED")
