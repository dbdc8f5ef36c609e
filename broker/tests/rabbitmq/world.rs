//! RabbitMQ carries as every transport must.

use crate::common::carries_as_every_transport_must;
use crate::kit::KIND;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_carries_as_every_transport_must() {
    carries_as_every_transport_must(KIND).await;
}
