"""What every deployment shares. `dev`, `test` and `production` say only what differs."""

import os
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(os.environ.get("KPI_DATA_DIR", BASE_DIR / "var"))
DATA_DIR.mkdir(parents=True, exist_ok=True)


def environment_flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes and on."""
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


DEBUG = False
TESTING = False  # the suite's own settings say True: the gallery of parts gets an address (as with DEBUG)
SECRET_KEY = os.environ.get("KPI_SECRET_KEY", "")
ALLOWED_HOSTS = [
    host for host in os.environ.get("KPI_ALLOWED_HOSTS", "127.0.0.1,localhost").split(",") if host
]

# The sign-in page of a demonstration offers its people with one click: never outside it (check core.E002).
DEMONSTRATION = False

INSTALLED_APPS = [
    "kpi_cms.foundation.core",
    "kpi_cms.foundation.accounts",
    "kpi_cms.foundation.audit",
    "kpi_cms.foundation.access",
    "snippets",
    "criteria_pages",
    "kpi_cms.evaluation",
    "kpi_cms.interfaces.workspace",
    "kpi_cms.interfaces.reporting",
    "kpi_cms.interfaces.impact",
    "kpi_cms.interfaces.exchange",
    "kpi_cms.demonstration",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "treebeard",
    "guardian",
    "simple_history",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kpi_cms.foundation.core.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "kpi_cms.foundation.core.middleware.OriginMiddleware",
    "kpi_cms.foundation.audit.middleware.AccessLogMiddleware",
    "kpi_cms.foundation.accounts.middleware.SignInPolicyMiddleware",
    "kpi_cms.interfaces.workspace.view_as.ViewAsMiddleware",
    "kpi_cms.foundation.access.middleware.WallMiddleware",
    "kpi_cms.foundation.access.middleware.ScopeMiddleware",
    "kpi_cms.foundation.core.sending.SentOnceMiddleware",  # inside the transaction of the request
    "kpi_cms.foundation.core.middleware.DomainErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "kpi_cms.urls"
WSGI_APPLICATION = "kpi_cms.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kpi_cms.interfaces.workspace.navigation.workspace",
            ],
            "builtins": ["kpi_cms.interfaces.workspace.templatetags.ui"],
        },
    }
]

# --- Database ----------------------------------------------------------------------------------------------
DATABASES = {
    # Asked whether it still stands before each request: after a restart of PostgreSQL nobody reads an error.
    "default": dj_database_url.config(
        default=f"sqlite:///{DATA_DIR / 'kpi.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A writer takes its lock before it reads, so a check is never made on rows that change under it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # Without recursive triggers INSERT OR REPLACE deletes append-only rows past their trigger.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;",
    }
else:
    # Planning the policies of the second wall takes PostgreSQL longer than the answer: values are bound at the
    # server, so that the web server keeps plans (core.plans; a pooler between must know prepared statements).
    # Compiling a plan takes half a second and has never paid (docs/performance.md).
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options["server_side_binding"] = True
    _options["options"] = f"{_options.get('options', '')} -c jit=off".strip()
# Migrations run as the owner of the tables, everything else as a role that owns none (docs/operations.md). Without an
# owner of its own one role does both, and the second wall does not stand before it (access.W001).
OWNER_DATABASE: dict[str, Any] = {}
if os.environ.get("KPI_OWNER_DATABASE_URL"):
    OWNER_DATABASE.update(dj_database_url.parse(os.environ["KPI_OWNER_DATABASE_URL"]))
DATABASE_ROLES = {
    "application": os.environ.get("KPI_APPLICATION_ROLE", "kpi_app"),
    "verifier": os.environ.get("KPI_VERIFIER_ROLE", "kpi_verify"),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# History is read newest first and by key: by moment and record, whatever the size of a bulk change (audit_queries).
SIMPLE_HISTORY_DATE_INDEX = "Composite"

# --- Accounts ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
    # Single sign-on joins here as one more backend; a second factor asks in accounts.middleware.
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 14}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "workspace:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
SESSION_COOKIE_NAME = "kpi_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "kpi_cms.foundation.core.views.csrf_failure"
SIGN_IN_IDLE_LIMIT = timedelta(minutes=int(os.environ.get("KPI_IDLE_MINUTES", "15")))
SIGN_IN_ABSOLUTE_LIMIT = timedelta(hours=12)

VIEW_AS_MINUTES = 15  # how long an access administrator looks as another account

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(hours=12)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "kpi_cms.foundation.accounts.views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # the access log of our own keeps sign-ins for 12 months
AXES_CLIENT_IP_CALLABLE = "kpi_cms.foundation.core.addresses.client_address"

GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
ACCESS_SCOPE_MODEL = "snippets.Unit"
# A head who is absent for longer is replaced by a dated acting decision, not by a delegation.
DELEGATION_MAX_DAYS = 90

# How many proxies of our own stand before the server: what they wrote into X-Forwarded-For is believed, and no more.
PROXY_COUNT = 0

# --- Security ----------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail previews a page in a frame of its own origin
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# The Wagtail admin carries inline scripts in its date widget and inline panels, inline styles in its editor,
# data: images in its stylesheet, and shows previews in a frame: each exception is one of these.
ADMIN_CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, "'unsafe-inline'"],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [SELF],
        "frame-src": [SELF],
    }
}

# --- Language and time -------------------------------------------------------------------------------------
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "kpi_language"
LOCALE_PATHS = [BASE_DIR / "kpi_cms" / "locale", BASE_DIR / "kpi_cms" / "locale_host"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["kpi_cms.formats"]

# --- Files -------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "media/"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kpi_cms.foundation.core.static.StaticFilesStorage"},
    "evidence": {"BACKEND": "kpi_cms.foundation.core.files.storage.PrivateStorage"},
    "exports": {
        "BACKEND": "kpi_cms.foundation.core.files.storage.PrivateStorage",
        "OPTIONS": {"setting": "EXPORT_FILES_ROOT"},
    },
}
PRIVATE_FILES_ROOT = DATA_DIR / "evidence"  # under no address: a view hands a file out after its own check
EXPORT_FILES_ROOT = DATA_DIR / "exports"  # what the worker made for somebody to take away, for a day
# The largest file of any door. What comes after it is dropped while it streams in.
UPLOAD_LIMIT_BYTES = 20 * 1024**2
FILE_UPLOAD_HANDLERS = [
    "kpi_cms.foundation.core.files.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # each form takes one
# A command of this machine that reads a file from its standard input: 0 is clean, 1 is malware (clamdscan does so).
UPLOAD_SCANNER = shlex.split(os.environ.get("KPI_SCANNER", ""))
UPLOAD_SCANNER_SECONDS = 60
EVIDENCE_PER_TARGET = 10  # files of one criterion of a card, or of one task
EVIDENCE_UNIT_BYTES = int(os.environ.get("KPI_EVIDENCE_UNIT_MB", "2048")) * 1024**2
EVIDENCE_WITHDRAWN_DAYS = int(os.environ.get("KPI_EVIDENCE_WITHDRAWN_DAYS", "90"))
DATA_UPLOAD_MAX_NUMBER_FIELDS = (
    5_000  # a criteria set of a hundred criteria posts more than the default 1,000
)

# --- Background work ---------------------------------------------------------------------------------------
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "jobs": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["jobs"]},
}
JOB_HEARTBEAT_SECONDS = 2
JOB_ABANDONED_AFTER_SECONDS = 15
SCHEDULER_SECONDS = 5
# Name → local time, function called with actor (the system account) and moment.
DAILY_WORK = {
    "turn the day": ("00:05", "snippets.domain.nightly.turn_the_day"),
    "follow the registers": ("00:20", "kpi_cms.evaluation.domain.following.follow_by_night"),
    "forget ended sessions": ("02:00", "kpi_cms.foundation.accounts.domain.forget_ended_sessions"),
    "forget sent forms": ("02:05", "kpi_cms.foundation.core.sending.forget_sent_forms"),
    "forget uploads": ("02:10", "kpi_cms.interfaces.exchange.domain.forget_uploads"),
    "forget the access log": ("02:15", "kpi_cms.foundation.audit.access_log.forget"),
    "tidy evidence": ("02:20", "kpi_cms.evaluation.domain.evidence_tidying.tidy"),
    "forget bundles": ("02:25", "kpi_cms.interfaces.reporting.unit_evidence.forget_bundles"),
    "verify the ledger": ("03:00", "kpi_cms.foundation.audit.verification.nightly"),
}

# Name → seconds from one end to the next beginning, function called with moment.
FREQUENT_WORK = {
    "seal the ledger": (0.5, "kpi_cms.foundation.audit.sealing.seal_waiting"),
    "digest the access log": (300, "kpi_cms.foundation.audit.access_log.digest"),
    "anchor the ledger": (5, "kpi_cms.foundation.audit.anchors.anchor_when_due"),
    "give a sign of life": (10, "kpi_cms.foundation.core.beats.beat_of_the_scheduler"),
}

# --- The ledger's anchors (docs/ledger.md) -----------------------------------------------------------------
# A folder outside this machine's reach to rewrite: a share that only takes new files, a bucket.
LEDGER_ANCHOR_FOLDER = os.environ.get("KPI_ANCHOR_FOLDER", str(DATA_DIR / "anchors"))
LEDGER_ANCHOR_SECONDS = int(os.environ.get("KPI_ANCHOR_SECONDS", "600"))
LEDGER_ANCHOR_MAILS = [mail for mail in os.environ.get("KPI_ANCHOR_MAILS", "").split(",") if mail]
# Each anchor's heads are mailed by the worker. Django's own settings; a server that hangs is given up.
EMAIL_HOST = os.environ.get("KPI_MAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("KPI_MAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("KPI_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("KPI_MAIL_PASSWORD", "")
EMAIL_USE_TLS = environment_flag("KPI_MAIL_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("KPI_MAIL_FROM", "kpi@localhost")
LEDGER_SIGNING_KEY = os.environ.get("KPI_SIGNING_KEY", str(DATA_DIR / "signing_key.pem"))

# --- Wagtail -----------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Đánh giá cán bộ, công chức, viên chức"
WAGTAILADMIN_BASE_URL = os.environ.get("KPI_BASE_URL", "http://127.0.0.1:8000")
WAGTAILADMIN_PERMITTED_LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
WAGTAIL_GRAVATAR_PROVIDER_URL = None  # no page asks another host
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_FINISH_WORKFLOW_ACTION = "criteria_pages.workflow.finish_workflow"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]  # one clock for all; the host's list holds names that browsers refuse
WAGTAILADMIN_USER_LOGIN_FORM = "kpi_cms.foundation.accounts.forms.SignInForm"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_I18N_ENABLED = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

# Whoever holds one of these on any unit may enter the Wagtail admin (snippets.enums.AUTHORING_CAPABILITIES).
ADMIN_CAPABILITIES = [
    "author_criteria",
    "publish_criteria",
    "manage_people",
    "manage_units",
    "manage_catalogue",
    "approve_catalogue",
    "manage_periods",
    "manage_grants",
]
