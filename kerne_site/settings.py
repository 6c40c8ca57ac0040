"""Django's settings, all read from the environment and safe by default.

Every variable is described in docs/settings.md. What Kerne must not start with is
refused here, with a sentence: an empty or missing key, no secret outside of the demo.
"""

import importlib.util
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF

from kerne_site import logs, places
from kerne_site.cloud_settings import *  # noqa: F403 - settings are one namespace
from kerne_site.cloud_settings import (
    KERNE_ENV,
    KERNE_SANDBOX,
    OPENROUTER_API_KEY,
    RUNPOD_API_KEY,
    SANDBOX_KEY,
)
from kerne_site.database import parse_database_url
from kerne_site.env import Env, SettingError
from kerne_site.fleet_settings import *  # noqa: F403 - as above
from kerne_site.fleet_settings import DEADMAN_PING_URL, MARKET_API_KEYS

env = Env()

BASE_DIR = places.ROOT
KERNE_VAR = Path(env.text("KERNE_VAR", str(BASE_DIR / "var"))).absolute()
DEBUG = env.flag("DEBUG", default=False)

# --- Where the console is seen, and what that asks of its cookies ----------------------

KERNE_PORT = env.integer("KERNE_PORT", 8700, minimum=1, maximum=65535)
KERNE_HOST = env.text("KERNE_HOST", "127.0.0.1")
PUBLIC_URL = env.url("KERNE_PUBLIC_URL", f"http://127.0.0.1:{KERNE_PORT}")
_public = urlsplit(PUBLIC_URL)
BEHIND_TLS = _public.scheme == "https"


