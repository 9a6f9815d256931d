//! A private PostgreSQL cluster under one folder, shared by every process that names this folder.
//!
//! The first process to come makes and starts the cluster, the next ones join it, the last one out
//! stops it. A process that is killed leaves the server running for the next one.
//!
//! | below the folder | holds |
//! | --- | --- |
//! | `start.lock` | locked by whoever starts or stops the server, and by the programs it runs for that |
//! | `users.lock` | shared by everybody who uses the server |
//! | `templates.lock` | locked by whoever builds a template database |
//! | `secrets/` | one password per role, one file per named key |
//! | `cluster/`, `server.log`, `socket/` | the server's own files |
//! | `cluster-location.txt` | says where the server's own files are, when they cannot be here |
//!
//! PostgreSQL refuses to run as root. Started by root, the server runs as the folder's owner when
//! that is an ordinary user, else as `postgres` or `nobody`; and when that user cannot reach the
//! folder, the server's own files lie under `/var/lib/jifen`.

mod account;
mod binaries;
mod cluster;
mod command;
mod configuration;
mod databases;
mod error;
mod files;
mod initialise;
mod layout;
mod lifecycle;
mod locks;
mod log;
mod process;
mod roles;
mod secrets;
mod server;
mod session;
mod socket;

pub use binaries::{Binaries, find_binaries};
pub use cluster::{Cluster, Options, Probe, Template};
pub use error::ClusterError;
pub use roles::Role;
