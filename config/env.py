"""The environment, typed. Everything that differs between two deployments is here and nowhere else."""

from __future__ import annotations

import base64
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET_KEY = "atrium-demo-secret-key-that-everybody-knows"  # noqa: S105 - refused in production
DEMO_WEBHOOK_SECRET = "whsec_atrium_demo"  # noqa: S105 - refused in production
DEMO_STRIPE_KEY = "sk_test_atrium_demo"
DEMO_OPERATOR_SECRET = "ATRIUMDEMOOPERATORATRIUMDEMOOPER"  # noqa: S105 - the demo's operator only
DEMO_SEALING_KEY = b"atrium-demo-sealing-key-32-bytes"  # refused in production


class Environment(BaseSettings):
    """What the deployment says. `ATRIUM_MODE=production`, the default, refuses every demo part."""

    model_config = SettingsConfigDict(extra="ignore")

    mode: Literal["production", "demo", "test"] = Field("production", validation_alias="ATRIUM_MODE")
    debug: bool = Field(default=False, validation_alias="DEBUG")
    secret_key: str = Field("", validation_alias="ATRIUM_SECRET_KEY")
    url: str = Field("http://localhost:8000", validation_alias="ATRIUM_URL")
    sealing_keys: str = Field("", validation_alias="ATRIUM_SEALING_KEYS")
    trusted_proxies: int = Field(0, validation_alias="ATRIUM_TRUSTED_PROXIES", ge=0)
    cname_target: str = Field("", validation_alias="ATRIUM_CNAME_TARGET")

    database_url: str = Field("", validation_alias="DATABASE_URL")
    cell_database_url: str = Field("", validation_alias="CELL_DATABASE_URL")
    database_pool: int = Field(8, validation_alias="ATRIUM_DATABASE_POOL", ge=1)
    undo_seconds: int = Field(60, validation_alias="ATRIUM_UNDO_SECONDS", ge=0)
    spare_schemas: int = Field(3, validation_alias="ATRIUM_SPARE_SCHEMAS", ge=0)
    pg_dump: str = Field("", validation_alias="PG_DUMP")
    redis_url: str = Field("", validation_alias="REDIS_URL")

    stripe_secret_key: str = Field("", validation_alias="STRIPE_SECRET_KEY")
    stripe_webhook_secret: str = Field("", validation_alias="STRIPE_WEBHOOK_SECRET")
    stripe_stand_in: str = Field("", validation_alias="ATRIUM_STRIPE_STAND_IN")

    bucket: str = Field("", validation_alias="AWS_STORAGE_BUCKET_NAME")
    s3_endpoint: str = Field("", validation_alias="AWS_S3_ENDPOINT_URL")
    file_megabytes: int = Field(25, validation_alias="ATRIUM_FILE_MEGABYTES", ge=1, le=100)
    scanner: str = Field("", validation_alias="ATRIUM_SCANNER")
    video_hosts: str = Field("youtube.com,youtu.be,vimeo.com", validation_alias="ATRIUM_VIDEO_HOSTS")
    files_folder: str = Field("", validation_alias="ATRIUM_FILES_FOLDER")

    email_url: str = Field("", validation_alias="EMAIL_URL")
    email_from: str = Field("Atrium <no-reply@atrium.example>", validation_alias="EMAIL_FROM")
    oidc_issuer: str = Field("", validation_alias="ATRIUM_OIDC_ISSUER")
    oidc_name: str = Field("", validation_alias="ATRIUM_OIDC_NAME")
    oidc_client_id: str = Field("", validation_alias="ATRIUM_OIDC_CLIENT_ID")
    oidc_client_secret: str = Field("", validation_alias="ATRIUM_OIDC_CLIENT_SECRET")
    stolen_passwords_url: str = Field("", validation_alias="ATRIUM_STOLEN_PASSWORDS_URL")
    metrics_token: str = Field("", validation_alias="ATRIUM_METRICS_TOKEN")
    metrics_listen: str = Field("", validation_alias="ATRIUM_METRICS_LISTEN")  # host:port, of worker and clock
    slow_query_ms: int = Field(200, validation_alias="ATRIUM_SLOW_QUERY_MS", ge=0)
    outbox_folder: str = Field("", validation_alias="ATRIUM_OUTBOX_FOLDER")

    @cached_property
    def is_production(self) -> bool:
        return self.mode == "production"

    @cached_property
    def host(self) -> str:
        """The platform's own host, without the port: tenants live on subdomains of it."""
        return urlsplit(self.url).hostname or "localhost"

    @cached_property
    def is_https(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    @cached_property
    def master_keys(self) -> dict[str, bytes]:
        """The keys that tenants' keys are wrapped with, by their versions; the first wraps new ones.

        Empty if what the environment says makes no sense.
        """
        if not self.sealing_keys:
            return {"demo": DEMO_SEALING_KEY}
        try:
            pairs = [pair.strip().split(":") for pair in self.sealing_keys.split(",")]
            keys = {version: base64.b64decode(key, validate=True) for version, key in pairs}
        except ValueError:
            return {}
        return keys if all(version and len(key) == 32 for version, key in keys.items()) else {}

    @property
    def _oidc(self) -> tuple[str, ...]:
        return (self.oidc_issuer, self.oidc_name, self.oidc_client_id, self.oidc_client_secret)

    def refuse_demo_parts(self) -> None:
        """Raise `ImproperlyConfigured` with everything that must not reach production, all at once."""
        if not self.is_production:
            return
        problems = [problem for is_wrong, problem in self._production_rules() if is_wrong]
        if problems:
            raise ImproperlyConfigured("Atrium does not start in production like this:\n- " + "\n- ".join(problems))

    def _production_rules(self) -> list[tuple[bool, str]]:
        return [
            (self.debug, "DEBUG is on."),
            (len(self.secret_key) < 32, "ATRIUM_SECRET_KEY is missing or shorter than 32 characters."),
            (self.secret_key == DEMO_SECRET_KEY, "ATRIUM_SECRET_KEY is the demo's."),
            (not self.sealing_keys, "ATRIUM_SEALING_KEYS is missing."),
            (
                bool(self.sealing_keys) and DEMO_SEALING_KEY in self.master_keys.values(),
                "ATRIUM_SEALING_KEYS is the demo's.",
            ),
            (not self.master_keys, "ATRIUM_SEALING_KEYS is not version:key,version:key, each 32 bytes in base64."),
            (not self.is_https, "ATRIUM_URL is not https."),
            (not self.database_url, "DATABASE_URL is missing."),
            (not self.redis_url, "REDIS_URL is missing."),
            (not self.stripe_secret_key, "STRIPE_SECRET_KEY is missing."),
            (self.stripe_secret_key == DEMO_STRIPE_KEY, "STRIPE_SECRET_KEY is the demo's."),
            (not self.stripe_webhook_secret, "STRIPE_WEBHOOK_SECRET is missing."),
            (self.stripe_webhook_secret == DEMO_WEBHOOK_SECRET, "STRIPE_WEBHOOK_SECRET is the demo's."),
            (bool(self.stripe_stand_in), "ATRIUM_STRIPE_STAND_IN is set: the stand-in takes no money."),
            (not self.bucket, "AWS_STORAGE_BUCKET_NAME is missing: files would be kept on one machine only."),
            (
                bool(self.scanner) and urlsplit(self.scanner).scheme != "clamd",
                "ATRIUM_SCANNER is not clamd://host:port, or empty.",
            ),
            (not self.email_url, "EMAIL_URL is missing."),
            (
                bool(self.oidc_issuer) and urlsplit(self.oidc_issuer).scheme != "https",
                "ATRIUM_OIDC_ISSUER is not https.",
            ),
            (
                any(self._oidc) and not all(self._oidc),
                "ATRIUM_OIDC_ISSUER, _NAME, _CLIENT_ID and _CLIENT_SECRET belong together.",
            ),
            (
                bool(self.stolen_passwords_url) and urlsplit(self.stolen_passwords_url).scheme != "https",
                "ATRIUM_STOLEN_PASSWORDS_URL is not https.",
            ),
            (bool(self.outbox_folder), "ATRIUM_OUTBOX_FOLDER is set: mail would be shown instead of sent."),
        ]


env = Environment()
env.refuse_demo_parts()
