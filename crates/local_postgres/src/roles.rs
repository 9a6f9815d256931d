//! The roles of the cluster and what each may do.

use crate::error::ClusterError;
use crate::secrets::Passwords;
use crate::session;

/// As whom to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `jifen_owner`: owns the databases and migrates them; row-level security does not bind it.
    Owner,
    /// `jifen_program`: serves and works, within row-level security.
    Program,
    /// `jifen_backup`: reads everything, writes nothing.
    Backup,
    /// `jifen_superuser`: keeps the cluster itself.
    Superuser,
}

impl Role {
    /// The role's name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "jifen_owner",
            Self::Program => "jifen_program",
            Self::Backup => "jifen_backup",
            Self::Superuser => "jifen_superuser",
        }
    }
}

/// The program's plans are made anew for every query: a plan kept for the first scope that used a
/// connection is slow for all others.
const PARTICULARS: &str = "\
    ALTER ROLE jifen_program SET plan_cache_mode = force_custom_plan;
    ALTER ROLE jifen_backup SET default_transaction_read_only = on;
    GRANT pg_read_all_data TO jifen_backup;
";

/// Makes the roles, or brings them back to what they should be.
pub(crate) async fn ensure(url: &str, passwords: &Passwords) -> Result<(), ClusterError> {
    let client = session::connect(url).await?;
    let ordinary = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION";
    let securities =
        [(Role::Owner, "BYPASSRLS"), (Role::Program, "NOBYPASSRLS"), (Role::Backup, "BYPASSRLS")];
    let each = securities.map(|(role, security)| {
        let (name, password) = (role.name(), passwords.of(role));
        format!(
            "DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
                    CREATE ROLE {name};
                END IF;
            END $$;
            ALTER ROLE {name} {ordinary} {security} PASSWORD '{password}';"
        )
    });
    client.batch_execute(&each.concat()).await?;
    client.batch_execute(PARTICULARS).await?;
    Ok(())
}
