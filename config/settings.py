"""All settings, read from the environment. The README describes each variable under "Configuration".

Development, the default, needs no variables. With `CASHDESK_ENV=production`, a missing or unsafe value stops the
start. In every environment, an unsafe origin in CORS_ALLOWED_ORIGINS, a half configured payment gateway or an unknown
SECOND_FACTOR_REQUIRED stops it. One message lists all faults, so that an operator can correct them together.
"""

from pathlib import Path

import environ
from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from cashdesk.checks import MIDTRANS_PRODUCTION, mail_faults, midtrans_faults
from cashdesk.origin_checks import origin_faults
from cashdesk.sign_in_checks import provider_faults, second_factor_faults
from config.databases import database_settings
from config.environment import DEVELOPMENT_SECRET_KEY, REFRESH_GRACE_MAX, SAME_SITE, production_faults
from config.logs import logging_config, structlog_configure
from config.sign_in import provider_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

ENVIRONMENT = env.str("CASHDESK_ENV", default="development")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured(f"CASHDESK_ENV is {ENVIRONMENT!r}; it takes 'development' or 'production'.")
IS_PRODUCTION = ENVIRONMENT == "production"
# Browser clients on other origins (docs/contracts.md, section 0). If it is empty, no answer has CORS headers.
CORS_ALLOWED_ORIGINS = [origin.strip() for origin in env.list("CORS_ALLOWED_ORIGINS", default=[])]
# The payment gateway Midtrans. Without the key, orders are paid at the drawer only.
MIDTRANS_SERVER_KEY = env.str("MIDTRANS_SERVER_KEY", default="").strip()
MIDTRANS_BASE_URL = env.str("MIDTRANS_BASE_URL", default=MIDTRANS_PRODUCTION)
MIDTRANS_PAYMENT_TYPE = env.str("MIDTRANS_PAYMENT_TYPE", default="qris")
# Without a mail server nobody is sent a mail: managers hand over links and codes.
EMAIL_URL = env.str("EMAIL_URL", default="").strip()
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Cashdesk <cashdesk@localhost>").strip()
# Who must enter a code after the password: off, managers (and above) or admins.
SECOND_FACTOR_REQUIRED = env.str("SECOND_FACTOR_REQUIRED", default="off").strip().lower()
# People may sign in at an OpenID Connect provider. Without OIDC_ISSUER they sign in with a password only.
PROVIDER = provider_settings(env)
# The system checks report these origins and the gateway too, but a server such as gunicorn does not run the checks.
if faults := [
    *(production_faults(env) if IS_PRODUCTION else ()),
    *origin_faults(CORS_ALLOWED_ORIGINS),
    *midtrans_faults(key=MIDTRANS_SERVER_KEY, base_url=MIDTRANS_BASE_URL, payment_type=MIDTRANS_PAYMENT_TYPE),
    *mail_faults(url=EMAIL_URL, sender=DEFAULT_FROM_EMAIL, is_production=IS_PRODUCTION),
    *second_factor_faults(SECOND_FACTOR_REQUIRED),
    *provider_faults(PROVIDER),
]:
    raise ImproperlyConfigured(
        f"Cashdesk cannot start in {ENVIRONMENT}:\n" + "\n".join(f"  - {fault}" for fault in faults)
    )

SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_SECRET_KEY)
# Old keys: what they signed stays valid, and webhook secrets that were calculated from them still sign.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = not IS_PRODUCTION and env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Applications: each of our three apps may import only our apps listed before it ------------------------------------
INSTALLED_APPS = [
    "cashdesk",
    "settlements",
    "reconciliations",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "corsheaders",
    "csp",
    "django_htmx",  # only for its file htmx-2.min.js
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]

