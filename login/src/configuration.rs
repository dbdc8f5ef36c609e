//! The configuration: command line and environment, checked before anything is begun.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tenfold_broker::address::AddressError;
use tenfold_cli::{PortRange, duration, duration_text, log_filter};

use crate::broker::Broker;
use crate::client_tls::TlsOptions;
use crate::limits::LimitOptions;
use crate::publishing::{BadMetrics, MetricsOptions};
use tenfold_fleet::plan::Policy;

/// More than a smallint holds cannot be stored as a seat's number.
const MOST_SEATS: u16 = 10_000;

/// Where the usual ports of application servers begin; see [`Arguments::app_ports`].
const FIRST_APP_PORT: u16 = 9000;
/// More are not opened unless they are named.
const MOST_APP_PORTS: u16 = 10_000;

/// Sessions with a connection are seen once a second: who is away for less cannot be told from who is there.
const LEAST_ABSENCE: Duration = Duration::from_secs(1);

/// Less is over before anything was tried.
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// How long after its launch a process may be missing from the list before it is believed to be gone.
const PROCESS_LAG: Duration = Duration::from_millis(300);

/// How long an unused process stays.
const LOCAL_IDLE_GRACE: Duration = Duration::from_secs(30);

/// Runs a Tenfold login server and its fleet of application servers.
#[derive(Parser, Debug, Clone)]
#[command(name = "tenfold-login", version, bin_name = "bin/server")]
pub struct Arguments {
    /// The name or address to listen on, such as 127.0.0.1, or 0.0.0.0 for all addresses of this machine
    pub host: String,
    /// The port to listen on; 0 for any free one
    pub port: u16,
    /// The Postgres database, as postgres://USER:PASSWORD@HOST:PORT/DATABASE [default: a private one under --home; also
    /// read from DATABASE_URL]
    #[arg(long, env = "TENFOLD_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<String>,
    /// The name that many tools share for it
    #[arg(
        long = "database-url",
        id = "shared_database",
        env = "DATABASE_URL",
        hide = true,
        hide_env_values = true
    )]
    pub shared_database: Option<String>,
    /// The broker that messages go through from one application server to another: RabbitMQ as
    /// amqp://USER:PASSWORD@HOST:PORT/VIRTUAL_HOST, or ActiveMQ as stomp://USER:PASSWORD@HOST:PORT; over TLS amqps:// or
    /// stomp+ssl:// [default: none, messages are delivered through Postgres]. Better named by TENFOLD_BROKER: all users of this machine can
    /// read a command line, and the password in it
    #[arg(long, env = "TENFOLD_BROKER", hide_env_values = true, value_name = "URL")]
    pub broker: Option<String>,
    /// What runs the application servers
    #[arg(long, env = "TENFOLD_FLEET", value_enum, default_value = "local")]
    pub fleet: FleetKind,
    /// How many users one application server serves
    #[arg(long, env = "TENFOLD_SEATS", default_value = "10")]
    pub seats: NonZeroU16,
    /// How many seats are kept free ahead of need
    #[arg(long, env = "TENFOLD_SPARE_SEATS", default_value_t = 0)]
    pub spare_seats: u16,
    /// How long an application server that nobody uses stays [default: 30s, on EC2 60s]
    #[arg(long, env = "TENFOLD_IDLE_GRACE", value_parser = duration, value_name = "DURATION")]
    pub idle_grace: Option<Duration>,
    /// How long an application server may take from its request, and again from its launch, to the next step; then it is
    /// ended [default: 30s, on EC2 5m]
    #[arg(long, env = "TENFOLD_LAUNCH_DEADLINE", value_parser = duration, value_name = "DURATION")]
    pub launch_deadline: Option<Duration>,
    /// How long a session without a connection keeps its seat
    #[arg(long, env = "TENFOLD_SEAT_HOLD", default_value = "60s", value_parser = duration, value_name = "DURATION")]
    pub seat_hold: Duration,
    /// How long a login waits for a seat
    #[arg(long, env = "TENFOLD_SEAT_WAIT", default_value = "5m", value_parser = duration, value_name = "DURATION")]
    pub seat_wait: Duration,
    /// How long a session without a connection lives
    #[arg(long, env = "TENFOLD_SESSION_TTL", default_value = "30m", value_parser = duration, value_name = "DURATION")]
    pub session_ttl: Duration,
    /// The most application servers at once
    #[arg(long, env = "TENFOLD_MAX_INSTANCES", default_value = "100")]
    pub max_instances: NonZeroU16,
    /// The ports that application servers may listen on, for a firewall to let clients through; there are at most as many servers on
    /// one machine. On EC2 each listens on the first [default: 9000-9099, any free one where HOST is of this machine alone]
    #[arg(long, alias = "ec2-app-ports", env = "TENFOLD_APP_PORTS", value_name = "FIRST-LAST")]
    pub app_ports: Option<PortRange>,
    /// Never move users to another server, also where they would fit on fewer
    #[arg(long, env = "TENFOLD_NO_MOVES", value_parser = clap::builder::BoolishValueParser::new())]
    pub no_moves: bool,
    /// Ends the fleet instead of serving; one on EC2 runs on when its login servers are stopped
    #[arg(long)]
    pub end_fleet: bool,
    /// The folder for the private Postgres, the keys and logs
    #[arg(long, env = "TENFOLD_HOME", default_value = ".tenfold", value_name = "DIR")]
    pub home: PathBuf,
    /// The file with the key that makes tokens, 64 hexadecimal digits [default: token.key under --home, made at the
    /// first start]; TENFOLD_TOKEN_KEY may hold the key itself
    #[arg(long, env = "TENFOLD_TOKEN_KEY_FILE", value_name = "FILE")]
    pub token_key_file: Option<PathBuf>,
    /// The file with the master key, under which all that people write is sealed, 64 hexadecimal digits [default: master.key
    /// under --home, made at the first start]; TENFOLD_MASTER_KEY may hold the key itself
    #[arg(long, env = "TENFOLD_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
    /// What to log on standard error: error, warn, info, debug, trace, or module=level, separated by commas
    #[arg(long, env = "TENFOLD_LOG", default_value = "info", value_parser = log_filter, value_name = "FILTER")]
    pub log: String,
    /// To clients.
    #[command(flatten)]
    pub tls: TlsOptions,
    /// Of people, addresses and connections.
    #[command(flatten)]
    pub limits: LimitOptions,
    /// Of the fleet.
    #[command(flatten)]
    pub metrics: MetricsOptions,
    /// On AWS.
    #[cfg(feature = "_aws")]
    #[command(flatten)]
    pub names: crate::fleet_names::FleetNames,
    /// With `--fleet ec2`.
    #[cfg(feature = "ec2")]
    #[command(flatten)]
    pub ec2: crate::ec2_options::Ec2Options,
}

