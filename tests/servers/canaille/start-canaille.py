#!/usr/bin/env python3
"""Starts Canaille, an identity server with real users, passwords and consents, on loopback.

Prints one JSON line on stdout when it is ready, and complaints on stderr. SIGTERM stops it.
Nothing is written to disk.
"""

import argparse
import json
import os
import signal
import sys
import threading
from importlib.metadata import version

HOST = "127.0.0.1"
USERS = ("alice", "bob")


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 (default): a free one")
    add("--host", default=HOST, help=f"the name in the issuer (default {HOST})")
    add("--require-nonce", action="store_true", help="refuse authorization without a nonce")
    add("--stop-at-eof", action="store_true", help="end when stdin does")
    return parser.parse_args()


def keep_stdout():
    """The stdout of the one JSON line; all else that is printed goes to stderr."""
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return stdout


def stop(*_):
    # Not sys.exit, which waits for threads.
    os._exit(0)


def stop_at_eof():
    def wait():
        sys.stdin.buffer.read()
        stop()

    threading.Thread(target=wait, daemon=True).start()


def password(user):
    return f"{user}-password"


def main():
    args = arguments()
    stdout = keep_stdout()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if args.stop_at_eof:
        stop_at_eof()

    # Only now: what it says while it is loaded must not reach stdout.
    sys.dont_write_bytecode = True
    import tests_site

    server, app = tests_site.make(HOST, args)
    issuer = f"http://{app.config['SERVER_NAME']}"
    with app.app_context():
        tests_site.add_users({user: password(user) for user in USERS})
        clients = tests_site.register_clients(app, issuer)
    ready = {
        "server": "canaille",
        "version": version("canaille"),
        "authlib": version("authlib"),
        "pid": os.getpid(),
        "issuer": issuer,
        "discovery": f"{issuer}/.well-known/openid-configuration",
        "users": [{"name": user, "password": password(user)} for user in USERS],
        "clients": clients,
    }
    print(json.dumps(ready), file=stdout, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
