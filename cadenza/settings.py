"""Django's settings: which modules there are, and how strict the pages are."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from cadenza.base import crypto
from cadenza.base.config import config

_here = Path(__file__).parent
_config = config()
_secure = _config.public_url.startswith("https://")

SECRET_KEY = crypto.key("django").hex()
DEBUG = False
ALLOWED_HOSTS = [urlsplit(_config.public_url).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{urlsplit(_config.public_url).scheme}://{urlsplit(_config.public_url).netloc}"]

# Bottom to top, as the floors stand; each entry is one module.
MODULES = [
    "cadenza.base.heartbeat",
    "cadenza.base.projection",
    "cadenza.base.inbox",
    "cadenza.trust.accounts",
    "cadenza.trust.consent",
    "cadenza.trust.privacy",
    "cadenza.cdp.events",
    "cadenza.cdp.schemas",
    "cadenza.cdp.identity",
    "cadenza.cdp.fields",
    "cadenza.cdp.profiles",
    "cadenza.cdp.catalog",
    "cadenza.cdp.orders",
    "cadenza.cdp.ingest",
    "cadenza.cdp.product_lists",
    "cadenza.cdp.duplicates",
    "cadenza.cdp.segments",
    "cadenza.outreach.content",
    "cadenza.outreach.contact_policy",
    "cadenza.outreach.tracking",
    "cadenza.outreach.delivery",
    "cadenza.outreach.campaigns",
    "cadenza.channels.email",
    "cadenza.connect.imports",
    "cadenza.connect.operations",
    "cadenza.insight.attribution",
    "cadenza.insight.reports",
    "cadenza.web",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    *[name for name in MODULES if (_here.parent / name.replace(".", "/") / "apps.py").exists()],
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "ninja",  # for the files of its API pages, which would come from elsewhere otherwise
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cadenza.web.middleware.guard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "cadenza.web.middleware.workspace",
]

ROOT_URLCONF = "cadenza.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_here / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cadenza.web.middleware.shell",
            ]
        },
    }
]


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    told = dict(parse_qsl(parts.query))
    host = told.pop("host", "") or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": {"min_size": 2, "max_size": 40, "timeout": 10}, **told},  # sslmode and its kin
        "CONN_HEALTH_CHECKS": True,  # after a restart of the server, dead connections are thrown away unseen
    }


def _urls() -> tuple[str, str]:
    if _config.database_url:
        return _config.database_url, _config.database_url
    from cadenza.base.postgres import server

    here = server.address(_config.data)
    return here.url(server.APP), here.url(server.OWNER)


APP_URL, OWNER_URL = _urls()
DATABASES = {"default": _database(APP_URL), "owner": _database(OWNER_URL)}
del DATABASES["owner"]["OPTIONS"]["pool"]  # type: ignore[attr-defined]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "cadenza.trust.accounts.adapter.ClosedAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": False}  # django-axes counts failures, exactly five
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # strangers make us write to nobody
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_USERNAME_CALLABLE = "cadenza.trust.accounts.adapter.login_name"
AXES_DISABLE_ACCESS_LOG = True

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-cadenza" if _secure else "cadenza"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "__Host-cadenza-csrf" if _secure else "cadenza-csrf"
SECURE_HSTS_SECONDS = 365 * 86400 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _secure
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = None  # whitenoise reads the package itself
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
STATICFILES_DIRS = [_here / "web" / "static"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the mapping of a file with a thousand columns
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", _config.sink_port or 25
DEFAULT_FROM_EMAIL = "cadenza@localhost"
LOGGING_CONFIG = None
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
# axes.W002: without its middleware a locked door looks like a wrong password, which is what we want
SILENCED_SYSTEM_CHECKS = ["models.W027", "axes.W002"]
