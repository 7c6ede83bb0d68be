#!/usr/bin/env python3
"""Starts Canaille, an identity server with real users, passwords and consents, on loopback.

Prints one JSON line on stdout when it is ready, and complaints on stderr. SIGTERM stops it.
Nothing is written to disk.
"""

import os
import sys
from importlib.metadata import version

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from in_process import HOST, arguments, run

USERS = ("alice", "bob")

parser = arguments(__doc__)
parser.add_argument("--host", default=HOST, help=f"the name in the issuer (default {HOST})")
parser.add_argument(
    "--require-nonce", action="store_true", help="refuse authorization without a nonce"
)
args = parser.parse_args()


def password(user):
    return f"{user}-password"


def make():
    import tests_site

    server, app = tests_site.make(HOST, args)
    issuer = f"http://{app.config['SERVER_NAME']}"
    with app.app_context():
        tests_site.add_users({user: password(user) for user in USERS})
        clients = tests_site.register_clients(app, issuer)
    return server, {
        "server": "canaille",
        "version": version("canaille"),
        "authlib": version("authlib"),
        "issuer": issuer,
        "discovery": f"{issuer}/.well-known/openid-configuration",
        "users": [{"name": user, "password": password(user)} for user in USERS],
        "clients": clients,
    }


run(args, make)
