//! How a machine that was launched on EC2 becomes an application server without a secret in its user data.
//!
//! User data names this login server's address, a [pin](tenfold_core::enrolment::Pin) of its certificate, the SHA-256 of the
//! program, and one token, made for this launch ([`token_issuer`]). The machine fetches the program from here, sees that it is
//! the one that was meant, and shows the token ([`listener`]); it gets what it takes to serve when the token is good, EC2 says
//! that this machine was launched for that request and has the address that asks, and nobody was faster ([`exchange`]).

pub mod certificate;
pub mod exchange;
pub mod listener;
pub mod program;
pub mod refusals;
pub mod token_issuer;

#[cfg(test)]
mod tests;
