//! What `help` says.

use tenfold_core::command::CommandName;

/// The commands, one a line, and how to leave.
pub fn text() -> String {
    let usages = CommandName::ALL
        .iter()
        .map(|name| name.usage().trim_start_matches("Usage: "));
    let commands: Vec<String> = usages.map(|usage| format!("  {usage}")).collect();
    format!(
        "Commands (<user> is somebody who is logged in from here):\n{}\n  help\n  exit",
        commands.join("\n")
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_commands_are_in_it() {
        let text = super::text();
        assert!(
            text.contains("\n  send-group <user> <group> <message>\n") && text.ends_with("\n  exit"),
            "{text}"
        );
        // A heading, `help` and `exit` stand around them.
        assert_eq!(text.lines().count(), super::CommandName::ALL.len() + 3);
    }
}
