#!/bin/bash
# Makes a plain Ubuntu or Amazon Linux machine one of Tenfold's application servers. What goes wrong stands in
# /var/log/cloud-init-output.log and on the console. There is one secret in here: a token that is good for one exchange, within minutes, from
# this machine alone. What the server needs to serve it gets for that, and keeps it in its memory.
set -euo pipefail
login={login}
pin={pin}
sha256={sha256}
instance={instance}
token={token}
log={log}
log_group={log_group}
place=${TENFOLD_PLACE:-/opt/tenfold}
journald=${TENFOLD_PLACE:-}/etc/systemd/journald.conf.d

# A machine that cannot serve costs money and is of no use: one that shuts down is ended by AWS.
give_up() {
    echo "tenfold: $*" >&2
    shutdown -h now
    exit 1
}

# What the journal has, get-console-output shows, also of a machine that is gone: all that there is of one that never enrolled.
mkdir -p "$journald"
printf '%s\n' '[Journal]' ForwardToConsole=yes TTYPath=/dev/ttyS0 MaxLevelConsole=info >"$journald/tenfold.conf"
systemctl restart systemd-journald || echo "tenfold: the journal does not go to the console" >&2

# The login server's certificate is its own, so that its key is compared. The program itself is no secret.
fetch() {
    if command -v curl >/dev/null; then
        curl --silent --show-error --fail --max-time 120 --insecure --pinnedpubkey "sha256//$pin" \
            --output "$place/new" "https://$login/tenfold-app"
    else
        python3 - "https://$login/tenfold-app" "$place/new" <<'END'
import ssl, sys, urllib.request
unverified = ssl._create_unverified_context()
with urllib.request.urlopen(sys.argv[1], timeout=120, context=unverified) as answer, open(sys.argv[2], "wb") as file:
    while piece := answer.read(1 << 20):
        file.write(piece)
END
    fi
}

mkdir -p "$place"
# The login server may just be starting again.
for _ in {1..60}; do
    if fetch; then
        break
    fi
    sleep 3
done
echo "$sha256  $place/new" | sha256sum --check --status || give_up "the program is not the one that was meant"
chmod 755 "$place/new"
mv -f "$place/new" "$place/tenfold-app"

(umask 077 && echo "TENFOLD_ENROLMENT_TOKEN=$token" >"$place/token")
# The server puts a full log aside by itself, for which it must be able to write there.
mkdir -p "$place/log"
chmod 1777 "$place/log"
# Its log is a file, for CloudWatch; how it ends goes to the journal when the server fails.
cat >"$place/why" <<'END'
#!/bin/bash
[ "$SERVICE_RESULT" = success ] || tail --lines=30 "${0%/*}/app.log" "${0%/*}/log/app.log" 2>&1
END
chmod 755 "$place/why"
# The token's file is gone when systemd reads the environment again, for ExecStopPost: what has a "-" before it may be missing.
systemd-run --quiet --unit=tenfold-app --property=Type=exec --property=DynamicUser=yes --property=NoNewPrivileges=yes \
    --property=LimitNOFILE=65536 --property=SuccessAction=poweroff --property=FailureAction=poweroff \
    --property="ExecStopPost=$place/why" --property="EnvironmentFile=-$place/token" --property="StandardError=append:$place/app.log" \
    --property="ReadWritePaths=$place/log" -- "$place/tenfold-app" enrol --at "$login" --pin "$pin" --instance "$instance" \
    --log "$log" --log-file "$place/log/app.log" ||
    give_up "the application server does not start"
rm -f "$place/token"

# Afterwards, for nobody waits for the log. Ubuntu has no package of the agent; its logs stay on the machine.
if [ -n "$log_group" ] && command -v dnf >/dev/null && dnf install --quiet --assumeyes amazon-cloudwatch-agent; then
    agent=/opt/aws/amazon-cloudwatch-agent
    cat >"$agent/etc/tenfold.json" <<END
{"logs": {"logs_collected": {"files": {"collect_list": [
    {"file_path": "$place/log/app.log", "log_group_name": "$log_group", "log_stream_name": "{instance_id}"}
]}}}}
END
    "$agent/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:$agent/etc/tenfold.json"
fi
