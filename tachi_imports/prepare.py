"""What has to be in place before the web starts: `python -m tachi_imports.prepare`. A second run changes nothing."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection

LOCK = 0x7461_6368_6901  # of PostgreSQL; two hosts that start at once prepare one after the other
SAMPLE = Path("imports", "sample", "seeds")


def main() -> None:
    """Migrations, static files, and in development something to play with."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tachi_imports.settings")
    django.setup()
    with _alone():
        migrate()
        if settings.STORAGES["staticfiles"]["BACKEND"].startswith("whitenoise"):
            collect_static(settings.STATIC_ROOT, sources=settings.STATICFILES_DIRS)
        if settings.TACHI_ENV == "development":
            load_sample()
            make_demo_player()
        elif not _has_songs():
            say("There are no songs yet: manage.py load_seeds FOLDER loads them.")


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    yield  # the lock goes with the connection


def migrate() -> None:
    """Brings the database up to date."""
    call_command("migrate", interactive=False, verbosity=0)


def collect_static(root: Path, *, sources: list[Path]) -> None:
    """Collects and compresses the static files, unless nothing has changed since the last time."""
    stamp, now = root / ".stamp", _state_of([*sources, Path(django.__file__).parent / "contrib" / "admin" / "static"])
    if stamp.exists() and stamp.read_text(encoding="ascii") == now:
        return
    say("Collecting static files ...")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(now, encoding="ascii")


def _state_of(folders: list[Path]) -> str:
    """A digest of the names, sizes and times of all files."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        found = path.stat()
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def load_sample() -> None:
    """Loads the sample catalogue into a database without songs."""
    if not _has_songs():
        say("Loading the sample catalogue ...")
        call_command("load_seeds", str(settings.BASE_DIR / SAMPLE))


def _has_songs() -> bool:
    return bool(apps.get_model("imports", "Song").objects.exists())


def make_demo_player() -> None:
    """Makes a player to try things with, in a database without users."""
    users = get_user_model().objects
    if not users.exists():
        password = secrets.token_urlsafe(9)
        users.create_user(username="demo", password=password)
        say(f"Made a player to try it with: demo, password {password} (shown only now).")


def say(text: str) -> None:
    """To whoever started us."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
