//! Listening in on the database's notifications, by which servers are woken
//! where no broker does it.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tokio_postgres::{AsyncMessage, NoTls};

/// Hears everything on some channels, from its making to its end.
#[derive(Debug)]
pub struct Rings {
    heard: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    listening: Option<JoinHandle<()>>,
}

impl Rings {
    /// Listens on `channels` of the database at `url`.
    pub fn listen(url: &str, channels: Vec<String>) -> Self {
        let heard = Arc::default();
        let (stop, stopped) = oneshot::channel();
        let (ready, listens) = std::sync::mpsc::channel();
        let (url, hearing) = (url.to_owned(), Arc::clone(&heard));
        let listening = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(async {
                tokio::select! {
                    () = hear(&url, &channels, &hearing, ready) => {}
                    _ = stopped => {}
                }
            });
        });
        listens.recv().expect("the database lets us listen");
        Self {
            heard,
            stop: Some(stop),
            listening: Some(listening),
        }
    }

    /// What was heard since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().expect("nobody panics while holding it"))
    }
}

impl Drop for Rings {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

async fn hear(url: &str, channels: &[String], heard: &Mutex<Vec<String>>, ready: std::sync::mpsc::Sender<()>) {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
    let listening = async {
        for channel in channels {
            let listen = client.batch_execute(&format!("listen \"{channel}\"")).await;
            listen.expect("one may listen on any channel");
        }
        let _ = ready.send(());
        // The client is held: its connection ends with it.
        std::future::pending::<()>().await;
    };
    let hearing = async {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(said) = message {
                heard
                    .lock()
                    .expect("nobody panics while holding it")
                    .push(said.channel().to_owned());
            }
        }
    };
    tokio::select! {
        () = listening => {}
        () = hearing => {}
    }
}
