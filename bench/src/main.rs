//! `tenfold-bench`: the benchmarks. See [`tenfold_bench::program`].

fn main() -> std::process::ExitCode {
    tenfold_bench::program::run()
}
