//! What an emulator's instances lack: something that boots. It looks for new instances of a fleet, reads their user data, and
//! really runs it, each in a folder of its own and from a loopback address of its own. A machine that shuts itself down is
//! terminated, and one that is terminated is gone with everything it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::account::Account;
use super::by_hand::{text_of, texts_of};
use super::metadata::Metadata;
use super::proxy::Proxy;

/// How often it looks.
const GLANCE: Duration = Duration::from_millis(100);
/// What a machine has in place of the system's own: nothing that a script does must reach the machine that runs the tests.
const STAND_INS: [(&str, &str); 4] = [
    ("systemd-run", include_str!("systemd-run")),
    ("shutdown", include_str!("shutdown")),
    // The journal of the machine that runs the tests is nobody's business.
    ("systemctl", "#!/bin/sh\nexit 0\n"),
    ("dnf", "#!/bin/sh\nexit 1\n"),
];

/// The machines of one fleet, ended with this value.
#[derive(Debug)]
pub struct Machines {
    shared: Arc<Shared>,
    looking: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    account: Account,
    proxy: Arc<Proxy>,
    fleet: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: BTreeMap<String, Machine>,
    /// Every instance there ever was.
    seen: BTreeSet<String>,
    user_data: Vec<String>,
    /// New ones do not boot while this is set.
    are_stuck: bool,
    is_over: bool,
}

#[derive(Debug)]
struct Machine {
    folder: TempDir,
    metadata: Metadata,
    /// None once it has ended.
    process: Option<Child>,
}

impl Machines {
    /// Looks after the instances of `fleet` from now on.
    pub fn start(account: Account, proxy: Arc<Proxy>, fleet: &str) -> Self {
        let shared = Arc::new(Shared {
            account,
            proxy,
            fleet: fleet.to_owned(),
            state: Mutex::default(),
        });
        let looking = Arc::clone(&shared);
        Self {
            shared,
            looking: Some(std::thread::spawn(move || {
                while !looking.state().is_over {
                    looking.look();
                    std::thread::sleep(GLANCE);
                }
            })),
        }
    }

    /// The instances that run, in EC2's words.
    pub fn running(&self) -> Vec<String> {
        self.shared.state().running.keys().cloned().collect()
    }

    /// Every instance there ever was.
    pub fn seen(&self) -> Vec<String> {
        self.shared.state().seen.iter().cloned().collect()
    }

    /// The user data of every instance there ever was.
    pub fn user_data(&self) -> Vec<String> {
        self.shared.state().user_data.clone()
    }

    /// The user data of an instance, whether it has booted or not.
    ///
    /// # Panics
    /// Where EC2 has none of it.
    pub fn user_data_of(&self, instance: &str) -> String {
        self.shared.user_data_of(instance).expect("EC2 keeps its user data")
    }

    /// Boots an instance with other user data than its own.
    pub fn boot_with(&self, instance: &str, script: &str) {
        self.shared.boot_with(instance, script);
    }

    /// Whether new instances boot at all.
    pub fn let_them_boot(&self, boots: bool) {
        self.shared.state().are_stuck = !boots;
    }

    /// Ends everything that the instance runs, at once, as a crash of its machine would; EC2 does not know of it.
    pub fn crash(&self, instance: &str) {
        if let Some(machine) = self.shared.state().running.get_mut(instance) {
            machine.end();
        }
    }

    /// From now on `text` stands at `path` of the instance's metadata.
    pub fn announce(&self, instance: &str, path: &str, text: &str) {
        if let Some(machine) = self.shared.state().running.get(instance) {
            machine.metadata.put(path, text);
        }
    }

