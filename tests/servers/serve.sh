#!/usr/bin/env bash
# Real servers to test against, each from one command. README.md says what they are.
#
#   serve.sh NAME [options]         installs NAME if it is missing, then becomes it (exec)
#   serve.sh --install NAME…        installs only
#
# NAME: oidc-provider, canaille, oauth1, redis, postgres, browser
#
# A server prints one JSON line on stdout when it is ready. Packages go into
# $REAL_SERVERS_CACHE, else into hallpass/servers in the user's cache folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -n "${REAL_SERVERS_CACHE:-}" ]; then
    cache=$REAL_SERVERS_CACHE
else
    cache=${XDG_CACHE_HOME:-${HOME:?is not set, and neither is REAL_SERVERS_CACHE}/.cache}
    cache=$cache/hallpass/servers
fi

fail() {
    echo "serve.sh: $*" >&2
    exit 1
}

needs() {
    command -v "$1" >/dev/null || fail "needs $1 ($2)"
}

# What says which versions to install.
locks() {
    case $1 in
        oidc-provider | browser) echo package.json package-lock.json ;;
        canaille | oauth1) echo requirements.lock ;;
        redis | postgres) ;;
        *) fail "no server is named '$1'" ;;
    esac
}

# The folder of an installation, named after what it holds: another lock file, another folder.
folder() {
    local sum files
    files=$(locks "$1")
    [ -n "$files" ] || {
        echo "$cache/$1"
        return
    }
    # shellcheck disable=SC2086 # several names
    sum=$(cd "$here/$1" && cat $files | cksum)
    echo "$cache/$1-${sum%% *}"
}

# The folder with PostgreSQL's programs, the newest; distributions keep it out of the PATH.
postgres_programs() {
    local found
    found=$(command -v postgres) || found=$(
        find /usr/lib/postgresql /usr/pgsql-* -path '*/bin/postgres' 2>/dev/null |
            sort -V | tail -n 1 || true
    )
    [ -n "$found" ] && dirname "$found"
}

# Chromium, the one without windows if there is a choice: it is the one that is installed here.
chromium_program() {
    command -v chromium-headless-shell chromium google-chrome | head -n 1 | grep .
}

# Whether the system has the server, so that nothing is to be installed.
is_on_system() {
    case $1 in
        redis) command -v redis-server >/dev/null ;;
        postgres) postgres_programs >/dev/null ;;
        *) false ;;
    esac
}

# Packages of Debian or Ubuntu that the system lacks, with all that they take.
missing_packages() {
    apt-cache show "$1" >/dev/null 2>&1 || apt-get update >&2
    apt-get install --simulate --no-install-recommends "$1" | sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# Packages of Debian or Ubuntu into the system, which takes root.
install_package() {
    { apt-cache show "$1" >/dev/null 2>&1 || apt-get update; } &&
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$1"
}

# Into the current folder, which has the lock file.
install_here() {
    case $1 in
        oidc-provider)
            npm ci --omit=dev --ignore-scripts --engine-strict=false --no-audit --no-fund
            ;;
        # The packages drive it; with --ignore-scripts they cannot bring a browser of their own.
        browser)
            npm ci --omit=dev --ignore-scripts --no-audit --no-fund &&
                { chromium_program || install_package chromium-headless-shell; }
            ;;
        canaille | oauth1)
            python3 -m venv . &&
                bin/python -m pip install --no-deps --disable-pip-version-check \
                    --requirement requirements.lock
            ;;
        # Unpacked, so that it takes no root, and no server is started that nobody asked for.
        redis)
            needs apt-get "or redis-server"
            # shellcheck disable=SC2046 # several names
            apt-get download $(missing_packages redis-server) &&
                for package in *.deb; do dpkg-deb --extract "$package" . || return; done &&
                rm -- *.deb
            ;;
        # Not unpacked: its user could not read the cache of another.
        postgres)
            needs apt-get "or PostgreSQL"
            install_package postgresql
            ;;
    esac
}

# The folder is whole if it exists; Chromium is outside it, and may have been removed.
is_installed() {
    [ -d "$2" ] && { [ "$1" != browser ] || chromium_program >/dev/null; }
}

# Installs beside the folder and moves it into place when it is whole, so that one that exists
# needs no second look. Quiet, unless it fails.
install() {
    local name=$1 target staging log files
    files=$(locks "$name")
    ! is_on_system "$name" || return 0
    needs python3 "it takes the lock, and it is the user without a browser"
    [[ $files != package.json* ]] || needs node "version 20 or newer"
    target=$(folder "$name")
    ! is_installed "$name" "$target" || return 0
    [[ $files != package.json* ]] || needs npm "it comes with Node.js"
    [ "$name" != browser ] || chromium_program >/dev/null || needs apt-get "or Chromium"
    mkdir -p "$cache"
    exec 9>"$cache/$name.lock"
    # The lock belongs to the open file, which this shell keeps; not every system has flock(1).
    python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    if ! is_installed "$name" "$target"; then
        staging=$target.partial
        log=$cache/$name.log
        rm -rf "$staging" "$target"
        mkdir "$staging"
        # shellcheck disable=SC2086 # several names
        [ -z "$files" ] || (cd "$here/$name" && cp $files "$staging")
        (cd "$staging" && install_here "$name" </dev/null >"$log" 2>&1) || {
            cat "$log" >&2
            fail "$name cannot be installed"
        }
        mv "$staging" "$target"
    fi
    exec 9>&-
}

start() {
    local name=$1 target
    target=$(folder "$name")
    shift
    case $name in
        oidc-provider) exec node "$here/$name/start-$name.mjs" --modules "$target" "$@" ;;
        browser)
            exec node "$here/$name/start-$name.mjs" --modules "$target" \
                --chromium "$(chromium_program)" "$@"
            ;;
        canaille | oauth1) exec "$target/bin/python" "$here/$name/start-$name.py" "$@" ;;
        redis) exec python3 "$here/$name/start-$name.py" --root "$target" "$@" ;;
        postgres)
            exec python3 "$here/$name/start-$name.py" --programs "$(postgres_programs)" "$@"
            ;;
    esac
}

case ${1:-} in
    '') fail "which server? $(sed -n 's/^# NAME: //p' "${BASH_SOURCE[0]}")" ;;
    --install)
        shift
        for name in "$@"; do
            install "$name"
        done
        ;;
    *)
        name=$1
        shift
        install "$name"
        start "$name" "$@"
        ;;
esac
