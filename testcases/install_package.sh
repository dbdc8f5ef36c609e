#!/bin/sh
# Installs a server (rabbitmq-server, activemq or pgbouncer) on Debian or Ubuntu, as root, for the tests, which run one of their own:
# the service that comes with the package is neither started now nor with the system. All output goes to standard error. Used by
# bin/test.
set -eu
exec 1>&2
export DEBIAN_FRONTEND=noninteractive
package=$1

# Packages ask this program whether they may start their services; without one they may.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

# The lists may be years old, or not there at all; where there is no network the packages may still be at hand.
apt-get update --quiet || echo "tenfold: apt-get update failed; trying with the lists that are there"
apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$package" openssl

# The system's own policy may have let it start.
if [ -x "/etc/init.d/$package" ]; then
    invoke-rc.d --quiet "$package" stop || true
    update-rc.d "$package" disable || true
fi
