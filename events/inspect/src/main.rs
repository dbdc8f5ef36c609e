//! `tenfold-events`: the log's own tool. See [`tenfold_inspect::program`].

fn main() -> std::process::ExitCode {
    tenfold_inspect::program::run()
}
