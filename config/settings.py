"""Wires Atrium together. What differs between deployments is in env.py; product constants are in their modules."""

from pathlib import Path

import pghistory
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.cookies import cookie_settings
from config.databases import databases
from config.env import DEMO_OPERATOR_SECRET as DEMO_SECRET_OF_OPERATOR
from config.env import DEMO_SECRET_KEY, DEMO_STRIPE_KEY, DEMO_WEBHOOK_SECRET, env
from config.mail import mail_settings
from config.modules import INSTALLED_MODULES
from config.oidc import oidc_providers

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL = BASE_DIR / ".local"

# -- what this deployment is
DEBUG = env.debug
IS_PRODUCTION = env.is_production
SECRET_KEY = env.secret_key or DEMO_SECRET_KEY
SEALING_KEYS = env.master_keys  # version -> key; the first one wraps the keys of new tenants
PLATFORM_URL = env.url.rstrip("/")
PLATFORM_HOST = env.host
ALLOWED_HOSTS = ["*"]  # HostMiddleware decides: every host that is nobody's gets the same 404
TRUSTED_PROXIES = env.trusted_proxies
CNAME_TARGET = env.cname_target  # where custom domains have to lead; none: to the platform's host
DNS_FILE = "" if env.is_production else str(LOCAL / "dns.txt")  # the records below `.test` of a demo

# -- the parts
SHARED_APPS = [
    "tenants",  # before django_tenants, whose migrate command it replaces
    "tenants.domains",
    "django_tenants",
    "tenancy",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "identity",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "pgtrigger",
    "pghistory",  # its own tables stay empty: what it keeps is kept per module, in the tenant (history.former)
    "guardian",  # its own tables stay empty: grants are kept per module, in the tenant (access.grants)
    "monitoring",
    "jobs",
    "privacy",
    "webhooks",
    "tenants.console",
]
TENANT_APPS = [
    "access",
    "audit",
    "notify",
    "filestore",
    "httpapi",
    "tenants.life",
    *INSTALLED_MODULES,
]
INSTALLED_APPS = [
    *SHARED_APPS,
    *TENANT_APPS,
    "webui",
    "django.contrib.messages",
    "django.forms",  # the widgets' templates
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_vite",
    "rules",
    "template_partials",
]
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "webui.middleware.HealthMiddleware",
    "tenancy.middleware.OriginMiddleware",
    "monitoring.middleware.MetricsMiddleware",
    "monitoring.middleware.WatchMiddleware",
    "tenancy.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "webui.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.StandingMiddleware",
    "identity.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "identity.middleware.SignedInMiddleware",
    "identity.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "identity.middleware.OnwardMiddleware",
    "identity.middleware.RefusedFormMiddleware",
    "tenants.console.middleware.SupportMiddleware",
    "tenants.middleware.ElsewhereMiddleware",
    "tenancy.middleware.RoomMiddleware",
    "tenants.middleware.SecondStepMiddleware",
    "webui.middleware.ProblemPageMiddleware",
    "identity.middleware.ProofMiddleware",
    "kernel.gate.ModuleGate",
]
ROOT_URLCONF = "config.urls"
PLATFORM_URLCONF = "config.urls_platform"
WSGI_APPLICATION = "config.wsgi.application"

# -- Postgres
DATABASE_PLATFORM_ROLE = "atrium_platform"
DATABASE_TENANTS_ROLE = "atrium_tenant"
DATABASES = databases(env)
DATABASE_ROUTERS = ["tenancy.routers.RoomRouter"]
TENANT_SYNC_ROUTER = "tenancy.routers.RoomRouter"
# What tenants need beside them, where they are kept in a database of their own (CELL_DATABASE_URL).
CELL_APPS = ["tenancy", "django.contrib.contenttypes", "django.contrib.auth", "jobs"]

PG_DUMP = env.pg_dump
UNDO_SECONDS = env.undo_seconds  # for so long a slip of the hand at the desk is nobody else's business
SPARE_SCHEMAS = 0 if env.mode == "test" else env.spare_schemas  # built ahead of who signs up

# -- history
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)  # states are looked up by their own row only
PGHISTORY_CREATED_AT_FUNCTION = "clock_timestamp()"  # two states of one transaction have an order
PGTRIGGER_SCHEMA_EDITOR = False  # for conditions that name columns; ours name none

# -- Valkey or Redis: the cache and the transport of jobs; Postgres keeps the truth
REDIS_URL = env.redis_url
CACHES = {
    "default": {
        "BACKEND": "kernel.steady_cache.SteadyCache",
        "LOCATION": REDIS_URL,
        # One that does not answer must not hold a page up: asked once more at once, then left alone for a while.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 0.5, "retry": Retry(NoBackoff(), 1)},
    }
}

# -- people
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "identity.breaches.NotStolenValidator"},
]
STOLEN_PASSWORDS_URL = env.stolen_passwords_url  # none: nobody is asked
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/workspaces/"
SESSION_ENGINE = "identity.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
COOKIE_PREFIX = ""
vars().update(cookie_settings(is_https=env.is_https))  # among them COOKIE_PREFIX, over https
CSRF_FAILURE_VIEW = "webui.errors.csrf_failure"
MESSAGE_STORAGE = "webui.messages.CookieStorage"
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # `User.has_perm` asks access.permissions, which reads the grants itself
    "security.W021",  # whether browsers are shipped with our name is for whoever owns the domain to ask
    "auth.W004",  # e-mails are unique, whatever their case, by a constraint on lower(email)
]

