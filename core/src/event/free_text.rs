//! Which fields of an event hold free text. The table at the end of this file names every field of every kind, so that a
//! new kind or a new field does not compile before it has its place there; what is personal, what `export --rename`
//! replaces, and the list of all kinds follow from it.

use uuid::Uuid;

use super::kinds::{Event, SeatRelease, SessionEnd};
use crate::command::name::CommandName;
use crate::ids::{AccountId, GroupId, InstanceId, LoginServerId, Position, SessionId};
use crate::launch_failure::LaunchFailure;
use crate::refusal::RefusalCode;

/// What a free text is. Whether it is personal, and what replaces it in a renamed bundle, follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// What an account is called. Personal.
    Name,
    /// What a person wrote. Personal.
    Text,
    /// What a group is called.
    GroupName,
    /// The host of an application server.
    Host,
    /// What the provider calls an application server.
    Reference,
    /// Why an application server ended.
    Reason,
    /// What a login server was started with.
    Options,
}

impl Category {
    /// Whether it is sealed with its account's key, and written to the column `personal` instead of `data`.
    pub const fn is_personal(self) -> bool {
        match self {
            Category::Name | Category::Text => true,
            Category::GroupName | Category::Host | Category::Reference | Category::Reason | Category::Options => false,
        }
    }
}

/// One free text of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeText<T> {
    /// What it is.
    pub category: Category,
    /// The name of its field.
    pub field: &'static str,
    /// The text itself.
    pub value: T,
}

/// A field that holds no free text: an id, a number, or one of the words of an enumeration.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to hold no free text",
    note = "give the field its `Category` in the table of `event/free_text.rs`, or implement `NoFreeText` where nobody can write into it"
)]
trait NoFreeText {}

macro_rules! no_free_text {
    ($($type:ty),* $(,)?) => { $(impl NoFreeText for $type {})* };
}

no_free_text!(
    u16,
    u32,
    Uuid,
    Position,
    AccountId,
    GroupId,
    InstanceId,
    LoginServerId,
    SessionId
);
no_free_text!(SessionEnd, SeatRelease, CommandName, RefusalCode, LaunchFailure);

impl<T: NoFreeText> NoFreeText for Option<T> {}

fn holds_no_free_text(_: &impl NoFreeText) {}

/// Every personal field of a kind, by its name; none where this build does not know the kind.
pub fn personal_fields(kind: &str) -> impl Iterator<Item = &'static str> {
    let of_kind = FREE_TEXTS.iter().filter(move |(of, _, _)| *of == kind);
    of_kind
        .filter(|(_, _, category)| category.is_personal())
        .map(|(_, field, _)| *field)
}

impl Event {
    /// The first personal text (what a person is called, or wrote) with the name of its field.
    pub fn personal(&self) -> Option<(&'static str, &str)> {
        let mut first = None;
        self.for_each_text(|text| {
            if text.category.is_personal() && first.is_none() {
                first = Some((text.field, text.value.as_str()));
            }
        });
        first
    }

    /// Replaces every personal text by `placeholder`.
    pub fn put_personal(&mut self, placeholder: &str) {
        self.for_each_text_mut(|text| {
            if text.category.is_personal() {
                placeholder.clone_into(text.value);
            }
        });
    }
}

/// From the table: `Kind { fields without free text; fields with free text: their category }`.
macro_rules! every_field_of_every_kind {
    ($($kind:ident { $($closed:ident),*; $($text:ident: $category:ident),* })*) => {
        /// The names of all kinds, in the order of the declaration.
        pub const KINDS: [&str; [$(stringify!($kind)),*].len()] = [$(stringify!($kind)),*];

        /// Kind, field and category of every free text.
        const FREE_TEXTS: &[(&str, &str, Category)] = &[
            $($((stringify!($kind), stringify!($text), Category::$category),)*)*
        ];

        impl Event {
            /// The event's name, as `Posted`; that of its variant.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Event::$kind { .. } => stringify!($kind),)*
                }
            }

            /// Calls `f` with every free text, personal or not, in the order of the fields.
            pub fn for_each_text<'a>(&'a self, mut f: impl FnMut(FreeText<&'a String>)) {
                every_field_of_every_kind!(@each self, f, &'a String, $($kind { $($closed),*; $($text: $category),* })*);
            }

            /// As [`Event::for_each_text`], to change them.
            pub fn for_each_text_mut<'a>(&'a mut self, mut f: impl FnMut(FreeText<&'a mut String>)) {
                every_field_of_every_kind!(@each self, f, &'a mut String, $($kind { $($closed),*; $($text: $category),* })*);
            }
        }
    };
    (@each $event:expr, $f:ident, $value:ty, $($kind:ident { $($closed:ident),*; $($text:ident: $category:ident),* })*) => {
        match $event {
            $(Event::$kind { $($closed,)* $($text,)* } => {
                $(holds_no_free_text($closed);)*
                // A text that may be missing is an option.
                $(if let Some(value) = Option::<$value>::from($text) {
                    let (category, field) = (Category::$category, stringify!($text));
                    $f(FreeText { category, field, value });
                })*
            })*
        }
    };
}

every_field_of_every_kind! {
    AccountRegistered { account; name: Name }
    AccountDeleted { account; }
    PasswordChanged { account; }
    SessionStarted { session, account, waited_ms; }
    SessionResumed { session, account, instance; }
    SessionEnded { session, account, reason, acknowledged; }
    SeatTaken { session, account, instance, number, seats; }
    SeatReleased { session, account, instance, reason; }
    InviteSent { from, to; }
    InviteAccepted { by, from; }
    InviteDeclined { by, from; }
    Unfriended { by, whom; }
    Blocked { by, whom; }
    Unblocked { by, whom; }
    Posted { author; text: Text }
    GroupCreated { group, creator; name: GroupName }
    GroupJoined { group, account; }
    GroupLeft { group, account; }
    MessageSent { from, to; text: Text }
    GroupMessageSent { from, group; text: Text }
    InstanceRequested { instance, seats; reason: Reason }
    InstanceLaunched { instance; reference: Reference }
    InstanceReady { instance, port; host: Host }
    InstanceDraining { instance; reason: Reason }
    InstanceTerminated { instance, launch_failure; reason: Reason }
    InstanceLost { instance, launch_failure; reason: Reason }
    LoginServerStarted { server; version: Options, options: Options }
    CommandRefused { account, session, command, code, about; }
}
