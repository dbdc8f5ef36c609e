#!/usr/bin/env bash
# Tests of the programs in bin/, on a copy of them in a project whose cargo and whose real programs are stand-ins that write down
# how they were called. The last line counts: `shell tests: N passed, N failed, N skipped`.
set -uo pipefail

source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." >/dev/null && pwd -P)
work=$(cd "$(mktemp -d)" >/dev/null && pwd -P)
trap 'rm -rf "$work"' EXIT
project="$work/a project"
passed=0
failed=0
skipped=0

# expect NAME COMMAND...: passes where the command succeeds.
expect() {
    local name=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        passed=$((passed + 1))
        echo "ok: $name"
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        sed 's/^/    /' "$work/said"
    fi
}

stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

# A project as after a build: programs that print their arguments and input, newer than every source.
fresh_project() {
    rm -rf "$project" "$work/tools" "$work/cargo-calls"
    mkdir -p "$project/target/release" "$project/client/src" "$work/tools"
    cp -R "$source_root/bin" "$project/bin"
    local folder
    for folder in .cargo core cli service events metrics dashboards broker fleet login app testcases bench; do
        mkdir -p "$project/$folder"
    done
    touch "$project/Cargo.toml" "$project/Cargo.lock" "$project/client/src/main.rs"
    for program in login app client events metrics bench; do
        # The stand-in expands these, not we.
        # shellcheck disable=SC2016
        stand_in "$project/target/release/tenfold-$program" \
            "echo tenfold-$program; for word; do echo \"[\$word]\"; done; echo \"home: \${TENFOLD_HOME-}\"; echo \"folder: \$PWD\"; cat"
    done
    for stamp in tenfold-login-tenfold-app tenfold-client tenfold-inspect tenfold-metrics \
        tenfold-bench-tenfold-login-tenfold-app-tenfold-client-tenfold-inspect; do
        touch "$project/target/release/.built-$stamp"
    done
    # The rest of the system, without whatever cargo it has.
    local tool
    for tool in bash sh dirname readlink find head id mktemp mkdir mv rm cat sleep touch; do
        ln -s "$(command -v "$tool")" "$work/tools/$tool"
    done
    stand_in "$work/tools/cc" "exit 0"
}

# The stand-in for cargo: writes its call down, talks on standard output as cargo never should, and ends with status $1.
with_cargo() {
    stand_in "$work/tools/cargo" "if [ \"\$1\" = --version ]; then echo 'cargo ${2:-1.95.0} (abc 2026-01-01)'; exit; fi
echo \"\$*\" >>'$work/cargo-calls'; echo 'cargo talks'; exit $1"
}

# run FOLDER PROGRAM ARGUMENTS...: in that folder and with the stand-ins only; the output is kept in files.
run() {
    local folder=$1
    shift
    (cd "$folder" && env -i PATH="$work/tools" HOME="$work" ${home_given:+TENFOLD_HOME="$home_given"} \
        ${broker_given:+TENFOLD_BROKER="$broker_given"} ${fleet_given:+TENFOLD_FLEET="$fleet_given"} "$@") \
        >"$work/stdout" 2>"$work/stderr" </dev/null
}

change_a_source() {
    # A moment later than the stamp, whatever the clock's grain.
    touch -d '+1 minute' "$project/client/src/main.rs" 2>/dev/null || touch -A 0100 "$project/client/src/main.rs"
}

