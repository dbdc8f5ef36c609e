//! The dashboard and its alarms, published and fetched; and a dashboard of metrics that do not exist, which `check` refuses.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tenfold_testcases::aws::{Account, SESSION_TOKEN};
use tenfold_testcases::programs;

fn change(body: &mut Value, pointer: &str, value: &Value) {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer has a slash");
    match body.pointer_mut(parent).expect("it is of something that is there") {
        Value::Object(fields) if value.is_null() => drop(fields.remove(field).expect("it is there")),
        Value::Object(fields) => drop(fields.insert(field.to_owned(), value.clone())),
        Value::Array(items) => items[field.parse::<usize>().expect("a number")] = value.clone(),
        other => panic!("{other} has no fields"),
    }
}

/// What `bin/dashboard` runs, with nothing of the surroundings' AWS.
fn dashboard(arguments: &[&str], variables: &[(String, String)]) -> Output {
    let mut command: Command = programs::command("tenfold-metrics");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .envs(variables.iter().cloned())
        .stdin(Stdio::null());
    command.output().expect("tenfold-metrics can be run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What an operator has in the environment, whose rights are not the login server's.
fn operators(account: &Account, url: &str) -> Vec<(String, String)> {
    let mut variables = account.variables(url);
    variables.retain(|(name, _)| name != SESSION_TOKEN);
    variables
}

/// The lines of a successful `put`.
fn put(account: &Account) -> Vec<String> {
    let done = dashboard(&["put"], &operators(account, &account.url));
    assert!(done.status.success(), "{}", text(&done.stderr));
    text(&done.stdout).lines().map(str::to_owned).collect()
}

/// What is said by something that could not be done.
fn refused(arguments: &[&str], variables: &[(String, String)]) -> String {
    let done = dashboard(arguments, variables);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
    let said = text(&done.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

fn without(account: &Account, missing: &[&str]) -> Vec<(String, String)> {
    let mut variables = operators(account, &account.url);
    variables.retain(|(name, _)| !missing.contains(&name.as_str()));
    variables
}

mod aws {
    use super::*;

    #[test]
    fn what_is_published_is_published_once_and_what_differs_is_told() {
        let account = Account::fresh();
        let variables = operators(&account, &account.url);
        let first = put(&account);
        assert_eq!(first.len(), 6, "{first:?}");
        assert!(first.iter().all(|line| line.ends_with(": made")), "{first:?}");
        assert!(put(&account).iter().all(|line| line.ends_with(": as it was")));
        let got = dashboard(&["get"], &variables);
        let mut body: Value = serde_json::from_slice(&got.stdout).expect("get prints the dashboard's body");
        assert_eq!((got.status.code(), text(&got.stderr)), (Some(0), String::new()));
        let alarm = body["widgets"][0]["properties"]["alarms"][0].as_str().expect("an ARN");
        assert!(alarm.contains(&account.id), "the account is found out: {alarm}");

        change(&mut body, "/widgets/2/properties/title", &json!("Anything"));
        let name = ("DashboardName", "tenfold-tenfold-production");
        let changed = account.cloudwatch("PutDashboard", &[name, ("DashboardBody", &body.to_string())]);
        changed.expect("the emulator takes it");
        let got = dashboard(&["get"], &variables);
        assert_eq!(got.status.code(), Some(1));
        assert!(
            text(&got.stderr).contains("$.widgets[2].properties.title"),
            "{}",
            text(&got.stderr)
        );
        let again = put(&account);
        let changed: Vec<_> = again.iter().filter(|line| !line.ends_with(": as it was")).collect();
        assert_eq!(changed, ["dashboard tenfold-tenfold-production: changed"]);
    }

    #[test]
    fn an_alarm_that_somebody_has_changed_or_made_is_noticed() {
        let account = Account::fresh();
        put(&account);
        let alarm = |name: &str| {
            let name = format!("tenfold-tenfold-production-{name}");
            let parameters = [
                ("AlarmName", name.as_str()),
                ("Namespace", "Tenfold"),
                ("MetricName", "UsersWaiting"),
                ("Statistic", "Maximum"),
                ("Period", "60"),
                ("EvaluationPeriods", "1"),
                ("ComparisonOperator", "GreaterThanThreshold"),
                ("Threshold", "7"),
            ];
            account
                .cloudwatch("PutMetricAlarm", &parameters)
                .expect("the emulator takes it");
        };
        alarm("users-waiting");
        alarm("of-my-own");
        let got = dashboard(&["get"], &operators(&account, &account.url));
        assert_eq!(got.status.code(), Some(1));
        assert!(
            text(&got.stderr).contains("production-users-waiting is not what"),
            "{}",
            text(&got.stderr)
        );
        let said = put(&account).join("\n");
        assert!(said.contains("production-users-waiting: changed"), "{said}");
        assert!(
            said.contains("production-of-my-own: none of this program's, and left alone"),
            "{said}"
        );
    }

    #[test]
    fn what_is_in_the_way_is_told_in_a_sentence() {
        let account = Account::fresh();
        let variables = operators(&account, &account.url);
        assert!(refused(&["get"], &variables).contains("bin/dashboard put"));
        assert!(refused(&["put"], &without(&account, &["AWS_REGION"])).contains("set AWS_REGION"));
        let said = refused(
            &["put"],
            &without(&account, &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
        );
        assert!(said.contains("no AWS credentials were found"), "{said}");
        // Nobody listens on port 1.
        let said = refused(&["put"], &operators(&account, "http://127.0.0.1:1"));
        assert!(said.contains("nobody answers where CloudWatch should be"), "{said}");
        put(&account);
        let said = refused(&["put", "--account", "999999999999"], &variables);
        assert!(said.contains(&account.id) && said.contains("999999999999"), "{said}");
    }
}

#[test]
fn a_dashboard_of_what_nobody_publishes_is_refused_by_check() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("fleet.json");
    let check = |body: &Value| {
        std::fs::write(&file, body.to_string()).expect("a temporary file can be written");
        let checked = dashboard(&["check", &file.to_string_lossy()], &[]);
        (checked.status.code(), text(&checked.stdout))
    };
    let rendered = dashboard(&["render"], &[]);
    let mut body: Value = serde_json::from_slice(&rendered.stdout).expect("render prints JSON");
    let (status, said) = check(&body);
    assert_eq!(status, Some(0), "{said}");
    change(&mut body, "/widgets/2/properties/metrics/0/1", &json!("Sesions"));
    let (status, said) = check(&body);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("$.widgets[2].properties.metrics[0]: Sesions: nothing publishes it"),
        "{said}"
    );
    let own = dashboard(&["check"], &[]);
    assert_eq!(own.status.code(), Some(0), "{}", text(&own.stdout));
}

#[test]
fn the_files_are_generated_anew() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let done = dashboard(&["generate", &folder.path().to_string_lossy()], &[]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    for name in ["fleet.json", "alarms.json"] {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards").join(name);
        let read = |path: &Path| std::fs::read_to_string(path).expect("it is there");
        assert_eq!(read(&folder.path().join(name)), read(&kept), "{name}");
    }
}
