//! The benchmarks: each sets up what it needs, measures Tenfold against something else in the same run on the same
//! machine, in rounds that alternate, and reports medians. Absolute figures mean nothing on a shared machine; ratios
//! of neighbouring rounds do.
//!
//! What is measured stands in [`benches`], one file each; the rest is what they share.

pub mod arguments;
pub mod benches;
pub mod broker;
pub mod connection;
pub mod failure;
pub mod load;
pub mod people;
pub mod pgbench;
pub mod program;
pub mod programs;
pub mod report;
pub mod service;
pub mod stage;
pub mod statistics;
