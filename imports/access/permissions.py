"""Permission predicates, one for each action, without a request. API, pages, admin and commands use them."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from imports.models import APIToken, AuthLevel, Import, OrphanRetry, OrphanScore, Permission, Score, Session, User

Person = User | AnonymousUser | None


def is_administrator(user: Person) -> bool:
    return isinstance(user, User) and user.auth_level is AuthLevel.ADMIN


def is_moderator(user: Person) -> bool:
    return isinstance(user, User) and user.auth_level >= AuthLevel.MODERATOR


def grants(user: Person, token: APIToken | None, permission: Permission) -> bool:
    """Returns whether the user has a permission: in a browser session always, with a token if the token has it."""
    if not isinstance(user, User) or user.is_banned:
        return False
    return token is None or permission.value in token.permissions


def is_self(actor: Person, user: User) -> bool:
    """Returns whether the actor is this user; for data that is private even from administrators."""
    return isinstance(actor, User) and actor.pk == user.pk and not actor.is_banned


def can_ban(actor: Person, user: User) -> bool:
    """Returns whether the actor may ban the user or lift a ban: only users of a lower level."""
    # Not `user.auth_level`, which is BANNED if a ban is to be lifted.
    rank = AuthLevel.ADMIN if user.is_superuser else AuthLevel.MODERATOR if user.is_staff else AuthLevel.USER
    return is_moderator(actor) and isinstance(actor, User) and actor.auth_level > rank


def can_export_data(actor: Person, user: User) -> bool:
    """Returns whether the actor may export all data of a user: the user and administrators."""
    return is_self(actor, user) or is_administrator(actor)


def can_revoke(user: Person, token: APIToken) -> bool:
    """Returns whether the user may revoke a token: its owner and everybody who may ban the owner."""
    return isinstance(user, User) and (token.user_id == user.pk or can_ban(user, token.user))


def can_manage_tokens(user: Person, token: APIToken | None, owner: User) -> bool:
    """Returns whether the user may manage the owner's tokens: the owner in a browser; a token cannot create another."""
    return isinstance(user, User) and token is None and user.pk == owner.pk and not user.is_banned


def can_moderate(user: Person) -> bool:
    """Returns whether the user may revert, restore, retry and cancel any import, set classes and read tracebacks.

    Only in the admin, which requires a browser session; the API and the pages use `can_manage_import`.
    """
    return is_moderator(user)


def can_manage_import(user: Person, job: Import) -> bool:
    """Returns whether the user is the import's owner or an administrator."""
    return isinstance(user, User) and (job.user_id == user.pk or is_administrator(user))


def can_revert(user: Person, token: APIToken | None, job: Import) -> bool:
    """Returns whether the user may revert an import: its owner or an administrator, with `delete_score`."""
    return can_manage_import(user, job) and grants(user, token, Permission.DELETE_SCORE)


def can_run_again(user: Person, token: APIToken | None, job: Import) -> bool:
    """Returns whether the user may restore, retry and cancel an import: as to revert it, but with `submit_score`."""
    return can_manage_import(user, job) and grants(user, token, Permission.SUBMIT_SCORE)


def can_read_audit(user: Person, job: Import) -> bool:
    """Returns whether the user may read the audit of an import: its owner and moderators."""
    return can_see_input(user, job)


def can_see_input(user: Person, job: Import) -> bool:
    """Returns whether the user may read the input of an import: its owner and moderators."""
    return isinstance(user, User) and not user.is_banned and (job.user_id == user.pk or is_moderator(user))


def can_see_clients(user: Person, owner: User | None) -> bool:
    """Returns whether the user may see the clients of `owner` (None: of all users): the owner and moderators."""
    return is_moderator(user) or (isinstance(user, User) and not user.is_banned and user == owner)


def can_manage_score(user: Person, token: APIToken | None, score: Score) -> bool:
    """Returns whether the user is the score's owner, or an administrator in a browser session."""
    return isinstance(user, User) and (score.user_id == user.pk or (token is None and is_administrator(user)))


def can_manage_session(user: Person, session: Session) -> bool:
    return isinstance(user, User) and session.user_id == user.pk


def can_delete_orphan(user: Person, token: APIToken | None, orphan: OrphanScore) -> bool:
    """Returns whether the user may delete an orphan: its owner with `delete_score`, or a moderator in a browser."""
    return can_manage_orphan(user, token, orphan) and grants(user, token, Permission.DELETE_SCORE)


def can_manage_orphan(user: Person, token: APIToken | None, orphan: OrphanScore | OrphanRetry) -> bool:
    """Returns whether the user is the orphan's owner, or a moderator in a browser session."""
    return isinstance(user, User) and (orphan.user_id == user.pk or (token is None and is_moderator(user)))


def can_delete_score(user: Person, token: APIToken | None, score: Score) -> bool:
    return can_manage_score(user, token, score) and grants(user, token, Permission.DELETE_SCORE)


def can_edit_score(user: Person, token: APIToken | None, score: Score) -> bool:
    return can_manage_score(user, token, score) and grants(user, token, Permission.CUSTOMISE_SCORE)


def can_edit_session(user: Person, token: APIToken | None, session: Session) -> bool:
    return can_manage_session(user, session) and grants(user, token, Permission.CUSTOMISE_SESSION)
