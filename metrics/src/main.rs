//! `tenfold-metrics`: checks the dashboard and its alarms, and prints them. See [`tenfold_metrics::program`].

fn main() -> std::process::ExitCode {
    tenfold_metrics::program::run()
}
