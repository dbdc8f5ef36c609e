//! Between a program under test and the emulator: what AWS does and an emulator doesn't.
//!
//! It refuses with AWS's own codes, loses answers, holds them back, answers a repeated client token with the first one's
//! instance, gives times the one form that the emulator reads, and gives each instance an address at which something can really listen.

mod addresses;
mod cbor;
mod http;

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::waiting::{PATIENCE, eventually};
use addresses::Addresses;
use http::Message;

/// What is done with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// AWS is not asked; the answer is this error of its own.
    Refuse(&'static str),
    /// AWS is not asked, and there is no answer.
    LoseRequest,
    /// AWS is asked, and its answer gets lost.
    LoseReply,
    /// AWS is asked, and its answer is held back until [`Proxy::release`].
    HoldReply,
    /// AWS is asked only after a while.
    Delay(Duration),
    /// Nothing but as it is.
    None,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// `RunInstances` and the like.
    pub action: String,
    /// Its parameters.
    pub parameters: HashMap<String, String>,
    /// Whether it was let through to the emulator.
    pub forwarded: bool,
}

/// The proxy, ended with this value.
#[derive(Debug)]
pub struct Proxy {
    /// What programs are to take for AWS.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    state: Mutex<State>,
    changed: Condvar,
    addresses: Addresses,
}

#[derive(Debug, Default)]
struct State {
    /// What is done with the next requests of an action; with the last of them again and again where it is to stay.
    next: HashMap<String, VecDeque<Fault>>,
    always: HashMap<String, Fault>,
    calls: Vec<Call>,
    /// What was answered to a client token, and to which request.
    answered: HashMap<String, (Vec<(String, String)>, Message)>,
    held: usize,
    released: usize,
    is_over: bool,
}

impl Proxy {
    /// Stands before what is at `upstream`.
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").trim_end_matches('/').to_owned(),
            state: Mutex::default(),
            changed: Condvar::new(),
            addresses: Addresses::default(),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.state().is_over {
                    break;
                }
                let serving = Arc::clone(&accepting);
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        Self {
            url: format!("http://{address}"),
            shared,
        }
    }

    /// Does this with the next request for `action`, after what was ordered before.
    pub fn next(&self, action: &str, fault: Fault) {
        self.shared
            .state()
            .next
            .entry(action.into())
            .or_default()
            .push_back(fault);
    }

    /// Does this with every request for `action` from now on, after what was ordered for the next ones.
    pub fn always(&self, action: &str, fault: Fault) {
        self.shared.state().always.insert(action.into(), fault);
    }

    /// Lets every request for `action` through from now on, after what was ordered for the next ones.
    pub fn never(&self, action: &str) {
        self.shared.state().always.remove(action);
    }

    /// Lets go of every answer that is held.
    pub fn release(&self) {
        let mut state = self.shared.state();
        state.released = state.held;
        self.shared.changed.notify_all();
    }

    /// Waits until so many answers are or were held.
    pub fn wait_until_held(&self, count: usize) {
        eventually("an answer is held", || {
            (self.shared.state().held >= count).then_some(())
        });
    }

    /// Whether an answer is held now.
    pub fn is_holding(&self) -> bool {
        let state = self.shared.state();
        state.held > state.released
    }

    /// The requests for `action` so far.
    pub fn calls(&self, action: &str) -> Vec<Call> {
        let state = self.shared.state();
        state
            .calls
            .iter()
            .filter(|call| call.action == action)
            .cloned()
            .collect()
    }

    /// Where the instance listens that EC2 calls so.
    pub fn address_of(&self, instance: &str) -> Ipv4Addr {
        self.shared.addresses.of(instance)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_over = true;
        state.released = usize::MAX;
        drop(state);
        self.shared.changed.notify_all();
        // So that it notices.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some(mut request) = Message::read(&mut stream) else {
            return;
        };
        request.suit_the_emulator();
        let parameters = request.form();
        let action = parameters.get("Action").cloned().or_else(|| request.operation());
        let mut action = action.unwrap_or_default();
        // Nothing comes of it: a right is asked for.
        if parameters.get("DryRun").is_some_and(|dry| dry == "true") {
            action.push_str(" as a dry run");
        }
        let fault = self.state().fault_for(&action);
        if let Some(answer) = self.answer(&action, &parameters, &request, fault) {
            answer.write_closing(&mut stream);
        }
        // Else the connection ends without a word.
    }

    fn answer(
        &self,
        action: &str,
        parameters: &HashMap<String, String>,
        request: &Message,
        fault: Fault,
    ) -> Option<Message> {
        let forwarded = !matches!(fault, Fault::Refuse(_) | Fault::LoseRequest);
        self.state().calls.push(Call {
            action: action.into(),
            parameters: parameters.clone(),
            forwarded,
        });
        match &fault {
            Fault::Refuse(code) => return Some(Message::aws_error(code)),
            Fault::LoseRequest => return None,
            Fault::Delay(pause) => std::thread::sleep(*pause),
            _ => {}
        }
        let answer = self.forward(action, parameters, request)?;
        match fault {
            Fault::LoseReply => return None,
            Fault::HoldReply => self.hold(),
            _ => {}
        }
        Some(answer)
    }

    /// Asks the emulator, unless the request repeats one that it has answered.
    fn forward(&self, action: &str, parameters: &HashMap<String, String>, request: &Message) -> Option<Message> {
        let token = parameters.get("ClientToken").filter(|_| action == "RunInstances");
        let asked = sorted(parameters);
        if let Some(token) = token
            && let Some((before, answer)) = self.state().answered.get(token)
        {
            return Some(if *before == asked {
                answer.clone()
            } else {
                Message::aws_error("IdempotentParameterMismatch")
            });
        }
        let mut answer = request.ask(&self.upstream)?;
        if action == "DescribeInstances" {
            answer.rewrite(|body| self.addresses.put_into(body));
        }
        if let Some(token) = token
            && answer.is_success()
        {
            self.state().answered.insert(token.clone(), (asked, answer.clone()));
        }
        Some(answer)
    }

    fn hold(&self) {
        let mut state = self.state();
        state.held += 1;
        let mine = state.held;
        let waited = self
            .changed
            .wait_timeout_while(state, 2 * PATIENCE, |state| state.released < mine);
        drop(waited.expect("nobody panics while holding it"));
    }
}

impl State {
    fn fault_for(&mut self, action: &str) -> Fault {
        let next = self.next.get_mut(action).and_then(VecDeque::pop_front);
        next.or_else(|| self.always.get(action).cloned()).unwrap_or(Fault::None)
    }
}

fn sorted(parameters: &HashMap<String, String>) -> Vec<(String, String)> {
    let mut sorted: Vec<_> = parameters.clone().into_iter().collect();
    sorted.sort();
    sorted
}
