//! The one command on an EC2 machine: nothing is named, all comes from the machine's own metadata.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;
use tenfold_testcases::aws::cloud::Cloud;
use tenfold_testcases::aws::metadata::Metadata;
use tenfold_testcases::aws::texts_of;
use tenfold_testcases::client::run_client;
use tenfold_testcases::database::rows_at;
use tenfold_testcases::postgres::free_port;
use tenfold_testcases::process::{Next, lines_of, signal, wait_for_end};
use tenfold_testcases::programs;
use tenfold_testcases::service::listening_address;
use tenfold_testcases::waiting::{PATIENCE, eventually_is};

const MAC: &str = "02:00:00:00:00:07";

/// An EC2 machine in the account's own network.
struct Machine {
    subnet: String,
    group: String,
    metadata: Metadata,
    home: TempDir,
}

impl Machine {
    fn start(cloud: &Cloud) -> Machine {
        let subnet = cloud.subnets().remove(0);
        let groups = cloud
            .account
            .ec2("DescribeSecurityGroups", &[])
            .expect("the emulator tells its groups");
        let group = texts_of(&groups, "groupId").remove(0);
        let interface = |name: &str| format!("network/interfaces/macs/{MAC}/{name}");
        let entries = [
            ("placement/region".to_owned(), cloud.account.region()),
            ("mac".into(), MAC),
            ("ami-id".into(), "ami-0abcdef1234567890"),
            ("instance-type".into(), "t3.micro"),
            ("local-ipv4".into(), "127.0.0.1"),
            (interface("subnet-id"), &subnet),
            (interface("security-group-ids"), &group),
        ];
        let metadata = Metadata::start(entries.map(|(path, text)| (path, text.to_owned())));
        let home = TempDir::with_prefix("tenfold-home-").expect("a temporary folder can be made");
        Machine {
            subnet,
            group,
            metadata,
            home,
        }
    }

    /// The one command. Only what the emulator needs to see that it is ours is named beside it.
    fn server(&self, cloud: &Cloud) -> Command {
        let mut command = programs::command("tenfold-login");
        command.args([
            "127.0.0.1",
            "0",
            "--fleet",
            "ec2",
            // So that the test need not wait for a minute.
            "--idle-grace",
            "500ms",
            "--metrics",
            "none",
            "--fleet-name",
            &cloud.fleet,
        ]);
        command.args(["--ec2-enrolment-port", &free_port().to_string(), "--home"]);
        command.arg(self.home.path());
        let of_the_machine = |name: &str| name == "AWS_REGION" || name == "AWS_EC2_METADATA_DISABLED";
        let variables = cloud.account.variables(&cloud.proxy.url).into_iter();
        command.envs(variables.filter(|(name, _)| !of_the_machine(name)));
        command.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &self.metadata.url);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.home.path().join("server.log"));
        command.stderr(log.expect("its log can be written"));
        command
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("server.log")).unwrap_or_default()
    }

    fn starts(&self, cloud: &Cloud) -> (Server, std::net::SocketAddr) {
        let mut server = Server(self.server(cloud).spawn().expect("tenfold-login can be started"));
        let lines = lines_of(server.0.stdout.take().expect("a pipe"));
        let Next::Line(line) = lines.next(2 * PATIENCE) else {
            panic!("it did not begin to listen:\n{}", self.log());
        };
        (server, listening_address(&line).expect("it says where"))
    }
}

/// Ended with the test, also where that fails.
struct Server(Child);

impl Server {
    fn stop(mut self) {
        signal(self.0.id(), Signal::SIGTERM);
        assert!(wait_for_end(&mut self.0, "the login server").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn aws_one_command_launches_the_likes_of_its_machine_and_serves_them_its_own_postgres_over_tls() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud);
    let (server, address) = machine.starts(&cloud);
    let finished = run_client(
        address,
        "register ann pw\nlogin ann pw\npost ann hello\nlist-friend ann\n",
    );
    assert_eq!(
        finished.output,
        "Success!\nSuccess!\nSuccess!\nNo friends\n",
        "{}",
        machine.log()
    );
    let asked = &cloud.proxy.calls("RunInstances")[0].parameters;
    for (parameter, value) in [
        ("ImageId", "ami-0abcdef1234567890"),
        ("InstanceType", "t3.micro"),
        ("SubnetId", &machine.subnet),
        ("SecurityGroupId.1", &machine.group),
    ] {
        assert_eq!(asked.get(parameter).map(String::as_str), Some(value), "{parameter}");
    }

    let url = std::fs::read_to_string(machine.home.path().join("postgres/url")).expect("there is a private Postgres");
    let count = |sql: &str| rows_at(url.trim(), sql).expect("it answers").remove(0).remove(0);
    let plain = "select count(*) from pg_stat_activity join pg_stat_ssl using (pid) where application_name like 'tenfold-app/%' and not ssl";
    assert_eq!(count(plain).as_deref(), Some("0"));
    let encrypted = plain.replace("not ssl", "ssl");
    assert_ne!(count(&encrypted).as_deref(), Some("0"));

    // It leaves them to the next one, which finds them.
    server.stop();
    assert_eq!(cloud.living().len(), 1);
    let (server, address) = machine.starts(&cloud);
    let finished = run_client(address, "login ann pw\npost ann again\nlogout ann\n");
    assert_eq!(finished.output, "Success!\nSuccess!\nBye!\n", "{}", machine.log());
    eventually_is("nobody uses it any more", &0, || cloud.living().len());
    assert_eq!(cloud.proxy.calls("RunInstances").len(), 1);
    server.stop();
    let is_there = || rows_at(url.trim(), "select 1").is_some();
    assert!(is_there(), "what runs on needs the database");
    let ended = machine.server(&cloud).arg("--end-fleet").status();
    assert!(ended.expect("it can be started").success(), "{}", machine.log());
    assert!(!is_there());
}

#[test]
fn aws_a_machine_without_metadata_is_told_what_to_name() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud);
    let nothing = Metadata::start([]);
    let mut command = machine.server(&cloud);
    command
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &nothing.url);
    assert!(!command.status().expect("it can be started").success());
    let said = machine.log();
    assert!(said.contains("--ec2-image"), "{said}");
    // Nobody answers there at all.
    let mut command = machine.server(&cloud);
    let free = format!("http://127.0.0.1:{}", free_port());
    command
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", free);
    assert!(!command.status().expect("it can be started").success());
    let said = machine.log();
    assert!(said.contains("no EC2 metadata") && !said.contains("panicked"), "{said}");
}
