# shellcheck shell=bash
# The AWS CLI as the rest of this folder calls it. Sourced by bin/aws, which has the options.
# shellcheck disable=SC2034,SC2154

# find_the_cli SCRIPT: the first `aws` of the PATH that is not SCRIPT, for bin/ may stand in the PATH, too.
find_the_cli() {
    local found version
    cli=
    while IFS= read -r found; do
        if [ -z "$cli" ] && ! [ "$found" -ef "$1" ]; then
            cli=$found
        fi
    done < <(type -ap aws)
    [ -n "$cli" ] || give_up "the AWS CLI is not installed: install version 2 as https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html says"
    version=$("$cli" --version 2>&1) || give_up "the AWS CLI $cli does not run: install version 2 of it anew"
    case $version in
        aws-cli/2.*) ;;
        *) give_up "$cli is ${version%% *}, and version 2 is needed: install it as https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html says" ;;
    esac
    # No pager and no questions, whatever the operator's own settings are.
    export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off
}

find_the_region() {
    region=${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-}}}
    region=${region:-$("$cli" configure get region 2>/dev/null || true)}
    [ -n "$region" ] || give_up "no region is named: give --region, such as --region eu-central-1, or set AWS_REGION"
    [[ $region =~ ^[a-z]+(-[a-z]+)+-[0-9]+$ ]] || give_up "--region $region: a region is written as eu-central-1"
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region
}

# Whose credentials these are: $account and $caller.
find_the_account() {
    if ! ask sts get-caller-identity --query '[Account,Arn]'; then
        case $error in
            *"Could not connect to the endpoint"* | *"Could not resolve"* | *"Connect timeout"*) explain "say whose credentials these are" ;;
            *xpired*) give_up "the AWS credentials have expired: sign in again, with \`aws sso login\` or as you did" ;;
            *) give_up "AWS takes no credentials from here (${error:-the CLI says nothing}): sign in with \`aws configure\` or \`aws sso login\`, or set AWS_PROFILE" ;;
        esac
    fi
    read -r account caller <<<"$answer"
}

# ask ARGUMENTS...: calls the CLI. Leaves what it prints in $answer, empty where that is None, and why it failed in $error.
ask() {
    local status=0
    show "$@" --output text
    answer=$("$cli" "$@" --output text 2>"$scratch/error") || status=$?
    [ "$answer" != None ] || answer=
    error=$(grep -v '^[[:space:]]*$' "$scratch/error" | tail -n 1 || true)
    return "$status"
}

# must WHAT ARGUMENTS...: the same, and a failure ends the program with a sentence: AWS did not WHAT.
must() {
    local what=$1
    shift
    ask "$@" || explain "$what"
}

# As a shell takes it, and people read it.
show() {
    local word call=aws
    [ -n "$show_calls" ] || return 0
    for word; do
        [[ $word =~ ^[A-Za-z0-9_./:=,@+-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
        call="$call $word"
    done
    say "$call"
}

# explain WHAT: why the last call failed.
explain() {
    case $error in
        *"Could not connect to the endpoint"* | *"Could not resolve"* | *"Connect timeout"*)
            give_up "nothing answers for AWS in $region ($error): check the name of the region, and this machine's network"
            ;;
        *xpired*) give_up "the AWS credentials have expired: sign in again, then repeat the command" ;;
        *AccessDenied* | *UnauthorizedOperation* | *"not authorized"*)
            give_up "these credentials may not $1: give them that right ($error)"
            ;;
        *OptInRequired* | *"not subscribed"* | *AuthFailure*)
            give_up "the account is not enabled for what is needed in $region ($error): enable the region in the account's settings, or name another"
            ;;
        *) give_up "AWS did not $1: ${error:-the CLI says nothing}" ;;
    esac
}

# confirm QUESTION: asks, unless --yes was given; anything but yes ends the program.
confirm() {
    local reply=
    [ -z "$yes" ] || return 0
    printf 'tenfold: %s Type yes to go on: ' "$1" >&2
    read -r reply || printf '\n' >&2
    [ "$reply" = yes ] || give_up "nothing was changed, for the answer was not yes; --yes answers beforehand"
}
