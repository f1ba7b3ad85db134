"""Django's settings, all read from the environment. `.env.example` explains each variable.

There are three environments (TACHI_ENV): `development` (the default, with a demo player and a sample catalogue),
`production` (neither; the public address is required) and `test` (set only by the tests).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import get_language_info, to_language
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from tachi_imports import env, secret_key
from tachi_imports.embedded import services
from tachi_imports.embedded.paths import DataPaths
from tachi_imports.env import BASE_DIR
from tachi_imports.monitoring import log_setup

TACHI_ENV = env.choice("TACHI_ENV", default="development", options=("development", "production", "test"))
IN_PRODUCTION = TACHI_ENV == "production"
IN_TESTS = TACHI_ENV == "test"

DEBUG = env.boolean("TACHI_DEBUG", default=False)
if DEBUG and IN_PRODUCTION:
    raise env.SettingError("TACHI_DEBUG", "must be off in production: its error pages show secrets.")

CATALOGUES = "locale/*/LC_MESSAGES/django.mo"

# --- the product -------------------------------------------------------------------------------------------------

TACHI_VERSION = (BASE_DIR / "VERSION").read_text(encoding="ascii").strip()
TACHI_NAME = env.text("TACHI_NAME", default="Tachi Imports")
TACHI_SOURCE_URL = env.text("TACHI_SOURCE_URL")  # empty: no link
if TACHI_SOURCE_URL and not TACHI_SOURCE_URL.startswith(("https://", "http://")):
    raise env.SettingError("TACHI_SOURCE_URL", "must begin with https:// or http://.")
TACHI_GAMES = env.names("TACHI_GAMES")  # empty: every game; imports/checks.py validates the names
TACHI_IMPORT_TYPES = env.names("TACHI_IMPORT_TYPES")  # empty: all import types of the enabled games
TACHI_PUBLIC_URL = env.origin("TACHI_PUBLIC_URL")  # empty: take the address from the request
TACHI_MAX_UPLOAD_BYTES = env.integer("TACHI_MAX_UPLOAD_MB", default=16, low=1, high=1024) * 1024 * 1024
TACHI_MAX_ROWS = env.integer("TACHI_MAX_ROWS", default=500_000, low=1, high=100_000_000)
TACHI_MAX_STORED_BYTES_PER_USER = (
    env.integer("TACHI_MAX_STORED_MB_PER_USER", default=1024, low=0, high=1_048_576) * 1024 * 1024  # 0: no bound
)
TACHI_ORPHAN_CHART_PLAYERS = env.integer("TACHI_ORPHAN_CHART_PLAYERS", default=3, low=1, high=10_000)
TACHI_RATE_LIMITS = env.boolean("TACHI_RATE_LIMITS", default=True)
# Per user or address, in addition to the 500 requests a minute of any kind (imports/access/rate_limits.py).
TACHI_CHECKS_PER_MINUTE = env.integer("TACHI_CHECKS_PER_MINUTE", default=10, low=1, high=10_000)
TACHI_ORPHAN_RETRIES_PER_MINUTE = env.integer("TACHI_ORPHAN_RETRIES_PER_MINUTE", default=5, low=1, high=10_000)
TACHI_FILES_PER_MINUTE = env.integer("TACHI_FILES_PER_MINUTE", default=20, low=1, high=10_000)
TACHI_LONG_DOCUMENTS_PER_MINUTE = env.integer("TACHI_LONG_DOCUMENTS_PER_MINUTE", default=30, low=1, high=10_000)
TACHI_SEARCHES_PER_MINUTE = env.integer("TACHI_SEARCHES_PER_MINUTE", default=120, low=1, high=10_000)
TACHI_KEEP_INPUT_DAYS = env.integer("TACHI_KEEP_INPUT_DAYS", default=90, low=1, high=36_500)
TACHI_KEEP_EXPORT_DAYS = env.integer("TACHI_KEEP_EXPORT_DAYS", default=7, low=1, high=365)
TACHI_MOVE_FROM = env.names("TACHI_MOVE_FROM")  # servers that `import_tachi_user` may contact
TACHI_MOVE_FROM_PRIVATE = env.boolean("TACHI_MOVE_FROM_PRIVATE", default=False)
# Whether events are also sent to webhooks in private networks, whose URLs users choose.
TACHI_WEBHOOKS_PRIVATE = env.boolean("TACHI_WEBHOOKS_PRIVATE", default=False)
TACHI_METRICS_TOKEN = env.secret("TACHI_METRICS_TOKEN")  # empty: only this machine may read /metrics
TACHI_ADMIN_SECOND_FACTOR = env.boolean("TACHI_ADMIN_SECOND_FACTOR", default=False)
TACHI_API_DOCUMENTS = env.choice("TACHI_API_DOCUMENTS", default="2025", options=("2026", "2025"))
TACHI_SIGNUPS = env.boolean("TACHI_SIGNUPS", default=True)
# The number of our own proxies that add an address to X-Forwarded-For (imports/access/rate_limits.py). With 0 the
# header is ignored, because clients could forge it.
TACHI_PROXIES = env.integer("TACHI_PROXIES", default=0, low=0, high=9)

# --- database and queue ------------------------------------------------------------------------------------------

DATA_DIR = services.data_dir()
DATABASE_URL = services.given_database_url()
REDIS_URL = services.given_redis_url() or DataPaths(DATA_DIR).redis_url


# Both ends of a database connection over a network detect within 20 seconds that the other is gone (a cut cable, a
# power failure). Otherwise PostgreSQL would keep a lost worker's session, and the lock of its import, for hours.
_KEEPALIVES = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 3, "tcp_keepalives_count": 3}
_LOST_AFTER_MS = 20_000


def _database(url: str) -> dict[str, Any]:
    """Returns Django's settings for a libpq URL. Parameters that Django has no setting for go into OPTIONS."""
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        raise env.SettingError("DATABASE_URL", "is not a URL that PostgreSQL understands.") from None
    keywords = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    named = {setting: str(parts.pop(keyword, "")) for setting, keyword in keywords.items()}
    if named["HOST"] and not named["HOST"].startswith("/"):
        # A silently vanished peer is detected at both ends: by libpq's parameters here, and by the server through
        # `options`. Parameters in the URL take precedence.
        wanted = {**_KEEPALIVES, "tcp_user_timeout": _LOST_AFTER_MS}
        server = " ".join(f"-c {name}={value}" for name, value in wanted.items())
        client = {name.removeprefix("tcp_"): value for name, value in _KEEPALIVES.items()}
        options = f"{server} {parts.get('options', '')}".strip()
        parts = {**client, "tcp_user_timeout": _LOST_AFTER_MS, **parts, "options": options}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        "OPTIONS": {"connect_timeout": 5, "application_name": "tachi", **parts},
        "CONN_MAX_AGE": 600,  # a new connection for each request would cut polls per second to a half or a third
        "CONN_HEALTH_CHECKS": True,  # a restart of PostgreSQL is detected before a request fails
    }


