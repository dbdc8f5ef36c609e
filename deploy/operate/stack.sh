# shellcheck shell=bash
# The stack: in what state it is, its parameters, outputs and failures. Sourced by bin/aws.
# shellcheck disable=SC2154

template=$root/deploy/tenfold.yaml
# As the template's description begins: a stack without it is somebody else's.
description="Tenfold on AWS:"

# Leaves the stack's state in $state (empty where there is none), and its parameters and outputs, a key, a tab and a value each.
# One call, for the stack may be gone before the next.
look_at_the_stack() {
    state='' parameters='' outputs=''
    if ! ask cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].[['is',StackStatus,Description], Parameters[].['parameter',ParameterKey,ParameterValue] || \`[]\`, Outputs[].['output',OutputKey,OutputValue] || \`[]\`]"; then
        case $error in
            *"does not exist"*) return 0 ;;
            *) explain "describe the stack $stack" ;;
        esac
    fi
    state=$(rows_of is)
    # Only a change set that was never executed: there is nothing yet.
    if [ "${state%%$'\t'*}" = REVIEW_IN_PROGRESS ]; then
        state=
        return 0
    fi
    case ${state#*$'\t'} in
        "$description"*) ;;
        *) give_up "the stack $stack in $region is not Tenfold's: name another one with --stack" ;;
    esac
    state=${state%%$'\t'*} parameters=$(rows_of parameter) outputs=$(rows_of output)
}

# rows_of KIND: those of the last answer that begin with KIND, without it.
rows_of() {
    sed -n "s/^$1$(printf '\t')//p" <<<"$answer"
}

need_the_stack() {
    look_at_the_stack
    [ -n "$state" ] || give_up "there is no stack $stack in $region: \`bin/aws up\` makes it, --stack and --region name another"
}

# value_in LINES KEY: the value of KEY in lines of a key, a tab and a value.
value_in() {
    local key value
    while IFS=$'\t' read -r key value; do
        if [ "$key" = "$2" ]; then
            [ "$value" = None ] || printf '%s' "$value"
            return
        fi
    done <<<"$1"
}

output() {
    value_in "$outputs" "$1"
}

# The template's parameters with their defaults: a key, a tab and a value.
template_parameters() {
    awk '
        /^[A-Z]/ { inside = /^Parameters:/ }
        inside && /^  [A-Za-z0-9]+:$/ { if (name != "") print name "\t" value; name = $1; sub(/:$/, "", name); value = "" }
        inside && /^    Default: / { value = $0; sub(/^    Default: /, "", value); gsub(/^"|"$/, "", value) }
        END { if (name != "") print name "\t" value }' "$template"
}

# parameter KEY: as it will be: given, else what the stack has, else the template's default.
parameter() {
    local pair value=''
    for pair in ${given[@]+"${given[@]}"}; do
        [ "${pair%%=*}" != "$1" ] || value=${pair#*=}
    done
    value=${value:-$(value_in "$parameters" "$1")}
    printf '%s' "${value:-$(value_in "$(template_parameters)" "$1")}"
}

# find_physical KEY: leaves in $physical the name that AWS has for a resource of the template; nothing where it has none (yet, or any more).
find_physical() {
    if ! ask cloudformation describe-stack-resources --stack-name "$stack" --logical-resource-id "$1" --query 'StackResources[0].PhysicalResourceId'; then
        case $error in
            *"does not exist"*) ;;
            *) explain "describe the resources of the stack $stack" ;;
        esac
    fi
    physical=$answer
}

# wait_until_gone: after it was asked to be deleted; ends with the state empty, or what keeps it.
wait_until_gone() {
    local patience=8
    while look_at_the_stack && [ -n "$state" ] && [ "$state" != DELETE_FAILED ] && [ "$patience" -gt 0 ]; do
        # It may be a moment until the deletion shows.
        [ "$state" = DELETE_IN_PROGRESS ] || patience=$((patience - 1))
        sleep 15
    done
}

# Waits while somebody, maybe an earlier run of this program, changes the stack.
wait_for_the_stack() {
    local said=
    while look_at_the_stack && case $state in *_IN_PROGRESS) true ;; *) false ;; esac do
        [ "$said" = "$state" ] || say "the stack $stack is $state; waiting"
        said=$state
        sleep 15
    done
}

# The last failures with their reasons, a line each. What was cancelled since something else had failed is no reason. One page, which has the newest.
failures() {
    local time resource reason
    ask cloudformation describe-stack-events --stack-name "$stack" --no-paginate --query "StackEvents[?ends_with(ResourceStatus, 'FAILED') && ResourceStatusReason && !contains(ResourceStatusReason, 'cancelled')].[Timestamp,LogicalResourceId,ResourceStatusReason]" || return 0
    [ -n "$answer" ] || return 0
    printf '%s\n' "$answer" | head -n 5 | while IFS=$'\t' read -r time resource reason; do
        printf '  %s  %s: %s\n' "$time" "$resource" "$reason"
    done
}

# ask_for_the_fleet STATES: the ids of its instances in these states, separated by commas. In the stack's own network: another fleet of the same name,
# such as that of one machine, is none of ours. Without the network there are none, for it cannot be deleted with machines in it.
ask_for_the_fleet() {
    find_physical Vpc
    [ -n "$physical" ] || return 0
    ask ec2 describe-instances --filters "Name=tag:tenfold:fleet,Values=$stack" "Name=vpc-id,Values=$physical" "Name=instance-state-name,Values=$1" \
        --query 'Reservations[].Instances[].[InstanceId]'
}

# How many lines the last answer has.
lines() {
    grep -c . <<<"$answer" || true
}

# alarm_names: those that `bin/dashboard put` makes for this fleet and environment.
alarm_names() {
    sed -n 's/^ *"AlarmName": "\(.*\)",*$/\1/p' "$root/dashboards/alarms.json" |
        sed -e "s/{{fleet}}/$stack/" -e "s/{{environment}}/$1/"
}
