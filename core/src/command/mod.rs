//! The commands: one file for each that changes something, with what it takes, what it needs to know and how it is decided.
//! [`CommandName`] is the table of them all.

mod accept_invite;
mod actor;
mod app_command;
mod block;
pub(crate) mod change_password;
mod changing;
mod create_group;
mod decline_invite;
pub(crate) mod delete;
mod invite;
mod join_group;
mod leave_group;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod name;
mod post;
mod register;
mod send;
mod send_group;
mod unblock;
mod unfriend;

pub use accept_invite::AcceptInvite;
pub use actor::Actor;
pub use app_command::{AppCommand, Changing, Listing};
pub use block::Block;
pub use change_password::ChangePassword;
pub use create_group::CreateGroup;
pub use decline_invite::DeclineInvite;
pub use delete::Delete;
pub use invite::Invite;
pub use join_group::JoinGroup;
pub use leave_group::LeaveGroup;
pub use login::{Login, OpenSession};
pub use logout::Logout;
pub use name::{CommandName, HandledBy, WrongUsage};
pub use post::Post;
pub use register::{NewAccount, Register};
pub use send::Send;
pub use send_group::SendGroup;
pub use unblock::Unblock;
pub use unfriend::Unfriend;
