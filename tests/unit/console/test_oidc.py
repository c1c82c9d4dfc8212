"""Signing in by an identity provider: only what it surely says, to us, about this very sign-in, lets anybody in."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr, ValidationError

from console.access.gate import Gate
from console.access.oidc import Oidc
from console.access.roles import Role
from console.access.sign_in import add_sign_in
from console.api.routes import add_api, add_error_answers
from console.settings import OidcSettings
from shelfstream.clock import ManualClock, SystemClock
from shelfstream.secrets import KnownSecrets
from tests.unit.console.access_rig import Door, door_at
from tests.unit.console.console_fakes import STORE, World

CLIENT, SECRET = "shelfstream", "the client's secret"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Provider:
    """An identity provider of a person; ``claims`` are changed by tests, ``key`` signs."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: KEY)
    claims: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    away: bool = False

    def settings(self, **changes: Any) -> OidcSettings:
        roles = {"admins": Role.ADMINISTRATOR, "managers": Role.MANAGER, "staff": Role.STAFF}
        given: dict[str, Any] = {
            "issuer": self.issuer, "client_id": CLIENT, "client_secret": SecretStr(SECRET), "roles": roles,
            "redirect_url": "https://shelves.example/signin/oidc/back", "stores_claim": "stores",
        }  # fmt: skip
        return OidcSettings.model_validate({**given, **changes})

    def authorise(self, url: str) -> dict[str, str]:
        """What the browser is sent back with by a person who agrees."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str], authorization: str) -> dict[str, str] | None:
        """The identity, to whoever began with this code and proves it."""
        asked = self.codes.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        whose = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or proof != asked["code_challenge"] or authorization != f"Basic {whose}":
            return None
        claims = {"nonce": asked["nonce"], **self.claims}
        return {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key),
        }


@contextmanager
def provider_of(now_s: int) -> Iterator[Provider]:
    held = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            documents = {
                "/.well-known/openid-configuration": {
                    "issuer": held.issuer, "authorization_endpoint": f"{held.issuer}/authorize",
                    "token_endpoint": f"{held.issuer}/token", "jwks_uri": f"{held.issuer}/keys",
                },
                "/keys": {"keys": [KEY.as_dict(private=False)]},
            }  # fmt: skip
            self._answer(documents.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(held.token(form, self.headers.get("Authorization", "")) or {"error": "invalid_grant"})

        def _answer(self, document: object) -> None:
            self.send_response(503 if held.away or document is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        held.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        held.claims = {
            "iss": held.issuer, "aud": CLIENT, "sub": "42", "exp": now_s + 300, "preferred_username": "Anna Ärmel",
            "groups": ["everybody", "managers"], "stores": [STORE],
        }  # fmt: skip
        yield held
        server.shutdown()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now())


@pytest.fixture
def provider(clock: ManualClock) -> Iterator[Provider]:
    with provider_of(int(clock.now().timestamp())) as made:
        yield made


@pytest.fixture
def door(tmp_path: Path, clock: ManualClock) -> Iterator[Door]:
    with door_at(tmp_path, clock) as made:
        yield made


@pytest.fixture
def client(provider: Provider, door: Door, clock: ManualClock) -> Iterator[TestClient]:
    app = FastAPI()
    add_error_answers(app, KnownSecrets())
    add_api(app, World(clock).console_data)
    add_sign_in(app, "Shelfstream", door.keeper, Oidc(provider.settings(), clock, ()))
    app.add_middleware(Gate, doorkeeper=door.keeper)
    with TestClient(app, follow_redirects=False) as made:
        yield made


def begin(client: TestClient, provider: Provider, wanted: str = "") -> dict[str, str]:
    """What the browser is sent back with."""
    sent = client.get("/signin/oidc", params={"next": wanted})
    assert sent.status_code == 303
    return provider.authorise(sent.headers["location"])


def test_who_the_provider_knows_comes_in_with_a_role(client: TestClient, provider: Provider, door: Door) -> None:
    """By the first group that the settings name, for the stores that it lists, to the page that was wanted."""
    assert "Sign in with your work account" in client.get("/signin?next=alerts").text
    back = client.get("/signin/oidc/back", params=begin(client, provider, "alerts?store=a"))
    assert (back.status_code, back.headers["location"]) == (303, "/alerts?store=a")
    assert client.get("/api/stores").json() == [{"id": STORE, "name": "Main Street"}]
    (account,) = door.accounts.all()
    assert account.name.startswith("anna-rmel.")
    assert (account.role, account.stores, account.has_password) == (Role.MANAGER, frozenset({STORE}), False)
    provider.claims |= {"groups": "staff", "stores": []}
    assert client.get("/signin/oidc/back", params=begin(client, provider)).status_code == 303
    assert [(each.role, each.stores) for each in door.accounts.all()] == [(Role.STAFF, frozenset())]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"nonce": "of another sign-in"},
        {"exp": 1_000_000},
        {"groups": ["everybody"]},
        {"groups": None},
        {"sub": None},
    ],
)
def test_what_is_not_said_to_us_now_lets_nobody_in(
    client: TestClient, provider: Provider, door: Door, changes: dict[str, Any]
) -> None:
    """Another's audience, issuer or sign-in, one that is over, or somebody without a role here."""
    provider.claims |= changes
    assert client.get("/signin/oidc/back", params=begin(client, provider)).status_code == 403
    assert door.accounts.all() == []
    assert client.get("/api/stores").status_code == 401


