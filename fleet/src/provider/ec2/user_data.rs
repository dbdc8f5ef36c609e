//! The script with which an instance begins.

use tenfold_core::ids::InstanceId;

const SCRIPT: &str = include_str!("user_data.sh");

/// What the script says.
#[derive(Clone)]
pub struct Beginning {
    /// Where the login server takes enrolments, `HOST:PORT`.
    pub login: String,
    /// SHA-256 of the public key of its certificate, in base64.
    pub pin: String,
    /// SHA-256 of the program, in hexadecimal digits.
    pub program: String,
    /// The request.
    pub instance: InstanceId,
    /// The token for its enrolment: the one secret.
    pub token: String,
    /// What the server logs.
    pub log: String,
    /// Where the server's log goes in CloudWatch.
    pub log_group: Option<String>,
}

/// The script of an instance. Every value stands in quotes of the shell's.
pub fn user_data(beginning: &Beginning) -> String {
    let values = [
        ("{login}", beginning.login.as_str()),
        ("{pin}", &beginning.pin),
        ("{sha256}", &beginning.program),
        ("{instance}", &beginning.instance.to_string()),
        ("{token}", &beginning.token),
        ("{log}", &beginning.log),
        ("{log_group}", beginning.log_group.as_deref().unwrap_or_default()),
    ];
    let put = |script: String, (place, value): (&str, &str)| script.replacen(place, &quoted(value), 1);
    values.into_iter().fold(SCRIPT.to_owned(), put)
}

/// As one word of the shell's, whatever is in it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use uuid::Uuid;

    use super::*;

    fn beginning() -> Beginning {
        Beginning {
            login: "10.0.0.7:8889".into(),
            pin: "cGlu".into(),
            program: "ab".repeat(32),
            instance: InstanceId(Uuid::from_u128(7)),
            token: "cd".repeat(32),
            log: "info".into(),
            log_group: Some("/tenfold/app".into()),
        }
    }

    #[test]
    fn every_place_is_filled_and_the_shell_understands_it() {
        let script = user_data(&beginning());
        for line in [
            "login='10.0.0.7:8889'",
            "pin='cGlu'",
            "instance='00000000-0000-0000-0000-000000000007'",
            "log_group='/tenfold/app'",
        ] {
            assert!(script.lines().any(|found| found == line), "{line}:\n{script}");
        }
        let checked = Command::new("bash").args(["-n", "-c", &script]).status().unwrap();
        assert!(checked.success());
        // What AWS takes, before it is encoded.
        assert!(script.len() < 16 * 1024);
    }

    #[test]
    fn no_value_breaks_out_of_its_quotes() {
        let mischief = "x'; touch /tmp/x; echo '$(id)";
        let said = Command::new("bash")
            .args(["-c", &format!("printf %s {}", quoted(mischief))])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stdout), mischief);
    }
}