MIDDLEWARE = [
    "cashdesk.web.request_log.RequestLogMiddleware",
    "cashdesk.web.middleware.RequestIdMiddleware",
    # First, before anything can refuse a request: without the CORS headers a page of another origin cannot read an error.
    "cashdesk.web.cors.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cashdesk.web.middleware.ApiPathMiddleware",
    "cashdesk.web.browser_sessions.BrowserSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Before everything that asks who the person is.
    "cashdesk.web.waiting_sessions.SecondFactorMiddleware",
    "cashdesk.web.desk_only.DeskOnlyMiddleware",
    "cashdesk.web.kept_pages.PageOwnerMiddleware",
    "cashdesk.web.devices.DeviceMiddleware",
    "cashdesk.web.languages.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # This comes last, so that its error pages use the person's language. Django checks the CSRF token even later.
    "cashdesk.web.body.BodyMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

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

# --- Storage -----------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": database_settings(env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'cashdesk.sqlite3'}"), env)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "cashdesk.User"
AUTHENTICATION_BACKENDS = ["cashdesk.web.authentication.SignInBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The name that authenticator apps show.
OTP_TOTP_ISSUER = "Cashdesk"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
ACCESS_TOKEN_HOURS = env.int("ACCESS_TOKEN_HOURS", default=12)
ACCESS_TOKEN_SAMESITE = env.str("ACCESS_TOKEN_SAMESITE", default="Lax").capitalize()
if ACCESS_TOKEN_SAMESITE not in SAME_SITE:
    raise ImproperlyConfigured(
        f"ACCESS_TOKEN_SAMESITE is {ACCESS_TOKEN_SAMESITE!r}; it takes one of {', '.join(SAME_SITE)}."
    )
# A refresh token renews a sign-in until this many hours after signing in, and never ends before the first access token.
REFRESH_TOKEN_HOURS = max(env.int("REFRESH_TOKEN_HOURS", default=24), ACCESS_TOKEN_HOURS)
REFRESH_GRACE_SECONDS = env.int("REFRESH_GRACE_SECONDS", default=30)
if not 0 <= REFRESH_GRACE_SECONDS <= REFRESH_GRACE_MAX:
    raise ImproperlyConfigured(
        f"REFRESH_GRACE_SECONDS is {REFRESH_GRACE_SECONDS}; it takes 0 to {REFRESH_GRACE_MAX} seconds."
    )
# The most requests of an API key in a minute, unless the key has a limit of its own. 0 means no limit.
API_KEY_REQUESTS_PER_MINUTE = env.int("API_KEY_REQUESTS_PER_MINUTE", default=0)
if API_KEY_REQUESTS_PER_MINUTE < 0:
    raise ImproperlyConfigured("API_KEY_REQUESTS_PER_MINUTE is negative; 0 means no limit.")
SESSION_ENGINE = "cashdesk.web.browser_sessions"
SESSION_COOKIE_AGE = ACCESS_TOKEN_HOURS * 3600
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=60)
# The number of our proxies that write X-Forwarded-For. With 0 the header is ignored, because a client could forge it.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# --- Mail --------------------------------------------------------------------------------------------------------------
MAIL_IS_SET_UP = bool(EMAIL_URL)
vars().update(environ.Env.email_url_config(EMAIL_URL or "consolemail://"))
EMAIL_TIMEOUT = 5  # seconds for each answer of the mail server

# --- Amounts -----------------------------------------------------------------------------------------------------------
# The largest amount in a request is this number of the currency's largest note, or of its unit if its notes are not
# known. The limit refuses a barcode that was scanned into an amount field.
AMOUNT_MAX_NOTES = env.int("AMOUNT_MAX_NOTES", default=100_000)
AMOUNT_MAX_UNITS = env.int("AMOUNT_MAX_UNITS", default=1_000_000_000)

# --- The API -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "cashdesk.web.authentication.TokenAuthentication",
        "cashdesk.web.authentication.BrowserSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cashdesk.web.permissions.DeclaredAccess"],
    "DEFAULT_RENDERER_CLASSES": ["cashdesk.web.dialects.ExactJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cashdesk.web.dialects.ExactJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "cashdesk.web.description.operation.OperationSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "cashdesk.web.dialects.AnyAcceptNegotiation",
    "EXCEPTION_HANDLER": "cashdesk.web.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cashdesk",
    "DESCRIPTION": (BASE_DIR / "config" / "api_introduction.md").read_text(encoding="utf-8"),
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    # A PATCH here needs the fields that it declares. drf-spectacular would describe them all as optional.
    "COMPONENT_SPLIT_PATCH": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": 0, "displayRequestDuration": True},
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "LICENSE": {"name": "MIT License", "identifier": "MIT"},
    "SERVERS": [{"url": "/", "description": "This installation"}],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "cashdesk.web.description.document.complete",
    ],
    "ENUM_NAME_OVERRIDES": {
        "PaymentStatus": "cashdesk.enums.PaymentStatus",
        "SessionStatus": "cashdesk.enums.SessionStatus",
        "Role": "cashdesk.enums.Role",
        "PaymentType": "cashdesk.enums.PaymentType",
        "OrderType": "cashdesk.enums.OrderType",
        "CashDirection": "cashdesk.api.shifts.CASH_DIRECTIONS",
        "MovementKind": "cashdesk.enums.MovementKind",
        "PlaceKind": "cashdesk.enums.PlaceKind",
        "SettlementType": "settlements.enums.SettlementType",
        "SettlementState": "settlements.enums.SettlementState",
        "VarianceKind": "cashdesk.enums.VarianceKind",
        "VarianceState": "cashdesk.enums.VarianceState",
        "DepositState": "settlements.enums.DepositState",
        "ChangeOrderState": "settlements.enums.ChangeOrderState",
        "ShownChangeOrderState": "settlements.api.change_orders.STATES",
        "BusinessDayState": "reconciliations.enums.DayState",
    },
}
# CORS_ALLOWED_ORIGINS is at the top, because its faults stop the start.
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_HEADERS = (
    *default_headers,
    "idempotency-key",
    "x-idempotency-key",
    "x-tenant-id",
    "x-api-key",
    "x-request-id",
    "if-none-match",
)
CORS_EXPOSE_HEADERS = (
    "Link",
    "Retry-After",
    "X-Request-ID",
    "Idempotent-Replayed",
    "ETag",
    "RateLimit",
    "RateLimit-Policy",
    "Deprecation",
    "Sunset",
)
# The largest body is a batch of payments. cashdesk/web/body.py sets smaller limits for everything else.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# --- Webhooks (docs/contracts.md, section 6) -----------------------------------------------------------------------------
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)
WEBHOOK_ALLOW_PRIVATE_ADDRESSES = env.bool("WEBHOOK_ALLOW_PRIVATE_ADDRESSES", default=False)

