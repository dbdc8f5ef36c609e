//! The simulated fleet and its users: what each event does to them.

use std::collections::VecDeque;
use std::time::Duration;

use tenfold_core::ids::InstanceId;
use tenfold_core::seat_policy;

use super::events::{Agenda, Event};
use super::report::Report;
use super::rng::Rng;
use super::scenario::Scenario;
use super::server::Server;
use super::workload::Arrival;
use crate::plan::{Action, FleetView, InstanceState, InstanceView, SettleTimer, has_surplus, plan};

/// What a user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UserState {
    Away,
    Waiting { since: Duration },
    Seated { on: InstanceId },
}

/// Everything there is at a moment of the simulation.
pub(super) struct World<'a> {
    scenario: &'a Scenario,
    arrivals: &'a [Arrival],
    now: Duration,
    agenda: Agenda,
    crashes: Rng,
    servers: Vec<Server>,
    launched: usize,
    users: Vec<UserState>,
    had_a_seat: Vec<bool>,
    /// Who waits for a seat, the first in line in front.
    queue: VecDeque<usize>,
    seated: usize,
    surplus: SettleTimer,
    report: Report,
}

impl<'a> World<'a> {
    /// An empty fleet before the first arrival.
    pub(super) fn new(scenario: &'a Scenario, arrivals: &'a [Arrival], seed: u64) -> Self {
        let mut agenda = Agenda::default();
        for (user, arrival) in arrivals.iter().enumerate() {
            agenda.add(arrival.at, Event::Arrive(user));
        }
        agenda.add(Duration::ZERO, Event::Tick);
        Self {
            scenario,
            arrivals,
            now: Duration::ZERO,
            agenda,
            crashes: Rng::new(seed, 3),
            servers: Vec::new(),
            launched: 0,
            users: vec![UserState::Away; arrivals.len()],
            had_a_seat: vec![false; arrivals.len()],
            queue: VecDeque::new(),
            seated: 0,
            surplus: SettleTimer::default(),
            report: Report::default(),
        }
    }

    /// Lets everything happen until the scenario's end.
    pub(super) fn run(mut self) -> Report {
        let end = self.scenario.warm_up + self.scenario.measured;
        while let Some((at, event)) = self.agenda.next().filter(|(at, _)| *at < end) {
            self.pass_time_until(at);
            self.happen(event);
            self.seat_waiting();
            self.reconcile();
        }
        self.pass_time_until(end);
        self.report.users.still_seated = self.seated;
        self.report.users.still_waiting = self.queue.len();
        self.report.waits.sort_unstable();
        self.report
    }

