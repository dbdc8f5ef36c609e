# shellcheck shell=bash
# What the programs of bin/ share: finding the project, building what is missing or older than its sources, and saying what a
# machine lacks. Sourced, never run. Everything here speaks on standard error; standard output belongs to the real programs.
#
# No linker or compiler flags are set: plain `cargo build --release` and these scripts must share what they compile, and other
# flags would make each rebuild everything the other had built.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." >/dev/null && pwd -P)

# Cargo reads a relative folder from where it is called, so do we.
target=${CARGO_TARGET_DIR:-$root/target}
case $target in
    /*) ;;
    *) target=$PWD/$target ;;
esac
# Read by the scripts that source this.
# shellcheck disable=SC2034
programs=$target/release

# Everything that can change a program. One list for all: asking cargo once too often costs a fifth of a second.
sources=(Cargo.toml Cargo.lock .cargo core cli service events metrics dashboards broker fleet login app client testcases bench)

# The oldest Rust that compiles the project, as in Cargo.toml.
least_rust_minor=95

say() {
    printf 'tenfold: %s\n' "$*" >&2
}

# For what only a person can mend: one sentence, status 2.
give_up() {
    say "$@"
    exit 2
}

is_root_with_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# Rust's installer puts cargo into a folder that a bare environment's PATH lacks.
find_cargo() {
    if ! command -v cargo >/dev/null; then
        PATH=$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
        export PATH
    fi
    if ! command -v cargo >/dev/null; then
        give_up "Rust is not installed, and Tenfold is built from its sources; install it with \`curl -sSf https://sh.rustup.rs | sh\`"
    fi
    local version minor
    version=$(cargo --version 2>/dev/null) || give_up "cargo does not run; install Rust anew with \`curl -sSf https://sh.rustup.rs | sh\`"
    minor=${version#cargo 1.}
    minor=${minor%%.*}
    case $minor in
        *[!0-9]* | '') ;;
        *) [ "$minor" -ge "$least_rust_minor" ] || give_up "Rust 1.$minor is too old; bring it to 1.$least_rust_minor or newer with \`rustup update stable\`" ;;
    esac
}

# Rust links with the system's C compiler.
find_c_compiler() {
    if command -v cc >/dev/null; then
        return
    fi
    if is_root_with_apt; then
        say "there is no C compiler, which Rust links with; installing gcc with apt-get"
        if DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends gcc libc6-dev </dev/null >&2; then
            return
        fi
        DEBIAN_FRONTEND=noninteractive apt-get update --quiet </dev/null >&2 || true
        if DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends gcc libc6-dev </dev/null >&2; then
            return
        fi
    fi
    give_up "there is no C compiler, which Rust links with; install one with \`sudo apt-get install gcc\` or \`xcode-select --install\`"
}

# Parts that not everybody is to wait for: brokers over TLS (amqps://, stomp+ssl://) take half a minute more to build, AWS some
# minutes. Once built in a target folder a part stays in what is built there, or each run would build anew what another one had built.
tls_mark=$programs/.with-tls
wants_tls=
aws_mark=$programs/.with-aws
wants_aws=
cloudwatch_mark=$programs/.with-cloudwatch
wants_cloudwatch=

# option_or_variable OPTION VALUE ARGUMENTS...: what the server will take: the command line's option, else VALUE, which the environment
# has.
option_or_variable() {
    local option=$1 value=$2 word previous=
    shift 2
    for word; do
        if [ "$previous" = "$option" ]; then
            value=$word
        fi
        previous=$word
        case $word in
            "$option"=*) value=${word#"$option"=} ;;
        esac
    done
    printf '%s' "$value"
}

# build_what_is_asked_for ARGUMENTS...: which parts the server's command line and environment need.
build_what_is_asked_for() {
    case $(option_or_variable --broker "${TENFOLD_BROKER:-}" "$@") in
        amqps://* | stomp+ssl://*) wants_tls=yes ;;
    esac
    case $(option_or_variable --fleet "${TENFOLD_FLEET:-}" "$@") in
        ec2) wants_aws=yes ;;
    esac
    case $(option_or_variable --metrics "${TENFOLD_METRICS:-}" "$@") in
        cloudwatch) wants_cloudwatch=yes ;;
    esac
}

has_tls() {
    [ -n "$wants_tls" ] || [ -e "$tls_mark" ]
}

has_aws() {
    [ -n "$wants_aws" ] || [ -e "$aws_mark" ]
}

has_cloudwatch() {
    [ -n "$wants_cloudwatch" ] || [ -e "$cloudwatch_mark" ]
}

# features PACKAGE...: those of the packages' features that bring the parts, separated by commas; nothing where none is wanted.
features() {
    local package features=
    for package in "$@"; do
        case $package in
            tenfold-login)
                ! has_tls || features=$features,tenfold-login/tls
                if has_aws; then
                    features=$features,tenfold-login/aws
                elif has_cloudwatch; then
                    features=$features,tenfold-login/cloudwatch
                fi
                ;;
            tenfold-app)
                ! has_tls || features=$features,tenfold-app/tls
                ! has_aws || features=$features,tenfold-app/enrol
                ;;
            tenfold-metrics)
                ! has_cloudwatch || features=$features,tenfold-metrics/cloudwatch
                ;;
        esac
    done
    echo "${features#,}"
}

# What tells a build with these features from one without.
suffix() {
    case $1 in */tls*) printf '%s' -with-tls ;; esac
    case $1 in */aws*) printf '%s' -with-aws ;; esac
    case $1 in */cloudwatch*) printf '%s' -with-cloudwatch ;; esac
}

