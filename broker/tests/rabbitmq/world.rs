//! RabbitMQ conforms as every transport must.

use crate::common::conforms;
use crate::kit::KIND;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rabbitmq_conforms() {
    conforms(KIND).await;
}
