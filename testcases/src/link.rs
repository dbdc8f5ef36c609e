//! A line to a server that can stall: nothing comes through any more, and nobody is told.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// The line, cut with this value.
#[derive(Debug)]
pub struct Link {
    /// Where programs take it for the server.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Both ends of each connection, in the order in which they came.
    connections: Vec<[TcpStream; 2]>,
    /// As many of the first connections carry nothing.
    stalled: usize,
    is_over: bool,
}

impl Link {
    /// Stands before the server at 127.0.0.1:`port`.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let shared = Arc::new(Shared {
            server: SocketAddr::from(([127, 0, 0, 1], port)),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.state().is_over {
                    return;
                }
                // Whoever comes while the server is down is refused, as it would.
                let _ = connect(&accepting, client);
            }
        });
        Self { address, shared }
    }

    /// All connections that are there stall from now on; new ones don't.
    pub fn stall(&self) {
        let mut state = self.shared.state();
        state.stalled = state.connections.len();
    }

    /// All connections stall from now on, new ones, too.
    pub fn stall_all(&self) {
        self.shared.state().stalled = usize::MAX;
    }

    /// Those that stalled are cut; new ones are carried.
    pub fn mend(&self) {
        let mut state = self.shared.state();
        let count = state.stalled.min(state.connections.len());
        state.connections[..count].iter().for_each(cut);
        state.stalled = 0;
        self.shared.changed.notify_all();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_over = true;
        state.connections.iter().for_each(cut);
        drop(state);
        self.shared.changed.notify_all();
        // Wakes whoever accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    /// Waits while the connection stalls.
    fn wait_for(&self, number: usize) {
        let state = self.state();
        let stalls = |state: &mut State| number < state.stalled && !state.is_over;
        drop(
            self.changed
                .wait_while(state, stalls)
                .expect("nobody panics while holding it"),
        );
    }
}

fn cut(connection: &[TcpStream; 2]) {
    for end in connection {
        let _ = end.shutdown(Shutdown::Both);
    }
}

fn connect(shared: &Arc<Shared>, client: TcpStream) -> std::io::Result<()> {
    let server = TcpStream::connect(shared.server)?;
    let ways = [
        (client.try_clone()?, server.try_clone()?),
        (server.try_clone()?, client.try_clone()?),
    ];
    let mut state = shared.state();
    let number = state.connections.len();
    state.connections.push([client, server]);
    drop(state);
    for (from, to) in ways {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || carry(&shared, number, from, to));
    }
    Ok(())
}

fn carry(shared: &Shared, number: usize, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        shared.wait_for(number);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other side's goodbye stalls as well.
    shared.wait_for(number);
    let _ = to.shutdown(Shutdown::Both);
}