# The program of a package, which has its name but for one: people know that by what it looks at.
program_of() {
    case $1 in
        tenfold-inspect) printf 'tenfold-events' ;;
        *) printf '%s' "$1" ;;
    esac
}

# is_fresh STAMP PACKAGE...: the programs of all are built, and no source has changed since the build that left STAMP began.
is_fresh() {
    local stamp=$1 package
    shift
    [ -e "$stamp" ] || return 1
    for package in "$@"; do
        [ -x "$programs/$(program_of "$package")" ] || return 1
    done
    [ -z "$(cd "$root" && find "${sources[@]}" -newer "$stamp" -print 2>/dev/null | head -n 1)" ]
}

# build PACKAGE...: release builds of packages, each of which has one program. Cargo's own lock makes those who
# build at the same time wait for each other; where nothing has changed cargo is not even asked.
build() {
    local names=$* stamp began packages=() quiet=() package features
    features=$(features "$@")
    stamp=$programs/.built-${names// /-}$(suffix "$features")
    if is_fresh "$stamp" "$@"; then
        return
    fi
    find_cargo
    find_c_compiler
    for package in "$@"; do
        packages+=(-p "$package")
    done
    if [ -n "$features" ]; then
        packages+=(--features "$features")
    fi
    if [ -x "$programs/$(program_of "$1")" ]; then
        quiet=(--quiet)
        say "building what has changed of $*"
    else
        say "building $* (the first time takes some minutes)"
    fi
    if [ -n "$features" ] && has_tls && [ ! -e "$tls_mark" ]; then
        say "the broker is spoken to over TLS, which is built now, once (it takes a minute or so)"
    fi
    if [ -n "$features" ] && has_aws && [ ! -e "$aws_mark" ]; then
        say "the fleet runs on EC2, and what speaks to AWS is built now, once (it takes some ten minutes)"
    fi
    if [ -z "${features##*/cloudwatch*}" ] && [ -n "$features" ] && [ ! -e "$cloudwatch_mark" ]; then
        say "what speaks to CloudWatch is built now, once (it takes a few minutes)"
    fi
    mkdir -p "$programs" 2>/dev/null || give_up "$programs cannot be made; change its rights, or name another folder in CARGO_TARGET_DIR"
    began=$(mktemp "$stamp.XXXXXX") || give_up "$programs cannot be written; change its rights, or name another folder in CARGO_TARGET_DIR"
    if ! (cd "$root" && CARGO_TARGET_DIR=$target cargo build --release ${quiet[@]+"${quiet[@]}"} "${packages[@]}" </dev/null >&2); then
        rm -f "$began"
        give_up "the build of $* failed; the reason stands above"
    fi
    mv -f "$began" "$stamp"
    case $features in */tls*) touch "$tls_mark" ;; esac
    case $features in */aws*) touch "$aws_mark" ;; esac
    case $features in */cloudwatch*) touch "$cloudwatch_mark" ;; esac
}

# A server of ten thousand connections needs as many files open as the system allows.
raise_file_limit() {
    local most
    most=$(ulimit -H -n)
    ulimit -S -n "$most" 2>/dev/null || true
}

# Where the server keeps what must stay between runs, unless the command line or the environment names another folder.
use_default_home() {
    export TENFOLD_HOME=${TENFOLD_HOME:-$root/.tenfold}
}
