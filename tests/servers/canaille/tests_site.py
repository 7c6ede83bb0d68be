"""Canaille's configuration, users and clients."""

import os
import secrets
import sys
import uuid

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import canaille.oidc.provider as provider
from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.backends.sql.backend import Base, SQLBackend
from canaille.oidc.jose import build_client_management_token
from joserfc.jwk import JWKRegistry
from sqlalchemy import DefaultClause, text
from werkzeug.serving import WSGIRequestHandler, make_server

REDIRECT_URIS = [
    f"http://{host}/{path}" for host in ("127.0.0.1", "localhost") for path in ("cb", "callback")
]
POST_LOGOUT_REDIRECT_URIS = ["http://127.0.0.1/post-logout", "http://localhost/post-logout"]
CODE = ["authorization_code", "refresh_token"]
WITH_SECRET = ("client_secret_basic", "client_secret_post")
TYPES = {"RS256": ("RSA", 2048), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}


class Quiet(WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        print(self.command, self.path.split("?")[0], "->", code, file=sys.stderr)


def make_key(for_alg, **members):
    kind, size_or_curve = TYPES[for_alg]
    kid = f"{kind}-{secrets.token_hex(4)}"
    return JWKRegistry.generate_key(
        kind, size_or_curve, {"kid": kid, "use": "sig", **members}, private=True
    )


def make(host, args):
    """The server, which listens already, and its application."""
    server = make_server(host, args.port, None, request_handler=Quiet)
    server.app = app = create_app(
        config=configuration(f"{args.host}:{server.port}", args), env_file="", env_prefix="NONE_"
    )
    create_tables()
    tell_access_tokens_apart()
    return server, app


def configuration(server_name, args):
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "SERVER_NAME": server_name,
        "PREFERRED_URL_SCHEME": "http",
        "SESSION_COOKIE_SECURE": False,
        # A database in memory belongs to one thread: that of the server, which is the only one.
        # The backend named "memory" finds what matches any of its filters, not all of them.
        "CANAILLE_SQL": {
            "DATABASE_URI": "sqlite://",
            "AUTO_MIGRATE": False,
            "PASSWORD_HASH_PARAMS": {"pbkdf2_sha512__rounds": 1000},
        },
        "CANAILLE": {
            "DATABASE": "sql",
            "JAVASCRIPT": False,
            "ENABLE_REGISTRATION": False,
            "SMTP": None,
            "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc", "manage_oidc"]}},
            "LOGGING": {"version": 1, "disable_existing_loggers": False},
        },
        "CANAILLE_OIDC": {
            "DYNAMIC_CLIENT_REGISTRATION_OPEN": True,
            "REQUIRE_NONCE": args.require_nonce,
            # Clients of these domains need no consent.
            "TRUSTED_DOMAINS": [],
            "ACTIVE_JWKS": [make_key(alg).as_dict(private=True) for alg in TYPES],
        },
    }


def create_tables():
    """As the migrations would, which take a second and are rolled back on a single connection."""
    # Declared as a text, not as SQL.
    membership = Base.metadata.tables["membership_association_table"]
    membership.c.created_at.server_default = DefaultClause(text("CURRENT_TIMESTAMP"))
    Base.metadata.create_all(SQLBackend.engine)


def tell_access_tokens_apart():
    """Gives each access token a claim of its own.

    They are JWTs without `jti`: two of one user and client within a second are the same, which
    the database refuses (status 500).
    """
    generate = provider.generate_id_token

    def generate_unique(*args, **kwargs):
        # Access tokens are made by the function for ID Tokens, with an empty token.
        if kwargs.get("token") == {}:
            kwargs.setdefault("nonce", uuid.uuid4().hex)
        return generate(*args, **kwargs)

    provider.generate_id_token = generate_unique


def add_users(passwords):
    for name, password in passwords.items():
        user = models.User(
            user_name=name,
            formatted_name=f"{name.title()} Example",
            given_name=name.title(),
            family_name="Example",
            display_name=name,
            emails=[f"{name}@example.test"],
            phone_numbers=["+420123456789"],
            formatted_address="1 Example St, Prague",
            preferred_language="en",
            password=password,
        )
        Backend.instance.save(user)
    everybody = Backend.instance.query(models.User)
    Backend.instance.save(models.Group(display_name="staff", members=everybody))


def register_clients(app, issuer):
    """Through the server's own endpoint (RFC 7591). Returns what the tests need to know."""
    sender = app.test_client()
    clients = []

    def register(client_id, key=None, **metadata):
        metadata = {
            "client_name": client_id,
            "redirect_uris": REDIRECT_URIS,
            "post_logout_redirect_uris": POST_LOGOUT_REDIRECT_URIS,
            "grant_types": CODE,
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "id_token_signed_response_alg": "RS256",
            "scope": "openid profile email address phone groups",
            **metadata,
        }
        if key:
            metadata["jwks"] = {"keys": [key.as_dict(private=False)]}
        # The subject of the token becomes the id of the client.
        token = build_client_management_token("client:register", client_id=client_id)
        answer = sender.post(
            "/oauth/register",
            json=metadata,
            base_url=issuer,
            headers={"Authorization": f"Bearer {token}"},
        )
        if answer.status_code != 201:
            raise SystemExit(f"{client_id} is not registered: {answer.status} {answer.text}")
        client = {"client_id": client_id, **metadata}
        # It issues a secret to everybody.
        if metadata["token_endpoint_auth_method"] in WITH_SECRET:
            client["client_secret"] = answer.json["client_secret"]
        if key:
            client["private_jwks"] = [key.as_dict(private=True)]
            client["private_pem"] = [key.as_pem(private=True).decode()]
        clients.append(client)

    register("client-basic", grant_types=[*CODE, "client_credentials"])
    register("client-post", token_endpoint_auth_method="client_secret_post")
    register("client-public", token_endpoint_auth_method="none")
    for alg in TYPES:
        register(
            f"client-private-key-jwt-{alg.lower()}",
            make_key(alg, alg=alg),
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_signing_alg=alg,
        )
        register(f"client-id-token-{alg.lower()}", id_token_signed_response_alg=alg)
    # With the key of RS256.
    register("client-id-token-ps256", id_token_signed_response_alg="PS256")
    # Not with EdDSA, which is offered and answered with status 500.
    for alg in ("RS256", "ES256"):
        register(f"client-userinfo-{alg.lower()}", userinfo_signed_response_alg=alg)
    register("client-two-audiences")
    add_audience("client-two-audiences", "client-basic")
    return clients


def add_audience(client_id, other_id):
    """Tokens of the one client are meant for the other too; without `azp`."""
    client, other = (
        Backend.instance.get(models.Client, client_id=name) for name in (client_id, other_id)
    )
    client.audience = [client, other]
    Backend.instance.save(client)
