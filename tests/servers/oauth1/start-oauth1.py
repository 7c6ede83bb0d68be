#!/usr/bin/env python3
"""Starts two OAuth 1.0a servers on loopback, in one process: one on oauthlib, one on Authlib.

Prints one JSON line on stdout when it is ready, and complaints on stderr: each refusal with the
signature base string that the engine made of the request. SIGTERM stops it. Nothing is written to
disk.
"""

import os
import sys
from importlib.metadata import version

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from in_process import HOST, arguments, run

args = arguments(__doc__).parse_args()


def make():
    import people
    import site_of_engines

    server = site_of_engines.make(HOST, args.port)
    issuer = f"http://{HOST}:{server.port}"
    return server, {
        "server": "oauth1",
        "version": version("oauthlib"),
        "authlib": version("authlib"),
        "issuer": issuer,
        "engines": site_of_engines.endpoints(issuer),
        "users": [{"name": name, "password": user["password"]} for name, user in people.USERS.items()],
        "clients": [client.as_json() for client in people.CLIENTS.values()],
    }


run(args, make)
