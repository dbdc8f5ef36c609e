//! The client: one prompt, any number of users at once.
//!
//! [`shell`] reads a line ([`typed`]), has it carried out and shows the reply ([`show`]). `register`, `login`,
//! `logout` and `delete` go to the login server; every logged-in user has a [`session`], whose task keeps a connection
//! to the application server that serves them, finds them again wherever they are moved, and hands their messages to
//! the front. [`wire`] is lines to and from one server.

pub mod arguments;
mod book;
pub mod error;
pub mod event;
pub mod input;
mod login_desk;
pub mod patience;
pub mod session;
pub mod shell;
pub mod show;
pub mod terminal;
pub mod timing;
pub mod typed;
pub mod wire;
