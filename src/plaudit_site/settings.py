"""All settings, from the environment. A wrong value refuses to start and says which and why.

Every variable read here is documented in docs/settings.md; a test compares the two.
"""

import os
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from plaudit_site import secrets_file

T = TypeVar("T")


def read(name: str, default: str, parse: Callable[[str], T]) -> T:
    """The variable `name`, or what its file (`name` + `_FILE`) holds, through `parse`."""
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if path and not value:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {error.strerror}.") from error
    try:
        return parse(value or default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={without_password(value)!r} is not usable: {error}") from error


def without_password(value: str) -> str:
    """The value as a log may show it: what stands between : and @ of an address is left out."""
    return re.sub(r"(://[^:/@]*:)[^@]*@", r"\1…@", value)


def text(value: str) -> str:
    return value


def yes_or_no(value: str) -> bool:
    if value.lower() in {"1", "yes", "true", "on"}:
        return True
    if value.lower() in {"", "0", "no", "false", "off"}:
        return False
    raise ValueError("say yes or no.")


def port_number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= 65535):
        raise ValueError("it must be a port, a number from 1 to 65535.")
    return int(value)


def whole_number(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise ValueError("it must be a whole number, 0 or more.")
    return int(value)


def one_of(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"it must be one of {', '.join(allowed)}.")
        return value

    return parse


def base_address(value: str) -> str:
    """An origin without path. Plain http only for localhost (DECISIONS 2: did:web, WebAuthn)."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it must look like https://badges.example.org")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise ValueError("it must be an address without path, query or user, like https://badges.example.org")
    if parts.hostname.replace(".", "").isdigit() or ":" in parts.hostname:
        raise ValueError(
            "it must be a name, not an IP address (issuer identifiers and passkeys need a name); "
            "for this machine alone use http://localhost:PORT"
        )
    if parts.scheme == "http" and parts.hostname != "localhost" and not parts.hostname.endswith(".localhost"):
        raise ValueError("it must begin with https:// (plain http is for localhost only).")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def email_transport(value: str) -> dict[str, Any]:
    """smtp://user:password@host:port, smtps:// (TLS from the start), smtp+tls:// (STARTTLS), or mailbox:"""
    if value == "mailbox:":
        return {"kind": "mailbox"}
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise ValueError("it must look like smtp+tls://user:password@mail.example.org:587, or be mailbox:")
    return {
        "kind": "smtp",
        "host": parts.hostname,
        "port": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": {"smtp": "", "smtps": "implicit", "smtp+tls": "starttls"}[parts.scheme],
    }


def mail_address(value: str) -> str:
    if value.count("@") != 1 or any(c in value for c in '\r\n <>,;"') or value.startswith("@"):
        raise ValueError("it must be one e-mail address, like badges@example.org")
    return value


def bounce_address(value: str) -> str:
    """Empty, or an address whose local part leaves room for +row-signature (64 signs, RFC 5321)."""
    if value and len(mail_address(value).partition("@")[0]) > 16:
        raise ValueError("the part before the @ must be 16 signs or less: more is added to it for each mail.")
    return value


def hosts_and_ports(value: str) -> frozenset[str]:
    found = [one.strip().lower() for one in value.split(",") if one.strip()]
    for one in found:
        host, _colon, port = one.rpartition(":")
        if not host or "/" in one or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError("it must be host:port, several with commas, like crm.internal:8443")
    return frozenset(found)


def award_ids(value: str) -> tuple[str, ...]:
    """Ids of certificates, or their addresses."""
    named = value.replace(",", " ").split()
    found = [one.rstrip("/").rpartition("/")[2].replace("-", "").lower() for one in named]
    for one, public_id in zip(named, found, strict=True):
        if not re.fullmatch("[0-9a-hjkmnp-tv-z]{26}", public_id):
            raise ValueError(f"{one!r} is neither a certificate's ID nor its address")
    return tuple(found)


def mail_service_password(value: str) -> str:
    if value and (":" not in value or len(value) < 20):
        raise ValueError("it must be user:password, 20 signs or more in all.")
    return value


MAIL_SERVICES = {
    "brevo": (True, False),
    "mailgun": (True, True),
    "mailjet": (True, False),
    "mailtrap": (False, True),
    "mandrill": (False, True),
    "postal": (False, True),
    "postmark": (True, False),
    "sparkpost": (True, False),
    "unisender-go": (False, True),
}
"""Those that call us (mail/carriers.py): whether a password must stand in the address, and whether they sign."""


def check_mail_service(service: str, password: str, key: str) -> None:
    """Nobody but the service may say what became of our mails."""
    if service and find_spec("anymail") is None:
        raise ImproperlyConfigured(
            "PLAUDIT_MAIL_SERVICE needs the extra: pip install 'plaudit[site,anymail]'."
        )
    if not service:
        return
    needs_password, signs = MAIL_SERVICES[service]
    if needs_password and not password:
        raise ImproperlyConfigured(f"PLAUDIT_MAIL_SERVICE={service} needs PLAUDIT_MAIL_SERVICE_PASSWORD.")
    if signs and not key:
        raise ImproperlyConfigured(f"PLAUDIT_MAIL_SERVICE={service} needs PLAUDIT_MAIL_SERVICE_KEY.")
    if key and not signs:
        raise ImproperlyConfigured(
            f"PLAUDIT_MAIL_SERVICE_KEY is set, but {service} signs nothing: leave it out. "
            "PLAUDIT_MAIL_SERVICE_PASSWORD tells its calls from those of others."
        )


def database(value: str) -> dict[str, Any]:
    if urlsplit(value).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError("it must begin with sqlite:/// or postgresql://")
    return dict(dj_database_url.parse(value))


def broker(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss"}:
        raise ValueError("it must begin with redis:// or rediss://")
    return value


def files_url(value: str) -> str:
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme != "s3" or not parts.hostname:
        raise ValueError(
            "it must look like s3://bucket/folder?endpoint=https://storage.example.org&region=eu"
        )
    known = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if strange := sorted(known.keys() - {"endpoint", "region"}):
        raise ValueError(f"it knows endpoint and region, not {strange[0]!r}")
    if "endpoint" in known and urlsplit(known["endpoint"]).scheme not in {"http", "https"}:
        raise ValueError("its endpoint must begin with https:// or http://")
    return value


def files(value: str, key: str, secret: str) -> dict[str, Any]:
    """Where uploads are kept: a folder under the data directory, or a bucket that all machines reach."""
    if not value:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if not key or not secret:
        raise ImproperlyConfigured("PLAUDIT_FILES_URL needs PLAUDIT_FILES_KEY and PLAUDIT_FILES_SECRET.")
    try:
        from botocore.config import Config
    except ImportError as missing:
        raise ImproperlyConfigured(
            "PLAUDIT_FILES_URL needs the extra s3: pip install 'plaudit[s3]'."
        ) from missing
    parts = urlsplit(value)
    known = dict(parse_qsl(parts.query))
    options = {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        "access_key": key,
        "secret_key": secret,
        "endpoint_url": known.get("endpoint"),
        "region_name": known.get("region", "us-east-1"),
        "client_config": Config(
            signature_version="s3v4",
            # Behind an address of their own, buckets are folders; and not every such server knows the newest checksums.
            s3={"addressing_style": "path" if "endpoint" in known else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        "default_acl": None,
        "file_overwrite": False,
        "max_memory_size": 4 * 1024 * 1024,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


DEMO = read("PLAUDIT_DEMO", "no", yes_or_no)
DEBUG = read("PLAUDIT_DEBUG", "no", yes_or_no)
HOST = read("HOST", "127.0.0.1", text)
PORT = read("PORT", "8000", port_number)
BASE_URL = read("BASE_URL", f"http://localhost:{PORT}", base_address)
SITE_NAME = read("PLAUDIT_SITE_NAME", "Plaudit", text)
DATA_DIR = Path(read("PLAUDIT_DATA_DIR", "var", text)).absolute()
KEY_FILE = Path(read("PLAUDIT_KEY_FILE", str(DATA_DIR / "plaudit.key"), text)).absolute()
JOURNAL_DIR = Path(read("PLAUDIT_JOURNAL_DIR", str(DATA_DIR / "journal"), text)).absolute()
ISSUERS_MODE = read("PLAUDIT_ISSUERS", "approval", one_of("approval", "open", "closed"))
MAIL_TRANSPORT = read("EMAIL_URL", "mailbox:" if DEMO else "smtp://localhost:25", email_transport)
MAIL_FROM = read("PLAUDIT_MAIL_FROM", f"badges@{urlsplit(BASE_URL).hostname}", mail_address)
BOUNCE_ADDRESS = read("PLAUDIT_BOUNCE_ADDRESS", "", bounce_address)
BOUNCE_MAILDIR = read("PLAUDIT_BOUNCE_MAILDIR", "", text)
MAIL_SERVICE = read("PLAUDIT_MAIL_SERVICE", "", one_of("", *MAIL_SERVICES))
MAIL_SERVICE_PASSWORD = read("PLAUDIT_MAIL_SERVICE_PASSWORD", "", mail_service_password)
MAIL_SERVICE_KEY = read("PLAUDIT_MAIL_SERVICE_KEY", "", text)
check_mail_service(MAIL_SERVICE, MAIL_SERVICE_PASSWORD, MAIL_SERVICE_KEY)
MAIL_DOMAIN_AT_ONCE = read("PLAUDIT_MAIL_DOMAIN_AT_ONCE", "5", whole_number)
MAIL_DOMAIN_A_MINUTE = read("PLAUDIT_MAIL_DOMAIN_A_MINUTE", "1000", whole_number)
NEW_ISSUER_DAILY_MAILS = read("PLAUDIT_NEW_ISSUER_DAILY_MAILS", "200", whole_number)
IMPORT_MOST_ROWS = read("PLAUDIT_IMPORT_MOST_ROWS", "1000000", whole_number)
IMPORT_MOST_MB = read("PLAUDIT_IMPORT_MOST_MB", "200", whole_number)
WEBHOOK_HOSTS = read("PLAUDIT_WEBHOOK_HOSTS", "", hosts_and_ports)
API_A_MINUTE = read("PLAUDIT_API_A_MINUTE", "600", whole_number)
FORGET_UNCLAIMED_DAYS = read("PLAUDIT_FORGET_UNCLAIMED_DAYS", "730", whole_number)
FORGET_LISTS_DAYS = read("PLAUDIT_FORGET_LISTS_DAYS", "30", whole_number)
COUNT_VIEWS = read("PLAUDIT_COUNT_VIEWS", "yes", yes_or_no)
EXAMPLES = read("PLAUDIT_EXAMPLES", "", award_ids)
CANCEL_SECONDS = read("PLAUDIT_CANCEL_SECONDS", "60", whole_number)
WEB_WORKERS = read("PLAUDIT_WEB_WORKERS", "2", whole_number)
WEB_THREADS = read("PLAUDIT_WEB_THREADS", "4", whole_number)
WORKERS = read("PLAUDIT_WORKERS", "1", whole_number)
LOG_LEVEL = read("PLAUDIT_LOG_LEVEL", "INFO", one_of("DEBUG", "INFO", "WARNING", "ERROR"))

try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"PLAUDIT_DATA_DIR={DATA_DIR} cannot be made: {error.strerror}.") from error
SECRETS = secrets_file.open_or_make(KEY_FILE)
SECRET_KEY = SECRETS.django
SECURE = BASE_URL.startswith("https://")
SITE_HOST = urlsplit(BASE_URL).netloc
if SECURE and DEBUG:
    raise ImproperlyConfigured(
        f"PLAUDIT_DEBUG is set, but BASE_URL is {BASE_URL}: its error pages show secrets to everybody, "
        "so it is for http://localhost only."
    )

# The gate (public/middleware.py) lets through the site's own host and those that issuers have proven, and nothing else.
ALLOWED_HOSTS = ["*"]
OWN_HOSTS = frozenset({urlsplit(BASE_URL).hostname or "localhost"})
ROOT_URLCONF = "plaudit_site.urls"
WSGI_APPLICATION = "plaudit_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "plaudit_site.showing",
    "plaudit_site.audit",
    "plaudit_site.mail",
    "plaudit_site.accounts",
    "plaudit_site.issuers",
    "plaudit_site.achievements",
    "plaudit_site.awards",
    "plaudit_site.backpack",
    "plaudit_site.belongings",
    "plaudit_site.public",
    "plaudit_site.api",
    *(["plaudit_site.demo"] if DEMO else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "plaudit_site.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "plaudit_site.middleware.UsualPolicy",
    "plaudit_site.public.middleware.HostGate",
    "plaudit_site.middleware.NoNul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "plaudit_site.accounts.middleware.FreshForSensitive",
    "plaudit_site.public.middleware.SlowsGuessing",
]

TEMPLATE_PLACES = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {
            "loaders": [("plaudit_site.showing.folding.Loader", TEMPLATE_PLACES)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "plaudit_site.showing.context.site",
                "plaudit_site.accounts.context.policies",
            ],
        },
    }
]

DATABASES = {"default": read("DATABASE_URL", f"sqlite:///{DATA_DIR / 'plaudit.sqlite3'}", database)}
SQLITE_AUTOCHECKPOINT = 4000  # pages of the log
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a transaction that will write takes its turn when it begins, so that it
        # waits instead of failing half-way. FULL: what we answered "saved" survives a power cut.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        f" PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint={SQLITE_AUTOCHECKPOINT};",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# On SQLite too: a new connection reads the whole schema before its first row, which takes longer than most pages.
DATABASES["default"]["CONN_MAX_AGE"] = 60

# Where Celery's workers are poked (celery.py); nothing else uses it.
CELERY_BROKER_URL = read("CELERY_BROKER_URL", "redis://localhost:6379/0", broker)

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "plaudit_cache",
        # It holds the counters of guesses: with Django's 300 entries a guesser could push them out.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    },
}

# Sign-in and accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "UserAttributeSimilarityValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/badges"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "plaudit_site.accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "plaudit_site.accounts.forms.SignInForm",
    "signup": "plaudit_site.accounts.forms.SignUpForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = ACCOUNT_LOGIN_BY_CODE_FORMAT
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
# As its mail says; a mail can be minutes on its way.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = False  # ours is a mailed code (DECISIONS 24)
ACCOUNT_MAX_EMAIL_ADDRESSES = 20
# Three guesses per code: with the hourly limit a mailbox is neither guessed nor flooded.
ACCOUNT_RATE_LIMITS = {
    "request_login_code": "20/m/ip,3/m/key,12/h/key",
    "reset_password": "20/m/ip,3/m/key,6/h/key",
}
MFA_SUPPORTED_TYPES = ["webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"login_webauthn": "plaudit_site.accounts.forms.PasskeyForm"}
MFA_REAUTHENTICATION_REQUIRED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
SESSION_COOKIE_NAME = "plaudit_session"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "plaudit_site.error_views.csrf_failure"

# What a browser may do with our pages
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-src": ["'self'"] if DEMO else ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
# The text of a badge is pasted whole: 5 MB (backpack/unpacking.py), and what else stands in its form.
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
# Where the worker finds, and removes, what a killed web server had of an upload.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
FILE_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
# A collection is chosen with one field for each badge that is ticked; who has thousands may tick them all. So many
# are read in some 50 ms, and are fewer than what SQLite takes as variables of one question (32,766).
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Language, time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [Path(__file__).parent / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": files(
        read("PLAUDIT_FILES_URL", "", files_url),
        read("PLAUDIT_FILES_KEY", "", text),
        read("PLAUDIT_FILES_SECRET", "", text),
    ),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = DEBUG

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {
        "secret_paths": {"()": "plaudit_site.middleware.SecretPaths"},
        "refused": {"()": "plaudit_site.middleware.Refused"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["secret_paths", "refused"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django.server": {"handlers": [], "propagate": False}},
}
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # the proxy in front redirects to https (docs/operations.md)