def test_what_another_key_signed_lets_nobody_in(client: TestClient, provider: Provider, door: Door) -> None:
    """Though it calls itself by the same name."""
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    refused = client.get("/signin/oidc/back", params=begin(client, provider))
    assert (refused.status_code, "cannot be trusted" in refused.text) == (403, True)
    assert door.accounts.all() == []


def test_who_did_not_begin_here_is_not_let_in(client: TestClient, provider: Provider, clock: ManualClock) -> None:
    """Another state, another browser, a code that was used, or too late: each is told, and may be tried again."""
    answered = begin(client, provider)
    assert client.get("/signin/oidc/back", params={**answered, "state": "of another"}).status_code == 403
    assert (
        client.get("/signin/oidc/back", params={"state": answered["state"], "error": "access_denied"}).status_code
        == 403
    )
    assert client.get("/signin/oidc/back", params=answered).status_code == 303
    assert client.get("/signin/oidc/back", params=answered).status_code == 403
    stolen = begin(client, provider)
    client.cookies.clear()
    refused = client.get("/signin/oidc/back", params=stolen)
    assert (refused.status_code, "another browser" in refused.text) == (403, True)


def test_a_provider_that_is_away_is_told(client: TestClient, provider: Provider) -> None:
    """One may come back, or sign in with a local account."""
    provider.away = True
    told = client.get("/signin/oidc")
    assert (told.status_code, "cannot be reached" in told.text) == (503, True)
    assert client.get("/signin").status_code == 200


def test_two_people_of_one_name_are_two_accounts(client: TestClient, provider: Provider, door: Door) -> None:
    """And neither is a local account of that name."""
    for person in ("42", "43"):
        provider.claims |= {"sub": person, "preferred_username": "admin"}
        assert client.get("/signin/oidc/back", params=begin(client, provider)).status_code == 303
    names = [each.name for each in door.accounts.all()]
    assert len(set(names)) == 2
    assert "admin" not in names


@pytest.mark.parametrize(
    "changes",
    [{"issuer": "login.example"}, {"redirect_url": "https://x/elsewhere"}, {"roles": {}}, {"roles": {"a": "king"}}],
)
def test_settings_that_are_wrong_are_faults(changes: dict[str, Any]) -> None:
    """At start."""
    with pytest.raises(ValidationError):
        Provider("https://login.example").settings(**changes)
