//! From a request to its reply: one file for each of the four commands, and one for all that belong to application servers.

mod change_password;
mod context;
mod delete;
mod error;
mod login;
mod logout;
mod redirect;
mod register;
mod service;

pub use context::Context;
pub use service::{LoginConversation, LoginService};