scripts_are_bash() {
    local script
    for script in "$source_root"/bin/* "$source_root"/.ci/run "$source_root"/testcases/*.sh "$source_root"/deploy/operate/*.sh; do
        head -n 1 "$script" | grep -q python || bash -n "$script" || return
    done
}

shellcheck_is_content() {
    (cd "$source_root" && "$shellcheck" -x bin/{aws,bench,client,dashboard,events,lib.sh,release,server,test} .ci/run testcases/*.sh events/postgres/src/*.sh deploy/operate/*.sh)
}

arguments_arrive_whole() {
    fresh_project
    run / "$project/bin/client" 127.0.0.1 "two words" || return
    printf 'tenfold-client\n[127.0.0.1]\n[two words]\nhome: \nfolder: /\n' | diff - "$work/stdout" && [ ! -s "$work/stderr" ]
}

symbolic_links_are_followed() {
    fresh_project
    mkdir -p "$work/links/deep"
    ln -sf "$project/bin/server" "$work/links/absolute"
    ln -sf ../absolute "$work/links/deep/relative"
    run "$work/links/deep" ./relative 0.0.0.0 8888 && grep -qx "tenfold-login" "$work/stdout" &&
        grep -qx "home: $project/.tenfold" "$work/stdout"
}

users_own_command_lines_work() {
    fresh_project
    printf 'register a b\nexit\n' >"$work/testcase"
    (cd "$project/bin" && env -i PATH="$work/tools" ./client 10.0.0.1 8888 <"$work/testcase" >"$work/output") || return
    [ "$(tail -n 2 "$work/output")" = "$(cat "$work/testcase")" ] || return
    run "$project/bin" ./server 0.0.0.0 8888 && grep -qx '\[8888\]' "$work/stdout"
}

every_program_runs_its_own() {
    fresh_project
    local pair
    for pair in server:login client:client events:events dashboard:metrics bench:bench; do
        run / "$project/bin/${pair%:*}" && [ "$(head -n 1 "$work/stdout")" = "tenfold-${pair#*:}" ] || return
    done
}

a_home_that_is_given_is_kept() {
    fresh_project
    local home_given=/somewhere
    run / "$project/bin/events" state && grep -qx "home: /somewhere" "$work/stdout"
}

nothing_changed_asks_no_cargo() {
    fresh_project
    with_cargo 0
    run / "$project/bin/client" && [ ! -e "$work/cargo-calls" ]
}

a_change_is_built_once() {
    fresh_project
    with_cargo 0
    touch "$project/client/src/main.rs"
    rm "$project/target/release/.built-tenfold-client"
    run / "$project/bin/client" && run / "$project/bin/client" || return
    [ "$(cat "$work/cargo-calls")" = "build --release --quiet -p tenfold-client" ]
}

a_newer_source_is_noticed() {
    fresh_project
    with_cargo 0
    change_a_source
    run / "$project/bin/server" && grep -q -- "-p tenfold-login -p tenfold-app" "$work/cargo-calls"
}

# The calls of cargo, without what is the same in all.
features_asked_for() {
    sed -n 's/^build --release --quiet -p tenfold-login -p tenfold-app *//p' "$work/cargo-calls" 2>/dev/null
}

