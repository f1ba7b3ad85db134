"""Creates API tokens, for scripts and for trying out the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models.functions import Lower

from imports.models import APIToken, Permission, User
from imports.models.accounts import USERNAME


class Command(BaseCommand):
    help = "Creates an API token for each user and prints `NAME ID TOKEN` lines. Tokens are shown only once."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME", help="names of users (case-insensitive)")
        parser.add_argument("--create-users", action="store_true", help="create missing users")
        parser.add_argument(
            "--permission",
            action="append",
            dest="permissions",
            choices=Permission.values,
            metavar="PERMISSION",
            help=f"a permission of the token; may be repeated; all by default: {', '.join(Permission.values)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        # In the given order, as scripts read the lines one by one.
        names = list(dict.fromkeys(options["names"]))
        # One transaction: a token for each name, or none at all.
        with transaction.atomic():
            users = find_or_create_users(names, create=options["create_users"])
            permissions = options["permissions"] or Permission.values
            made = APIToken.objects.create_tokens(users, by=None, identifier="create_token", permissions=permissions)
        for name, user, (_, secret) in zip(names, users, made, strict=True):
            self.stdout.write(f"{name} {user.pk} {secret}")


def find_or_create_users(names: Sequence[str], *, create: bool) -> list[User]:
    """Returns the user of each name; missing ones are created without a usable password if `create` is set.

    Raises CommandError for missing users otherwise, and for invalid names.
    """
    found = _users_by_name(names)
    missing = {name.lower(): name for name in names if name.lower() not in found}
    if missing and not create:
        raise CommandError(
            f"There is no user {', '.join(missing.values())}; --create-users creates them. Nothing was changed."
        )
    for name in missing.values():
        # `bulk_create` validates nothing. Operators may use names that players may not register.
        try:
            USERNAME(name)
        except ValidationError as error:
            raise CommandError(f"{name!r} is not a valid name. {error.message} Nothing was changed.") from None
    User.objects.bulk_create([User(username=name, password=make_password(None)) for name in missing.values()])
    found |= _users_by_name(list(missing.values()))
    return [found[name.lower()] for name in names]


def _users_by_name(names: Sequence[str]) -> dict[str, User]:
    """Returns lower-case name -> user. Names are indexed by `lower`."""
    lowered = User.objects.alias(lowered=Lower("username")).filter(lowered__in=[name.lower() for name in names])
    return {user.username.lower(): user for user in lowered}
