//! A user of the cluster in a process of its own, for the tests.
//!
//! It starts or joins the cluster in the folder it is given, prints `ready PID DATA_DIRECTORY`,
//! answers each line `template NAME` with `built` or `found`, and leaves when its input ends.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

use local_postgres::{Cluster, ClusterError, Options, Template};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: local_postgres_user FOLDER")?;
    let options = Options { data: PathBuf::from(folder), durable: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cluster = runtime.block_on(Cluster::start(&options))?;
    let data = cluster.data_directory();
    say(&format!("ready {} {}", cluster.server_pid(), data.display()))?;
    for line in io::stdin().lines() {
        if let Some(name) = line?.strip_prefix("template ") {
            let done = runtime.block_on(cluster.template(name, |url| async move { fill(&url).await }))?;
            say(match done {
                Template::Built => "built",
                Template::Found => "found",
            })?;
        }
    }
    runtime.block_on(cluster.stop())?;
    Ok(())
}

/// Fills a template with one table.
async fn fill(url: &str) -> Result<(), ClusterError> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let moving_bytes = tokio::spawn(connection);
    client.batch_execute("CREATE TABLE village (code text)").await?;
    drop(client);
    drop(moving_bytes.await);
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
