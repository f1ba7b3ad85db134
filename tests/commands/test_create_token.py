"""`create_token [--create-users] [--permission P]… NAME…`"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management.base import CommandError

from imports.models import APIToken, AuditEntry, Permission, User
from tests import people
from tests.commands.command_runner import run

pytestmark = pytest.mark.django_db


def test_the_command_prints_name_id_and_token_and_the_token_works() -> None:
    alice = people.alice()

    [line] = run("create_token", "Alice")

    name, user_id, secret = line.split(" ")
    assert (name, user_id) == ("Alice", str(alice.pk))
    token = APIToken.objects.find(secret)
    assert token is not None
    assert (token.user, token.permissions) == (alice, list(Permission.values))


def test_the_command_creates_a_token_with_the_given_permissions() -> None:
    people.alice()

    [line] = run("create_token", "--permission", "submit_score", "--permission", "delete_score", "Alice")

    token = APIToken.objects.find(line.split()[2])
    assert token is not None
    assert token.permissions == ["submit_score", "delete_score"]


def test_names_are_matched_ignoring_case_and_printed_as_given() -> None:
    alice = people.alice()

    lines = run("create_token", "--create-users", "ALICE", "zoe")

    zoe = User.objects.get(username="zoe")
    assert [line.split()[:2] for line in lines] == [["ALICE", str(alice.pk)], ["zoe", str(zoe.pk)]]
    assert not zoe.has_usable_password()


def test_a_name_given_twice_gets_one_line() -> None:
    assert len(run("create_token", "--create-users", "zoe", "zoe")) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["Alice", "nobody", "noone"],
            "There is no user nobody, noone; --create-users creates them. Nothing was changed.",
        ),
        (["--create-users", "zoe", "1abc"], "'1abc' is not a valid name. A name has 3 to 21 letters"),
        (["--create-users", "zoe", "x" * 22], "is not a valid name"),
        (["--create-users", "zoe", "héloïse"], "'héloïse' is not a valid name"),
        (["--permission", "everything", "Alice"], "invalid choice: 'everything'"),
    ],
)
def test_invalid_arguments_are_named_in_the_error_and_create_no_tokens(arguments: list[str], expected: str) -> None:
    people.alice()

    with pytest.raises(CommandError) as failed:
        run("create_token", *arguments)

    assert expected in str(failed.value)
    assert not APIToken.objects.exists()
    assert User.objects.count() == 1


def test_each_token_has_an_audit_entry_without_an_actor() -> None:
    alice = people.alice()

    run("create_token", "--create-users", "--permission", "submit_score", "Alice", "zoe")

    entries = AuditEntry.objects.order_by("pk").values_list("verb", "subject", "actor", "reason", "counts")
    zoe = User.objects.get(username="zoe")
    made: list[tuple[object, ...]] = [
        ("token made", user.pk, None, "create_token", {"permissions": ["submit_score"]}) for user in (alice, zoe)
    ]
    assert list(entries) == made


def test_the_number_of_queries_is_independent_of_the_number_of_users(django_assert_num_queries: Any) -> None:
    for names in (["one"], [f"user_{number}" for number in range(500)]):
        with django_assert_num_queries(7):
            lines = run("create_token", "--create-users", *names)
        assert len(lines) == len(names)