/// What runs the application servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FleetKind {
    /// Child processes on this machine.
    Local,
    /// Instances on AWS EC2.
    Ec2,
}

/// Why the arguments are no configuration, and how to mend it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigurationError {
    /// The command line's parser said so.
    #[error("{0}; see `bin/server --help`")]
    Arguments(String),
    /// What was named is no broker. The text is not repeated, for there may be a password in it.
    #[error("what --broker or TENFOLD_BROKER names is no broker: {0}")]
    Broker(#[from] AddressError),
    /// EC2 was asked for, which this program was built without.
    #[cfg(not(feature = "ec2"))]
    #[error(
        "this build has no EC2 support: start with bin/server, which builds it where --fleet ec2 asks for it, or build with `cargo build --release -p tenfold-login -p tenfold-app --features tenfold-login/aws,tenfold-app/enrol`; leave out --fleet ec2 to run the application servers on this machine"
    )]
    WithoutEc2,
    /// What was said of EC2 makes no sense.
    #[cfg(feature = "ec2")]
    #[error(transparent)]
    Ec2(#[from] crate::ec2_options::Ec2OptionsError),
    /// What was said of metrics makes no sense.
    #[error(transparent)]
    Metrics(#[from] BadMetrics),
    /// More seats than can be stored.
    #[error("--seats {0} is too many: at most {MOST_SEATS} users can be on one server")]
    Seats(u16),
    /// More than there can ever be.
    #[error(
        "--spare-seats {spare} is more than --max-instances {servers} of --seats {seats} have: ask for fewer, or allow more servers"
    )]
    SpareSeats {
        /// Wanted.
        spare: u16,
        /// At most.
        servers: u16,
        /// Of each.
        seats: u16,
    },
    /// More than the private Postgres has connections for.
    #[error(
        "--max-instances {0} is more than the private Postgres serves: at most {most}; name a database of your own with --database URL",
        most = tenfold_postgres::MOST_APPLICATION_SERVERS
    )]
    Instances(u16),
    /// A folder or file without a name.
    #[error("--{option} is empty: name a path, or leave it out")]
    Nameless {
        /// Which.
        option: &'static str,
    },
    /// A duration that makes no sense.
    #[error("--{option} must be at least {least:?}: give a longer duration, such as 30s or 30m")]
    Short {
        /// Which.
        option: &'static str,
        /// What can be told apart.
        least: Duration,
    },
}

