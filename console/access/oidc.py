"""Signing in by the organisation's own identity provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636)."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr

from console.access.accounts import Account
from console.access.roles import Role
from console.settings import OidcSettings
from shelfstream.clock import Clock
from shelfstream.errors import ShelfstreamError, Unavailable

_WITHIN_S = 10.0
_LASTS_S = 600
_BELIEVED_S = 3600.0
_SALT = "shelfstream.oidc"
# Signatures of the provider's own keys; "none" and shared secrets are not among them.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_STRANGE = re.compile(r"[^a-z0-9._-]+")


class OidcRefused(ShelfstreamError):
    """Why somebody is not let in, in a sentence for that person."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser is sent, and what it keeps until it is back."""

    url: str
    kept: str


class Oidc:
    """One identity provider. Any thread may use it. ``keys`` sign what a browser keeps; without any it is this process
    alone that takes a browser back.
    """

    def __init__(self, settings: OidcSettings, clock: Clock, keys: Sequence[SecretStr]) -> None:
        self.settings = settings
        self._clock = clock
        key = keys[0].get_secret_value() if keys else secrets.token_urlsafe(32)
        self._serializer = URLSafeTimedSerializer(key, salt=_SALT)
        self._read: dict[str, tuple[dict[str, Any], float]] = {}

    def begin(self, wanted: str) -> Begun:
        """Send somebody to the provider. ``wanted``: the page to go to afterwards. Raises ``Unavailable``."""
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        session = self._session(code_challenge_method="S256")
        url, state = session.create_authorization_url(
            self._provider()["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        return Begun(url, self._serializer.dumps([state, nonce, verifier, wanted]))

    def finish(self, answered: Mapping[str, str], kept: str) -> tuple[Account, str]:
        """Who is back, with which role, and which page was wanted. Raises ``OidcRefused``, ``Unavailable``."""
        try:
            state, nonce, verifier, wanted = self._serializer.loads(kept, max_age=_LASTS_S)
        except (BadData, ValueError) as exc:
            raise OidcRefused("This took too long, or was begun in another browser. Please try again.") from exc
        if not hmac.compare_digest(state.encode(), answered.get("state", "").encode()):
            raise OidcRefused("This was begun in another window. Please try again.")
        if "code" not in answered:
            raise OidcRefused("Your identity provider did not let you in.")
        claims = self._claims(self._identity(answered["code"], verifier), nonce)
        return self._account(claims), str(wanted)

    def _identity(self, code: str, verifier: str) -> str:
        try:
            token = self._session().fetch_token(
                self._provider()["token_endpoint"], code=code, code_verifier=verifier, timeout=_WITHIN_S,
                grant_type="authorization_code",
            )  # fmt: skip
        except AuthlibBaseError as exc:
            raise OidcRefused("Your identity provider did not confirm who you are. Please try again.") from exc
        except (requests.RequestException, ValueError) as exc:
            raise _away(exc) from exc
        return str(token.get("id_token", ""))

    def _claims(self, identity: str, nonce: str) -> dict[str, Any]:
        """What the provider says, signed by a key of its own, to us, about this very sign-in, and not too old."""
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()), leeway=60,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            exp={"essential": True}, sub={"essential": True}, nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        for fresh in (False, True):
            try:
                claims: dict[str, Any] = jwt.decode(identity, self._keys(fresh=fresh), algorithms=_ALGORITHMS).claims
                registry.validate(claims)
            except (JoseError, ValueError) as exc:
                if fresh:
                    raise OidcRefused("What your identity provider said cannot be trusted. Please try again.") from exc
            else:
                return claims
        raise AssertionError("the second try returns or raises")

    def _account(self, claims: Mapping[str, Any]) -> Account:
        chosen, said = self.settings, claims.get(self.settings.roles_claim)
        groups = {said} if isinstance(said, str) else set(said or ())
        role = next((role for group, role in chosen.roles.items() if group in groups), None)
        if role is None:
            raise OidcRefused("Your account has no role here yet: ask whoever manages accounts.")
        stores = None if not chosen.stores_claim else claims.get(chosen.stores_claim) or ()
        seen = None if stores is None else frozenset({stores} if isinstance(stores, str) else map(str, stores))
        return Account(_name(self.settings, claims), Role(role), seen)

    def _session(self, **options: str) -> OAuth2Session:
        chosen = self.settings
        secret = None if chosen.client_secret is None else chosen.client_secret.get_secret_value()
        return OAuth2Session(
            chosen.client_id, secret, scope=" ".join(chosen.scopes), redirect_uri=chosen.redirect_url, **options
        )

    def _provider(self) -> dict[str, Any]:
        found = self._fetched(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.settings.issuer:
            raise OidcRefused("The identity provider calls itself otherwise than the settings do: tell an operator.")
        return found

    def _keys(self, *, fresh: bool) -> KeySet:
        return KeySet.import_key_set(self._fetched(self._provider()["jwks_uri"], fresh=fresh))  # type: ignore[arg-type]

    def _fetched(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        """A document of the provider's, believed for an hour. Raises ``Unavailable``."""
        now_s = self._clock.monotonic_s()
        kept, until_s = self._read.get(url, ({}, 0.0))
        if kept and now_s < until_s and not fresh:
            return kept
        try:
            answer = requests.get(url, timeout=_WITHIN_S, allow_redirects=False)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as exc:
            raise _away(exc) from exc
        self._read[url] = found, now_s + _BELIEVED_S
        return found


def _away(exc: Exception) -> Unavailable:
    return Unavailable(f"identity provider: {type(exc).__name__}", retry_after_s=5.0)


def _name(settings: OidcSettings, claims: Mapping[str, Any]) -> str:
    """A name that is this person's alone, whatever else they are called, and no local account's."""
    called = _STRANGE.sub("-", str(claims.get(settings.name_claim) or "account").lower())[:40].strip("-._") or "account"
    whose = hashlib.sha256(f"{settings.issuer}\n{claims['sub']}".encode()).hexdigest()[:8]
    return f"{called}.{whose}"
