"""Django's settings, all from the environment. `.env.example` says what each variable means.

There are three surroundings (TACHI_ENV): `development` (the default: conveniences such as a demo player),
`production` (nothing made up; the public address must be known) and `test` (set by the tests alone).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import get_language_info, to_language
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from tachi_imports import env, secret_key, services
from tachi_imports.env import BASE_DIR
from tachi_imports.layout import Layout

TACHI_ENV = env.choice("TACHI_ENV", default="development", options=("development", "production", "test"))
IN_PRODUCTION = TACHI_ENV == "production"
IN_TESTS = TACHI_ENV == "test"

DEBUG = env.flag("TACHI_DEBUG", default=False)
if DEBUG and IN_PRODUCTION:
    raise env.SettingError("TACHI_DEBUG", "must be off in production: its error pages show secrets.")

CATALOGUES = "locale/*/LC_MESSAGES/django.mo"

# --- the product -------------------------------------------------------------------------------------------------

TACHI_VERSION = "0.1.0"
TACHI_NAME = env.text("TACHI_NAME", default="Tachi Imports")
TACHI_GAMES = env.names("TACHI_GAMES")  # empty: every game; imports/checks.py knows the names
TACHI_PUBLIC_URL = env.origin("TACHI_PUBLIC_URL")  # empty: take the address from the request
TACHI_MAX_UPLOAD_BYTES = env.integer("TACHI_MAX_UPLOAD_MB", default=16, low=1, high=1024) * 1024 * 1024
TACHI_MAX_ROWS = env.integer("TACHI_MAX_ROWS", default=500_000, low=1, high=100_000_000)
TACHI_MAX_STORED_BYTES_PER_USER = (
    env.integer("TACHI_MAX_STORED_MB_PER_USER", default=1024, low=0, high=1_048_576) * 1024 * 1024  # 0: no bound
)
TACHI_RATE_LIMITS = env.flag("TACHI_RATE_LIMITS", default=True)
TACHI_KEEP_INPUT_DAYS = env.integer("TACHI_KEEP_INPUT_DAYS", default=90, low=1, high=36_500)
TACHI_METRICS_TOKEN = env.secret("TACHI_METRICS_TOKEN")  # empty: /metrics is for this machine alone
TACHI_ADMIN_SECOND_FACTOR = env.flag("TACHI_ADMIN_SECOND_FACTOR", default=False)
TACHI_SIGNUPS = env.flag("TACHI_SIGNUPS", default=True)
# How many of the addresses in X-Forwarded-For are ours (imports/limits.py). Without a proxy nobody may choose his own.
TACHI_PROXIES = env.integer("TACHI_PROXIES", default=0, low=0, high=9)

# --- database and queue ------------------------------------------------------------------------------------------

DATA_DIR = services.data_dir()
DATABASE_URL = services.given_database_url()
REDIS_URL = services.given_redis_url() or Layout(DATA_DIR).redis_url


def _database(url: str) -> dict[str, Any]:
    """Django's words for a libpq URL; what Django has no word for becomes an option."""
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        raise env.SettingError("DATABASE_URL", "is not a URL that PostgreSQL understands.") from None
    words = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    named = {word: str(parts.pop(key, "")) for word, key in words.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        # Of the cursors that prepare at all (imports/planning.py), those that are asked a second time do.
        "OPTIONS": {"connect_timeout": 5, "application_name": "tachi", "prepare_threshold": 1, **parts},
        "CONN_MAX_AGE": 600,  # a new connection a request costs two to three times the polls a second
        "CONN_HEALTH_CHECKS": True,  # a restarted PostgreSQL is noticed before a request fails
    }


DATABASES = {"default": _database(DATABASE_URL or Layout(DATA_DIR).database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

RQ_QUEUES = {"default": {"URL": REDIS_URL, "SERIALIZER": "rq.serializers.JSONSerializer", "DEFAULT_TIMEOUT": 3600}}
RQ = {"COMMIT_MODE": "on_db_commit", "DEFAULT_RESULT_TTL": 0}  # the import's row is the result
# Seconds; the worker command passes it on. An idle worker shows itself every 15 seconds less (tachi_imports/health.py).
RQ_WORKER_TTL = 30

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "tachi",
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}

# --- Django ------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "imports",
    "tachi_imports.moderating.ModeratorsAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "drf_spectacular",
    "rest_framework",
]
MIDDLEWARE = [
    "tachi_imports.answers.AnswersMiddleware",
    "tachi_imports.metrics.MetricsMiddleware",
    "tachi_imports.health.HealthMiddleware",
    "imports.api.middleware.APIMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "imports.api.polling.PollMiddleware",
    "imports.pages.arriving.ArrivingMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "imports.pages.visiting.VisitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "imports.pages.guessing.TooOftenMiddleware",
]
ROOT_URLCONF = "tachi_imports.urls"
WSGI_APPLICATION = "tachi_imports.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "imports.pages.context.site",
            ],
        },
    }
]
TIME_ZONE = "UTC"
USE_TZ = True

