//! ActiveMQ: its files, its program, and how to look into it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::settings::Settings;
use crate::background::server;

/// Where Debian's package puts what is the same for all instances.
const HOME: &str = "/usr/share/activemq";

/// The program, which finds its libraries by itself.
const PROGRAM: &str = "/usr/share/activemq/bin/activemq.jar";

/// Small, and quick to start rather than fast in the long run.
const JAVA_OPTIONS: [&str; 6] = [
    "-Xms32m",
    "-Xmx192m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.net.preferIPv4Stack=true",
];

/// Without a store on disk, and with queues that are gone some seconds after
/// their last user.
const CONFIGURATION: &str = include_str!("activemq.xml");

/// What stands in the configuration when there is TLS.
const TLS_CONTEXT: &str = r#"<sslContext><sslContext keyStore="file:@STORE@" keyStoreType="PKCS12" keyStorePassword="@PASSWORD@"/></sslContext>"#;
const TLS_CONNECTOR: &str = r#"<transportConnector name="stomp+ssl" uri="stomp+nio+ssl://127.0.0.1:@PORT@?transport.enabledProtocols=TLSv1.2,TLSv1.3"/>"#;

/// Debian's package logs through log4j 1, whatever its example says. The
/// regions say when queues come and go, and nobody else does: what the broker
/// would tell over STOMP needs libraries that the package only recommends.
const LOGGING: &str = "\
log4j.rootLogger=WARN, out
log4j.logger.org.apache.activemq.broker.region.AbstractRegion=DEBUG
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c %m%n
";

/// The log's line at the start of every run.
const BEGINNING: &str = "Loading message broker from:";

/// In the log before the name of a queue.
const ADDED: &str = " adding destination: queue://";
const REMOVED: &str = " removing destination: queue://";

pub fn is_installed() -> bool {
    Path::new(PROGRAM).is_file() && has_java()
}

fn has_java() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("java").is_file())
}

pub fn url(scheme: &str, port: u16, settings: &Settings) -> String {
    let password = &settings.password;
    format!("{scheme}://tenfold:{password}@127.0.0.1:{port}")
}

pub fn write_files(settings: &Settings) {
    settings.write("activemq.xml", &configuration(settings));
    settings.write("log4j.properties", LOGGING);
    settings.make_folder("tmp");
}

fn configuration(settings: &Settings) -> String {
    let (context, connector) = match &settings.tls {
        None => (String::new(), String::new()),
        Some(tls) => (
            TLS_CONTEXT.replace("@STORE@", &tls.store_file().to_string_lossy()),
            TLS_CONNECTOR.replace("@PORT@", &tls.port.to_string()),
        ),
    };
    CONFIGURATION
        .replace("@TLS_CONTEXT@", &context)
        .replace("@TLS_CONNECTOR@", &connector)
        .replace("@PASSWORD@", &settings.password)
        .replace("@PORT@", &settings.port.to_string())
}

pub fn command(settings: &Settings) -> Command {
    let folder = settings.folder.display();
    let mut command = Command::new("java");
    command
        .args(JAVA_OPTIONS)
        .arg(format!("-Djava.io.tmpdir={folder}/tmp"))
        .arg(format!("-Dlog4j.configuration=file:{folder}/log4j.properties"))
        .arg(format!("-Dactivemq.home={HOME}"))
        .arg(format!("-Dactivemq.base={folder}"))
        .arg(format!("-Dactivemq.conf={folder}"))
        .arg(format!("-Dactivemq.data={folder}/data"))
        .args(["-jar", PROGRAM, "start"])
        .arg(format!("xbean:file:{folder}/activemq.xml"));
    command
}

pub fn queues(settings: &Settings) -> Vec<String> {
    queues_in(&server::log(&settings.folder))
}

/// The queues that are there at the end of a log.
fn queues_in(log: &str) -> Vec<String> {
    let run = log.rsplit(BEGINNING).next().unwrap_or(log);
    let mut queues = BTreeSet::new();
    for line in run.lines() {
        if let Some((_, queue)) = line.split_once(ADDED) {
            queues.insert(queue);
        } else if let Some((_, queue)) = line.split_once(REMOVED) {
            queues.remove(queue);
        }
    }
    queues.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::queues_in;

    #[test]
    fn queues_come_and_go_with_the_log() {
        let log = "\
Loading message broker from: xbean:file:/somewhere
DEBUG AbstractRegion tenfold adding destination: queue://of.another.run
Loading message broker from: xbean:file:/somewhere
DEBUG AbstractRegion tenfold adding destination: topic://ActiveMQ.Advisory.Queue
DEBUG AbstractRegion tenfold adding destination: queue://gone
DEBUG AbstractRegion tenfold adding destination: queue://here
DEBUG AbstractRegion tenfold adding destination: temp-queue://ID:1
DEBUG AbstractRegion tenfold removing destination: queue://gone
";
        assert_eq!(queues_in(log), ["here"]);
    }
}
