//! Builds again when a migration changes (`embed_migrations!` does not watch the folder itself), and names
//! the schema by the digest of the migrations' texts.

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
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(fs::read(file)?);
    }
    println!("cargo:rustc-env=JIFEN_MIGRATIONS={}", &hex::encode(hasher.finalize())[..16]);
    Ok(())
}
