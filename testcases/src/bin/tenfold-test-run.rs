//! `tenfold-test-run` runs everything that says whether the project is sound (`bin/test` installs what it needs and starts it), and ends
//! with the count. `tenfold-test-run COMMAND...` runs one command among the servers that tests share, such as
//! `tenfold-test-run cargo nextest run -p tenfold-log --all-features`.

use std::process::ExitCode;

use tenfold_testcases::run;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if matches!(words.first().map(String::as_str), Some("--help" | "-h")) {
        run::say(
            "tenfold-test-run: runs all tests, or with COMMAND..., one command among the servers that tests share",
        );
        ExitCode::SUCCESS
    } else if words.is_empty() {
        run::everything()
    } else {
        run::command(&words)
    }
}
