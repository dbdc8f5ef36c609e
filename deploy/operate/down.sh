# shellcheck shell=bash
# bin/aws down: first whoever launches machines, then the machines, then the stack, whose network cannot be deleted with machines in it.
# Sourced by bin/aws.
# shellcheck disable=SC2154

# Prices of us-east-1 in dollars, as deploy/README.md has them: a secret a month; GiB of a snapshot, of S3, of a log.
secret_price=0.40 snapshot_price=0.095 bucket_price=0.023 log_price=0.03

down() {
    local machines
    look_at_the_stack
    if [ -z "$state" ]; then
        say "there is no stack $stack in $region"
        name_what_is_left
        return
    fi
    ask_for_the_fleet pending,running,stopping,stopped || explain "list the application servers"
    machines=$(lines)
    confirm "This ends $machines application servers and deletes the stack $stack in $region ($(fate_of_the_data))."
    # Whoever makes or updates it would launch login servers anew.
    [ "$state" = DELETE_IN_PROGRESS ] || wait_for_the_stack
    end_login_servers
    end_the_fleet
    delete_dashboard_and_alarms
    delete_the_stack
    name_what_is_left
}

fate_of_the_data() {
    case $(parameter DatabaseOnDelete) in
        Delete) printf 'the data is deleted, too, for DatabaseOnDelete is Delete' ;;
        *) printf 'a snapshot of the data stays, with its keys' ;;
    esac
}

end_login_servers() {
    local group left=1
    find_physical LoginServers
    group=$physical
    [ -n "$group" ] || return 0
    if ! ask autoscaling update-auto-scaling-group --auto-scaling-group-name "$group" --min-size 0 --max-size 0 --desired-capacity 0; then
        case $error in
            *"not found"* | *"is pending delete"* | *"pending delete"*) ;;
            *) explain "end the login server" ;;
        esac
    fi
    say "ending the login server"
    while [ "$left" != 0 ]; do
        must "tell whether login servers are left" autoscaling describe-auto-scaling-groups --auto-scaling-group-names "$group" \
            --query 'AutoScalingGroups[].Instances[].[InstanceId]'
        left=$(lines)
        [ "$left" = 0 ] || sleep 10
    done
}

# Again until none is left, for the last launch may not have been in the list.
end_the_fleet() {
    local ids
    while true; do
        ask_for_the_fleet pending,running,stopping,stopped,shutting-down || explain "list the application servers"
        [ -n "$answer" ] || break
        ids=$(tr '\n' ' ' <<<"$answer")
        say "ending the application servers ${ids% }"
        # One word each.
        # shellcheck disable=SC2086
        must "end the application servers" ec2 terminate-instances --instance-ids $ids
        # shellcheck disable=SC2086
        must "end the application servers in ten minutes" ec2 wait instance-terminated --instance-ids $ids
    done
}

# Those that `bin/dashboard put` makes, by their whole names: another fleet's may begin in the same way.
delete_dashboard_and_alarms() {
    local environment names there
    environment=$(parameter Environment)
    names=$(alarm_names "$environment")
    # One word each.
    # shellcheck disable=SC2086
    must "list the fleet's alarms" cloudwatch describe-alarms --alarm-names $names --query 'MetricAlarms[].[AlarmName]'
    if [ -n "$answer" ]; then
        there=$(tr '\n' ' ' <<<"$answer")
        # shellcheck disable=SC2086
        must "delete the fleet's alarms" cloudwatch delete-alarms --alarm-names $there
    fi
    ask cloudwatch delete-dashboards --dashboard-names "tenfold-$stack-$environment" || case $error in
        *"not exist"* | *NotFound*) ;;
        *) explain "delete the fleet's dashboard" ;;
    esac
}

delete_the_stack() {
    # It may have been deleted while it was waited for.
    [ -n "$state" ] || return 0
    say "deleting the stack $stack, which takes some ten minutes"
    must "delete the stack $stack" cloudformation delete-stack --stack-name "$stack"
    wait_until_gone
    if [ -n "$state" ]; then
        failures >&2
        give_up "the stack $stack is $state: remove what stands above, then run this again"
    fi
}

# money UNITS PRICE
money() {
    awk -v units="$1" -v price="$2" 'BEGIN { printf "about $%.2f", units * price }'
}

# left WHAT COST COMMAND
left() {
    printf '%s\n    %s a month; to remove it: %s\n' "$1" "$2" "$3"
}

# Found by the tag and not by the stack, which may be gone for long.
name_what_is_left() {
    local name what size bytes found='' data=''
    must "list the secrets that are left" secretsmanager list-secrets --filters Key=tag-key,Values=tenfold:stack "Key=tag-value,Values=$stack" \
        --query "SecretList[?Tags[?Key=='tenfold:stack' && Value=='$stack']].[ARN,Description]"
    while IFS=$'\t' read -r name what; do
        [ -n "$name" ] || continue
        left "secret $name ($what)" "$(money 1 "$secret_price")" "aws secretsmanager delete-secret --secret-id $name --force-delete-without-recovery --region $region"
        found=yes data=yes
    done <<<"$answer"
    must "list the snapshots that are left" rds describe-db-snapshots --snapshot-type manual \
        --query "DBSnapshots[?TagList[?Key=='tenfold:stack' && Value=='$stack']].[DBSnapshotIdentifier,AllocatedStorage]"
    while IFS=$'\t' read -r name size; do
        [ -n "$name" ] || continue
        left "snapshot $name, of a disk of $size GiB" "at most $(money "$size" "$snapshot_price")" "aws rds delete-db-snapshot --db-snapshot-identifier $name --region $region"
        found=yes data=yes
    done <<<"$answer"
    must "list the logs that are left" logs describe-log-groups --log-group-name-prefix "/tenfold/$stack/" --query 'logGroups[].[logGroupName,storedBytes]'
    while IFS=$'\t' read -r name bytes; do
        [ -n "$name" ] || continue
        left "log group $name" "$(money "$(gibibytes "$bytes")" "$log_price")" "aws logs delete-log-group --log-group-name $name --region $region"
        found=yes
    done <<<"$answer"
    name=tenfold-release-$account-$region
    if ask s3api head-bucket --bucket "$name" --expected-bucket-owner "$account"; then
        must "list the bucket $name" s3 ls "s3://$name" --recursive --summarize
        bytes=$(sed -n 's/^ *Total Size: *\([0-9]*\).*/\1/p' <<<"$answer")
        left "bucket $name, with the releases of every stack in $region" "$(money "$(gibibytes "${bytes:-0}")" "$bucket_price")" \
            "aws s3 rb s3://$name --force --region $region"
        found=yes
    fi
    [ -n "$found" ] || { say "nothing is left" && return; }
    say "this is left, at list prices of us-east-1"
    [ -z "$data" ] || say "without the snapshot and the master key the data is gone for good, and without the token key it cannot be served"
}

gibibytes() {
    awk -v bytes="$1" 'BEGIN { print bytes / 1073741824 }'
}
