//! A small service of one login server and three application servers that drop connections and move users at every
//! opportunity, and still keep their promises.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tenfold_core::protocol::Endpoint;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const APPS: usize = 3;

/// What all servers know.
pub struct World {
    state: Mutex<State>,
    head: watch::Sender<i64>,
    ports: Vec<u16>,
}

#[derive(Default)]
struct State {
    /// To whom, what; the position is the index and one.
    messages: Vec<(String, String)>,
    /// Replies by command ids.
    done: HashMap<String, String>,
    seats: HashMap<String, usize>,
    acked: HashMap<String, i64>,
    dice: u64,
}

/// The connection is to be dropped.
struct Drop;

impl World {
    /// Starts the servers; `seed` decides what goes wrong. The login server is the endpoint.
    pub async fn start(seed: u64) -> (Arc<World>, Endpoint) {
        let mut listeners = Vec::new();
        for _ in 0..=APPS {
            listeners.push(TcpListener::bind(("127.0.0.1", 0)).await.unwrap());
        }
        let ports = listeners
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect::<Vec<_>>();
        let login = Endpoint {
            host: "127.0.0.1".into(),
            port: ports[APPS],
        };
        let state = Mutex::new(State {
            dice: seed,
            ..State::default()
        });
        let world = Arc::new(World {
            state,
            head: watch::Sender::new(0),
            ports,
        });
        for (number, listener) in listeners.into_iter().enumerate() {
            tokio::spawn(serve(world.clone(), number, listener));
        }
        (world, login)
    }

    /// How many commands were carried out.
    pub fn carried_out(&self) -> usize {
        self.state.lock().unwrap().messages.len()
    }

    pub fn acked(&self, token: &str) -> i64 {
        self.state.lock().unwrap().acked.get(token).copied().unwrap_or(0)
    }

    /// True once in `sides` times.
    fn roll(&self, sides: u64) -> bool {
        let dice = &mut self.state.lock().unwrap().dice;
        // xorshift64
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        (*dice >> 20).is_multiple_of(sides)
    }

    fn reseat(&self, token: &str) -> usize {
        let mut state = self.state.lock().unwrap();
        let number = (state.dice >> 30) as usize % APPS;
        state.seats.insert(token.to_owned(), number);
        number
    }

    fn seat(&self, token: &str) -> Option<usize> {
        self.state.lock().unwrap().seats.get(token).copied()
    }

    fn moved_to(&self, number: usize) -> String {
        format!(
            r#"{{"status":1,"message":"elsewhere","moved":{{"port":{}}}}}"#,
            self.ports[number]
        )
    }

    /// Carries `send` out, once for each id.
    fn send(&self, id: &str, to: &str, text: &str) -> String {
        let mut state = self.state.lock().unwrap();
        if let Some(reply) = state.done.get(id) {
            return reply.clone();
        }
        state.messages.push((to.to_owned(), text.to_owned()));
        let position = state.messages.len();
        let reply = format!(r#"{{"status":0,"message":"Success!","position":{position}}}"#);
        state.done.insert(id.to_owned(), reply.clone());
        self.head.send_replace(position as i64);
        reply
    }

    /// The pushes to `user` after `from`.
    fn pushes(&self, user: &str, from: i64) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let numbered = state.messages.iter().enumerate().skip(from as usize);
        let mine = numbered.filter(|(_, (to, _))| to == user);
        mine.map(|(index, (to, text))| {
            let position = index + 1;
            format!(
                r#"{{"push":"message","user":"{to}","from":"ann","to":"{to}","message":"{text}","position":{position}}}"#
            )
        })
        .collect()
    }
}

async fn serve(world: Arc<World>, number: usize, listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let connection = Connection {
            world: world.clone(),
            number,
            stream: BufReader::new(stream),
            attached: None,
        };
        tokio::spawn(connection.run());
    }
}

