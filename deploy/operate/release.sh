# shellcheck shell=bash
# The release: found or made, and refused where it could not run on Amazon Linux 2023. Sourced by bin/aws.
# shellcheck disable=SC2154

# Amazon Linux 2023's C library.
newest_glibc=2.34

# As EC2 calls this machine's architecture, for which bin/release builds.
own_architecture() {
    case $(uname -m) in
        arm64 | aarch64) printf 'arm64' ;;
        *) uname -m ;;
    esac
}

sha256_of() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1" | cut -d' ' -f1
    else
        shasum -a 256 "$1" | cut -d' ' -f1
    fi
}

# Leaves the file in $release, its SHA-256 in $sha256 and the architecture of its programs in $release_architecture.
find_the_release() {
    local program machine
    if [ -z "$release" ]; then
        [ -x "$root/bin/release" ] || give_up "there is no bin/release here to make a release: name one with --release FILE"
        release=$("$root/bin/release" "$target/release-for-aws" | tail -n 1) || give_up "the release could not be made; the reason stands above"
    fi
    [ -f "$release" ] || give_up "--release $release: there is no such file"
    sha256=$(sha256_of "$release")
    if [ -f "$release.sha256" ] && ! grep -q "^$sha256" "$release.sha256"; then
        give_up "$release is not the file whose SHA-256 stands in $release.sha256: fetch or make it again"
    fi
    mkdir -p "$scratch/release"
    tar -xzf "$release" -C "$scratch/release" 2>/dev/null || give_up "$release is no gzipped tar file: \`bin/release\` makes one"
    release_architecture=
    for program in tenfold-login tenfold-app; do
        [ -f "$scratch/release/$program" ] || give_up "$release has no $program at its root: \`bin/release\` makes one that has"
        machine=$(machine_of "$scratch/release/$program") ||
            give_up "$program in $release is no Linux program for x86-64 or aarch64: make the release on such a machine with \`bin/release\`"
        [ "${release_architecture:=$machine}" = "$machine" ] || give_up "$release has programs for two architectures: make it again with \`bin/release\`"
        runs_there "$program"
    done
    rm -rf "$scratch/release"
}

# bytes_of FILE FIRST COUNT: in hexadecimal digits.
bytes_of() {
    od -An -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}

# machine_of FILE: the architecture that the header of an ELF file names, as EC2 calls it.
machine_of() {
    [ "$(bytes_of "$1" 0 4)" = 7f454c46 ] || return 1
    case $(bytes_of "$1" 18 2) in
        3e00) printf 'x86_64' ;;
        b700) printf 'arm64' ;;
        *) return 1 ;;
    esac
}

# What of its C library a program needs at least, such as 2.34; nothing for a static one, which names no interpreter and needs none.
glibc_of() {
    LC_ALL=C grep -a -q '/ld-linux' < <(head -c 4096 "$1") || return 0
    local symbols
    symbols=$(LC_ALL=C readelf --version-info --wide "$1" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' ||
        LC_ALL=C objdump -p "$1" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' ||
        # Neither is there: the names stand in the file.
        LC_ALL=C grep -a -o 'GLIBC_[0-9.]*' "$1" || true)
    cut -d_ -f2 <<<"$symbols" | sort -t. -k1,1n -k2,2n | tail -n 1
}

# newer A B: whether version A is newer than B, of two numbers each.
newer() {
    [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n | tail -n 1)" = "$1" ]
}

runs_there() {
    local file=$scratch/release/$1 needs
    if LC_ALL=C grep -a -q '/ld-musl' < <(head -c 4096 "$file"); then
        give_up "$1 in $release wants musl's loader, which Amazon Linux has not: make a static release with \`bin/release\`"
    fi
    needs=$(glibc_of "$file")
    if [ -n "$needs" ] && newer "$needs" "$newest_glibc"; then
        give_up "$1 in $release needs GLIBC_$needs, and Amazon Linux 2023 has $newest_glibc: make a static release with \`bin/release\`"
    fi
}
