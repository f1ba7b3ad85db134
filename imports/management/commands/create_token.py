"""Makes API tokens, for scripts and for trying things out."""

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
    help = (
        "Makes an API token for each of these users and prints `NAME ID TOKEN`, a line each. Tokens are shown only now."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME", help="whose token; names count whatever their case")
        parser.add_argument("--create-users", action="store_true", help="make users that are not there yet")
        parser.add_argument(
            "--permission",
            action="append",
            dest="permissions",
            choices=Permission.values,
            metavar="PERMISSION",
            help=f"what the token may do; repeatable; without it, all of it: {', '.join(Permission.values)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        # In the order in which they were asked for, as scripts read the lines one by one.
        names = list(dict.fromkeys(options["names"]))
        # One transaction: either every name gets its line, or nothing was made.
        with transaction.atomic():
            users = find_or_create_users(names, create=options["create_users"])
            permissions = options["permissions"] or Permission.values
            made = APIToken.objects.create_tokens(users, by=None, identifier="create_token", permissions=permissions)
        for name, user, (_, secret) in zip(names, users, made, strict=True):
            self.stdout.write(f"{name} {user.pk} {secret}")


def find_or_create_users(names: Sequence[str], *, create: bool) -> list[User]:
    """The user of each name, made without a usable password where there is none yet."""
    found = _users_by_name(names)
    missing = {name.lower(): name for name in names if name.lower() not in found}
    if missing and not create:
        raise CommandError(
            f"There is no user {', '.join(missing.values())}; --create-users makes them. Nothing was done."
        )
    for name in missing.values():
        # `bulk_create` validates nothing. Names that players may not register are the operator's to give.
        try:
            USERNAME(name)
        except ValidationError as error:
            raise CommandError(f"{name!r} cannot be a name. {error.message} Nothing was done.") from None
    User.objects.bulk_create([User(username=name, password=make_password(None)) for name in missing.values()])
    found |= _users_by_name(list(missing.values()))
    return [found[name.lower()] for name in names]


def _users_by_name(names: Sequence[str]) -> dict[str, User]:
    """Lower-case name -> user. `lower` is what the names are indexed by."""
    lowered = User.objects.alias(lowered=Lower("username")).filter(lowered__in=[name.lower() for name in names])
    return {user.username.lower(): user for user in lowered}