# The pages are written in English; a language is offered as soon as it has a catalogue (docs/translating.md).
LANGUAGE_CODE = "en"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = [
    (code, get_language_info(code)["name_local"])
    for code in sorted({LANGUAGE_CODE, *(to_language(path.parts[-3]) for path in BASE_DIR.glob(CATALOGUES))})
]
if len(LANGUAGES) > 1:  # with one there is nothing to choose, and no answer has to vary
    MIDDLEWARE.insert(
        MIDDLEWARE.index("django.middleware.common.CommonMiddleware"), "django.middleware.locale.LocaleMiddleware"
    )

# JSON bodies (files have their own limit, where they are read) may be as large as an upload.
DATA_UPLOAD_MAX_MEMORY_SIZE = TACHI_MAX_UPLOAD_BYTES

# --- people ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "imports.User"
AUTHENTICATION_BACKENDS = ["imports.guessing.SlowedBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if IN_TESTS:
    # Argon2 is slow on purpose; tests sign in hundreds of times.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
OTP_TOTP_ISSUER = TACHI_NAME
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# --- API ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "imports.api.authentication.SessionAuth",
        "imports.api.authentication.TokenAuth",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["imports.api.rendering.EnvelopeRenderer"],
    "EXCEPTION_HANDLER": "imports.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "DEFAULT_SCHEMA_CLASS": "imports.api.openapi.description.FromTables",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{TACHI_NAME}: API",
    "VERSION": TACHI_VERSION,
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Scores in, undone and read. Answers are JSON in an envelope, also the 500 of what breaks here.",
    "PREPROCESSING_HOOKS": ["imports.api.openapi.description.with_polls"],
    "POSTPROCESSING_HOOKS": ["imports.api.openapi.description.complete"],
    "SORT_OPERATIONS": False,
}

# --- files of the pages ------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
_AS_THEY_ARE = DEBUG or IN_TESTS  # no collectstatic, no names with digests
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if _AS_THEY_ARE
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = _AS_THEY_ARE

# --- security ----------------------------------------------------------------------------------------------------

SECRET_KEY = "tests" if IN_TESTS else secret_key.find(DATA_DIR, required=bool(DATABASE_URL) and not DEBUG)

_public = urlsplit(TACHI_PUBLIC_URL)
if IN_PRODUCTION and not _public.hostname:
    raise env.SettingError("TACHI_PUBLIC_URL", "must be set in production, for example https://scores.example.org.")
ALLOWED_HOSTS = [
    *env.names("TACHI_ALLOWED_HOSTS"),
    *([_public.hostname] if _public.hostname else []),
    *([] if IN_PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]),
]
CSRF_TRUSTED_ORIGINS = [TACHI_PUBLIC_URL] if TACHI_PUBLIC_URL else []

SECURE = _public.scheme == "https"  # a proxy speaks TLS for us
_cookies = re.sub(r"[^A-Za-z0-9._-]", "_", TACHI_NAME)  # instances on one host must not share them
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_cookies}_SESSION", f"{_cookies}_CSRF"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
# Strict: no request that another site brings about bears a session. imports/pages/arriving.py makes up for links.
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if SECURE and not DEBUG else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other names under this domain are not ours to promise for
    "security.W008",  # the proxy that speaks TLS also redirects to it
    "security.W021",  # a preload list is the domain owner's decision
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- log ---------------------------------------------------------------------------------------------------------

TACHI_LOG_FORMAT = env.choice("TACHI_LOG_FORMAT", default="text", options=("text", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "tachi_imports.logs.Lines"},
        "json": {"()": "tachi_imports.logs.JSONLines"},
    },
    "filters": {
        "no_probes": {"()": "tachi_imports.logs.NoProbes"},
        "origin": {"()": "tachi_imports.logs.Origin"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": TACHI_LOG_FORMAT,
            "filters": ["no_probes", "origin"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "imports": {"level": "INFO"},
        "tachi_imports": {"level": "INFO"},
        "django.request": {"level": "ERROR"},  # a client's mistakes are its own business
    },
}
