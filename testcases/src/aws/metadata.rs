//! The metadata service of an EC2 machine, version 2: a token first, then what is asked for by its path.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

const TOKEN: &str = "of-a-test";
const TOKEN_HEADER: &str = "x-aws-ec2-metadata-token:";
const TOKEN_LIVES: &str = "x-aws-ec2-metadata-token-ttl-seconds: 600\r\n";
const ROOT: &str = "/latest/meta-data/";

type Entries = Arc<Mutex<BTreeMap<String, String>>>;

/// Answers until the test process ends.
#[derive(Debug)]
pub struct Metadata {
    /// For `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    pub url: String,
    entries: Entries,
}

impl Metadata {
    /// Of a machine with these: what stands behind `/latest/meta-data/`, and its text.
    pub fn start(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        let entries: Entries = Arc::new(Mutex::new(entries.into_iter().collect()));
        let own = Arc::clone(&entries);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let entries = Arc::clone(&entries);
                // Whoever hangs up has what they wanted.
                thread::spawn(move || answer(stream, &entries));
            }
        });
        Self {
            url: format!("http://{address}"),
            entries: own,
        }
    }

    /// From now on `text` stands at `path`.
    pub fn put(&self, path: &str, text: &str) {
        let mut entries = self.entries.lock().expect("nobody panics while holding it");
        entries.insert(path.to_owned(), text.to_owned());
    }
}

fn answer(mut stream: TcpStream, entries: &Entries) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(request) = lines.next().transpose()? {
        let mut token = None;
        for header in lines.by_ref() {
            let header = header?;
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix(TOKEN_HEADER) {
                token = Some(value.trim().to_owned());
            }
        }
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let entry = path.strip_prefix(ROOT).and_then(|path| {
            let entries = entries.lock().expect("nobody panics while holding it");
            entries.get(path).cloned()
        });
        let nothing = String::new;
        let (status, headers, text) = match (method, entry) {
            ("PUT", _) if path == "/latest/api/token" => ("200 OK", TOKEN_LIVES, TOKEN.to_owned()),
            _ if token.as_deref() != Some(TOKEN) => ("401 Unauthorized", "", nothing()),
            ("GET", Some(text)) => ("200 OK", "", text),
            _ => ("404 Not Found", "", nothing()),
        };
        let length = text.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{text}"
        )?;
    }
    Ok(())
}
