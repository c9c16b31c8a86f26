"""A server that speaks S3 and believes nobody: every request has to be signed (AWS Signature Version 4), in its headers
or its address, with the right secret, for just this request, and not too long ago.

moto keeps the files and answers; it asks for no signatures. What stands before it here works each one out anew with
botocore's own signers and compares.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

STAMP = "%Y%m%dT%H%M%SZ"
REFUSAL = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>Refused.</Message></Error>"
App = Callable[..., Iterable[bytes]]


class AsksForSignatures:
    """WSGI, around another app. `now` is the server's clock."""

    def __init__(self, app: App, *, key: str, secret: str, region: str) -> None:
        self.app, self.region = app, region
        self.credentials = Credentials(key, secret)
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        code = self.refusal_of(environ)
        if not code:
            return self.app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [REFUSAL.format(code=code).encode()]

    def refusal_of(self, environ: dict[str, Any]) -> str:
        asked = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        if "X-Amz-Signature" in asked:
            return self._of_address(environ, asked)
        if "HTTP_AUTHORIZATION" in environ:
            return self._of_headers(environ)
        return "AccessDenied"

    def _of_address(self, environ: dict[str, Any], asked: dict[str, str]) -> str:
        signed_at = datetime.strptime(asked["X-Amz-Date"], STAMP).replace(tzinfo=UTC)
        if self.now() > signed_at + timedelta(seconds=int(asked["X-Amz-Expires"])):
            return "AccessDenied"  # as S3 says: Request has expired
        request = self._request(environ, asked["X-Amz-SignedHeaders"].split(";"))
        signer = S3SigV4QueryAuth(self.credentials, "s3", self.region, expires=int(asked["X-Amz-Expires"]))
        return self._compared(signer, request, asked["X-Amz-Date"], asked["X-Amz-Credential"], asked["X-Amz-Signature"])

    def _of_headers(self, environ: dict[str, Any]) -> str:
        parts = dict(each.strip().split("=", 1) for each in environ["HTTP_AUTHORIZATION"].partition(" ")[2].split(","))
        request = self._request(environ, parts["SignedHeaders"].split(";"))
        signer = S3SigV4Auth(self.credentials, "s3", self.region)
        return self._compared(signer, request, environ["HTTP_X_AMZ_DATE"], parts["Credential"], parts["Signature"])

    def _request(self, environ: dict[str, Any], signed: list[str]) -> AWSRequest:
        said = environ.get("QUERY_STRING", "").split("&")
        query = "&".join(each for each in said if each and not each.startswith("X-Amz-Signature="))
        url = f"http://{environ['HTTP_HOST']}{quote(environ['PATH_INFO'], safe='/~')}" + (f"?{query}" if query else "")
        headers = {name: self._header(environ, name) for name in signed}
        return AWSRequest(method=environ["REQUEST_METHOD"], url=url, headers=headers)

    def _header(self, environ: dict[str, Any], name: str) -> str:
        key = name.upper().replace("-", "_")
        return str(environ.get(key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}", ""))

    def _compared(self, signer: Any, request: AWSRequest, stamp: str, credential: str, given: str) -> str:
        if credential.partition("/")[0] != self.credentials.access_key:
            return "InvalidAccessKeyId"
        request.context["timestamp"] = stamp
        if "x-amz-content-sha256" in request.headers:
            request.context["payload_signing_enabled"] = True
        canonical = signer.canonical_request(request)
        right = signer.signature(signer.string_to_sign(request, canonical), request)
        return "" if hmac.compare_digest(right, given) else "SignatureDoesNotMatch"
