//! Servers that tests stand on and that are nobody's own: started in a process group of their own, ended with everything they have
//! started, and with the test process however that ended.

pub mod family;
pub mod ports;
pub mod server;
