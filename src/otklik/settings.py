"""Settings of one process, read from the environment; business settings are rows in the database.

Every variable may also be given as ``NAME_FILE``, a path whose content is the value (for secrets).
"""

from __future__ import annotations

import os
import secrets
import sys
import zoneinfo
from pathlib import Path
from typing import Any

import structlog
from psycopg.conninfo import conninfo_to_dict

from otklik.ops.postgres import OWNER, Cluster

# Zones come from the pinned ``tzdata`` alone: a deadline counted by one database must not be shown by another.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()

SOURCE = Path(__file__).resolve().parent
ROOT = SOURCE.parent.parent


def text(name: str, default: str = "") -> str:
    """Value of an environment variable, or the content of the file that ``NAME_FILE`` points to."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, on; anything else is False; an empty value is the default."""
    value = text(name)
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def number(name: str, default: int) -> int:
    """Whole number from the environment."""
    return int(text(name) or default)


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated list from the environment."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def kept_secret(path: Path) -> str:
    """A secret made once and kept readable by its owner only."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        value = secrets.token_urlsafe(48)
        file.write(value)
    return value


HOME = Path(text("OTKLIK_HOME") or ROOT / "var").resolve()
HOME.mkdir(parents=True, exist_ok=True)
DEMO = flag("DEMO")
FILES = Path(text("OTKLIK_FILES") or HOME / ("demo-files" if DEMO else "files"))

TESTING = flag("OTKLIK_TESTING")
DEBUG = False
SECRET_KEY = text("OTKLIK_SECRET_KEY") or kept_secret(HOME / "secret")
BASE_URL = text("OTKLIK_BASE_URL", f"http://127.0.0.1:{text('PORT') or 8000}").rstrip("/")
ALLOWED_HOSTS = words(
    "OTKLIK_HOSTS", "localhost,127.0.0.1,[::1],testserver" if TESTING else "localhost,127.0.0.1,[::1]"
)
if (host := BASE_URL.split("//")[-1].rsplit(":", 1)[0]) not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(host)
HTTPS = BASE_URL.startswith("https://")

# -- one process of the web ----------------------------------------------------------------------------------------
LISTEN = text("OTKLIK_LISTEN", "127.0.0.1")
PORT = number("PORT", 8000)
WEB_PROCESSES = number("OTKLIK_WEB_PROCESSES", 1)
THREADS = number("OTKLIK_THREADS", 8)  # pages that one process runs at a time

# -- rooms, bottom to top ------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "otklik.jobs",
    "otklik.ui",
    "otklik.journal",
    "otklik.outbox",
    "otklik.calendars",
    "otklik.people",
    "otklik.catalogue",
    "otklik.tickets",
    "otklik.sla",
    "otklik.routing",
    "otklik.channels",
    "otklik.notifications",
    "otklik.feedback",
    "otklik.reports",
    "otklik.web",
    "otklik.api",
    "otklik.ops",
]
AUTH_USER_MODEL = "people.Person"
SILENCED_SYSTEM_CHECKS = ["auth.E003"]  # addresses are unique in lower case, by a constraint the check cannot read
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "otklik.urls"

# -- database ------------------------------------------------------------------------------------------------------
# Web and worker connect as a plain role that owns nothing; the migrations run as the owner (OTKLIK_ROLE=owner, set by
# the command itself). With a server of one's own a second address, DATABASE_OWNER_URL, is optional.
# The demo has a database of its own, so that sample data and real data never meet.
EMBEDDED = Cluster(HOME / "postgres")
EMBEDDED_DATABASE = "otklik_demo" if DEMO else "otklik"
DATABASE_URL = text("DATABASE_URL") or EMBEDDED.address(EMBEDDED_DATABASE)
DATABASE_OWNER_URL = (
    text("DATABASE_OWNER_URL") or text("DATABASE_URL") or EMBEDDED.address(EMBEDDED_DATABASE, user=OWNER)
)
AS_OWNER = text("OTKLIK_ROLE") == "owner"


def database(url: str) -> dict[str, Any]:
    """Django's settings for a libpq address; server-side binding and prepared statements on."""
    part = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    known = {"NAME": part.pop("dbname", "otklik"), "USER": part.pop("user", ""), "PASSWORD": part.pop("password", "")}
    place = {"HOST": part.pop("host", ""), "PORT": part.pop("port", "")}
    # A ticket with its people and places joins eight tables by their keys: to look for the best order took the server
    # 9 ms each time, to take the order as written 1 ms, for the same plan.
    session = "-c idle_in_transaction_session_timeout=20s -c lock_timeout=10s -c join_collapse_limit=5"
    options: dict[str, Any] = part | {"server_side_binding": True, "prepare_threshold": 1, "options": session}
    if not TESTING and not AS_OWNER:
        options["pool"] = {"min_size": 1, "max_size": number("OTKLIK_POOL", 16), "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **known,
        **place,
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
    }


DATABASES = {"default": database(DATABASE_OWNER_URL if AS_OWNER else DATABASE_URL)}

# -- language and time ---------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = text("OTKLIK_LANGUAGE", "ru")
PROFILE = text("OTKLIK_PROFILE") or ("ru" if LANGUAGE_CODE == "ru" else "intl")  # of a new desk: calendars, names
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [SOURCE / "locale"]

# -- accounts ------------------------------------------------------------------------------------------------------
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# -- mail ----------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = "otklik.outbox.backend.EmailBackend"

# -- pages ---------------------------------------------------------------------------------------------------------
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "otklik.people.middleware.guarded",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "otklik.people.middleware.Visit",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": sorted(SOURCE.glob("*/templates")) + sorted(SOURCE.glob("channels/*/templates")),
        "APP_DIRS": False,
        "OPTIONS": {"environment": "otklik.ui.jinja.environment", "autoescape": True},
    },
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}},
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # served from the tree; the bundler has put a hash of the content into the names
WHITENOISE_AUTOREFRESH = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/built/.+\.[A-Za-z0-9_-]{8}\.(js|css|woff2)$"
WHITENOISE_MAX_AGE = 3600
APPEND_SLASH = False
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-otklik" if HTTPS else "otklik"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
USE_X_FORWARDED_HOST = False
TRUSTED_PROXIES = number("OTKLIK_PROXIES", 0)  # how many proxies of ours stand in front and add X-Forwarded-For
SESSION_COOKIE_AGE = 30 * 24 * 3600  # of requesters; staff sign in anew after twelve hours (otklik.people.middleware)
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "/demo" if DEMO else "/sign-in"
CSRF_FAILURE_VIEW = "otklik.ui.pages.stale_form"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}

# -- log -----------------------------------------------------------------------------------------------------------
# One line of JSON per event on standard error; on a terminal the same in words.
_SHARED = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
]
_PLAIN = [*_SHARED[:3], structlog.processors.format_exc_info]
_TERMINAL = sys.stderr.isatty()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "foreign_pre_chain": _PLAIN if _TERMINAL else _SHARED,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer() if _TERMINAL else structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": text("OTKLIK_LOG", "WARNING")},
    "loggers": {"django": {"handlers": [], "propagate": True, "level": "WARNING"}},
}