DATABASES = {"default": _database(DATABASE_URL or DataPaths(DATA_DIR).database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

RQ_QUEUES = {"default": {"URL": REDIS_URL, "SERIALIZER": "rq.serializers.JSONSerializer", "DEFAULT_TIMEOUT": 3600}}
RQ = {"COMMIT_MODE": "on_db_commit", "DEFAULT_RESULT_TTL": 0}  # the import's row is the result
# Seconds, passed on by the worker command. An idle worker sends a heartbeat 15 seconds before this time has passed
# (tachi_imports/monitoring/health.py).
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
    "tachi_imports.admin_site.apps.ModeratorsAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
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
    "tachi_imports.http.request_id_middleware.RequestIDMiddleware",
    "tachi_imports.monitoring.metrics.MetricsMiddleware",
    "tachi_imports.monitoring.health.HealthMiddleware",
    "imports.api.core.middleware.APIMiddleware",
    "tachi_imports.http.language_middleware.LanguageMiddleware",
    "tachi_imports.http.unknown_hosts.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tachi_imports.http.html_compression.HTMLCompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "imports.api.imports.poll_status.PollMiddleware",
    "imports.pages.core.samesite_redirect.SameSiteRedirectMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "imports.pages.core.last_seen.LastSeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "imports.pages.core.rate_limit_middleware.RateLimitMiddleware",
]
TACHI_TRACING = env.boolean("TACHI_TRACING", default=False)
if TACHI_TRACING:  # needs additional packages (requirements-tracing.txt), so it is not imported otherwise
    INSTALLED_APPS.append("tachi_imports.monitoring.tracing_app.Tracing")
    MIDDLEWARE.insert(0, "tachi_imports.monitoring.tracing.TracingMiddleware")
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
                "imports.pages.components.context_processors.site",
            ],
        },
    }
]
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "tachi_imports.formats"
USE_TZ = True

