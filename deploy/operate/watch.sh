# shellcheck shell=bash
# bin/aws status, logs and dashboard. Sourced by bin/aws.
# shellcheck disable=SC2154

# What cannot be asked is said in its line, and the rest is told all the same.
status() {
    local failed login servers database
    need_the_stack
    printf 'stack:                %s, %s\n' "$stack" "$state"
    failed=$(failures)
    [ -z "$failed" ] || printf 'last failures:\n%s\n' "$failed"
    find_physical LoginTargets
    if [ -z "$physical" ]; then
        login="none"
    elif ask elbv2 describe-target-health --target-group-arn "$physical" --query 'TargetHealthDescriptions[].[Target.Id,TargetHealth.State,TargetHealth.Description]'; then
        login=$(awk -F'\t' '{ printf "%s%s", between, $1; if (NF > 1) printf ", %s", $2; if ($3 != "None" && $3 != "") printf " (%s)", $3; between = "; " }' <<<"${answer:-none}")
    else
        login="not known ($error)"
    fi
    printf 'login server:         %s\n' "$login"
    if ask_for_the_fleet pending,running; then
        servers=$(lines)
    else
        servers="not known ($error)"
    fi
    printf 'application servers:  %s\n' "$servers"
    find_physical Database
    database=$physical
    if [ -z "$database" ]; then
        database="none"
    elif ask rds describe-db-instances --db-instance-identifier "$database" --query 'DBInstances[0].DBInstanceStatus'; then
        database="$database, $answer"
    else
        database="$database, not known ($error)"
    fi
    printf 'database:             %s\n' "$database"
    [ -z "$(output Host)" ] || printf 'address:              %s port %s\n' "$(output Host)" "$(output Port)"
}

# The groups are named after the stack, so that they are found before it has outputs.
logs() {
    local part failed=0 words=(--since "$since" --format short)
    if [ -n "$follow" ]; then
        words+=(--follow)
    fi
    for part in login app; do
        show logs tail "/tenfold/$stack/$part" "${words[@]}"
        if [ -n "$follow" ]; then
            # In a group of processes of its own, so that the CLI ends with this program, however that ends.
            set -m
            tail_of "$part" "${words[@]}" &
            background+=($!)
            set +m
        else
            tail_of "$part" "${words[@]}" || failed=2
        fi
    done
    for part in ${background[@]+"${background[@]}"}; do
        wait "$part" || failed=2
    done
    return "$failed"
}

# tail_of PART WORDS...: each line with the name of its part.
tail_of() {
    local part=$1 line
    shift
    if "$cli" logs tail "/tenfold/$stack/$part" "$@" 2>"$scratch/error-$part" | while IFS= read -r line; do
        printf '%-5s | %s\n' "$part" "$line"
    done; then
        return
    fi
    error=$(grep -v '^[[:space:]]*$' "$scratch/error-$part" | tail -n 1 || true)
    case $error in
        *ResourceNotFoundException*) say "there is no log /tenfold/$stack/$part in $region: \`bin/aws status\` says whether the stack is there" ;;
        *) say "the log /tenfold/$stack/$part cannot be read: ${error:-the CLI says nothing}" ;;
    esac
    return 2
}

dashboard() {
    local environment
    need_the_stack
    environment=$(output EnvironmentName)
    [ -n "$environment" ] || give_up "the stack $stack is $state and has no outputs yet: wait until \`bin/aws status\` says CREATE_COMPLETE"
    TENFOLD_FLEET_NAME=$(output Fleet) TENFOLD_ENVIRONMENT=$environment TENFOLD_ALARM_TOPIC=$(output AlarmTopicArn) \
        TENFOLD_SEATS=$(parameter Seats) "$root/bin/dashboard" put
    printf 'https://%s.console.aws.amazon.com/cloudwatch/home?region=%s#dashboards/dashboard/tenfold-%s-%s\n' \
        "$region" "$region" "$(output Fleet)" "$environment"
}
