//! The dashboard, as CloudWatch has it.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::put_dashboard::PutDashboardError;
use aws_sdk_cloudwatch::types::DashboardValidationMessage;
use serde_json::Value;

use super::error::CloudWatchError;

/// The body of the dashboard called `name`; nothing where there is none.
pub async fn live(client: &Client, name: &str) -> Result<Option<Value>, CloudWatchError> {
    let answer = client.get_dashboard().dashboard_name(name).send().await;
    match answer.map_err(|error| CloudWatchError::of("GetDashboard", &error)) {
        // What is not JSON was not put by us, and differs from what is.
        Ok(answer) => Ok(answer
            .dashboard_body()
            .map(|body| serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))),
        Err(CloudWatchError::NotThere(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes or changes the dashboard called `name`. Returns CloudWatch's warnings about it.
///
/// # Errors
/// [`CloudWatchError::Refused`] has everything that CloudWatch says is wrong with the body.
pub async fn put(client: &Client, name: &str, body: &Value) -> Result<Vec<String>, CloudWatchError> {
    let call = client
        .put_dashboard()
        .dashboard_name(name)
        .dashboard_body(body.to_string());
    match call.send().await {
        Ok(answer) => Ok(in_words(answer.dashboard_validation_messages())),
        Err(error) => Err(match error.as_service_error() {
            Some(PutDashboardError::DashboardInvalidInputError(invalid)) => CloudWatchError::Refused {
                call: "PutDashboard",
                said: in_words(invalid.dashboard_validation_messages()).join("; "),
            },
            _ => CloudWatchError::of("PutDashboard", &error),
        }),
    }
}

fn in_words(messages: &[DashboardValidationMessage]) -> Vec<String> {
    let in_words = |message: &DashboardValidationMessage| {
        let (path, said) = (message.data_path(), message.message().unwrap_or_default());
        path.map_or_else(|| said.to_owned(), |path| format!("{path}: {said}"))
    };
    messages.iter().map(in_words).collect()
}
