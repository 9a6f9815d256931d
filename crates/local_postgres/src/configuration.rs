//! The settings of the server: ours in files of their own, everything else as `initdb` wrote it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use crate::error::ClusterError;
use crate::files::{at, write_private};
use crate::layout::Site;
use crate::socket::PORT;

const SETTINGS: &str = "jifen.conf";
const DURABILITY: &str = "jifen_durability.conf";

/// Everybody proves who they are with a password.
const ACCESS: &str = "# TYPE DATABASE USER METHOD\nlocal all all scram-sha-256\n";

/// A few hundred megabytes of memory; room for a year's partitions in one transaction; checkpoints
/// that do not interrupt a closing.
const COMMON: &str = "\
listen_addresses = ''
max_connections = 200
shared_buffers = '256MB'
max_locks_per_transaction = 512
min_wal_size = '128MB'
max_wal_size = '2GB'
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
log_checkpoints = off
log_line_prefix = '%m [%p] %q%u@%d '
";

const DURABLE: &str = "\
fsync = on
synchronous_commit = on
full_page_writes = on
";

/// For tests: a machine that crashes loses everything, a server that crashes nothing but the last moment.
const FLEETING: &str = "\
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
";

/// Completes what `initdb` wrote in `cluster`; how durable it is stays so for good.
pub(crate) fn complete(site: &Site, cluster: &Path, durable: bool) -> Result<(), ClusterError> {
    let durability = if durable { DURABLE } else { FLEETING };
    write_private(&cluster.join(DURABILITY), durability, site.server)?;
    write_private(&cluster.join("pg_hba.conf"), ACCESS, site.server)?;
    let main = cluster.join("postgresql.conf");
    let includes = format!("\ninclude = '{SETTINGS}'\ninclude = '{DURABILITY}'\n");
    OpenOptions::new()
        .append(true)
        .open(&main)
        .and_then(|mut file| file.write_all(includes.as_bytes()))
        .map_err(at(&main))
}

/// Writes the settings that belong to this program's version and to the place of the cluster.
pub(crate) fn renew(site: &Site) -> Result<(), ClusterError> {
    let text = format!("{COMMON}{}", listening_on(&site.socket));
    write_private(&site.cluster().join(SETTINGS), &text, site.server)
}

fn listening_on(socket: &Path) -> String {
    let folder = socket.to_string_lossy().replace('\'', "''");
    format!("port = {PORT}\nunix_socket_directories = '{folder}'\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_the_path_is_doubled() {
        let text = listening_on(Path::new("/srv/it's/socket"));
        assert!(text.ends_with("unix_socket_directories = '/srv/it''s/socket'\n"));
    }
}