ACCOUNT_ADAPTER = "identity.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 2  # as long as a reserved name is kept (tenants.signup)
ACCOUNT_RATE_LIMITS = {
    "confirm_email": "1/20s/key,10/h/key",  # a mail held back is not told to anybody
    "login": "120/m/ip",
    "login_failed": None,  # counted in identity.attempts, with growing waits
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60  # a tenant's sensitive pages hold to it, too (identity.proofs)
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "signup": "identity.forms.PersonalSignupForm",
    "login": "identity.forms.SignInForm",
    "add_email": "identity.forms.AddressForm",
    "reset_password": "identity.forms.LostPasswordForm",
    "reset_password_from_key": "identity.forms.NewPasswordForm",
    "change_password": "identity.forms.ChangePasswordForm",
    "reauthenticate": "identity.forms.PasswordAgainForm",
}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if env.is_https else "http"
SOCIALACCOUNT_PROVIDERS = oidc_providers(env)  # none: nobody signs in elsewhere, and there are no pages for it
SOCIALACCOUNT_ADAPTER = "identity.elsewhere.ElsewhereAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address that a provider names opens no account that is there
SOCIALACCOUNT_FORMS = {"signup": "identity.forms.ElsewhereSignupForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey that opens for anybody who holds it is one factor, not two
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.is_https  # browsers allow localhost
MFA_ADAPTER = "identity.adapter.SecondStepAdapter"
MFA_TOTP_ISSUER = "Atrium"
DEMO_OPERATOR_SECRET = "" if env.is_production else DEMO_SECRET_OF_OPERATOR
MFA_FORMS = {
    "authenticate": "identity.forms.CodeForm",
    "reauthenticate": "identity.forms.ReauthenticateByCodeForm",
    "activate_totp": "identity.forms.TurnOnCodesForm",
    "add_webauthn": "identity.forms.AddPasskeyForm",
    "edit_webauthn": "identity.forms.RenamePasskeyForm",
}

# -- https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.trusted_proxies else None
SECURE_SSL_REDIRECT = env.is_production
SECURE_REDIRECT_EXEMPT = ["^internal/certificates/$"]  # the proxy asks before there is a certificate
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if env.is_production else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.is_production
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# -- pages
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "webui.context.shell",
            ],
            "builtins": ["webui.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "webui.forms.Renderer"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static" if env.is_production else None  # an image collects them; elsewhere finders do
STATICFILES_DIRS = [BASE_DIR / "platform" / "webui" / "frontend" / "dist"]
STORAGES = {
    "default": {"BACKEND": "filestore.storage.TenantFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not env.is_production
WHITENOISE_AUTOREFRESH = env.mode == "test"  # a client of the tests would list all files anew
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/"  # Vite puts a hash into these names
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": STATICFILES_DIRS[0] / "manifest.json"}}

# -- files of tenants
FILES_FOLDER = env.files_folder or str(LOCAL / "files")
AWS_STORAGE_BUCKET_NAME = env.bucket
AWS_S3_ENDPOINT_URL = env.s3_endpoint or None
MOST_FILE_BYTES = env.file_megabytes * 1024 * 1024  # of one file that somebody uploads
VIDEO_HOSTS = frozenset(env.video_hosts.replace(" ", "").lower().split(","))  # where films of exercises may lie
SCANNER = env.scanner  # clamd://host:port; what nobody scans says so on every page

# -- mail
vars().update(mail_settings(env))
DEFAULT_FROM_EMAIL = env.email_from
OUTBOX_FOLDER = env.outbox_folder

# -- Stripe
STRIPE_SECRET_KEY = env.stripe_secret_key or DEMO_STRIPE_KEY
STRIPE_WEBHOOK_SECRET = env.stripe_webhook_secret or DEMO_WEBHOOK_SECRET
REHEARSES_E_INVOICES = not env.is_production  # whether a practice may have electronic invoices taken by nobody
STRIPE_API_BASE = env.stripe_stand_in

# -- calendars and other things elsewhere, at addresses that people name
OUTBOUND_STAND_INS: frozenset[str] = frozenset()  # host:port; only tests put something in the Internet's place

# -- language and time
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English (United Kingdom)"), ("en-us", "English (United States)")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# -- how it is doing
METRICS_TOKEN = env.metrics_token
METRICS_LISTEN = env.metrics_listen
SLOW_QUERY_MS = env.slow_query_ms
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"occasion": {"()": "monitoring.logs.OccasionFilter"}},
    "formatters": {
        "line": {
            "()": "monitoring.logs.Lines",
            "format": "{asctime} {levelname} {name}: {message} [{name_of_occasion} {occasion_id}]",
            "style": "{",
        },
        "json": {"()": "monitoring.logs.JsonLines"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if env.is_production else "line",
            "filters": ["occasion"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
}
