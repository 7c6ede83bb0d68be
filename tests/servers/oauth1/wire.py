"""Requests as they came, and answers."""

import base64
import hashlib
import sys
import threading
from urllib.parse import urlencode

from flask import Response, jsonify, request

FORM = "application/x-www-form-urlencoded"

# The base string that an engine made last: one for each thread, and a thread for each request.
_last = threading.local()


def note_base_strings(module, function):
    """Has the engine's own function tell what it returns, for the complaint about a refusal."""
    make = getattr(module, function)

    def make_and_note(*args, **kwargs):
        _last.base_string = make(*args, **kwargs)
        return _last.base_string

    setattr(module, function, make_and_note)


def url():
    """As the client wrote it: Flask's own is decoded, and encoded again."""
    target = request.environ.get("RAW_URI") or request.full_path.rstrip("?")
    return f"{request.scheme}://{request.host}{target}"


def form():
    """The body, if it is a form that belongs to the signature; else None."""
    if request.mimetype != FORM:
        return None
    return request.get_data(cache=True).decode("utf-8", "replace")


def refused(engine, why, status=401, body=""):
    base_string = getattr(_last, "base_string", "none")
    _last.base_string = "none"
    print(f"{engine} refuses: {why}; base string: {base_string}", file=sys.stderr)
    headers = {"WWW-Authenticate": f'OAuth realm="{engine}"', "Content-Type": FORM}
    return Response(body or urlencode({"error": why}), status, headers)


def wrong_body_hash(oauth_params):
    """Why a body is not the one that was signed, by the Body Hash extension; None if it is.

    Neither engine looks at it.
    """
    said = oauth_params.get("oauth_body_hash")
    if said is None:
        return None
    if request.mimetype == FORM:
        return "body_hash_of_a_form"
    method = oauth_params.get("oauth_signature_method", "")
    name = {"SHA256": "sha256", "SHA512": "sha512"}.get(method.rpartition("-")[2], "sha1")
    digest = hashlib.new(name, request.get_data(cache=True)).digest()
    return None if base64.b64encode(digest).decode() == said else "wrong_body_hash"


def echo(engine, client, user, oauth_params):
    """What arrived; names and values of parameters are left to whoever reads it."""
    body = request.get_data(cache=True)
    return jsonify(
        engine=engine,
        client=client,
        user=user,
        method=request.method,
        target=request.environ.get("RAW_URI"),
        content_type=request.headers.get("Content-Type"),
        authorization=request.headers.get("Authorization"),
        body=base64.b64encode(body).decode(),
        oauth=oauth_params,
    )
