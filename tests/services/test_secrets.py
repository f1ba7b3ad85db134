"""docs/security.md: where secrets come from, and where they do not go."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from redis import Redis

from imports import jobs
from imports.models import APIToken
from tachi_imports import env
from tests import people
from tests.deployment.installation import variables

SECRETS = {
    "TACHI_SECRET_KEY": "a-key-that-came-from-a-file-and-is-long-enough",
    "DATABASE_URL": "postgresql://me:from-a-file@there/scores",
    "REDIS_URL": "redis://:from-a-file@there/0",
    "TACHI_METRICS_TOKEN": "token-from-a-file",
    "TACHI_SECRET_KEY_FALLBACKS": f"{'first-earlier-key-' * 2}\n{'second-earlier-key-' * 2}",
    "TACHI_ADMIN_PASSWORD": "an administrator's from a file",
    "EMAIL_URL": "smtp+tls://me:from-a-file@there",
}
SHOW = (
    "import json; from tachi_imports import settings as s; "
    "print(json.dumps([s.SECRET_KEY, s.DATABASES['default']['PASSWORD'], s.REDIS_URL, s.TACHI_METRICS_TOKEN, "
    "s.SECRET_KEY_FALLBACKS, s.env.secret('TACHI_ADMIN_PASSWORD'), s.EMAIL_HOST_PASSWORD]))"
)
CSRF = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+|nonce-[\w+/=-]+')


def test_every_secret_can_be_read_from_a_file(tmp_path: Path) -> None:
    files = {}
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n")
        files[f"{name}_FILE"] = str(tmp_path / name)
    given = {name: value for name, value in variables(tmp_path).items() if name not in SECRETS}
    files |= {"TACHI_EMAIL_FROM": "scores@example.org", "TACHI_PUBLIC_URL": "https://scores.example.org"}

    argv = [sys.executable, "-c", SHOW]
    done = subprocess.run(argv, env=given | files, cwd=env.BASE_DIR, capture_output=True, text=True, check=True)

    key, password, redis, token, earlier, administrators, mail = json.loads(done.stdout)
    assert (key, password) == (SECRETS["TACHI_SECRET_KEY"], "from-a-file")
    assert (redis, token) == (SECRETS["REDIS_URL"], SECRETS["TACHI_METRICS_TOKEN"])
    assert earlier == SECRETS["TACHI_SECRET_KEY_FALLBACKS"].split()
    assert administrators == SECRETS["TACHI_ADMIN_PASSWORD"]
    assert mail == "from-a-file"


def test_the_example_file_marks_the_secrets() -> None:
    """Those that may come from a file are the ones that are marked so."""
    example = (env.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    marked = set(re.findall(r"^# \*.*\n(?:#.*\n)*(\w+)=", example, re.MULTILINE))
    assert marked == set(SECRETS)


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_the_secret_of_a_token_is_in_no_sql_statement() -> None:
    """What is looked for is its digest, by an index: how far a comparison got tells nothing of the secret."""
    secret = people.token_of(people.alice())
    asked: list[str] = []

    def noted(execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        asked.append(f"{statement} {values}")
        return execute(statement, values, many, context)

    for address in ("/api/v1/status", f"/api/v1/imports/{'0' * 40}/poll-status"):
        asked.clear()
        with connection.execute_wrapper(noted):
            people.with_authorization(f"Bearer {secret}").get(address)
        assert [line for line in asked if APIToken._meta.db_table in line]
        assert not [line for line in asked if secret in line]


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_the_login_page_is_the_same_for_a_wrong_password_and_an_unknown_name() -> None:
    people.alice()
    seen = []
    for name in ("Alice", "Nobdy"):
        response = people.guest().post("/login/", {"username": name, "password": "a wrong password"})
        seen.append((response.status_code, CSRF.sub("", response.content.decode()).replace(name, "NAME")))
    assert seen[0] == seen[1]


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_clean")
def test_the_log_contains_no_password_token_or_body(caplog: pytest.LogCaptureFixture) -> None:
    secret = people.token_of(people.alice())
    wrong = "f" * len(secret)
    with caplog.at_level(logging.DEBUG):
        people.guest().post("/login/", {"username": "Alice", "password": "s3cret-and-wrong"})
        people.guest().post(
            "/api/v1/auth/login", {"username": "Alice", "!password": "s3cret-and-wrong"}, "application/json"
        )
        for token in (secret, wrong):
            people.with_authorization(f"Bearer {token}").post(
                "/ir/direct-manual/import", {"broken": "s3cret-body"}, "application/json"
            )

    # Statements are logged where somebody asks Django for them, at DEBUG; nobody does in production.
    actual = "\n".join(str(vars(line)) for line in caplog.records if not line.name.startswith("django.db"))
    assert not re.search(rf"s3cret|{secret}|{wrong}", actual)


def test_queued_jobs_are_json_and_not_pickles(redis_clean: Redis) -> None:
    """Who can write to Redis may name a function of ours; a pickle would be whatever they like."""
    jobs.enqueue("i1")

    [key] = redis_clean.keys("rq:job:*")
    carried = redis_clean.hget(key, "data")

    assert isinstance(carried, bytes)
    assert json.loads(zlib.decompress(carried))[0] == "imports.jobs.perform"
