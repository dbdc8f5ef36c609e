//! The dashboard, as CloudWatch has it.

use aws_sdk_cloudwatch::Client;
use serde_json::Value;

use super::trouble::Trouble;

/// The body of the dashboard called `name`; nothing where there is none.
///
/// # Errors
/// [`Trouble`].
pub async fn live(client: &Client, name: &str) -> Result<Option<Value>, Trouble> {
    let answer = client.get_dashboard().dashboard_name(name).send().await;
    match answer.map_err(|error| Trouble::of("GetDashboard", &error)) {
        // What is no JSON was not put by us, and differs from what is.
        Ok(answer) => Ok(answer
            .dashboard_body()
            .map(|body| serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))),
        Err(Trouble::NotThere(_)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// Makes or changes the dashboard called `name`; what CloudWatch has to say of it.
///
/// # Errors
/// [`Trouble`].
pub async fn put(client: &Client, name: &str, body: &Value) -> Result<Vec<String>, Trouble> {
    let call = client
        .put_dashboard()
        .dashboard_name(name)
        .dashboard_body(body.to_string());
    let answer = call.send().await.map_err(|error| Trouble::of("PutDashboard", &error))?;
    let messages = answer.dashboard_validation_messages().iter();
    Ok(messages
        .filter_map(|message| Some(message.message()?.to_owned()))
        .collect())
}
