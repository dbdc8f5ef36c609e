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
    for folder in .cargo core service events metrics dashboards broker login app testcases bench; do
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
    for script in "$source_root"/bin/* "$source_root"/.ci/run "$source_root"/testcases/*.sh; do
        bash -n "$script" || return
    done
}

shellcheck_is_content() {
    (cd "$source_root" && shellcheck -x bin/* .ci/run testcases/*.sh events/postgres/src/*.sh)
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

# A project whose test suite runs to its end: cargo's tests end with the summaries $1 and status $2.
suite_project() {
    fresh_project
    mkdir -p "$project/target/debug" "$work/tools/bin"
    local tool
    for tool in tee grep awk tr timeout chmod cut sed basename; do
        ln -s "$(command -v "$tool")" "$work/tools/$tool"
    done
    stand_in "$work/tools/cargo" "case \"\$*\" in
*--version*) echo 'cargo 1.95.0' ;;
*nextest*) echo \"\$*\" >>'$work/test-calls'; printf '%s\\n' '$1'; exit $2 ;;
*--doc*) echo 'test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s' ;;
*) exit 0 ;;
esac"
    stand_in "$work/tools/pg_config" "echo '$work/tools/bin'"
    stand_in "$work/tools/bin/initdb" "exit 0"
    stand_in "$work/tools/bin/postgres" "exit 0"
    stand_in "$project/target/debug/tenfold-test-postgres" "echo \"\$1\" >>'$work/postgres-calls'; echo postgres://there"
    with_brokers "rabbitmq activemq" ""
    with_aws yes starts
    with_deploy_checks
    stand_in "$project/testcases/shell_tests.sh" "echo 'shell tests: 4 passed, 0 failed, 1 skipped'"
    rm -f "$work/postgres-calls" "$work/broker-calls" "$work/test-calls"
}

# with_brokers HAS BROKEN: a machine that has the brokers HAS, of which those in BROKEN do not start.
with_brokers() {
    stand_in "$project/target/debug/tenfold-test-broker" "case \$1 in
has) case ' $1 ' in *\" \$2 \"*) exit 0 ;; esac; exit 1 ;;
start) echo \"start \$2\" >>'$work/broker-calls'; case ' $2 ' in *\" \$2 \"*) exit 1 ;; esac; echo \"url-of://\$2\" ;;
stop) echo stop \"\$(basename \"\$2\")\" >>'$work/broker-calls' ;;
esac"
}

# with_aws HAS STARTS: a machine on which AWS's emulator is installed where HAS is `yes`, and starts where STARTS is `starts`.
with_aws() {
    mkdir -p "$project/target/aws-emulator" "$project/testcases/aws"
    echo "localstack-core==1" | tee "$project/target/aws-emulator/requirements.txt" >"$project/testcases/aws/requirements.txt"
    stand_in "$project/target/debug/tenfold-test-aws" "case \$1 in
has) [ $1 = yes ] ;;
start) mkdir \"\$2\"; echo \"start aws\" >>'$work/broker-calls'; [ $2 = starts ] && echo http://there ;;
stop) echo stop aws >>'$work/broker-calls' ;;
esac"
}

# A machine on which what checks the deployment has been installed.
with_deploy_checks() {
    local place=$project/target/deploy-checks program
    mkdir -p "$place/bin" "$project/deploy/tests"
    echo "cfn-lint==1" | tee "$place/requirements.txt" >"$project/deploy/tests/requirements.txt"
    for program in cfn-lint python; do
        stand_in "$place/bin/$program" "exit 0"
    done
}

# brokers_were CALL...: what was started and stopped, in that order.
brokers_were() {
    printf '%s\n' "$@" | diff - "$work/broker-calls"
}

# suite_says LINE STATUS: how the suite ended, that LINE is the only one of its form, and that its Postgres was stopped.
suite_says() {
    local status=0
    run / "$project/bin/test" || status=$?
    cat "$work/stdout" "$work/stderr"
    [ "$status" = "$2" ] || return
    [ "$(tail -n 1 "$work/stdout")" = "$1" ] || return
    [ "$(grep -cE '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$work/stdout")" = 1 ] || return
    [ "$(tr '\n' ' ' <"$work/postgres-calls")" = "start stop " ]
}

# fmt, check, build, clippy, deny and leftovers are six; the last one only where processes can be looked at.
own_checks=7
[ ! -d /proc/self ] || own_checks=8

the_suite_counts_what_passed() {
    suite_project "     Summary [  25.266s] 20 tests run: 20 passed (1 slow), 3 skipped" 0
    suite_says "$((20 + 2 + 4 + own_checks)) passed, 0 failed, 5 skipped" 0 &&
        brokers_were "start rabbitmq" "start activemq" "start aws" "stop activemq" "stop rabbitmq" "stop aws" && ! grep -q -- "-E" "$work/test-calls"
}

tests_of_brokers_that_are_missing_are_left_out() {
    suite_project "     Summary [  25.266s] 20 tests run: 20 passed (1 slow), 3 skipped" 0
    with_brokers "" ""
    with_aws yes starts
    suite_says "$((20 + 2 + 4 + own_checks)) passed, 0 failed, 5 skipped" 0 || return
    brokers_were "start aws" "stop aws" || return
    grep -q -- "-E not test(/rabbitmq/) and not test(/activemq/)" "$work/test-calls" || return
    [ "$(grep -c "^skipped: all tests with .* is not installed" "$work/stdout")" = 2 ]
}

a_broker_that_does_not_start_is_a_failure() {
    suite_project "     Summary [  25.266s] 20 tests run: 20 passed (1 slow), 3 skipped" 0
    with_brokers "rabbitmq activemq" rabbitmq
    suite_says "$((20 + 2 + 4 + own_checks)) passed, 1 failed, 5 skipped" 1 || return
    brokers_were "start rabbitmq" "start activemq" "start aws" "stop activemq" "stop rabbitmq" "stop aws" || return
    grep -q -- "-E not test(/rabbitmq/) --workspace" "$work/test-calls"
}

tests_of_aws_are_left_out_where_it_is_missing() {
    suite_project "     Summary [  25.266s] 20 tests run: 20 passed (1 slow), 3 skipped" 0
    with_aws no starts
    suite_says "$((20 + 2 + 4 + own_checks)) passed, 0 failed, 5 skipped" 0 || return
    grep -qF -- '-E not test(/(^|_|::)aws(_|::|$)/) --workspace' "$work/test-calls" || return
    grep -q "^skipped: all tests with aws in their names" "$work/stdout"
}

an_aws_emulator_that_does_not_start_is_a_failure() {
    suite_project "     Summary [  25.266s] 20 tests run: 20 passed (1 slow), 3 skipped" 0
    with_aws yes fails
    suite_says "$((20 + 2 + 4 + own_checks)) passed, 1 failed, 5 skipped" 1 || return
    grep -qF -- 'not test(/(^|_|::)aws(_|::|$)/)' "$work/test-calls"
}

the_suite_counts_what_failed() {
    suite_project "     Summary [  25.266s] 20 tests run: 17 passed, 2 failed, 1 timed out, 0 skipped" 100
    suite_says "$((17 + 2 + 4 + own_checks)) passed, 3 failed, 2 skipped" 1
}

tests_that_do_not_compile_are_a_failure() {
    suite_project "error: could not compile" 101
    suite_says "$((2 + 4 + own_checks)) passed, 1 failed, 2 skipped" 1
}

expect "every script is bash" scripts_are_bash
if command -v shellcheck >/dev/null; then
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
expect "the suite counts what passed, and stops its database and brokers" the_suite_counts_what_passed
expect "tests of brokers that are missing are left out, and named" tests_of_brokers_that_are_missing_are_left_out
expect "a broker that does not start is a failure" a_broker_that_does_not_start_is_a_failure
expect "tests of AWS are left out where its emulator is missing, and named" tests_of_aws_are_left_out_where_it_is_missing
expect "an AWS emulator that does not start is a failure" an_aws_emulator_that_does_not_start_is_a_failure
expect "the suite counts what failed, and stops its database" the_suite_counts_what_failed
expect "tests that do not compile are a failure" tests_that_do_not_compile_are_a_failure
echo "shell tests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
