//! The state of everything, and what a command answers.

use std::collections::BTreeMap;

use super::line;

/// Identifies one session for ever; never used twice.
pub type SessionId = u64;

/// Identifies one account for ever, whatever its name.
pub(super) type AccountId = u64;

/// One person's account.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub name: String,
    pub password: String,
    pub session: Option<SessionId>,
    pub posts: Vec<String>,
}

/// Two people who are friends; `accepter` accepted the invite of `inviter`.
#[derive(Debug, Clone)]
pub(super) struct Friendship {
    pub inviter: AccountId,
    pub accepter: AccountId,
}

/// One invite that nobody has accepted yet.
#[derive(Debug, Clone)]
pub(super) struct Invite {
    pub from: AccountId,
    pub to: AccountId,
}

/// Everything there is, each list oldest first.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) invites: Vec<Invite>,
    pub(super) friendships: Vec<Friendship>,
    /// Who blocks whom.
    pub(super) blocks: Vec<(AccountId, AccountId)>,
    pub(super) groups: Vec<String>,
    /// Who is in which group, in the order they joined.
    pub(super) memberships: Vec<(String, AccountId)>,
    last_id: u64,
}

/// What a reply says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Status 0 and this message.
    Done(&'static str),
    /// Status 1 and this message.
    Refused(String),
    /// Status 1 and a message whose words the contract leaves open.
    RefusedSomehow,
    /// `invite`.
    Invites(Vec<String>),
    /// `friend`.
    Friends(Vec<String>),
    /// `group`.
    Groups(Vec<String>),
    /// `blocked`.
    Blocked(Vec<String>),
    /// `post`: author and message.
    Posts(Vec<(String, String)>),
}

/// A message that one session must be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Whose screen.
    pub session: SessionId,
    /// The recipient's name.
    pub user: String,
    /// The sender's name.
    pub from: String,
    /// The group, or nothing for a direct message.
    pub group: Option<String>,
    /// The text.
    pub message: String,
}

impl Shown {
    /// The line a client prints.
    pub fn line(&self) -> String {
        let Self {
            from,
            user,
            group,
            message,
            ..
        } = self;
        match group {
            Some(group) => format!("<<<{from}->GROUP<{group}>: {message}>>>"),
            None => format!("<<<{from}->{user}: {message}>>>"),
        }
    }
}

/// Everything one command brings about outside the world itself.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// Messages that sessions must be shown.
    pub shown: Vec<Shown>,
    /// The session a login answered with.
    pub session: Option<SessionId>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            shown: Vec::new(),
            session: None,
        }
    }
}

/// A refusal with these words.
pub(super) fn refused(message: impl Into<String>) -> Answer {
    Reply::Refused(message.into()).into()
}

/// The success of every command but `logout` and the lists.
pub(super) fn success() -> Answer {
    Reply::Done("Success!").into()
}

impl World {
    /// Carries out `command` for the session `speaker`, `rest` being what
    /// follows the user's own word (or the command, where it takes none).
    pub fn perform(&mut self, command: &str, speaker: Option<SessionId>, rest: &str) -> Answer {
        if !line::is_command(command) {
            return refused(format!("Unknown command {command}"));
        }
        let account = speaker.and_then(|session| self.account_of(session));
        let needs_login = !matches!(command, "register" | "login");
        if needs_login && account.is_none() {
            return refused("Not login yet");
        }
        let Some(arguments) = line::arguments(command, rest) else {
            return refused(line::usage(command));
        };
        self.decide(command, account.unwrap_or_default(), &arguments)
    }

    /// Check 4 and the effect. `user` means nothing for `register` and `login`.
    fn decide(&mut self, command: &str, user: AccountId, arguments: &[&str]) -> Answer {
        match (command, arguments) {
            ("register", [name, password]) => self.register(name, password),
            ("login", [name, password]) => self.login(name, password),
            ("logout", _) => self.logout(user),
            ("delete", _) => self.delete(user),
            ("invite", [id]) => self.invite(user, id),
            ("list-invite", _) => self.list_invite(user),
            ("accept-invite", [id]) => self.accept_invite(user, id),
            ("decline-invite", [id]) => self.decline_invite(user, id),
            ("change-password", [old, new]) => self.change_password(user, old, new),
            ("unfriend", [id]) => self.unfriend(user, id),
            ("block", [id]) => self.block(user, id),
            ("unblock", [id]) => self.unblock(user, id),
            ("list-blocked", _) => self.list_blocked(user),
            ("leave-group", [group]) => self.leave_group(user, group),
            ("list-friend", _) => self.list_friend(user),
            ("post", [message]) => self.post(user, message),
            ("receive-post", _) => self.receive_post(user),
            ("send", [friend, message]) => self.send(user, friend, message),
            ("create-group", [group]) => self.create_group(user, group),
            ("list-group", _) => self.list_group(),
            ("list-joined", _) => self.list_joined(user),
            ("join-group", [group]) => self.join_group(user, group),
            ("send-group", [group, message]) => self.send_group(user, group, message),
            _ => unreachable!("the arguments were counted before"),
        }
    }

    /// Whose session that is, while it lives.
    pub(super) fn account_of(&self, session: SessionId) -> Option<AccountId> {
        let found = self
            .accounts
            .iter()
            .find(|(_, account)| account.session == Some(session));
        found.map(|(id, _)| *id)
    }

    /// The account that has this name now.
    pub(super) fn account_named(&self, name: &str) -> Option<AccountId> {
        let found = self.accounts.iter().find(|(_, account)| account.name == name);
        found.map(|(id, _)| *id)
    }

    /// The account of that name, for whoever types it: for whom it blocks it is not there.
    pub(super) fn account_seen_by(&self, user: AccountId, name: &str) -> Option<AccountId> {
        self.account_named(name)
            .filter(|other| !self.blocks.contains(&(*other, user)))
    }

    /// The name of a living account.
    pub(super) fn name(&self, id: AccountId) -> String {
        self.accounts[&id].name.clone()
    }

    /// An id that was never given before.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
