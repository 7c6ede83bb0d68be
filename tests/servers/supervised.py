"""A server that others wrote, in a folder of its own, which goes away with the one who asked for it.

There are two processes. The first is the one that was started; it waits. The second has the server,
and stops it when the first one is gone, however that came: a pipe between them ends. So nothing is
left behind by a test that kills what it started.
"""

import argparse
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HOST = "127.0.0.1"
READY_SECONDS = 60
# Between the look for a free port and its use, another program may take it.
PORT_ATTEMPTS = 5


def arguments(description):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 (default): a free one")
    add("--data", help="a folder to keep what is stored, for the next one to be started with it")
    add("--stop-at-eof", action="store_true", help="end when stdin does")
    return parser


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Supervised:
    """Runs what `start(folder, port)` gives, a Popen, until somebody ends it with `ending`."""

    def __init__(self, args, ending):
        self.args = args
        self.ending = ending
        self.server = None
        self.folder = None
        self.lock = threading.Lock()
        self.is_ended = False

    def run(self, start, ready):
        """`ready(port, server)` says what to print as JSON, or None if it is too early."""
        alive, first = os.pipe()
        second = os.fork()
        if second:
            os.close(alive)
            signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
            _, status = os.waitpid(second, 0)
            sys.exit(os.waitstatus_to_exitcode(status))
        os.close(first)
        # Ctrl-C is for the first one, and ends the pipe.
        os.setsid()
        self.stop_after(alive)
        if self.args.stop_at_eof:
            self.stop_after(0)
        try:
            self.serve(start, ready)
        except BaseException:
            if not self.is_ended:
                traceback.print_exc()
        self.stop(1)

    def serve(self, start, ready):
        data = self.args.data
        self.folder = tempfile.mkdtemp(prefix="hallpass-") if data is None else data
        os.makedirs(self.folder, exist_ok=True)
        # The one before may not have come to its end yet.
        lock = os.open(os.path.join(self.folder, "lock"), os.O_CREAT | os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = None
        for _ in range(1 if self.args.port else PORT_ATTEMPTS):
            said = self.attempt(start, ready)
            if said is not None:
                break
        if said is None:
            raise RuntimeError(f"the server ended with {self.server.returncode}")
        print(json.dumps({"pid": os.getppid(), **said}), flush=True)
        self.server.wait()
        raise RuntimeError(f"the server ended with {self.server.returncode}")

    def attempt(self, start, ready):
        """What a server says that is ready, or None of one that ended."""
        port = self.args.port or free_port()
        with self.lock:
            self.server = start(self.folder, port)
        deadline = time.monotonic() + READY_SECONDS
        while self.server.poll() is None:
            if (said := ready(port, self.server)) is not None:
                return said
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server is not ready after {READY_SECONDS} s")
            time.sleep(0.02)
        return None

    def stop_after(self, stream):
        def wait():
            while os.read(stream, 4096):
                pass
            self.stop(0)

        threading.Thread(target=wait, daemon=True).start()

    def stop(self, status):
        """Hard, as a machine that fails: what was acknowledged must be there nevertheless."""
        self.is_ended = True
        with self.lock:
            if self.server is not None and self.server.poll() is None:
                self.server.send_signal(self.ending)
                self.server.wait()
            if self.folder is not None and self.args.data is None:
                shutil.rmtree(self.folder, ignore_errors=True)
            # Not sys.exit, which ends one thread.
            os._exit(status)


def spawn(command, **options):
    """Its output is complaints, and it hears no Ctrl-C."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=2, stderr=2, start_new_session=True, **options
    )
