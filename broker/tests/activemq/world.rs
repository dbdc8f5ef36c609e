//! ActiveMQ conforms as every transport must.

use crate::common::conforms;
use crate::kit::KIND;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activemq_conforms() {
    conforms(KIND).await;
}
