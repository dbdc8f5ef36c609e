//! `tenfold-events`: the log's own tool. See [`tenfold_events::program`].

fn main() -> std::process::ExitCode {
    tenfold_events::program::run()
}
