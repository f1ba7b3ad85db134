"""The group Moderators and staff status are kept in sync."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from imports.access import permissions
from imports.models import User
from imports.models.moderation import MODERATORS
from tests import people

pytestmark = pytest.mark.django_db


def is_member(user: User) -> bool:
    return user.groups.filter(name=MODERATORS).exists()


@pytest.fixture
def group() -> Group:
    return Group.objects.get(name=MODERATORS)


def test_the_group_follows_the_staff_status_of_a_user() -> None:
    bob = people.bob()
    assert not is_member(bob)

    for is_staff in (True, False):
        bob.is_staff = is_staff
        bob.save()
        assert (is_member(bob), permissions.is_moderator(bob)) == (is_staff, is_staff)


def test_members_of_the_group_are_moderators_until_they_leave_it(group: Group) -> None:
    bob = people.bob()

    bob.groups.add(group)
    assert permissions.is_moderator(bob)
    bob.groups.remove(group)
    assert not permissions.is_moderator(bob)


def test_staff_status_and_group_are_equivalent_from_either_side(group: Group) -> None:
    group.user_set.add(people.bob())
    assert permissions.is_moderator(User.objects.get(username="Bob"))
    group.user_set.clear()
    assert not permissions.is_moderator(User.objects.get(username="Bob"))


def test_an_administrator_remains_one_outside_the_group(group: Group) -> None:
    ada = people.ada()

    ada.groups.remove(group)

    ada.refresh_from_db()
    assert permissions.is_administrator(ada)
    assert ada.is_staff


def test_other_groups_and_unrelated_changes_make_no_user_a_moderator(group: Group) -> None:
    bob = people.bob()

    bob.groups.add(Group.objects.create(name="Friends"))
    bob.status = "hello"
    bob.save(update_fields=["status"])

    assert not permissions.is_moderator(User.objects.get(username="Bob"))
    assert not is_member(bob)


def test_a_banned_member_of_the_group_is_no_moderator(group: Group) -> None:
    eve = people.eve()

    eve.groups.add(group)

    assert not permissions.is_moderator(User.objects.get(username="Eve"))