tls_is_built_where_the_broker_wants_it() {
    local given broker_given
    for given in "--broker amqps://u:p@host/v" "--broker=stomp+ssl://host" ""; do
        fresh_project
        with_cargo 0
        # Where nothing is given on the command line, it is in the environment.
        broker_given=${given:+stomp://host}
        broker_given=${broker_given:-amqps://host}
        # One word, two or none.
        # shellcheck disable=SC2086
        run / "$project/bin/server" 0.0.0.0 8888 $given || return
        [ "$(features_asked_for)" = "--features tenfold-login/tls,tenfold-app/tls" ] || return
    done
}

tls_is_left_out_where_no_broker_wants_it() {
    fresh_project
    with_cargo 0
    run / "$project/bin/server" 0.0.0.0 8888 && run / "$project/bin/server" 0.0.0.0 8888 --broker amqp://host || return
    # What the command line names comes before the environment.
    local broker_given=amqps://host
    run / "$project/bin/server" 0.0.0.0 8888 --broker=stomp://host || return
    broker_given=
    [ ! -e "$work/cargo-calls" ] || return
    change_a_source
    run / "$project/bin/server" 0.0.0.0 8888 --broker amqp://host && ! grep -q features "$work/cargo-calls"
}

tls_stays_in_what_is_built() {
    fresh_project
    with_cargo 0
    run / "$project/bin/server" 0.0.0.0 8888 --broker amqps://host || return
    run / "$project/bin/server" 0.0.0.0 8888 && run / "$project/bin/server" 0.0.0.0 8888 --broker amqps://host || return
    [ "$(grep -c build "$work/cargo-calls")" = 1 ] || return
    run / "$project/bin/bench" commands && run / "$project/bin/client" || return
    [ "$(grep -c build "$work/cargo-calls")" = 2 ] &&
        grep -q -- "-p tenfold-bench.*--features tenfold-login/tls,tenfold-app/tls" "$work/cargo-calls"
}

aws_is_built_for_a_fleet_on_ec2_and_stays() {
    local given fleet_given
    for given in "--fleet ec2" "--fleet=ec2" ""; do
        fresh_project
        with_cargo 0
        fleet_given=
        [ -n "$given" ] || fleet_given=ec2
        # One word, two or none.
        # shellcheck disable=SC2086
        run / "$project/bin/server" 0.0.0.0 8888 $given || return
        [ "$(features_asked_for)" = "--features tenfold-login/aws,tenfold-app/enrol" ] || return
    done
    run / "$project/bin/server" 0.0.0.0 8888 && [ "$(grep -c build "$work/cargo-calls")" = 1 ] || return
    run / "$project/bin/server" 0.0.0.0 8888 --broker amqps://host || return
    grep -q -- "--features tenfold-login/tls,tenfold-login/aws,tenfold-app/tls,tenfold-app/enrol" "$work/cargo-calls"
}

aws_is_left_out_for_a_fleet_on_this_machine() {
    fresh_project
    with_cargo 0
    local fleet_given=ec2
    # What the command line names comes before the environment.
    run / "$project/bin/server" 0.0.0.0 8888 --fleet local || return
    fleet_given=
    run / "$project/bin/server" 0.0.0.0 8888 && [ ! -e "$work/cargo-calls" ]
}

cloudwatch_is_built_for_who_speaks_to_it() {
    fresh_project
    with_cargo 0
    run / "$project/bin/dashboard" check && run / "$project/bin/server" 0.0.0.0 8888 --metrics none || return
    [ ! -e "$work/cargo-calls" ] || return
    run / "$project/bin/server" 0.0.0.0 8888 --metrics=cloudwatch || return
    [ "$(features_asked_for)" = "--features tenfold-login/cloudwatch" ] || return
    fresh_project
    with_cargo 0
    run / "$project/bin/dashboard" --region eu-central-1 put || return
    grep -qx -- "build --release --quiet -p tenfold-metrics --features tenfold-metrics/cloudwatch" "$work/cargo-calls" || return
    run / "$project/bin/dashboard" check && [ "$(grep -c build "$work/cargo-calls")" = 1 ]
}

tls_that_cannot_be_built_is_not_wanted_again() {
    fresh_project
    with_cargo 101
    run / "$project/bin/server" 0.0.0.0 8888 --broker amqps://host
    [ $? = 2 ] && [ ! -s "$work/stdout" ] || return
    run / "$project/bin/server" 0.0.0.0 8888
}

builds_stay_off_standard_output() {
    fresh_project
    with_cargo 0
    change_a_source
    run / "$project/bin/client" && ! grep -q "cargo talks" "$work/stdout" && grep -q "cargo talks" "$work/stderr"
}

a_failed_build_ends_with_status_2_and_is_tried_again() {
    fresh_project
    with_cargo 101
    change_a_source
    run / "$project/bin/client"
    [ $? = 2 ] && [ ! -s "$work/stdout" ] || return
    run / "$project/bin/client"
    [ $? = 2 ] && [ ! -s "$work/stdout" ] || return
    [ "$(grep -c build "$work/cargo-calls")" = 2 ]
}

# one_sentence WORDS: status 2 was seen before; what stands on standard error is one line that says it.
one_sentence() {
    [ ! -s "$work/stdout" ] && [ "$(grep -c '' "$work/stderr")" = 1 ] && grep -q "$1" "$work/stderr"
}

no_cargo_is_said() {
    fresh_project
    change_a_source
    run / "$project/bin/client"
    [ $? = 2 ] && one_sentence "Rust is not installed.*sh.rustup.rs"
}

no_cargo_is_no_matter_when_all_is_built() {
    fresh_project
    run / "$project/bin/client"
}

an_old_rust_is_said() {
    fresh_project
    with_cargo 0 1.70.0
    change_a_source
    run / "$project/bin/client"
    [ $? = 2 ] && one_sentence "Rust 1.70 is too old.*rustup update"
}

no_c_compiler_is_said() {
    fresh_project
    with_cargo 0
    rm "$work/tools/cc"
    change_a_source
    run / "$project/bin/client"
    [ $? = 2 ] && one_sentence "C compiler.*apt-get install gcc"
}

twenty_at_once_all_run() {
    fresh_project
    with_cargo 0
    change_a_source
    local number processes=()
    for number in $(seq 20); do
        (cd / && env -i PATH="$work/tools" "$project/bin/client" "$number" </dev/null >"$work/out.$number" 2>/dev/null) &
        processes+=($!)
    done
    for number in "${processes[@]}"; do
        wait "$number" || return
    done
    for number in $(seq 20); do
        grep -qx "\[$number\]" "$work/out.$number" || return
    done
}

another_target_folder_is_used() {
    fresh_project
    mv "$project/target" "$work/elsewhere"
    (cd "$work" && env -i PATH="$work/tools" CARGO_TARGET_DIR=elsewhere "$project/bin/client" </dev/null >"$work/stdout")
    rm -rf "$work/elsewhere"
    grep -qx tenfold-client "$work/stdout"
}

arguments_of_the_test_suite_are_refused() {
    fresh_project
    run / "$project/bin/test" something
    [ $? = 2 ] && one_sentence "takes no arguments"
}

# A project on a machine that has all that its test suite installs, and whose cargo builds with status $1.
suite_project() {
    fresh_project
    mkdir -p "$project/target/debug" "$project/testcases/aws" "$project/testcases/check-tools" "$project/deploy/tests"
    local tool place
    for place in aws-emulator:testcases/aws deploy-checks:deploy/tests check-tools:testcases/check-tools; do
        mkdir -p "$project/target/${place%:*}"
        echo "some==1" | tee "$project/target/${place%:*}/requirements.txt" >"$project/${place#*:}/requirements.txt"
    done
    for tool in postgres python3.11 python3 sh; do
        rm -f "$work/tools/$tool"
        stand_in "$work/tools/$tool" "echo \"$tool \$*\" >>'$work/installs'; exit 1"
    done
    with_cargo "$1"
    stand_in "$project/target/debug/tenfold-test-run" "echo \"in \$PWD, of \${TEST_RUN_OF_TENFOLD:+a run}\"; echo '3 passed, 0 failed, 1 skipped'"
    rm -f "$work/installs"
}

the_suite_builds_once_and_runs_everything() {
    suite_project 0
    run / "$project/bin/test" || return
    [ "$(grep -v version "$work/cargo-calls")" = "build --locked --workspace --all-features --lib --bins --tests" ] || return
    grep -qx "in $project, of a run" "$work/stdout" && [ "$(tail -n 1 "$work/stdout")" = "3 passed, 0 failed, 1 skipped" ] || return
    ! grep -q "pip\|venv" "$work/installs"
}

a_build_that_fails_is_counted() {
    suite_project 101
    run / "$project/bin/test"
    [ $? = 1 ] && [ "$(tail -n 1 "$work/stdout")" = "0 passed, 1 failed, 0 skipped" ]
}

what_is_missing_is_installed() {
    suite_project 0
    echo "other==2" >"$project/deploy/tests/requirements.txt"
    run / "$project/bin/test" || return
    # Neither Python can make a place for it here.
    grep -q "python3.11 -m venv .*deploy-checks" "$work/installs" || return
    grep -q "installing cfn-lint" "$work/stderr" && grep -q "could not be installed" "$work/stderr" && ! grep -q "LocalStack" "$work/stderr"
}

expect "every script is bash" scripts_are_bash
# Installed, or put beside the build by bin/test.
shellcheck=$(command -v shellcheck || echo "${CARGO_TARGET_DIR:-$source_root/target}/check-tools/bin/shellcheck")
if [ -x "$shellcheck" ]; then
    expect "shellcheck has nothing to say" shellcheck_is_content
else
    skipped=$((skipped + 1))
    echo "skipped: shellcheck is not installed (\`sudo apt-get install shellcheck\`)"
fi
expect "arguments arrive whole, and nothing is said beside" arguments_arrive_whole
expect "scripts work through symbolic links" symbolic_links_are_followed
expect "the users' own command lines work in bin/" users_own_command_lines_work
expect "every program runs its own" every_program_runs_its_own
expect "a home that is given is kept" a_home_that_is_given_is_kept
expect "where nothing changed no cargo is asked" nothing_changed_asks_no_cargo
expect "a change is built once" a_change_is_built_once
expect "a newer source is noticed, and the server builds its application server" a_newer_source_is_noticed
expect "TLS is built where the broker's URL wants it" tls_is_built_where_the_broker_wants_it
expect "TLS is left out where no broker wants it" tls_is_left_out_where_no_broker_wants_it
expect "TLS stays in what is built" tls_stays_in_what_is_built
expect "TLS that cannot be built is not wanted again" tls_that_cannot_be_built_is_not_wanted_again
expect "AWS is built for a fleet on EC2, and stays in what is built" aws_is_built_for_a_fleet_on_ec2_and_stays
expect "CloudWatch is built for who speaks to it alone" cloudwatch_is_built_for_who_speaks_to_it
expect "AWS is left out for a fleet on this machine" aws_is_left_out_for_a_fleet_on_this_machine
expect "builds stay off standard output" builds_stay_off_standard_output
expect "a failed build ends with status 2 and is tried again" a_failed_build_ends_with_status_2_and_is_tried_again
expect "no cargo: one sentence" no_cargo_is_said
expect "no cargo is no matter when all is built" no_cargo_is_no_matter_when_all_is_built
expect "an old Rust: one sentence" an_old_rust_is_said
expect "no C compiler: one sentence" no_c_compiler_is_said
expect "twenty clients at once all run" twenty_at_once_all_run
expect "another target folder is used" another_target_folder_is_used
expect "arguments of the test suite are refused" arguments_of_the_test_suite_are_refused
expect "the suite builds once and runs everything" the_suite_builds_once_and_runs_everything
expect "a build that fails is counted" a_build_that_fails_is_counted
expect "the suite installs what is missing" what_is_missing_is_installed
echo "shell tests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
