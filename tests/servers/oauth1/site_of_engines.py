"""The routes: the same for each engine, under its name."""

import os
import secrets
import sys

# Before Authlib is loaded: this is loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from flask import Flask, jsonify
from werkzeug.serving import WSGIRequestHandler, make_server

import on_authlib
import on_oauthlib
import pages
import people
import wire

ENGINES = (on_oauthlib, on_authlib)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Quiet(WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        print(self.command, self.path.split("?")[0], "->", code, file=sys.stderr)


def make(host, port):
    """The server, which listens already."""
    app = Flask(__name__)
    app.secret_key = secrets.token_bytes(32)
    on_authlib.init(app)
    for engine in ENGINES:
        add_routes(app, engine)
    return make_server(host, port, app, threaded=True, request_handler=Quiet)


def endpoints(issuer):
    """What a client needs to know of each engine."""
    return {
        engine.NAME: {
            "temporary_credentials": f"{issuer}/{engine.NAME}/initiate",
            "authorize": f"{issuer}/{engine.NAME}/authorize",
            "token": f"{issuer}/{engine.NAME}/token",
            "profile": f"{issuer}/{engine.NAME}/me",
            "api": f"{issuer}/{engine.NAME}/api",
            "two_legged": f"{issuer}/{engine.NAME}/two-legged",
            "signature_methods": engine.SIGNATURE_METHODS,
        }
        for engine in ENGINES
    }


def add_routes(app, engine):
    def authorize():
        return pages.authorize(engine.ledger, engine.allow, engine.deny)

    def guarded(answer, is_two_legged=False):
        def respond(path=""):
            caller, refusal = engine.call(is_two_legged)
            if refusal is not None:
                return refusal
            why = wire.wrong_body_hash(caller[2])
            return wire.refused(engine.NAME, why) if why else answer(*caller)

        return respond

    def me(client, user, oauth_params):
        return jsonify(people.profile(user))

    def echo(client, user, oauth_params):
        return wire.echo(engine.NAME, client, user, oauth_params)

    def add(path, view, methods):
        name = f"{engine.NAME}{path}"
        app.add_url_rule(f"/{engine.NAME}{path}", name, view, methods=methods)

    add("/initiate", engine.initiate, ["GET", "POST"])
    add("/authorize", authorize, ["GET", "POST"])
    add("/token", engine.token, ["GET", "POST"])
    add("/me", guarded(me), ["GET"])
    add("/api/<path:path>", guarded(echo), METHODS)
    add("/two-legged/<path:path>", guarded(echo, is_two_legged=True), METHODS)
