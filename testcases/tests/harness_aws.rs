//! The emulator of AWS that other tests stand on: accounts see nothing of each other, a call without the right to it fails the test, and it
//! leaves nothing behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Stdio;

use tenfold_testcases::aws::{Account, Emulator, inside};
use tenfold_testcases::process::processes_of;
use tenfold_testcases::programs;
use tenfold_testcases::waiting::eventually_is;

mod aws {
    use super::*;

    #[test]
    fn accounts_see_nothing_of_each_other() {
        let (one, other) = (Account::fresh(), Account::fresh());
        assert_ne!(one.id, other.id);
        let body = [("DashboardName", "a"), ("DashboardBody", "{}")];
        one.cloudwatch("PutDashboard", &body).expect("the emulator takes it");
        let dashboards = |account: &Account| {
            let listed = account.cloudwatch("ListDashboards", &[]);
            inside(&listed.expect("the emulator lists them"), "DashboardName").len()
        };
        assert_eq!((dashboards(&one), dashboards(&other)), (1, 0));
        let refused = one.ec2("TerminateInstances", &[("InstanceId.1", "i-0123456789abcdef0")]);
        assert_eq!(refused.map_err(|refused| refused.status), Err(400));
    }

    #[test]
    fn a_test_fails_whose_program_does_what_its_role_may_not() {
        let account = Account::fresh();
        let mut operators_program = programs::command("tenfold-metrics");
        operators_program
            .arg("put")
            .envs(account.variables(&account.url))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        assert!(!operators_program.status().expect("it can be run").success());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(account))).is_err());
    }

    #[test]
    fn an_emulator_of_ones_own_leaves_nothing_behind() {
        let emulator = Emulator::start();
        let folder = emulator.folder().to_owned();
        assert!(processes_of(&folder).contains(&emulator.pid()));
        drop(emulator);
        eventually_is("nothing of it runs any more", &vec![], || processes_of(&folder));
        assert!(!folder.exists());
    }
}