impl Arguments {
    /// Reads the command line and the environment.
    ///
    /// # Errors
    /// [`ConfigurationError`], one sentence. Asking for help or the version prints that and ends the program.
    pub fn read() -> Result<Arguments, ConfigurationError> {
        let arguments: Arguments =
            tenfold_cli::parse().map_err(|error| ConfigurationError::Arguments(error.to_string()))?;
        arguments.check()?;
        Ok(arguments)
    }

    fn check(&self) -> Result<(), ConfigurationError> {
        self.broker()?;
        if self.fleet == FleetKind::Ec2 {
            self.check_ec2()?;
        }
        self.metrics.check()?;
        if self.seats.get() > MOST_SEATS {
            return Err(ConfigurationError::Seats(self.seats.get()));
        }
        self.check_numbers()?;
        self.check_paths()?;
        self.check_durations()
    }

    fn check_numbers(&self) -> Result<(), ConfigurationError> {
        let (spare, servers, seats) = (self.spare_seats, self.max_instances.get(), self.seats.get());
        if u32::from(spare) > u32::from(servers) * u32::from(seats) {
            return Err(ConfigurationError::SpareSeats { spare, servers, seats });
        }
        if self.database_url().is_none() && servers > tenfold_postgres::MOST_APPLICATION_SERVERS {
            return Err(ConfigurationError::Instances(servers));
        }
        Ok(())
    }

    fn check_paths(&self) -> Result<(), ConfigurationError> {
        let paths = [
            ("home", Some(&self.home)),
            ("token-key-file", self.token_key_file.as_ref()),
            ("master-key-file", self.master_key_file.as_ref()),
        ];
        let is_nameless = |path: Option<&PathBuf>| path.is_some_and(|path| path.as_os_str().is_empty());
        match paths.into_iter().find(|(_, path)| is_nameless(*path)) {
            Some((option, _)) => Err(ConfigurationError::Nameless { option }),
            None => Ok(()),
        }
    }

    fn check_durations(&self) -> Result<(), ConfigurationError> {
        let durations = [
            ("seat-hold", self.seat_hold, LEAST_ABSENCE),
            ("session-ttl", self.session_ttl, LEAST_ABSENCE),
            ("seat-wait", self.seat_wait, LEAST_WAIT),
            ("launch-deadline", self.policy().launch_deadline, LEAST_WAIT),
        ];
        match durations.into_iter().find(|(_, given, least)| given < least) {
            Some((option, _, least)) => Err(ConfigurationError::Short { option, least }),
            None => Ok(()),
        }
    }

    #[cfg(feature = "ec2")]
    fn check_ec2(&self) -> Result<(), ConfigurationError> {
        Ok(self.ec2.check()?)
    }

    #[cfg(not(feature = "ec2"))]
    fn check_ec2(&self) -> Result<(), ConfigurationError> {
        Err(ConfigurationError::WithoutEc2)
    }

    /// Whether the life of the fleet is published as metrics.
    pub fn wants_metrics(&self) -> bool {
        self.metrics.are_wanted(self.fleet == FleetKind::Ec2)
    }

    /// The database's URL, where one was named; an empty DATABASE_URL names none.
    pub fn database_url(&self) -> Option<String> {
        let shared = self.shared_database.clone().filter(|url| !url.is_empty());
        self.database.clone().or(shared)
    }

    /// The broker, where one was named; an empty name names none.
    ///
    /// # Errors
    /// [`ConfigurationError::Broker`].
    pub fn broker(&self) -> Result<Option<Broker>, ConfigurationError> {
        let named = self.broker.as_deref().filter(|url| !url.is_empty());
        Ok(named.map(Broker::parse).transpose()?)
    }

