"""The server on Authlib: HMAC-SHA1, RSA-SHA1 and PLAINTEXT."""

from urllib.parse import urlencode

from authlib.integrations.flask_oauth1 import AuthorizationServer, ResourceProtector
from authlib.oauth1 import ClientMixin, OAuth1Request, TemporaryCredential, TokenCredentialMixin
from authlib.oauth1.errors import InvalidClientError, OAuth1Error
from authlib.oauth1.rfc5849 import signature
from flask import request

import people
import wire
from ledger import Ledger

NAME = "authlib"
SIGNATURE_METHODS = ["HMAC-SHA1", "RSA-SHA1", "PLAINTEXT"]

ledger = Ledger()
wire.note_base_strings(signature, "construct_base_string")


class KnownClient(ClientMixin):
    def __init__(self, client):
        self.client = client

    def get_default_redirect_uri(self):
        return None

    def get_client_secret(self):
        return self.client.secret

    def get_rsa_public_key(self):
        return self.client.public_pem


class KnownToken(TokenCredentialMixin):
    def __init__(self, token, secret):
        self.token = token
        self.secret = secret

    def get_oauth_token(self):
        return self.token

    def get_oauth_token_secret(self):
        return self.secret


def _query_client(client_id):
    client = people.CLIENTS.get(client_id)
    return client and KnownClient(client)


def _query_token(client_id, token):
    found = ledger.tokens.get(token)
    if found is None or found["client"] != client_id:
        return None
    return KnownToken(token, found["secret"])


def _asked():
    # As text: of a list of pairs it would make a dict, and lose what is repeated.
    return request.method, wire.url(), wire.form(), request.headers


class Server(AuthorizationServer):
    def create_oauth1_request(self, request):
        # Its own has one value of each parameter, and the URL that Flask decoded.
        return request or OAuth1Request(*_asked())

    def handle_error_response(self, error):
        return _refused(error)


def _refused(error):
    # It raises ValueError for what it cannot read.
    why = getattr(error, "error", None) or "invalid_request"
    body = urlencode(error.get_body()) if isinstance(error, OAuth1Error) else ""
    return wire.refused(NAME, why, getattr(error, "status_code", 400), body)


def _open(token, client_id, callback):
    ledger.open(token["oauth_token"], token["oauth_token_secret"], client_id, callback)
    return _temporary(token["oauth_token"])


def _temporary(token):
    found = ledger.temporary.get(token)
    return found and TemporaryCredential(
        oauth_token=token,
        oauth_token_secret=found["secret"],
        client_id=found["client"],
        oauth_callback=found["callback"],
        oauth_verifier=found.get("verifier"),
    )


def _verify(temporary, user, verifier):
    ledger.temporary[temporary.get_oauth_token()].update(user=user, verifier=verifier)


def _issue(token, temporary):
    name, secret = token["oauth_token"], token["oauth_token_secret"]
    ledger.issue(name, secret, temporary.get_client_id(), temporary.get_oauth_token())
    return KnownToken(name, secret)


def _exists_nonce(nonce, timestamp, client_id, token):
    return ledger.is_replayed(client_id, timestamp, nonce, token)


_server = Server(query_client=_query_client)
_protector = ResourceProtector(
    query_client=_query_client, query_token=_query_token, exists_nonce=_exists_nonce
)
for _name, _hook in {
    "exists_nonce": _exists_nonce,
    "create_temporary_credential": _open,
    "get_temporary_credential": _temporary,
    "delete_temporary_credential": ledger.close,
    "create_authorization_verifier": _verify,
    "create_token_credential": _issue,
}.items():
    _server.register_hook(_name, _hook)


def init(app):
    app.config["OAUTH1_SUPPORTED_SIGNATURE_METHODS"] = SIGNATURE_METHODS
    _server.init_app(app)
    _protector.init_app(app)


def initiate():
    try:
        return _server.create_temporary_credentials_response()
    except ValueError as error:
        return _refused(error)


def token():
    try:
        return _server.create_token_response()
    except ValueError as error:
        return _refused(error)


def _location(user):
    """Where Authlib sends a user; without one, it is a denial."""
    asked = OAuth1Request("GET", wire.url(), None, {})
    return _server.create_authorization_response(asked, user).headers["Location"]


def allow(token, user):
    if ledger.temporary[token]["callback"] != "oob":
        return _location(user)
    # Authlib would look for a URI of the client's.
    asked = OAuth1Request("GET", wire.url(), None, {})
    asked.credential, asked.user = _temporary(token), user
    _server.create_authorization_verifier(asked)
    return None


def deny(token):
    return None if ledger.temporary[token]["callback"] == "oob" else _location(None)


def call(is_two_legged):
    """Who calls the API: client, user and the protocol's parameters, or a refusal."""
    try:
        got = _signed() if is_two_legged else _protector.validate_request(*_asked())
    except (OAuth1Error, ValueError) as error:
        return None, _refused(error)
    user = None if is_two_legged else ledger.tokens[got.token]["user"]
    return (got.client_id, user, got.oauth_params), None


def _signed():
    """What its protector does, but for the token."""
    got = OAuth1Request(*_asked())
    got.client = _query_client(got.client_id)
    if got.client is None:
        raise InvalidClientError()
    _protector.validate_timestamp_and_nonce(got)
    _protector.validate_oauth_signature(got)
    return got
