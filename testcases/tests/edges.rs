//! The first start where something about the machine is odd.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use nix::unistd::geteuid;
use tempfile::TempDir;
use tenfold_testcases::client::run_client;
use tenfold_testcases::process::{Next, lines_of, processes_of, signal, wait_for_end};
use tenfold_testcases::programs;
use tenfold_testcases::service::listening_address;
use tenfold_testcases::waiting::{PATIENCE, eventually};

/// Becomes the login server at once.
const PLAINLY: &str = r#"exec "$0" "$@""#;

/// A shell that becomes the login server, with a home.
fn server(script: &str, home: &Path) -> Command {
    let mut command = programs::command("tenfold-login");
    let program: OsString = command.get_program().to_owned();
    let removed: Vec<OsString> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    command = Command::new("/bin/sh");
    command.args(["-c", script]).arg(program);
    command
        .args(["127.0.0.1", "0", "--idle-grace", "500ms", "--home"])
        .arg(home);
    for name in removed {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts it and has somebody log in; then it runs.
fn serves(command: &mut Command) -> Child {
    let mut process = command.spawn().expect("the program can be started");
    let lines = lines_of(process.stdout.take().expect("a pipe"));
    let Next::Line(line) = lines.next(2 * PATIENCE) else {
        let output = process.wait_with_output().expect("our own child");
        panic!(
            "it did not begin to listen: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let address = listening_address(&line).expect("it says where");
    let finished = run_client(address, "register ann pw\nlogin ann pw\nlogout ann\n");
    assert!(finished.output.ends_with("Success!\nBye!\n"), "{}", finished.output);
    process
}

fn ends(mut process: Child, home: &Path) {
    signal(process.id(), Signal::SIGTERM);
    let status = wait_for_end(&mut process, "the login server");
    assert!(status.success(), "{status}");
    nothing_runs(home);
}

fn nothing_runs(home: &Path) {
    eventually("nothing of it runs", || {
        (processes_of(home).is_empty() && working_in(&home.join("postgres/data")).is_empty()).then_some(())
    });
}

/// A folder that everybody may enter, as Postgres' user must.
fn open_folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::with_prefix("tenfold-edges-").expect("a temporary folder can be made");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("our own folder");
    folder
}

#[test]
fn a_first_start_does_not_depend_on_the_user_s_mask() {
    for mask in ["027", "077", "000"] {
        let folder = open_folder();
        let home = folder.path().join("above/home");
        let process = serves(&mut server(&format!("umask {mask}; {PLAINLY}"), &home));
        ends(process, &home);
        assert!(
            home.join("postgres/data/PG_VERSION").exists(),
            "with {mask} the data is in the home"
        );
    }
}

#[test]
fn a_home_with_an_end_of_line_is_refused() {
    let folder = open_folder();
    let home = folder.path().join("two\nlines");
    let output = server(PLAINLY, &home).output().expect("the program can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("end of line") && said.lines().count() == 1, "{said}");
    assert!(!home.exists());
}

#[test]
fn what_a_crash_leaves_behind_is_mended_by_the_next_start() {
    let folder = open_folder();
    let home = folder.path().join("home");
    // A first start that was killed: an address, a pointer to a folder without data, an initdb half done.
    fs::create_dir_all(home.join("postgres/unfinished-1/data")).expect("our own folder");
    fs::write(home.join("postgres/url"), "").expect("our own folder");
    fs::write(
        home.join("postgres/data-is-in"),
        folder.path().join("nowhere").as_os_str().as_encoded_bytes(),
    )
    .expect("our own folder");
    ends(serves(&mut server(PLAINLY, &home)), &home);
    ends(serves(&mut server(PLAINLY, &home)), &home);
    // A disk that was full when Postgres wrote its number.
    for left in ["", "\n", "no number\n"] {
        fs::write(home.join("postgres/data/postmaster.pid"), left).expect("our own folder");
        ends(serves(&mut server(PLAINLY, &home)), &home);
    }
}

#[test]
fn as_process_1_no_zombies_stay_and_its_end_is_in_order() {
    if !geteuid().is_root() {
        // Only root can make a process 1.
        return;
    }
    let folder = open_folder();
    let home = folder.path().join("home");
    let mut command = server(
        r#"exec unshare --pid --fork --kill-child --mount-proc "$0" "$@""#,
        &home,
    );
    let mut process = serves(&mut command);
    let postmaster = || fs::read_to_string(home.join("postgres/data/postmaster.pid")).ok();
    let first = eventually("Postgres runs", postmaster);
    // They become orphans of process 1, but for the first, which is one already.
    let of_postgres = working_in(&home.join("postgres/data"));
    assert!(!of_postgres.is_empty());
    of_postgres.iter().for_each(|pid| signal(*pid, Signal::SIGKILL));
    eventually("Postgres is started again", || postmaster().filter(|now| *now != first));
    eventually("no zombie is left", || {
        (!of_postgres.iter().any(|pid| is_zombie(*pid))).then_some(())
    });
    let inner = tenfold_testcases::process::children_of(process.id(), "tenfold-login");
    assert_eq!(inner.len(), 1);
    signal(inner[0], Signal::SIGTERM);
    let status = wait_for_end(&mut process, "the login server");
    assert!(status.success(), "{status}");
    nothing_runs(&home);
}

/// The processes that have `folder` as their own.
fn working_in(folder: &Path) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|found| found == folder))
        .collect()
}

fn is_zombie(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.contains("State:\tZ")
}