    fn pass_time_until(&mut self, at: Duration) {
        let measured_from = self.now.max(self.scenario.warm_up);
        let seconds = at.saturating_sub(measured_from).as_secs_f64();
        let users = self.seated + self.queue.len();
        self.report.measured_seconds += seconds;
        self.report.user_seconds += seconds * users as f64;
        self.report.server_seconds += seconds * self.servers.len() as f64;
        self.report.floor_seconds += seconds * users.div_ceil(self.scenario.policy.seats) as f64;
        self.now = at;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive(user) => self.arrive(user),
            Event::Leave(user) => self.leave(user),
            Event::GiveUp(user, since) => self.give_up(user, since),
            Event::Booted(id) => self.booted(id),
            Event::Crash(id) => self.crash(id),
            Event::Tick => self.agenda.add(self.now + self.scenario.reconcile_every, Event::Tick),
        }
    }

    fn arrive(&mut self, user: usize) {
        self.report.users.came += 1;
        self.wait(user);
    }

    fn wait(&mut self, user: usize) {
        self.users[user] = UserState::Waiting { since: self.now };
        self.queue.push_back(user);
        self.agenda
            .add(self.now + self.scenario.seat_wait, Event::GiveUp(user, self.now));
    }

    fn leave(&mut self, user: usize) {
        match std::mem::replace(&mut self.users[user], UserState::Away) {
            UserState::Away => {}
            UserState::Waiting { .. } => {
                self.queue.retain(|&waiting| waiting != user);
                self.report.users.gave_up += 1;
            }
            UserState::Seated { on } => {
                self.seated -= 1;
                let now = self.now;
                self.server(on).release(user, now);
                self.report.users.left += 1;
            }
        }
    }

    fn give_up(&mut self, user: usize, since: Duration) {
        if self.users[user] == (UserState::Waiting { since }) {
            self.leave(user);
        }
    }

    fn booted(&mut self, id: InstanceId) {
        let now = self.now;
        let still_wanted = self.servers.iter_mut().find(|server| server.id == id);
        if let Some(server) = still_wanted {
            server.becomes(InstanceState::Ready, now);
            if let Some(mean) = self.scenario.mean_time_to_crash {
                let lives = Duration::from_secs_f64(self.crashes.exponential(mean.as_secs_f64()));
                self.agenda.add(now + lives, Event::Crash(id));
            }
        }
    }

    fn crash(&mut self, id: InstanceId) {
        let now = self.now;
        let running = self.servers.iter_mut().find(|server| server.id == id);
        if running.is_some_and(|server| server.crash(now)) && self.is_measured() {
            self.report.crashes += 1;
        }
    }

    /// What login servers do whenever a seat may have come free.
    fn seat_waiting(&mut self) {
        while let Some(&user) = self.queue.front() {
            let views = self.views();
            let open = views.iter().filter(|view| view.is_open());
            let servers = open.map(|view| (view.id, view.occupancy()));
            let Some(id) = seat_policy::choose(servers) else { return };
            self.queue.pop_front();
            self.seat(user, id);
        }
    }

    fn seat(&mut self, user: usize, id: InstanceId) {
        if let UserState::Waiting { since } = self.users[user]
            && self.is_measured()
        {
            self.report.waits.push(self.now - since);
        }
        if !std::mem::replace(&mut self.had_a_seat[user], true) {
            self.agenda
                .add(self.now + self.arrivals[user].stays, Event::Leave(user));
        }
        self.seated += 1;
        self.sit_down(user, id);
    }

    fn sit_down(&mut self, user: usize, id: InstanceId) {
        self.users[user] = UserState::Seated { on: id };
        let server = self.server(id);
        server.seat(user);
        let users = server.users.len();
        self.report.most_users_on_a_server = self.report.most_users_on_a_server.max(users);
    }

    /// What the reconciler does: look, plan, carry out.
    fn reconcile(&mut self) {
        let policy = &self.scenario.policy;
        let mut view = FleetView {
            instances: self.views(),
            users_waiting: self.queue.len(),
            ..FleetView::default()
        };
        view.surplus_for = self.surplus.observe(self.now, has_surplus(&view, policy));
        for action in plan(&view, policy) {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Launch { count } => (0..count).for_each(|_| self.launch()),
            Action::Drain { instance } => {
                let now = self.now;
                self.server(instance).becomes(InstanceState::Draining, now);
                self.report.drains += usize::from(self.is_measured());
            }
            Action::MoveUsers { from, to, count } => self.move_users(from, to, count),
            Action::Terminate { instance, .. } | Action::DeclareLost { instance, .. } => self.end(instance),
            Action::EndOrphan { .. } => {}
        }
    }

    fn launch(&mut self) {
        self.launched += 1;
        let server = Server::launched(self.launched, self.now, &self.scenario.policy);
        self.agenda.add(self.now + self.scenario.boot, Event::Booted(server.id));
        self.servers.push(server);
        self.report.launches += usize::from(self.is_measured());
    }

    /// The seats change hands at once, in one transaction; the clients have the drain's linger to follow.
    fn move_users(&mut self, from: InstanceId, to: InstanceId, count: usize) {
        let now = self.now;
        let moving: Vec<usize> = self.server(from).users.iter().copied().take(count).collect();
        for user in moving {
            self.server(from).release(user, now);
            self.sit_down(user, to);
            self.report.moves += usize::from(self.is_measured());
        }
    }

    /// Ends a server; whoever still sat on it comes back and waits for a seat.
    fn end(&mut self, id: InstanceId) {
        let users = std::mem::take(&mut self.server(id).users);
        self.servers.retain(|server| server.id != id);
        for user in users {
            self.seated -= 1;
            self.wait(user);
        }
    }

    fn views(&self) -> Vec<InstanceView> {
        self.servers
            .iter()
            .map(|server| server.view(self.now, self.scenario.heartbeat_timeout))
            .collect()
    }

    fn server(&mut self, id: InstanceId) -> &mut Server {
        self.servers
            .iter_mut()
            .find(|server| server.id == id)
            .expect("only servers that run are named by events and plans")
    }

    fn is_measured(&self) -> bool {
        self.now >= self.scenario.warm_up
    }
}
