//! The scripts print what they must, in the model and in the real programs.

use rand::seq::SliceRandom;
use tenfold_testcases::model::{World, run_script};
use tenfold_testcases::postgres;
use tenfold_testcases::random::seeded;
use tenfold_testcases::scripts::{self, Script};
use tenfold_testcases::service::{Options, Service};

/// How many services run at the same time.
const AT_ONCE: usize = 4;

#[test]
fn model_agrees_with_every_script() {
    for script in scripts::all() {
        compare(&script, &run_script(&mut World::default(), &script.input));
    }
}

fn compare(script: &Script, printed: &str) {
    if let Some(folder) = std::env::var_os("TENFOLD_KEEP_OUTPUT") {
        let file = std::path::Path::new(&folder).join(&script.name).with_extension("out");
        std::fs::write(file, printed).expect("the output can be kept");
        return;
    }
    let expected: Vec<_> = script.output.lines().collect();
    let found: Vec<_> = printed.lines().collect();
    let differs = expected.iter().zip(&found).position(|(one, other)| one != other);
    let line = differs.unwrap_or(expected.len().min(found.len()));
    assert!(
        printed == script.output,
        "{}.out, line {}: expected {:?}, printed {:?}\n--- printed\n{printed}",
        script.name,
        line + 1,
        expected.get(line),
        found.get(line)
    );
}

fn run(service: &Service, script: &Script) {
    let finished = service.run_client(&script.input);
    compare(script, &finished.output);
    assert!(finished.status.success(), "{}: {finished:?}", script.name);
    assert_eq!(finished.complaint, "", "{}: standard error", script.name);
}

fn run_alone(script: &Script) {
    let service = Service::start(Options::new());
    run(&service, script);
    service.verify();
}

#[test]
fn every_script_on_a_fresh_database() {
    let _one_cluster_for_all = postgres::shared();
    let scripts = scripts::all();
    // Each has a service of its own, so that they need not wait for each other.
    std::thread::scope(|scope| {
        for share in scripts.chunks(scripts.len().div_ceil(AT_ONCE)) {
            scope.spawn(|| share.iter().for_each(run_alone));
        }
    });
}

#[test]
fn all_scripts_in_any_order_on_one_database() {
    let mut scripts = scripts::all();
    scripts.retain(|script| !script.needs_fresh_database);
    scripts.shuffle(&mut seeded());
    let mut service = Service::start(Options::new().with("--seat-hold", "2s"));
    for script in &scripts {
        eprintln!("running {}", script.name);
        run(&service, script);
    }
    service.verify();
    service.stop();
}