    /// What the machines and their servers have said.
    pub fn said(&self) -> String {
        let state = self.shared.state();
        let said = |(instance, machine): (&String, &Machine)| {
            let read = |name: &str| fs::read_to_string(machine.folder.path().join(name)).unwrap_or_default();
            format!(
                "--- {instance}\n{}{}{}",
                read("console.log"),
                read("app.log"),
                read("log/app.log")
            )
        };
        state.running.iter().map(said).collect()
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("What the machines said:\n{}", self.said());
        }
        self.shared.state().is_over = true;
        if let Some(looking) = self.looking.take() {
            let _ = looking.join();
        }
        self.shared.state().running.values_mut().for_each(Machine::end);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    fn look(&self) {
        let Some(alive) = self.alive() else {
            return;
        };
        let mut state = self.state();
        state.running.retain(|instance, machine| {
            let lives = alive.contains(instance);
            if !lives {
                machine.end();
            }
            lives
        });
        let shut_down = state.running.iter().filter(|(_, machine)| machine.is_shut_down());
        let shut_down: Vec<String> = shut_down.map(|(instance, _)| instance.clone()).collect();
        let new: Vec<String> = alive
            .into_iter()
            .filter(|instance| !state.seen.contains(instance))
            .collect();
        let boots = !state.are_stuck;
        drop(state);
        for instance in shut_down {
            // Gone with the next look.
            let _ = self.account.ec2("TerminateInstances", &[("InstanceId.1", &instance)]);
        }
        if boots {
            new.iter().for_each(|instance| self.boot(instance));
        }
    }

    /// The instances that EC2 counts as alive; none where it cannot be asked.
    fn alive(&self) -> Option<Vec<String>> {
        let filters = [
            ("Filter.1.Name", "tag:tenfold:fleet"),
            ("Filter.1.Value.1", self.fleet.as_str()),
            ("Filter.2.Name", "instance-state-name"),
            ("Filter.2.Value.1", "pending"),
            ("Filter.2.Value.2", "running"),
        ];
        let described = self.account.ec2("DescribeInstances", &filters).ok()?;
        Some(texts_of(&described, "instanceId"))
    }

    fn boot(&self, instance: &str) {
        if let Some(script) = self.user_data_of(instance) {
            self.boot_with(instance, &script);
        }
    }

    fn user_data_of(&self, instance: &str) -> Option<String> {
        let wanted = [("InstanceId", instance), ("Attribute", "userData")];
        let described = self.account.ec2("DescribeInstanceAttribute", &wanted).ok()?;
        Some(decoded(&text_of(&described, "value")?))
    }

    fn boot_with(&self, instance: &str, script: &str) {
        let machine = Machine::boot(script, &self.proxy.address_of(instance).to_string());
        let mut state = self.state();
        state.seen.insert(instance.to_owned());
        state.user_data.push(script.to_owned());
        state.running.insert(instance.to_owned(), machine);
    }
}

impl Machine {
    fn boot(script: &str, address: &str) -> Machine {
        let folder = TempDir::with_prefix("tenfold-machine-").expect("a temporary folder can be made");
        let programs = folder.path().join("bin");
        fs::create_dir(&programs).expect("a folder can be made");
        for (name, content) in STAND_INS {
            write_program(&programs.join(name), content);
        }
        let begin = folder.path().join("user-data");
        fs::write(&begin, script).expect("a file can be made");
        let console = fs::File::create(folder.path().join("console.log")).expect("a file can be made");
        let metadata = Metadata::start([]);
        let mark = std::env::var_os("TEST_RUN_OF_TENFOLD").unwrap_or_default();
        let process = Command::new("bash")
            .arg(&begin)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()))
            .env("HOME", folder.path())
            .env("TENFOLD_PLACE", folder.path())
            .env("TENFOLD_ENROL_FROM", address)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url)
            .env("TEST_RUN_OF_TENFOLD", mark)
            .stdin(Stdio::null())
            .stdout(console.try_clone().expect("a file has more than one handle"))
            .stderr(console)
            .process_group(0)
            .spawn()
            .expect("a script can be run");
        Machine {
            folder,
            metadata,
            process: Some(process),
        }
    }

    fn is_shut_down(&self) -> bool {
        self.folder.path().join("is-shut-down").exists()
    }

    /// With everything that it has started.
    fn end(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = killpg(Pid::from_raw(process.id().cast_signed()), Signal::SIGKILL);
            let _ = process.wait();
        }
    }
}

fn write_program(path: &Path, content: &str) {
    fs::write(path, content).expect("a file can be made");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("our own file");
}

/// From base64, by a program that every machine has.
fn decoded(text: &str) -> String {
    use std::io::Write;
    let mut decoder = Command::new("base64")
        .arg("--decode")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("base64 can be run");
    let mut input = decoder.stdin.take().expect("a pipe");
    let text = text.to_owned();
    std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = decoder.wait_with_output().expect("our own child");
    String::from_utf8(output.stdout).expect("user data is text")
}
