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


def can_ban(actor: Person, user: User) -> bool:
    """To ban and to lift a ban: a moderator for players, an administrator for moderators, nobody for equals."""
    rank = AuthLevel.ADMIN if user.is_superuser else AuthLevel.MODERATOR if user.is_staff else AuthLevel.USER
    return is_moderator(actor) and isinstance(actor, User) and actor.auth_level > rank


def can_revoke(user: Person, token: APIToken) -> bool:
    """Its owner, and whoever may ban its owner."""
    return isinstance(user, User) and (token.user_id == user.pk or can_ban(user, token.user))


def can_manage_tokens(user: Person, token: APIToken | None, owner: User) -> bool:
    """A player's own, in a browser session: no token begets another."""
    return isinstance(user, User) and token is None and user.pk == owner.pk and not user.is_banned


def can_moderate(user: Person) -> bool:
    """To revert, restore, retry and cancel anybody's imports, to set their classes, to read a failure's traceback.

    In the admin alone, where only browser sessions come; the API and the pages keep to `can_touch_import`.
    """
    return is_moderator(user)


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


def can_see_clients(user: Person, owner: User | None) -> bool:
    """With which programs somebody (None: anybody) sends is for them and for moderators."""
    return is_moderator(user) or (isinstance(user, User) and not user.is_banned and user == owner)


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
