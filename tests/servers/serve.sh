#!/usr/bin/env bash
# Real servers to test against, each from one command. README.md says what they are.
#
#   serve.sh NAME [options]         installs NAME if it is missing, then becomes it (exec)
#   serve.sh --install NAME…        installs only
#
# NAME: oidc-provider
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

# The folder of an npm install, named after what it holds: another lock file, another folder.
npm_folder() {
    local sum
    sum=$(cat "$here/$1/package.json" "$here/$1/package-lock.json" | cksum)
    echo "$cache/$1-${sum%% *}"
}

# Installs beside the folder and moves it into place when it is whole, so that one that exists
# needs no second look. Quiet, unless it fails.
npm_install() {
    local name=$1 target staging log
    target=$(npm_folder "$name")
    [ ! -d "$target" ] || return 0
    needs npm "it comes with Node.js"
    mkdir -p "$cache"
    exec 9>"$cache/$name.lock"
    # The lock belongs to the open file, which this shell keeps; not every system has flock(1).
    python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    if [ ! -d "$target" ]; then
        staging=$target.partial
        log=$cache/$name.log
        rm -rf "$staging"
        mkdir "$staging"
        cp "$here/$name/package.json" "$here/$name/package-lock.json" "$staging"
        (cd "$staging" && npm ci --omit=dev --ignore-scripts --engine-strict=false \
            --no-audit --no-fund </dev/null >"$log" 2>&1) || {
            cat "$log" >&2
            fail "npm could not install $name"
        }
        mv "$staging" "$target"
    fi
    exec 9>&-
}

install() {
    case $1 in
        oidc-provider)
            needs node "version 20 or newer"
            needs python3 "it takes the lock, and it is the user without a browser"
            npm_install "$1"
            ;;
        *) fail "no server is named '$1'" ;;
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
        # The only kind of server so far: a script for node.
        exec node "$here/$name/start-$name.mjs" --modules "$(npm_folder "$name")" "$@"
        ;;
esac
