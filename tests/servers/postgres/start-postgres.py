#!/usr/bin/env python3
"""Starts a PostgreSQL server on loopback, with an empty database.

Prints one JSON line on stdout when it is ready, and complaints on stderr. SIGTERM stops it.
It refuses to run as root, who gives it to the user postgres, or to nobody.
"""

import os
import pwd
import secrets
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from supervised import HOST, Supervised, arguments, spawn

USER = "tests"

parser = arguments(__doc__)
parser.add_argument("--programs", required=True, help="the folder with initdb and postgres")
args = parser.parse_args()

if os.geteuid() == 0:
    # TMPDIR may be where root alone comes in, and it is somebody else who runs it.
    tempfile.tempdir = "/tmp"


def program(name):
    # It looks for what belongs to it beside itself, not beside a link to it.
    return os.path.realpath(os.path.join(args.programs, name))


def somebody_else(folder):
    """Whom to run as, where that is not who we are; the folder is theirs."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def create(folder, options):
    password = os.path.join(folder, "password")
    with open(password, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(16))
    os.chmod(password, 0o644)
    command = [program("initdb"), "--pgdata", os.path.join(folder, "data"), "--username", USER]
    command += ["--auth", "scram-sha-256", "--pwfile", password]
    command += ["--encoding", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run(command, check=True, stdout=2, stderr=2, cwd=folder, **options)


def start(folder, port):
    options = somebody_else(folder)
    if not os.path.isdir(os.path.join(folder, "data")):
        create(folder, options)
    settings = {
        "listen_addresses": HOST,
        "unix_socket_directories": "",
        # Not for a machine without power, but for one whose server is killed.
        "fsync": "off",
        "full_page_writes": "off",
    }
    command = [program("postgres"), "-D", os.path.join(folder, "data"), "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    server = spawn(command, cwd=folder, **options)
    server.folder = folder
    return server


def is_ready(server):
    """What it writes down of itself; the one before, which was killed, left its own."""
    try:
        with open(os.path.join(server.folder, "data", "postmaster.pid"), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(server.pid) and lines[7].strip() == "ready"


def ready(port, server):
    if not is_ready(server):
        return None
    version = subprocess.run([program("postgres"), "--version"], stdout=subprocess.PIPE, check=True)
    with open(os.path.join(server.folder, "password"), encoding="ascii") as file:
        password = file.read()
    return {
        "server": "postgres",
        "version": version.stdout.decode().split()[2],
        "port": port,
        "url": f"postgres://{USER}:{password}@{HOST}:{port}/postgres",
    }


# At once, without a word to its clients; it recovers when it starts again.
Supervised(args, signal.SIGQUIT).run(start, ready)
