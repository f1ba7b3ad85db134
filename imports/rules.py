"""Who may do what: one predicate a verb. API, pages, admin and commands ask these; none of them knows a request."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from imports.models import APIToken, AuthLevel, Import, OrphanScore, Permission, Score, Session, User

Person = User | AnonymousUser | None


def is_administrator(user: Person) -> bool:
    return isinstance(user, User) and user.auth_level is AuthLevel.ADMIN


def is_moderator(user: Person) -> bool:
    return isinstance(user, User) and user.auth_level >= AuthLevel.MODERATOR


def grants(user: Person, token: APIToken | None, permission: Permission) -> bool:
    """A browser session may do everything its user may; a token what it was made for."""
    if not isinstance(user, User) or user.is_banned:
        return False
    return token is None or permission.value in token.permissions


def can_touch_import(user: Person, job: Import) -> bool:
    """Its owner, or an administrator."""
    return isinstance(user, User) and (job.user_id == user.pk or is_administrator(user))


def can_revert(user: Person, token: APIToken | None, job: Import) -> bool:
    """Owner or administrator, with `delete_score`; an administrator's token counts too."""
    return can_touch_import(user, job) and grants(user, token, Permission.DELETE_SCORE)


def can_run_again(user: Person, token: APIToken | None, job: Import) -> bool:
    """Restoring, retrying and cancelling: owner or administrator, with `submit_score`."""
    return can_touch_import(user, job) and grants(user, token, Permission.SUBMIT_SCORE)


def can_read_audit(user: Person, job: Import) -> bool:
    """What was done to an import is for its owner and for moderators."""
    return can_see_input(user, job)


def can_see_input(user: Person, job: Import) -> bool:
    """What somebody sent is for them and for moderators."""
    return isinstance(user, User) and not user.is_banned and (job.user_id == user.pk or is_moderator(user))


def can_touch_score(user: Person, token: APIToken | None, score: Score) -> bool:
    """Its owner, or an administrator in a browser session."""
    return isinstance(user, User) and (score.user_id == user.pk or (token is None and is_administrator(user)))


def can_touch_session(user: Person, session: Session) -> bool:
    return isinstance(user, User) and session.user_id == user.pk


def can_delete_orphan(user: Person, token: APIToken | None, orphan: OrphanScore) -> bool:
    """Its owner with `delete_score`, or a moderator in a browser session."""
    return can_touch_orphan(user, token, orphan) and grants(user, token, Permission.DELETE_SCORE)


def can_touch_orphan(user: Person, token: APIToken | None, orphan: OrphanScore) -> bool:
    """Its owner, or a moderator in a browser session."""
    return isinstance(user, User) and (orphan.user_id == user.pk or (token is None and is_moderator(user)))


def can_delete_score(user: Person, token: APIToken | None, score: Score) -> bool:
    return can_touch_score(user, token, score) and grants(user, token, Permission.DELETE_SCORE)


def can_edit_score(user: Person, token: APIToken | None, score: Score) -> bool:
    return can_touch_score(user, token, score) and grants(user, token, Permission.CUSTOMISE_SCORE)


def can_edit_session(user: Person, token: APIToken | None, session: Session) -> bool:
    return can_touch_session(user, session) and grants(user, token, Permission.CUSTOMISE_SESSION)
