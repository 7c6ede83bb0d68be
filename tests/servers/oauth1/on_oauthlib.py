"""The server on oauthlib. Its checks of nonce, timestamp and tokens are left as they come."""

from urllib.parse import urlencode

from flask import Response, request
from oauthlib import oauth1
from oauthlib.oauth1.rfc5849 import signature

import people
import wire
from ledger import Ledger

NAME = "oauthlib"
SIGNATURE_METHODS = [
    oauth1.SIGNATURE_HMAC_SHA1,
    oauth1.SIGNATURE_HMAC_SHA256,
    oauth1.SIGNATURE_HMAC_SHA512,
    oauth1.SIGNATURE_RSA_SHA1,
    oauth1.SIGNATURE_RSA_SHA256,
    oauth1.SIGNATURE_RSA_SHA512,
    oauth1.SIGNATURE_PLAINTEXT,
]

ledger = Ledger()
wire.note_base_strings(signature, "signature_base_string")


class Validator(oauth1.RequestValidator):
    """Answers what oauthlib asks, from the ledger.

    Where something is unknown it goes on with what nobody can have signed with, so that all
    refusals take the same time.
    """

    enforce_ssl = False
    allowed_signature_methods = tuple(SIGNATURE_METHODS)
    dummy_client = dummy_request_token = dummy_access_token = "nobody"

    # The names of these tests are no letters alone.
    def check_client_key(self, client_key):
        return True

    def check_realms(self, realms):
        return True

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def verify_realms(self, token, realms, request):
        return True

    def get_client_secret(self, client_key, request):
        client = people.CLIENTS.get(client_key)
        return client.secret if client else "nobody"

    def get_rsa_key(self, client_key, request):
        client = people.CLIENTS.get(client_key)
        has_key = client is not None and client.public_pem
        return (client if has_key else people.CLIENTS["client-rsa-other"]).public_pem

    def get_request_token_secret(self, client_key, token, request):
        return ledger.temporary.get(token, {}).get("secret", "nobody")

    def get_access_token_secret(self, client_key, token, request):
        return ledger.tokens.get(token, {}).get("secret", "nobody")

    def validate_client_key(self, client_key, request):
        client = people.CLIENTS.get(client_key)
        if client is None:
            return False
        signs = request.signature_method.startswith("RSA")
        return bool(client.public_pem if signs else client.secret)

    def validate_request_token(self, client_key, token, request):
        return ledger.temporary.get(token, {}).get("client") == client_key

    def validate_access_token(self, client_key, token, request):
        return ledger.tokens.get(token, {}).get("client") == client_key

    def validate_timestamp_and_nonce(
        self, client_key, timestamp, nonce, request, request_token=None, access_token=None
    ):
        return not ledger.is_replayed(client_key, timestamp, nonce, request_token, access_token)

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return True

    def validate_verifier(self, client_key, token, verifier, request):
        return ledger.temporary.get(token, {}).get("verifier") == verifier

    def verify_request_token(self, token, request):
        return token in ledger.temporary

    def get_redirect_uri(self, token, request):
        return ledger.temporary[token]["callback"]

    def save_request_token(self, token, request):
        ledger.open(
            token["oauth_token"],
            token["oauth_token_secret"],
            request.client_key,
            request.redirect_uri,
        )

    def save_verifier(self, token, verifier, request):
        ledger.temporary[token]["verifier"] = verifier["oauth_verifier"]

    def save_access_token(self, token, request):
        ledger.issue(
            token["oauth_token"],
            token["oauth_token_secret"],
            request.client_key,
            request.resource_owner_key,
        )

    def invalidate_request_token(self, client_key, request_token, request):
        ledger.close(request_token)


_server = oauth1.WebApplicationServer(Validator())
_signature_only = oauth1.SignatureOnlyEndpoint(Validator())


def _asked():
    return wire.url(), request.method, wire.form(), dict(request.headers)


def _answer(headers, body, status):
    if status >= 400:
        return wire.refused(NAME, body or "unauthorized", status, body)
    return Response(body, status, headers)


def initiate():
    return _answer(*_server.create_request_token_response(*_asked()))


def token():
    return _answer(*_server.create_access_token_response(*_asked()))


def allow(token, user):
    ledger.temporary[token]["user"] = user
    headers, _, _ = _server.create_authorization_response(wire.url(), "GET", None, {})
    return headers.get("Location")


def deny(token):
    """As X does: oauthlib has nothing for it."""
    callback = ledger.temporary[token]["callback"]
    if callback == "oob":
        return None
    return f"{callback}{'&' if '?' in callback else '?'}{urlencode({'denied': token})}"


def call(is_two_legged):
    """Who calls the API: client, user and the protocol's parameters, or a refusal."""
    if is_two_legged:
        is_valid, got = _signature_only.validate_request(*_asked())
    else:
        is_valid, got = _server.validate_protected_resource_request(*_asked(), realms=[])
    if not is_valid:
        log = got.validator_log if got else {}
        wrong = ", ".join(what for what, is_right in log.items() if is_right is False)
        return None, wire.refused(NAME, wrong or "unauthorized")
    user = None if is_two_legged else ledger.tokens[got.resource_owner_key]["user"]
    return (got.client_key, user, got.oauth_params), None
