//! Builds again when a migration changes (`embed_migrations!` does not watch the folder itself), and names
//! the schema by the digest of the migrations' texts, and its newest migration by its version.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    let folder = Path::new("../../migrations");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path().join("up.sql"))).collect::<io::Result<_>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    let newest = files.last().and_then(|file| file.parent()?.file_name()?.to_str()?.split('_').next());
    println!("cargo:rustc-env=JIFEN_NEWEST_MIGRATION={}", newest.unwrap_or_default());
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(fs::read(file)?);
    }
    println!("cargo:rustc-env=JIFEN_MIGRATIONS={}", &hex::encode(hasher.finalize())[..16]);
    Ok(())
}
