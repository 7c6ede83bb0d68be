#!/usr/bin/env python3
"""Starts a Redis server on loopback that writes everything down before it answers.

To the system, not to the disk: it is the server that is killed here, not the machine, and a disk
that others write to may take seconds.

Prints one JSON line on stdout when it is ready, and complaints on stderr. SIGTERM stops it.
"""

import glob
import os
import signal
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from supervised import HOST, Supervised, arguments, spawn

parser = arguments(__doc__)
parser.add_argument("--root", help="a folder that its packages were unpacked into")
parser.add_argument("--password", help="without it, a client says nothing")
args = parser.parse_args()


def start(folder, port):
    program, environment = "redis-server", dict(os.environ)
    if args.root and os.path.isdir(args.root):
        program = os.path.join(args.root, "usr/bin", program)
        libraries = glob.glob(os.path.join(args.root, "usr/lib/*-linux-gnu"))
        environment["LD_LIBRARY_PATH"] = ":".join(libraries)
    command = [program, "--bind", HOST, "--port", str(port), "--dir", folder, "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "no"]
    if args.password:
        command += ["--requirepass", args.password]
    return spawn(command, env=environment)


def ask(port, *lines):
    with socket.create_connection((HOST, port), timeout=5) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    return answer.decode(errors="replace")


def ready(port, server):
    login = [f"AUTH {args.password}"] if args.password else []
    try:
        answer = ask(port, *login, "INFO server")
    except OSError:
        return None
    said = dict(line.split(":", 1) for line in answer.splitlines() if ":" in line)
    # Another one may have had the port first.
    if said.get("process_id") != str(server.pid):
        return None
    user = f":{args.password}@" if args.password else ""
    url = f"redis://{user}{HOST}:{port}/0"
    return {"server": "redis", "version": said["redis_version"], "port": port, "url": url}


Supervised(args, signal.SIGKILL).run(start, ready)
