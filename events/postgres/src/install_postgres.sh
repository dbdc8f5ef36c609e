#!/bin/sh
# Installs the PostgreSQL server on Debian or Ubuntu, as root, without the cluster that the package would create and start by
# itself: Tenfold sets up one of its own. All output goes to standard error. Used by the login server and by bin/test.
set -eu
exec 1>&2
export DEBIAN_FRONTEND=noninteractive
install() {
    apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# The lists may be years old, or not there at all; where there is no network the packages may still be at hand.
apt-get update --quiet || echo "tenfold: apt-get update failed; trying with the lists that are there"

# The package that creates clusters comes first, so that it can be told not to; afterwards it has its own settings back.
install postgresql-common
settings=/etc/postgresql-common/createcluster.conf
kept=$(mktemp)
cp -p "$settings" "$kept"
restore() {
    cp -p "$kept" "$settings"
    rm -f "$kept"
}
trap restore EXIT
echo "create_main_cluster = false" >>"$settings"
install postgresql
