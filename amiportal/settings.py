"""The one settings file. Every value that differs between places comes from the environment; see .env.example.

`manage.py` with nothing configured sets these variables itself for the embedded PostgreSQL and SeaweedFS
(amiportal/dev/embedded/); anywhere else a missing one ends the start with its name.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url

from amiportal import env
from amiportal.core.admin_look import UNFOLD  # noqa: F401 (read by django-unfold)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

# --- What the place decides -----------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG")
DATABASE_URL = env.text("DATABASE_URL")
S3_ENDPOINT_URL = env.text("S3_ENDPOINT_URL").rstrip("/")
S3_PUBLIC_ENDPOINT_URL = env.text("S3_PUBLIC_ENDPOINT_URL").rstrip("/")
S3_ACCESS_KEY_ID = env.text("AWS_ACCESS_KEY_ID")
S3_SECRET_ACCESS_KEY = env.text("AWS_SECRET_ACCESS_KEY")
S3_REGION = env.text("AWS_REGION")
SECRET_KEY = env.text("SECRET_KEY")
RECEIPT_KEY = env.key("RECEIPT_KEY", 32)  # signs receipts, and nothing else: Ed25519's private half
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")

# The origins under which people open the portal: who may post forms, and whom the buckets' CORS rules name.
PORTAL_ORIGINS = env.words("PORTAL_ORIGINS", ",".join(f"https://{h}" for h in ALLOWED_HOSTS if "*" not in h))
CSRF_TRUSTED_ORIGINS = PORTAL_ORIGINS
# A path prefix under which a proxy serves the portal, such as /ami-data-upload; empty at the root.
FORCE_SCRIPT_NAME = env.text("SCRIPT_NAME", "").rstrip("/") or None
INSECURE_HTTP = env.flag("INSECURE_HTTP")  # plain http, for 127.0.0.1 alone
BEHIND_TLS_PROXY = env.flag("BEHIND_TLS_PROXY")  # the proxy sets, and strips from clients, X-Forwarded-Proto
LEGACY_API_ENABLED = env.flag("LEGACY_API_ENABLED", True)

# --- The object store -----------------------------------------------------------------------------------------

S3_CONNECT_TIMEOUT_S = env.integer("S3_CONNECT_TIMEOUT_S", 5)
S3_READ_TIMEOUT_S = env.integer("S3_READ_TIMEOUT_S", 30)
S3_MAX_ATTEMPTS = env.integer("S3_MAX_ATTEMPTS", 4)
S3_MAX_CONNECTIONS = env.integer("S3_MAX_CONNECTIONS", 32)
# Of objects whose ETag tells no MD5 one call reads at most so much; a worker reads the rest.
READ_BYTES_PER_CALL = env.integer("READ_MIB_PER_CALL", 256) * 1024**2
S3_KEY_EXPIRES_ON = env.day("S3_KEY_EXPIRES_ON")
SILENT_DEPLOYMENT_DAYS = env.integer("SILENT_DEPLOYMENT_DAYS", 60)  # cards come home after weeks
GRANT_LIFETIME_S = env.integer("GRANT_LIFETIME_S", 3600)
# The URLs of old clients bind no MD5: while one is alive its key may be overwritten, so nothing is proven there.
LEGACY_GRANT_LIFETIME_S = env.integer("LEGACY_GRANT_LIFETIME_S", 3600)
# The maps of the admin draw countries of their own; a tile server adds streets and hills. Its origin may give pictures.
MAP_TILES_URL = env.tiles("MAP_TILES_URL")
MAP_TILES_ATTRIBUTION = env.text("MAP_TILES_ATTRIBUTION", "")
PORTAL_FILES_BUCKET = env.text("PORTAL_FILES_BUCKET", "portal-files")  # exports and snapshots of the portal
# A key for those files alone, so that no URL of an upload can reach them whatever the store obeys; empty: the uploads'.
PORTAL_FILES_ACCESS_KEY_ID = env.text("PORTAL_FILES_ACCESS_KEY_ID", "")
PORTAL_FILES_SECRET_ACCESS_KEY = env.text("PORTAL_FILES_SECRET_ACCESS_KEY", "")
env.require_both_or_none("PORTAL_FILES_ACCESS_KEY_ID", "PORTAL_FILES_SECRET_ACCESS_KEY")

# --- Applications ---------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "axes",
    "csp",
    "import_export",
    "simple_history",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "procrastinate.contrib.django",
    "amiportal.accounts",
    "amiportal.legacy",
    "amiportal.objectstore",
    "amiportal.background",
    "amiportal.operations.doctor",
    "deployments",
    "uploads",
    "amiportal.operations.snapshots",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "amiportal.core.csp.PortalCSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "amiportal.accounts.language.LanguageMiddleware",
    "amiportal.accounts.pages.sign_in.SecondStepMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "amiportal.urls"
WSGI_APPLICATION = "amiportal.wsgi.application"
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
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
if not DATABASES["default"]["ENGINE"].endswith("postgresql"):
    raise env.BadSetting("DATABASE_URL", "a postgresql:// address")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# --- Accounts -------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Ten failures lock an account for an hour. By account and not by address: fifty people of one institute share
# an address, and a forged X-Forwarded-For must change nothing.
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(hours=1)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or a guesser could keep an account locked
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_CALLABLE = "amiportal.accounts.services.lockout.respond"
AXES_VERBOSE = False
# W006 asks for the address among the parameters; see above why it is not.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token", "TOKEN_LIMIT_PER_USER": None}

# Maintainers without two-factor sign-in are led to setting it up, and see nothing else of the admin.
REQUIRE_TWO_FACTOR = env.flag("REQUIRE_TWO_FACTOR")
OTP_TOTP_ISSUER = "AMI Portal"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_HTTP
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_SSL_REDIRECT = not INSECURE_HTTP and env.flag("SSL_REDIRECT", True)
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else env.integer("HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_HTTP
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

# --- Content-Security-Policy: see amiportal/core/csp.py for what the admin needs beyond this ------------------------

_STORE_ORIGIN = "{0.scheme}://{0.netloc}".format(urlsplit(S3_PUBLIC_ENDPOINT_URL))
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", "'wasm-unsafe-eval'"],  # the MD5 in the worker is WebAssembly
        "worker-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", _STORE_ORIGIN],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# --- API ------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "amiportal.accounts.authentication.RememberingBasicAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "amiportal.core.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "amiportal.core.api.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "UNICODE_JSON": False,  # a refused name may hold half a surrogate pair, which no UTF-8 can answer with
    "URL_FORMAT_OVERRIDE": None,  # ?format= is ours: csv and ndjson are streams, not renderings
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AMI Portal",
    "DESCRIPTION": "Upload the files of automated insect-monitoring stations and see what was uploaded.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "DataType": "deployments.domain.names.DataType",
        "DeploymentStatus": "deployments.models.Status",
        "LedgerStatus": "uploads.models.UploadLog.Status",
        "CheckOutcome": ["new", "exists", "stored", "conflict", "refused"],
        "GrantOutcome": ["granted", "stored", "conflict", "refused"],
        "ConfirmOutcome": ["verified", "missing", "mismatch"],
        "VerifyOutcome": ["stored", "missing", "mismatch", "refused"],
    },
}
# 1,000 files of a batch, each with a name of at most 255 bytes, a path and an MD5, stay well below this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# --- Files, languages, logs -----------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "amiportal" / "static"]
STATIC_ROOT = env.text("STATIC_ROOT", str(VAR_DIR / "static"))
STORAGES = {
    "default": {
        "BACKEND": "amiportal.objectstore.portal_storage.PortalStorage",
        "OPTIONS": {
            "bucket_name": PORTAL_FILES_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL,
            "access_key": PORTAL_FILES_ACCESS_KEY_ID or S3_ACCESS_KEY_ID,
            "secret_key": PORTAL_FILES_SECRET_ACCESS_KEY or S3_SECRET_ACCESS_KEY,
            "region_name": S3_REGION,
            "file_overwrite": False,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 300  # names carry no hash: ES modules import each other by plain name
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["amiportal.formats"]

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = False

# --- Background work ------------------------------------------------------------------------------------------

PROCRASTINATE_ON_APP_READY = "amiportal.background.queue.take_over"
# A round that was due while no worker ran is made up for when one starts: a night's counts are not lost to a restart.
PROCRASTINATE_PERIODIC_DEFAULTS = {"max_delay": 24 * 3600}

# --- Mail -----------------------------------------------------------------------------------------------------

EMAIL_HOST = env.text("EMAIL_HOST", "")  # empty: nobody is mailed, and the health page says so
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("MAIL_FROM", "ami-portal@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "amiportal.core.redaction.RedactSecrets"}},
    "formatters": {"line": {"()": "amiportal.core.redaction.OneLineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "botocore": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "amiportal.core.redaction.PortalExceptionReporterFilter"