# --- Time and language -------------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
# The same as cashdesk.enums.Language, which settings cannot import.
LANGUAGES = [
    ("en", "English"),
    ("es", "español"),
    ("pt-br", "português (Brasil)"),
    ("id", "Bahasa Indonesia"),
    ("de", "Deutsch"),
]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Static files ------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
# collectstatic fills it. In development whitenoise serves the files from their folders.
STATIC_ROOT = BASE_DIR / "var" / "static" if IS_PRODUCTION else None
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
# Browsers and phones ask for these files at the root, whatever the pages say: /favicon.ico and /apple-touch-icon.png.
WHITENOISE_ROOT = BASE_DIR / "cashdesk" / "root_files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- The checks of `manage.py verify` for each store, one function per app ---------------------------------------------
PROOFS = [
    "cashdesk.domain.ledger.proof.faults_of_store",
    "settlements.domain.proof.faults_of_store",
    "reconciliations.domain.proof.faults_of_store",
]

# --- Work that `manage.py worker` does beside sending events: functions (*, clock) -> bool, whether more waits -----------
WORKER_TASKS = ["reconciliations.documents.report_mails.send_due_mails"]

# --- Demonstration data that other apps create -------------------------------------------------------------------------
DEMO_HISTORIES = {"5001": "settlements.management.demo_history.make_history"}
DEMO_PAYOUTS = "settlements.management.demo_payouts.pay_out"
DEMO_REVIEW = "reconciliations.management.demo_review.review_history"

# --- Browser safety ----------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "cashdesk.screens.drafts.csrf_failure"
SESSION_COOKIE_SECURE = IS_PRODUCTION
CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = IS_PRODUCTION and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_HSTS_PRELOAD = IS_PRODUCTION
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Logs: one JSON object per line, with the request id ---------------------------------------------------------------
LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"))
structlog_configure()
DJANGO_STRUCTLOG_USER_ID_FIELD = "id"
# django-structlog would trust any X-Forwarded-For. RequestIdMiddleware logs the address according to TRUSTED_PROXIES.
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
