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

# Which Python it is, for whom an environment is made: of another one it is a dangling link, or
# looks for its packages elsewhere.
which_python() {
    python3 -c 'import sys; print(sys.base_prefix, *sys.version_info[:2])'
}

# The folder of an installation, named after what it holds: another lock file or another Python,
# another folder.
folder() {
    local sum files
    files=$(locks "$1")
    [ -n "$files" ] || {
        echo "$cache/$1"
        return
    }
    # shellcheck disable=SC2086 # several names
    sum=$(
        cd "$here/$1" &&
            { cat $files && { [[ $files != requirements* ]] || which_python; }; } | cksum
    )
    echo "$cache/$1-${sum%% *}"
}

# Whether a program is there and is one: some systems have a script in its place that says how to
# get it, and what was unpacked on another system may lack a library.
runs() {
    "$1" --version </dev/null >/dev/null 2>&1
}

# The folder with PostgreSQL's programs, the newest; distributions keep it out of the PATH.
postgres_programs() {
    local found
    found=$(command -v postgres) || found=$(
        find /usr/lib/postgresql /usr/pgsql-* -path '*/bin/postgres' 2>/dev/null |
            sort -V | tail -n 1 || true
    )
    [ -n "$found" ] && runs "$found" && dirname "$found"
}

# Redis that was unpacked into a folder, with the libraries that the system lacked.
unpacked_redis_runs() {
    local libraries
    libraries=$(printf '%s:' "$1"/usr/lib/*-linux-gnu)
    LD_LIBRARY_PATH=${libraries%:} runs "$1/usr/bin/redis-server"
}

# Chromium, the one without windows if there is a choice: it is the one that is installed here.
chromium_program() {
    local name
    for name in chromium-headless-shell chromium google-chrome; do
        ! runs "$name" || {
            command -v "$name"
            return
        }
    done
    return 1
}

# Whether the system has the server, so that nothing is to be installed.
is_on_system() {
    case $1 in
        redis) runs redis-server ;;
        postgres) postgres_programs >/dev/null ;;
        *) false ;;
    esac
}

# A registry may be out of order for a moment, and somebody else may have apt's lists.
patiently() {
    local pause
    for pause in 10 30 0; do
        ! "$@" || return 0
        sleep "$pause"
    done
    return 1
}

# Without the lock's file: a server that a package starts would keep it for as long as it runs.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@" 9>&-; else sudo -n "$@" 9>&-; fi
}

may_be_root() {
    as_root true 2>/dev/null
}

# Changes the system; waits for whoever else does.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get \
        -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

# Tries it, and again with new lists: with old ones, packages are looked for that are gone. Without
# new ones, too: they take root, and all the sources of the system.
with_lists() {
    "$@" || {
        ! may_be_root || patiently apt_get update || true
        patiently "$@"
    }
}

# A package of Debian or Ubuntu into the system, with all that it takes.
install_package() {
    may_be_root || fail "$1 takes root, or sudo without a password"
    # Where somebody was killed in the middle, nothing else is installed before that is finished.
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure --pending || true
    with_lists apt_get install --yes --no-install-recommends "$1"
}

# The same into the current folder, without what the system has.
unpack_package() {
    with_lists download_package "$1" &&
        for package in *.deb; do dpkg-deb --extract "$package" . || return; done &&
        rm -- *.deb
}

download_package() {
    local names
    names=$(
        apt-get install --simulate --no-install-recommends "$1" |
            sed -n 's/^Inst \([^ ]*\) .*/\1/p'
    ) || return
    # shellcheck disable=SC2086 # several names
    [ -n "$names" ] && apt-get -o Acquire::Retries=3 download $names
}

# Into the current folder, which has the lock file.
install_here() {
    case $1 in
        oidc-provider)
            patiently npm ci --omit=dev --ignore-scripts --engine-strict=false --no-audit --no-fund
            ;;
        # The packages drive it; with --ignore-scripts they cannot bring a browser of their own.
        browser)
            patiently npm ci --omit=dev --ignore-scripts --no-audit --no-fund &&
                { chromium_program || install_package chromium-headless-shell; }
            ;;
        canaille | oauth1)
            python3 -m venv . &&
                patiently bin/python -m pip install --no-deps --disable-pip-version-check \
                    --requirement requirements.lock
            ;;
        # Unpacked, so that it takes no root, and no server is started that nobody asked for.
        redis)
            needs apt-get "or redis-server"
            unpack_package redis-server
            ;;
        # Not unpacked: its user could not read the cache of another.
        postgres)
            needs apt-get "or PostgreSQL"
            install_package postgresql
            ;;
    esac
}

# The folder is whole if it exists; what is outside it may have been removed.
is_installed() {
    [ -d "$2" ] || return
    case $1 in
        browser) chromium_program >/dev/null ;;
        canaille | oauth1) runs "$2/bin/python" ;;
        redis) unpacked_redis_runs "$2" ;;
        postgres) postgres_programs >/dev/null ;;
    esac
}

# One for all that use apt, two of which would be in each other's way.
lock_file() {
    case $1 in
        redis | postgres | browser) echo "$cache/apt.lock" ;;
        *) echo "$cache/$1.lock" ;;
    esac
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
    exec 9>"$(lock_file "$name")"
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
        redis)
            is_on_system redis || set -- --root "$target" "$@"
            exec python3 "$here/$name/start-$name.py" "$@"
            ;;
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
