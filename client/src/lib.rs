//! The client: one prompt, any number of users at once.
//!
//! [`shell`] reads a line ([`input`]), has it carried out and shows the reply ([`display`]). `register`, `login`,
//! `logout` and `delete` go to the login server; every logged-in user has a [`session`], whose task keeps a connection
//! to the application server that serves them, finds them again wherever they are moved, and passes their messages to
//! the front. [`wire`] is lines to and from one server, secured with [`tls`] where that is asked for.

pub mod arguments;
pub mod display;
pub mod error;
pub mod input;
mod login;
pub mod logins;
pub mod patience;
pub mod session;
pub mod shell;
pub mod terminal;
pub mod timing;
pub mod tls;
pub mod wire;
