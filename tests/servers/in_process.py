"""A server that runs in the process that was started, and keeps nothing.

It prints one JSON line on stdout when it is ready, and complaints on stderr. SIGTERM stops it.
Nothing is written to disk.
"""

import argparse
import json
import os
import signal
import sys
import threading

HOST = "127.0.0.1"


def arguments(description):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 (default): a free one")
    add("--stop-at-eof", action="store_true", help="end when stdin does")
    return parser


def run(args, make):
    """`make()` gives the server and what to print as JSON. It also loads the server's packages: what
    they say meanwhile must not reach stdout."""
    stdout = keep_stdout()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if args.stop_at_eof:
        stop_at_eof()
    server, said = make()
    print(json.dumps({"pid": os.getpid(), **said}), file=stdout, flush=True)
    server.serve_forever()


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
