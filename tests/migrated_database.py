"""A database with all migrations: made once for all workers, and quickly restored after a test that commits.

Migrating takes five to seven seconds. With pytest-xdist the controller does it while the workers collect their tests,
and each worker copies its database.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.db.models.signals import post_migrate
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests import workers

ORIGINAL = connection.settings_dict["NAME"]
TEMPLATE = TEST_DATABASE_PREFIX + ORIGINAL
"""Django's name of the controller's database; pytest-django adds the worker's name for those of workers."""


def make_template() -> None:
    """Creates the template and disconnects from it, so that it can be copied."""
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()


def remove_template() -> None:
    connection.creation.destroy_test_db(ORIGINAL, verbosity=0)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Makes a worker copy the template instead of migrating."""
    if workers.NAME:
        connection.settings_dict["TEST"] |= {"TEMPLATE": TEMPLATE, "MIGRATE": False}


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Creates the database, and restores the rows that migrations create when a test that commits has emptied it.

    pytest-django's own fixture creates none if no collected test has a mark or fixture of its own for it, which tests
    that share their data do not have. It runs tests that commit last, but an idle worker takes over tests of other
    workers after them. Without the stored rows Django would create content types and permissions again, which takes
    80 ms.
    """
    saved = {}
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            with cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
                saved[table] = b"".join(rows)

    def restore(**_: object) -> None:
        if ContentType.objects.exists():
            return  # a test has run a migration, so nothing has been emptied
        with transaction.atomic(), connection.cursor() as cursor:
            for table in filter(saved.get, saved):
                with cursor.copy(f'COPY "{table}" FROM STDIN') as rows:
                    rows.write(saved[table])

    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.connect(restore, sender=apps.get_app_config("contenttypes"), weak=False)
    yield
    # PostgreSQL would not drop the database while a connection that a test's thread has left open still exists.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        # A test may have given this thread a new connection, which Django does not close before it drops the database.
        connection.close()
        teardown_databases(databases, verbosity=0)
