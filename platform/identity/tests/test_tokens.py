"""The tokens of programs: whose they are, where they are good, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from identity import tokens
from identity.models import RefreshToken, User
from identity.tokens import ACCESS_FOR, REFRESH_FOR, TokenNotGood, issue_tokens, read_access, renew_tokens
from tenancy import TenantRef, use_platform
from tests.across_hosts import Browser
from tests.cast import PASSWORD

RITA = {"username": "rita@clinic.example", "password": PASSWORD}
SECOND = timedelta(seconds=1)


@pytest.fixture
def at() -> datetime:
    """Now, which is also what an access token is measured by."""
    return datetime.now(UTC).replace(microsecond=0)


def post(api: Any, path: str, body: dict[str, str], tenant: TenantRef) -> Any:
    return api(None, tenant).post(f"/api/token/{path}", body)


def kept() -> int:
    with use_platform():
        return RefreshToken.objects.count()


def test_a_refresh_token_is_exchanged_for_another_pair(api: Any, clinic: TenantRef) -> None:
    first = post(api, "", RITA, clinic).json()

    second = post(api, "refresh/", {"refresh": first["refresh"]}, clinic).json()

    assert second["refresh"] != first["refresh"]
    program = api(None)
    program.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {second['access']}"
    assert program.get("/api/patients/").status_code == 200


def test_a_refresh_token_that_comes_back_ends_the_whole_family(api: Any, clinic: TenantRef) -> None:
    """One of the two who have it stole it, and nobody knows which."""
    first = post(api, "", RITA, clinic).json()
    second = post(api, "refresh/", {"refresh": first["refresh"]}, clinic).json()

    again = post(api, "refresh/", {"refresh": first["refresh"]}, clinic)
    honest = post(api, "refresh/", {"refresh": second["refresh"]}, clinic)

    assert (again.status_code, again.json()["code"]) == (401, "token-not-good")
    assert honest.status_code == 401
    assert kept() == 0


def test_another_sign_in_of_the_same_person_goes_on(api: Any, clinic: TenantRef) -> None:
    stolen, other = (post(api, "", RITA, clinic).json()["refresh"] for _ in range(2))
    for _ in range(2):
        post(api, "refresh/", {"refresh": stolen}, clinic)

    assert post(api, "refresh/", {"refresh": other}, clinic).status_code == 200


def test_a_refresh_token_is_good_at_its_own_tenant_only(
    api: Any, clinic: TenantRef, other: TenantRef, rita: User
) -> None:
    pair = post(api, "", RITA, clinic).json()

    assert post(api, "refresh/", {"refresh": pair["refresh"]}, other).status_code == 401
    assert post(api, "refresh/", {"refresh": pair["refresh"]}, clinic).status_code == 200


def test_of_a_refresh_token_only_its_digest_is_kept(rita: User, clinic: TenantRef, at: datetime) -> None:
    pair = issue_tokens(user=rita, tenant_id=clinic.id, at=at)

    with use_platform():
        (row,) = RefreshToken.objects.filter(user=rita).values_list("digest", flat=True)
    assert pair.refresh not in row


def test_a_refresh_token_runs_out(rita: User, clinic: TenantRef, at: datetime) -> None:
    early, late = (issue_tokens(user=rita, tenant_id=clinic.id, at=at).refresh for _ in range(2))

    renew_tokens(refresh=early, tenant_id=clinic.id, at=at + REFRESH_FOR - SECOND)
    with pytest.raises(TokenNotGood):
        renew_tokens(refresh=late, tenant_id=clinic.id, at=at + REFRESH_FOR)


def test_an_access_token_runs_out(rita: User, clinic: TenantRef, at: datetime) -> None:
    good, over = (
        issue_tokens(user=rita, tenant_id=clinic.id, at=at - ACCESS_FOR + rest).access
        for rest in (timedelta(minutes=1), timedelta(0))
    )

    assert read_access(access=good, tenant_id=clinic.id).user == rita
    with pytest.raises(TokenNotGood):
        read_access(access=over, tenant_id=clinic.id)


def test_an_access_token_is_good_at_its_own_tenant_only(
    rita: User, clinic: TenantRef, other: TenantRef, at: datetime
) -> None:
    access = issue_tokens(user=rita, tenant_id=clinic.id, at=at).access

    with pytest.raises(TokenNotGood, match="not issued here"):
        read_access(access=access, tenant_id=other.id)


def test_a_token_that_was_signed_by_somebody_else_or_by_nobody_is_worth_nothing(
    rita: User, clinic: TenantRef, at: datetime
) -> None:
    claims = jwt.decode(
        issue_tokens(user=rita, tenant_id=clinic.id, at=at).access, tokens._key(), algorithms=[tokens.ALGORITHM]
    )

    for forged in (jwt.encode(claims, "k" * 32, algorithm="HS256"), jwt.encode(claims, None, algorithm="none"), "x"):
        with pytest.raises(TokenNotGood):
            read_access(access=forged, tenant_id=clinic.id)


def test_who_may_no_longer_sign_in_has_no_tokens(rita: User, clinic: TenantRef, at: datetime) -> None:
    pair = issue_tokens(user=rita, tenant_id=clinic.id, at=at)
    with use_platform():
        User.objects.filter(pk=rita.pk).update(is_active=False)

    with pytest.raises(TokenNotGood):
        read_access(access=pair.access, tenant_id=clinic.id)
    with pytest.raises(TokenNotGood):
        renew_tokens(refresh=pair.refresh, tenant_id=clinic.id, at=at)


def test_a_new_password_ends_the_refresh_tokens_of_before(api: Any, clinic: TenantRef, mailoutbox: list[Any]) -> None:
    pair = post(api, "", RITA, clinic).json()
    visitor = Browser()
    visitor.send({"login": RITA["username"], "password": PASSWORD}, to="http://localhost:8000/accounts/login/")
    new = {"oldpassword": PASSWORD, "password1": "calm-and-steady-9", "password2": "calm-and-steady-9"}
    visitor.send(new, to="http://localhost:8000/accounts/password/change/")

    assert post(api, "", RITA, clinic).status_code == 401
    assert post(api, "refresh/", {"refresh": pair["refresh"]}, clinic).status_code == 401