struct Connection {
    world: Arc<World>,
    number: usize,
    stream: BufReader<TcpStream>,
    /// Whose, and how far messages were pushed.
    attached: Option<(String, i64)>,
}

impl Connection {
    async fn run(mut self) {
        let mut head = self.world.head.subscribe();
        let mut line = String::new();
        loop {
            tokio::select! {
                read = self.stream.read_line(&mut line) => {
                    if matches!(read, Ok(0) | Err(_)) || !line.ends_with('\n') {
                        return;
                    }
                    let request = std::mem::take(&mut line);
                    if self.obey(request.trim_end_matches('\n')).await.is_err() {
                        return;
                    }
                }
                Ok(()) = head.changed() => {
                    if self.push().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn obey(&mut self, line: &str) -> Result<(), Drop> {
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        if self.world.roll(15) {
            return Err(Drop);
        }
        match words[..] {
            [_, "login", user, _] => {
                let token = format!("token-{user}");
                let port = self.world.ports[self.world.reseat(&token)];
                let reply = format!(
                    r#"{{"status":0,"message":"Success!","token":"{token}","position":0,"app":{{"port":{port}}}}}"#
                );
                self.say(&reply).await
            }
            ["ack", token, position] => {
                let position = position.parse().unwrap();
                self.world
                    .state
                    .lock()
                    .unwrap()
                    .acked
                    .insert(token.to_owned(), position);
                Ok(())
            }
            [_, "send", token, ..] | [_, token, _] | [_, token] => {
                if self.number == APPS {
                    let seat = self.world.reseat(token);
                    return self.say(&self.world.moved_to(seat)).await;
                }
                if let Some(seat) = self.world.seat(token).filter(|seat| *seat != self.number) {
                    let lost = r#"{"status":1,"message":"nowhere","moved":null}"#.to_owned();
                    let reply = if self.world.roll(2) {
                        lost
                    } else {
                        self.world.moved_to(seat)
                    };
                    return self.say(&reply).await;
                }
                self.obey_user(&words, token).await
            }
            _ => panic!("unexpected: {line}"),
        }
    }

    async fn obey_user(&mut self, words: &[&str], token: &str) -> Result<(), Drop> {
        match *words {
            ["attach", _, position] => {
                let user = token.trim_start_matches("token-").to_owned();
                // Now and then a repetition, that the client has to recognise.
                let again = if self.world.roll(3) { 2 } else { 0 };
                let position: i64 = position.parse().unwrap();
                self.attached = Some((user, (position - again).max(0)));
                self.say(r#"{"status":0,"message":"Success!"}"#).await?;
                self.push().await
            }
            ["sync", ..] => {
                if self.attached.is_none() {
                    return self.say(r#"{"status":1,"message":"Not attached"}"#).await;
                }
                self.push().await?;
                self.say(r#"{"status":0,"message":"Success!","position":1}"#).await
            }
            [id, "send", _, to, text] => {
                let reply = self.world.send(id, to, text);
                if self.world.roll(10) {
                    return Err(Drop);
                }
                self.say(&reply).await
            }
            _ => panic!("unexpected: {words:?}"),
        }
    }

    /// Pushes what is new, and moves the user away now and then.
    async fn push(&mut self) -> Result<(), Drop> {
        let Some((user, from)) = self.attached.clone() else {
            return Ok(());
        };
        let head = *self.world.head.borrow();
        for push in self.world.pushes(&user, from) {
            if self.world.roll(20) {
                return Err(Drop);
            }
            self.say(&push).await?;
        }
        self.attached = Some((user.clone(), head.max(from)));
        if self.world.roll(20) {
            let port = self.world.ports[self.world.reseat(&format!("token-{user}"))];
            self.say(&format!(
                r#"{{"push":"moved","user":"{user}","app":{{"port":{port}}}}}"#
            ))
            .await?;
        }
        Ok(())
    }

    async fn say(&mut self, line: &str) -> Result<(), Drop> {
        self.stream
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .await
            .map_err(|_| Drop)
    }
}
