//! Delivery: every session that is attached gets every message that is for it, in the log's order, once on each connection.
//!
//! [`attachments`] knows which sessions are attached where and how far they have got, [`delivery_loop`] reads the log for
//! them all, [`acknowledgements`] collects how far they have read. The loop is woken by the database's notifications, and by
//! everybody who attaches, syncs or has room again.
//!
//! Where there is a [`broker`], the [`publisher`] sends what this server's users wrote to the servers of the recipients, the
//! broker brings what others' users wrote, and the [`reorder_buffer`] holds that until the log has been read up to its
//! position: the log alone says whose turn it is, and for whom. What the broker does not carry is delivered through Postgres.

pub mod acknowledgements;
pub mod attachments;
pub mod broker;
pub mod delivery_loop;
pub mod publisher;
pub mod reorder_buffer;
