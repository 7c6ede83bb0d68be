#!/usr/bin/env python3
"""Starts two OAuth 1.0a servers on loopback, in one process: one on oauthlib, one on Authlib.

Prints one JSON line on stdout when it is ready, and complaints on stderr: each refusal with the
signature base string that the engine made of the request. SIGTERM stops it. Nothing is written to
disk.
"""

import argparse
import json
import os
import signal
import sys
import threading
from importlib.metadata import version

HOST = "127.0.0.1"


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 (default): a free one")
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


def main():
    args = arguments()
    stdout = keep_stdout()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if args.stop_at_eof:
        stop_at_eof()

    # Only now: what it says while it is loaded must not reach stdout.
    sys.dont_write_bytecode = True
    import people
    import site_of_engines

    server = site_of_engines.make(HOST, args.port)
    issuer = f"http://{HOST}:{server.port}"
    ready = {
        "server": "oauth1",
        "version": version("oauthlib"),
        "authlib": version("authlib"),
        "pid": os.getpid(),
        "issuer": issuer,
        "engines": site_of_engines.endpoints(issuer),
        "users": [{"name": name, "password": user["password"]} for name, user in people.USERS.items()],
        "clients": [client.as_json() for client in people.CLIENTS.values()],
    }
    print(json.dumps(ready), file=stdout, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
