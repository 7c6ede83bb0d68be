#!/usr/bin/env bash
# Real servers to test against, each from one command. README.md says what they are.
#
#   serve.sh NAME [options]         installs NAME if it is missing, then becomes it (exec)
#   serve.sh --install NAME…        installs only
#
# NAME: oidc-provider, canaille
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
        oidc-provider) echo package.json package-lock.json ;;
        canaille) echo requirements.lock ;;
        *) fail "no server is named '$1'" ;;
    esac
}

# The folder of an installation, named after what it holds: another lock file, another folder.
folder() {
    local sum files
    files=$(locks "$1")
    # shellcheck disable=SC2086 # several names
    sum=$(cd "$here/$1" && cat $files | cksum)
    echo "$cache/$1-${sum%% *}"
}

# Into the current folder, which has the lock file.
install_here() {
    case $1 in
        oidc-provider)
            npm ci --omit=dev --ignore-scripts --engine-strict=false --no-audit --no-fund
            ;;
        canaille)
            python3 -m venv . &&
                bin/python -m pip install --no-deps --disable-pip-version-check \
                    --requirement requirements.lock
            ;;
    esac
}

# Installs beside the folder and moves it into place when it is whole, so that one that exists
# needs no second look. Quiet, unless it fails.
install() {
    local name=$1 target staging log files
    files=$(locks "$name")
    needs python3 "it takes the lock, and it is the user without a browser"
    [ "$name" != oidc-provider ] || needs node "version 20 or newer"
    target=$(folder "$name")
    [ ! -d "$target" ] || return 0
    [ "$name" != oidc-provider ] || needs npm "it comes with Node.js"
    mkdir -p "$cache"
    exec 9>"$cache/$name.lock"
    # The lock belongs to the open file, which this shell keeps; not every system has flock(1).
    python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    if [ ! -d "$target" ]; then
        staging=$target.partial
        log=$cache/$name.log
        rm -rf "$staging"
        mkdir "$staging"
        # shellcheck disable=SC2086 # several names
        (cd "$here/$name" && cp $files "$staging")
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
        canaille) exec "$target/bin/python" "$here/$name/start-$name.py" "$@" ;;
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
