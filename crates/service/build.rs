//! Gathers the files that pages ship: our own from `assets/`, and the listed ones of the packages in `node_modules/`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

#[path = "build/icon.rs"]
mod icon;

/// Files of packages: where they lie, and under which name they are served.
const PACKAGED: &[(&str, &str)] =
    &[("@tabler/core/dist/css/tabler.min.css", "tabler.css"), ("htmx.org/dist/htmx.min.js", "htmx.js")];

/// The icons of our pages, by their names in the package; one file holds them all.
const ICONS: &[&str] = &[
    "alert-triangle",
    "award",
    "building-community",
    "calendar",
    "camera",
    "chart-bar",
    "check",
    "checklist",
    "chevron-right",
    "circle-check",
    "circle-dashed",
    "clipboard-list",
    "clock",
    "coin",
    "device-mobile",
    "download",
    "file-text",
    "gift",
    "history",
    "home",
    "id-badge-2",
    "keyboard",
    "list-check",
    "lock",
    "logout",
    "message-report",
    "pencil",
    "printer",
    "qrcode",
    "scale",
    "search",
    "settings",
    "speakerphone",
    "user",
    "users",
    "users-group",
];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let home = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["assets", "package-lock.json", "build.rs", "build"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let packages = home.join("node_modules");
    let mut files = BTreeMap::new();
    own(&home.join("assets"), "", &mut files)?;
    for (file, name) in PACKAGED {
        files.insert((*name).to_owned(), packaged(&packages, file)?);
    }
    files.insert("icons.svg".to_owned(), sprite(&packages)?.into_bytes());
    files.insert("phone/icon.png".to_owned(), icon::png()?);

    let mut all = Sha256::new();
    for (name, bytes) in &files {
        all.update(name.as_bytes());
        all.update(Sha256::digest(bytes));
    }
    let version: String = all.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=JIFEN_ASSETS_VERSION={version}");
    write(&out, &files)
}

/// Our own files, by their paths below `assets/`.
fn own(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            own(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(())
}

fn packaged(packages: &Path, file: &str) -> Outcome<Vec<u8>> {
    let path = packages.join(file);
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read(&path).map_err(|error| {
        format!(
            "没有网页用的文件 {file}：请先运行 ./deploy/assets\n\
             {file}, which the pages need, is missing: run ./deploy/assets first ({error})"
        )
        .into()
    })
}

/// One file with every icon as a symbol, used as `/assets/…/icons.svg#name`.
fn sprite(packages: &Path) -> Outcome<String> {
    let mut sprite = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">");
    for name in ICONS {
        let svg = packaged(packages, &format!("@tabler/icons/icons/outline/{name}.svg"))?;
        let svg = String::from_utf8(svg)?;
        let inside = svg.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</svg>"));
        let (inside, _) = inside.ok_or_else(|| format!("{name}.svg is no picture"))?;
        write!(
            sprite,
            "<symbol id=\"{name}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\">{}</symbol>",
            inside.trim()
        )?;
    }
    sprite.push_str("</svg>");
    Ok(sprite)
}

/// Writes each file and its compressed form, and the list of them.
fn write(out: &Path, files: &BTreeMap<String, Vec<u8>>) -> Outcome<()> {
    let mut list = String::from("&[\n");
    for (name, bytes) in files {
        let flat = name.replace('/', "__");
        fs::write(out.join(&flat), bytes)?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        fs::write(out.join(format!("{flat}.gz")), encoder.finish()?)?;
        writeln!(
            list,
            "Asset {{ name: {name:?}, plain: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{flat}\")), \
             packed: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{flat}.gz\")) }},"
        )?;
    }
    list.push(']');
    fs::write(out.join("assets.rs"), list)?;
    Ok(())
}
