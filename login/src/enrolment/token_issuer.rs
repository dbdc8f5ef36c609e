//! Makes the user data of a launch, and the token in it.

use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::RngExt;
use tenfold_core::enrolment::{Pin, token_hash};
use tenfold_core::ids::InstanceId;

use super::program::hex;
use crate::store::Store;
use tenfold_fleet::provider::ProviderError;
use tenfold_fleet::provider::ec2::{Beginning, Bootstrap, user_data};

/// What every launch of this login server's is told.
pub struct TokenIssuer {
    /// Where the tokens' hashes are kept.
    pub store: Store,
    /// Where machines find this login server, `HOST:PORT`.
    pub login: String,
    /// By what they know it.
    pub pin: Pin,
    /// SHA-256 of the program.
    pub program: String,
    /// What they log.
    pub log: String,
    /// Where their logs go in CloudWatch.
    pub log_group: Option<String>,
    /// How long a token holds: as long as a launch may take.
    pub valid: Duration,
}

impl Bootstrap for TokenIssuer {
    fn user_data(&self, instance: InstanceId) -> BoxFuture<'_, Result<String, ProviderError>> {
        Box::pin(async move {
            let random: [u8; 32] = rand::rng().random();
            let token = hex(&random);
            let given_out = self.store.give_out(token_hash(&token), instance, self.valid).await;
            given_out.map_err(|_| ProviderError::other("the database did not take the token for its enrolment"))?;
            Ok(user_data(&Beginning {
                login: self.login.clone(),
                pin: self.pin.to_string(),
                program: self.program.clone(),
                instance,
                token,
                log: self.log.clone(),
                log_group: self.log_group.clone(),
            }))
        })
    }
}
