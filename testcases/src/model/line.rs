//! How a line falls into words.

/// The commands with the words their usage names, the user's own included.
const USAGES: [(&str, &str); 23] = [
    ("register", "<username> <password>"),
    ("login", "<id> <password>"),
    ("delete", "<user>"),
    ("logout", "<user>"),
    ("invite", "<user> <id>"),
    ("list-invite", "<user>"),
    ("accept-invite", "<user> <id>"),
    ("list-friend", "<user>"),
    ("post", "<user> <message>"),
    ("receive-post", "<user>"),
    ("send", "<user> <friend> <message>"),
    ("create-group", "<user> <group>"),
    ("list-group", "<user>"),
    ("list-joined", "<user>"),
    ("join-group", "<user> <group>"),
    ("send-group", "<user> <group> <message>"),
    ("decline-invite", "<user> <id>"),
    ("change-password", "<user> <old> <new>"),
    ("unfriend", "<user> <id>"),
    ("leave-group", "<user> <group>"),
    ("block", "<user> <id>"),
    ("unblock", "<user> <id>"),
    ("list-blocked", "<user>"),
];

/// Blanks separate words; everything else belongs to one.
const BLANKS: [char; 2] = [' ', '\t'];

/// The words of `line`.
pub fn words(line: &str) -> Vec<&str> {
    line.split(BLANKS).filter(|word| !word.is_empty()).collect()
}

/// What follows the first `count` words of `line`, without the blanks around it.
pub fn rest_after(line: &str, count: usize) -> &str {
    let mut rest = line.trim_matches(BLANKS);
    for _ in 0..count {
        let end = rest.find(BLANKS).unwrap_or(rest.len());
        rest = rest[end..].trim_start_matches(BLANKS);
    }
    rest
}

/// Whether `word` is one of the commands.
pub fn is_command(word: &str) -> bool {
    USAGES.iter().any(|(command, _)| *command == word)
}

/// The usage reply of `command`, which must be one of the commands.
pub(super) fn usage(command: &str) -> String {
    let (_, arguments) = USAGES
        .iter()
        .find(|(name, _)| *name == command)
        .expect("only known commands are asked for their usage");
    format!("Usage: {command} {arguments}")
}

/// The arguments of `command` after the user's own word, or nothing where
/// they are too few or too many. A message is the last argument, whole.
pub(super) fn arguments<'a>(command: &str, rest: &'a str) -> Option<Vec<&'a str>> {
    let (wanted, with_message) = match command {
        "register" | "login" | "change-password" => (2, false),
        "invite" | "accept-invite" | "decline-invite" | "unfriend" | "block" | "unblock" | "create-group"
        | "join-group" | "leave-group" => (1, false),
        "post" => (0, true),
        "send" | "send-group" => (1, true),
        _ => (0, false),
    };
    let found = words(rest);
    if !with_message {
        return (found.len() == wanted).then_some(found);
    }
    let message = rest_after(rest, wanted);
    if message.is_empty() {
        return None;
    }
    let mut arguments = found[..wanted].to_vec();
    arguments.push(message);
    Some(arguments)
}

/// Whether an account or a group may be called `name`, as far as the scripts and the generator go.
pub(super) fn good_name(name: &str) -> bool {
    let length = name.chars().count();
    let latin = name.chars().any(|character| character.is_ascii_alphabetic());
    let other = name.chars().any(|character| matches!(character, '\u{370}'..='\u{52f}'));
    (1..=64).contains(&length) && !name.chars().any(is_forbidden) && !(latin && other)
}

/// White space, what is hidden, and what stands around names.
fn is_forbidden(character: char) -> bool {
    character.is_whitespace() || is_hidden(character) || matches!(character, '<' | '>' | ':' | '(' | ')')
}

/// Unicode's categories Control, Format, Line Separator and Paragraph Separator, as Unicode 16 has them.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
                | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
                | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'
                | '\u{e0020}'..='\u{e007f}'
        )
}

/// `text` as a client prints it: what is hidden is spelled out, but for tabs.
pub(super) fn printed(text: &str) -> String {
    let mut printed = String::new();
    for character in text.chars() {
        match character {
            '\r' => printed.push_str("\\r"),
            '\n' => printed.push_str("\\n"),
            '\t' => printed.push('\t'),
            hidden if is_hidden(hidden) => printed.push_str(&format!("\\u{{{:x}}}", u32::from(hidden))),
            seen => printed.push(seen),
        }
    }
    printed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_spelled_out() {
        assert_eq!(printed("a\tb\\n é 🙂"), "a\tb\\n é 🙂");
        assert_eq!(
            printed("\u{1b}[2J\r\n\u{7f}\u{85}\u{2028}\u{200d}\u{e0041}"),
            "\\u{1b}[2J\\r\\n\\u{7f}\\u{85}\\u{2028}\\u{200d}\\u{e0041}"
        );
    }
}