def _is_loopback(host: str) -> bool:
    """Whether the name is this machine seen from itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if not BEHIND_TLS and not _is_loopback(_public.hostname or ""):
    raise SettingError(
        f"KERNE_PUBLIC_URL is {PUBLIC_URL!r}; away from this machine passwords and cookies "
        "need TLS, so write an https:// address and put a TLS proxy in front."
    )

if env.is_set("SECRET_KEY"):
    SECRET_KEY = env.text("SECRET_KEY", secret=True)
elif KERNE_SANDBOX and KERNE_ENV == "demo":
    try:
        SECRET_KEY = places.generated_secret_key(KERNE_VAR)
    except OSError as error:
        raise SettingError(f"KERNE_VAR is {str(KERNE_VAR)!r}: {error}") from None
else:
    raise SettingError(
        "SECRET_KEY is not set, and only the demo makes its own. Make one with "
        "python -c 'import secrets; print(secrets.token_urlsafe(48))' and keep it secret."
    )
# What encrypts secrets in the database, newest first; see fleet/secrets.py.
if env.is_set("KERNE_ENCRYPTION_KEYS"):
    ENCRYPTION_KEYS = env.fernet_keys("KERNE_ENCRYPTION_KEYS")
elif KERNE_SANDBOX and KERNE_ENV == "demo":
    try:
        ENCRYPTION_KEYS = [places.generated_encryption_key(KERNE_VAR)]
    except OSError as error:
        raise SettingError(f"KERNE_VAR is {str(KERNE_VAR)!r}: {error}") from None
else:
    raise SettingError(
        "KERNE_ENCRYPTION_KEYS is not set, and only the demo makes its own: pods' keys are "
        "stored encrypted. Make one with "
        "python -c 'from cryptography.fernet import Fernet; "
        "print(Fernet.generate_key().decode())' and keep it outside of the database."
    )
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
if _public.hostname and _public.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_public.hostname)
CSRF_TRUSTED_ORIGINS = [f"https://{_public.netloc}"] if BEHIND_TLS else []

SESSION_COOKIE_AGE = env.seconds("KERNE_SESSION_SECONDS", 12 * 3600, minimum=60)
SESSION_COOKIE_NAME = "__Host-kerne-session" if BEHIND_TLS else "kerne-session"
SESSION_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-kerne-csrf" if BEHIND_TLS else "kerne-csrf"
CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = (
    True  # pages carry the token in <body hx-headers>, no script reads it
)
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # a load balancer asks without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = (
    env.seconds("KERNE_HSTS_SECONDS", 365 * 86400, minimum=0) if BEHIND_TLS else 0
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# W021 asks for HSTS preloading: that binds the whole registered domain, not only the
# console's host, so it stays the decision of the domain's owner, made at the proxy.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# Plotly sets style attributes and draws heatmaps from data: images; nothing may run
# inline, nothing comes from another origin.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src-elem": [SELF, NONCE],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Whether who acts (operators and admins) has to log in with a second factor.
REQUIRE_SECOND_FACTOR = env.flag("KERNE_REQUIRE_SECOND_FACTOR", default=not KERNE_SANDBOX)
# How many proxies of our own stand in front and add the caller's address to a header.
TRUSTED_PROXIES = env.integer("KERNE_TRUSTED_PROXIES", 0, minimum=0, maximum=10)

# --- Database and broker: given by address, else embedded under var/ ------------------

EMBEDDED_DATABASE = not env.is_set("DATABASE_URL")
DATABASE_URL = env.text("DATABASE_URL", places.database_url(KERNE_VAR), secret=True)
DATABASES: dict[str, dict[str, Any]] = {"default": parse_database_url(DATABASE_URL)}
# 0 under ASGI: a kept connection would stay behind with its request's own thread.
DATABASES["default"]["CONN_MAX_AGE"] = env.seconds("DATABASE_CONN_MAX_AGE", 0, minimum=0)
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 20, minimum=0, maximum=1_000)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EMBEDDED_REDIS = not env.is_set("REDIS_URL")
REDIS_URL = env.url(
    "REDIS_URL", places.redis_url(KERNE_VAR), schemes=("redis", "rediss", "unix")
)
CELERY_BROKER_URL = env.url(
    "CELERY_BROKER_URL",
    REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host="),
    schemes=("redis", "rediss", "redis+socket", "amqp", "amqps"),
)
# Makes every beat period shorter (0.2: a fifth), for tests and fire drills.
SCHEDULE_SCALE = env.decimal(
    "KERNE_SCHEDULE_SCALE", Decimal(1), minimum=Decimal("0.01"), maximum=Decimal(1)
)
# Lets a drill kill workers at named points (fleet/services/fault_points.py).
FAULT_POINTS = env.flag("KERNE_FAULT_POINTS", default=False)
if FAULT_POINTS and not KERNE_SANDBOX:
    raise SettingError(
        "KERNE_FAULT_POINTS is true, which lets a file kill a worker; that is for drills "
        "in the sandbox. Unset it where real pods are rented."
    )
# How long a worker that is told to stop lets its running tasks go on.
WORKER_SHUTDOWN_SECONDS = env.seconds("KERNE_WORKER_SHUTDOWN_SECONDS", 20)

# --- Django ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_otp",
    "axes",
    "csp",
    "kerne_site",
    "fleet",
    "economics",
]
MIDDLEWARE = [
    "kerne_site.logs.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "kerne_site.static_files.StaticFilesMiddleware",
    "kerne_site.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kerne_site.zones.OwnZoneMiddleware",
    "django_otp.middleware.OTPMiddleware",
    # Deny by default: a view is public only where it says so.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kerne_site.amounts.AmountsMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it answers in place of a locked-out login
]
ROOT_URLCONF = "kerne_site.urls"
ASGI_APPLICATION = "kerne_site.asgi.application"
WSGI_APPLICATION = "kerne_site.wsgi.application"
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
                "fleet.context.console",
            ],
        },
    }
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked-out password is not looked at
    "kerne_site.accounts.AccountBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# A try while it is locked does not make it longer: an attacker could keep others out.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "kerne_site.throttle.locked_out"
AXES_CLIENT_IP_CALLABLE = "kerne_site.client_ip.client_ip"
AXES_DISABLE_ACCESS_LOG = True  # logins are among the sessions, failures in the log
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "economics:overview"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files: hashed and compressed once into var/static -------------------------

STATIC_URL = "/static/"
STATIC_ROOT = KERNE_VAR / "static"
STATIC_HASHED = env.flag("KERNE_STATIC_HASHED", default=not DEBUG)
_plotly = importlib.util.find_spec("plotly")
if _plotly is None or not _plotly.submodule_search_locations:
    raise SettingError("The package plotly is missing; install requirements.txt.")
# The folder also holds 5 MB of notebook files; PlotlyFinder serves this one only.
PLOTLY_JS = Path(_plotly.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
STATICFILES_FINDERS = [
    "kerne_site.static_files.PlotlyFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "kerne_site.static_files.HashedGzipStorage"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Without hashes (tests, DEBUG) files are served from where they lie, with no copying.
WHITENOISE_USE_FINDERS = not STATIC_HASHED
WHITENOISE_AUTOREFRESH = not STATIC_HASHED
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Logs -----------------------------------------------------------------------------

LOG_LEVEL = env.choice("KERNE_LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])
_secrets = [
    *ENCRYPTION_KEYS,
    SECRET_KEY,
    RUNPOD_API_KEY,
    DEADMAN_PING_URL,
    *MARKET_API_KEYS,
    OPENROUTER_API_KEY,
    DATABASES["default"]["PASSWORD"],
]
LOGGING = logs.config(
    LOG_LEVEL, secrets=[value for value in _secrets if value and value != SANDBOX_KEY]
)