    /// Whether nobody comes from another machine.
    pub fn is_here_alone(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// The ports that application servers listen on; none where clients are on this machine alone, and any will do.
    pub fn app_ports(&self) -> Option<PortRange> {
        let usual = PortRange {
            first: FIRST_APP_PORT,
            last: FIRST_APP_PORT + self.max_instances.get().clamp(100, MOST_APP_PORTS) - 1,
        };
        let wants_usual = self.fleet == FleetKind::Ec2 || !self.is_here_alone();
        self.app_ports.or_else(|| wants_usual.then_some(usual))
    }

    /// How many application servers there may be: on one machine no more than there are ports for them.
    fn most_instances(&self) -> usize {
        let wanted = usize::from(self.max_instances.get());
        match self.app_ports() {
            Some(ports) if self.fleet == FleetKind::Local => wanted.min(ports.each().count()),
            _ => wanted,
        }
    }

    /// The figures that the fleet is planned by.
    pub fn policy(&self) -> Policy {
        let usual = self.usual_policy();
        Policy {
            seats: usize::from(self.seats.get()),
            spare_seats: usize::from(self.spare_seats),
            idle_grace: self.idle_grace.unwrap_or(usual.idle_grace),
            max_instances: Some(self.most_instances()),
            launch_deadline: self.launch_deadline.unwrap_or(usual.launch_deadline),
            moves: !self.no_moves,
            ..usual
        }
    }

    /// What a person would have to type for the fleet to be run as it is, the usual values too. Nothing in it is secret.
    pub fn fleet_options(&self) -> String {
        let policy = self.policy();
        let fleet = self.fleet.to_possible_value().map(|value| value.get_name().to_owned());
        let broker = match self.broker.as_deref().and_then(|url| url.split_once(':')) {
            Some((scheme, _)) => format!(" --broker {scheme}:…"),
            None => String::new(),
        };
        format!(
            "--fleet {} --seats {} --spare-seats {} --max-instances {} --idle-grace {} --launch-deadline {} --seat-hold {} --seat-wait {} --session-ttl {}{}{}{broker}",
            fleet.unwrap_or_default(),
            self.seats,
            self.spare_seats,
            self.max_instances,
            duration_text(policy.idle_grace),
            duration_text(policy.launch_deadline),
            duration_text(self.seat_hold),
            duration_text(self.seat_wait),
            duration_text(self.session_ttl),
            if self.no_moves { " --no-moves" } else { "" },
            self.app_ports()
                .map(|ports| format!(" --app-ports {ports}"))
                .unwrap_or_default(),
        )
    }

    #[cfg(feature = "ec2")]
    fn usual_policy(&self) -> Policy {
        match self.fleet {
            FleetKind::Local => local_policy(),
            FleetKind::Ec2 => Policy {
                provider_lag: self.ec2.ec2_list_lag,
                quota_pause: self.ec2.ec2_quota_pause,
                ..Policy::ec2()
            },
        }
    }

    #[cfg(not(feature = "ec2"))]
    fn usual_policy(&self) -> Policy {
        local_policy()
    }
}

fn local_policy() -> Policy {
    Policy {
        // For people who come back; the planner's own default is for simulated days.
        idle_grace: LOCAL_IDLE_GRACE,
        // The list of this machine's processes shows a launch as soon as it is done.
        provider_lag: PROCESS_LAG,
        ..Policy::local()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(arguments: &[&str]) -> Result<Arguments, ConfigurationError> {
        let line = ["tenfold-login", "127.0.0.1", "0"].iter().chain(arguments);
        let parsed =
            tenfold_cli::parse_from::<Arguments>(line).map_err(|e| ConfigurationError::Arguments(e.to_string()))?;
        parsed.check()?;
        Ok(parsed)
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let arguments = checked(&[]).unwrap();
        let policy = arguments.policy();
        assert_eq!((policy.seats, policy.spare_seats), (10, 0));
        assert_eq!(arguments.seat_hold, Duration::from_secs(60));
        assert_eq!(arguments.seat_wait, Duration::from_secs(300));
        assert_eq!(arguments.session_ttl, Duration::from_secs(1800));
        assert_eq!(arguments.home, PathBuf::from(".tenfold"));
    }

    #[test]
    fn the_options_of_the_fleet_can_be_typed_again_and_hold_no_secret() {
        let typed = [
            "--seats",
            "3",
            "--no-moves",
            "--idle-grace",
            "90s",
            "--session-ttl",
            "1h",
        ];
        let told = checked(&typed).unwrap().fleet_options();
        let again: Vec<&str> = told.split(' ').collect();
        assert_eq!(checked(&again).unwrap().fleet_options(), told);
        assert!(
            told.contains("--seats 3 ") && told.contains("--idle-grace 1m30s "),
            "{told}"
        );
        let told = checked(&["--broker", "amqp://ann:s3cr3t@h"]).unwrap().fleet_options();
        assert!(told.ends_with("--broker amqp:…") && !told.contains("s3cr3t"), "{told}");
    }

    #[test]
    fn application_servers_have_ports_that_a_firewall_can_know_where_others_come_from_elsewhere() {
        let on = |host: &str, options: &[&str]| {
            let line = ["tenfold-login", host, "0"];
            let line = line.iter().chain(options);
            let arguments = tenfold_cli::parse_from::<Arguments>(line).unwrap();
            (
                arguments.app_ports().map(|ports| ports.to_string()),
                arguments.policy().max_instances,
            )
        };
        for here in ["127.0.0.1", "127.8.8.8", "localhost", "[::1]", "::1"] {
            assert_eq!(on(here, &[]), (None, Some(100)), "{here}");
        }
        for everywhere in ["0.0.0.0", "[::]", "10.0.0.7", "example.org"] {
            assert_eq!(
                on(everywhere, &[]),
                (Some("9000-9099".into()), Some(100)),
                "{everywhere}"
            );
        }
        assert_eq!(on("0.0.0.0", &["--max-instances", "120"]).0, Some("9000-9119".into()));
        let few = on("127.0.0.1", &["--app-ports", "9001-9003"]);
        assert_eq!(few, (Some("9001-9003".into()), Some(3)));
    }

    #[test]
    fn what_is_wrong_is_told_in_one_line_with_the_mend() {
        for wrong in [
            &["--seats", "0"][..],
            &["--seats", "20000"],
            &["--seat-hold", "soon"],
            &["--seat-wait", "0s"],
            &["--seat-wait", "1ns"],
            &["--seat-hold", "500ms"],
            &["--session-ttl", "0s"],
            &["--session-ttl", "99999999h"],
            &["--idle-grace", "99999999h"],
            &["--launch-deadline", "300years"],
            &["--spare-seats", "1001"],
            &["--max-instances", "121"],
            &["--max-instances", "0"],
            &["--home", ""],
            &["--token-key-file", ""],
            &["--log", "loud"],
            &["--log", "tenfold_login"],
            &["--fleet", "mars"],
            &["--fleet", "moon"],
            &["--app-ports", "9001-9000"],
            &["--broker", "localhost"],
            &["--broker", "http://localhost"],
            &["--broker", "amqp://localhost:port"],
            &["--no-such-option"],
            &["one-too-many"],
        ] {
            let said = checked(wrong).unwrap_err().to_string();
            assert!(!said.contains('\n') && said.len() > 20, "{wrong:?}: {said}");
        }
    }

    #[test]
    fn every_variable_of_an_option_is_known_and_bounds_hold_what_is_usual() {
        use clap::CommandFactory;
        let command = Arguments::command();
        let variables = command.get_arguments().filter_map(|argument| argument.get_env());
        for variable in variables.filter(|variable| *variable != "DATABASE_URL") {
            assert!(tenfold_cli::is_known(&variable.to_string_lossy()), "{variable:?}");
        }
        let elsewhere = [
            "--database",
            "postgres://h/d",
            "--max-instances",
            "1000",
            "--spare-seats",
            "5000",
        ];
        assert!(checked(&elsewhere).is_ok());
        assert_eq!(checked(&["--log", "warning"]).unwrap().log, "warn");
    }

    #[test]
    fn a_broker_is_understood_and_an_empty_name_is_none() {
        for url in ["amqp://u:p@h/v", "amqps://h", "stomp://h", "stomp+ssl://h:1"] {
            assert!(
                checked(&["--broker", url]).unwrap().broker().unwrap().is_some(),
                "{url}"
            );
        }
        assert!(checked(&["--broker", ""]).unwrap().broker().unwrap().is_none());
        assert!(checked(&[]).unwrap().broker().unwrap().is_none());
    }

    #[test]
    fn a_password_in_a_wrong_url_or_a_wrong_place_is_not_repeated() {
        for wrong in [
            &["--broker", "amqp://ann:s3cr3t@host:port"][..],
            &["--broker=stomp://ann:s3cr3t@"],
            &["amqp://ann:s3cr3t@host"],
            &["--seats", "postgres://ann:s3cr3t@host"],
        ] {
            let said = checked(wrong).unwrap_err().to_string();
            assert!(!said.contains("s3cr3t") && !said.contains("ann"), "{said}");
        }
    }
}