# The pages are written in English; a language is offered if it has a catalogue (docs/translating.md).
LANGUAGE_CODE = "en"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = [
    (code, get_language_info(code)["name_local"])
    for code in sorted({LANGUAGE_CODE, *(to_language(path.parts[-3]) for path in BASE_DIR.glob(CATALOGUES))})
]

# JSON bodies may be as large as an upload; files have a separate limit, checked where they are read.
DATA_UPLOAD_MAX_MEMORY_SIZE = TACHI_MAX_UPLOAD_BYTES

# --- people ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "imports.User"
AUTHENTICATION_BACKENDS = ["imports.access.login_throttling.ThrottledModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if IN_TESTS:
    # Argon2 is deliberately slow; tests sign in hundreds of times.
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

# --- mail: none unless the operator names a server -----------------------------------------------------------------

TACHI_MAIL, _mail = env.mail_server("EMAIL_URL")
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.host, _mail.port, _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.is_starttls, _mail.is_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("TACHI_EMAIL_FROM")
PASSWORD_RESET_TIMEOUT = 2 * 3600  # seconds; links in mails must not stay valid for long
if TACHI_MAIL and "@" not in DEFAULT_FROM_EMAIL:
    raise env.SettingError("TACHI_EMAIL_FROM", "must be an address, as EMAIL_URL is set.")
if TACHI_MAIL and not TACHI_PUBLIC_URL:
    raise env.SettingError("TACHI_PUBLIC_URL", "must be set, as EMAIL_URL is: mails contain links.")

# --- API ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "imports.api.core.authentication.SessionAuthentication",
        "imports.api.core.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["imports.api.core.renderers.EnvelopeRenderer"],
    "EXCEPTION_HANDLER": "imports.api.core.exceptions.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "DEFAULT_SCHEMA_CLASS": "imports.api.openapi.generator.EndpointSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{TACHI_NAME}: API",
    "VERSION": TACHI_VERSION,
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Imports, reverts and returns scores. Responses are JSON in an envelope, including 500 errors.",
    "PREPROCESSING_HOOKS": [
        "imports.api.openapi.generator.list_endpoints",
        "tachi_imports.streams.description.list_streams",
    ],
    "POSTPROCESSING_HOOKS": ["imports.api.openapi.generator.add_components"],
    "SORT_OPERATIONS": False,
}

# --- files of the pages ------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
_AS_THEY_ARE = DEBUG or IN_TESTS  # no collectstatic and no names with digests
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
SECRET_KEY_FALLBACKS = [] if IN_TESTS else secret_key.fallbacks()

_public = urlsplit(TACHI_PUBLIC_URL)
if IN_PRODUCTION and not _public.hostname:
    raise env.SettingError("TACHI_PUBLIC_URL", "must be set in production, for example https://scores.example.org.")
ALLOWED_HOSTS = [
    *env.names("TACHI_ALLOWED_HOSTS"),
    *([_public.hostname] if _public.hostname else []),
    *([] if IN_PRODUCTION else ["localhost", "127.0.0.1", "[::1]"]),
]
CSRF_TRUSTED_ORIGINS = [TACHI_PUBLIC_URL] if TACHI_PUBLIC_URL else []

SECURE = _public.scheme == "https"  # a proxy terminates TLS
_cookies = re.sub(r"[^A-Za-z0-9._-]", "_", TACHI_NAME)  # instances on one host must not share them
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_cookies}_SESSION", f"{_cookies}_CSRF"
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_AGE = f"{_cookies}_LANGUAGE", 31_536_000  # seconds: a year
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
# Strict: requests from other sites never have a session. imports/pages/core/samesite_redirect.py compensates
# for links.
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE and not DEBUG else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other hosts under this domain are not ours
    "security.W008",  # the proxy that terminates TLS also redirects to it
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

TACHI_LOG_FORMAT = log_setup.log_format()
LOGGING = log_setup.configuration(TACHI_LOG_FORMAT)
