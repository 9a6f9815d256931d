//! Typed configuration: embedded defaults, then `--config DIR/jifen.toml`, then the environment.

mod clock;
mod database;
mod files;
mod http;
mod mail;
mod photos;
mod worker;

use std::path::Path;

use serde::Deserialize;

pub use clock::Clock;
pub use database::Database;
pub use files::{CALENDAR, DEFAULT_CATALOGUE, RULEBOOK, embedded_or};
pub use http::Http;
pub use mail::Mail;
pub use photos::Photos;
pub use worker::Worker;

/// The defaults that are part of the program; `config/default.toml` is a copy of them for people to read.
pub const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Every setting of the program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where and when.
    pub clock: Clock,
    /// PostgreSQL.
    pub database: Database,
    /// The web process.
    pub http: Http,
    /// Mail.
    pub mail: Mail,
    /// Photos.
    pub photos: Photos,
    /// What happens by itself.
    pub worker: Worker,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("配置有误：{0}；可用的项目见 config/default.toml")]
pub struct SettingsError(#[from] config::ConfigError);

impl Settings {
    /// The settings of a folder's `jifen.toml`, where there is one, over the defaults; the environment
    /// (`JIFEN_HTTP__LISTEN=…`) over both.
    ///
    /// # Errors
    /// A file that is not TOML, an unknown setting, a value of the wrong kind.
    pub fn load(folder: Option<&Path>) -> Result<Self, SettingsError> {
        let mut builder =
            config::Config::builder().add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(folder) = folder {
            let file = config::File::from(folder.join("jifen.toml")).format(config::FileFormat::Toml);
            builder = builder.add_source(file.required(false));
        }
        let sections = ["CLOCK", "DATABASE", "HTTP", "MAIL", "PHOTOS", "WORKER"]
            .map(|section| format!("JIFEN_{section}"));
        for section in sections {
            let environment = config::Environment::with_prefix(&section)
                .prefix_separator("__")
                .separator("__")
                .try_parsing(true);
            builder = builder
                .add_source(InSection { section: section["JIFEN_".len()..].to_lowercase(), environment });
        }
        Ok(builder.build()?.try_deserialize()?)
    }
}

/// Puts the variables of a section under its name.
#[derive(Debug, Clone)]
struct InSection {
    section: String,
    environment: config::Environment,
}

impl config::Source for InSection {
    fn clone_into_box(&self) -> Box<dyn config::Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<config::Map<String, config::Value>, config::ConfigError> {
        let values = config::Source::collect(&self.environment)?;
        if values.is_empty() {
            return Ok(config::Map::new());
        }
        Ok([(self.section.clone(), config::Value::from(values))].into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let settings = Settings::load(None).expect("the defaults");
        assert_eq!(settings.clock.zone, "Asia/Shanghai");
        assert_eq!(settings.http.listen, "127.0.0.1:8080");
    }

    #[test]
    fn a_folder_overrides_the_defaults_and_unknown_settings_are_named() {
        let folder = std::env::temp_dir().join(format!("jifen-settings-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("jifen.toml"), "[http]\nlisten = \"127.0.0.1:1\"\n").expect("a file");
        assert_eq!(Settings::load(Some(&folder)).expect("valid").http.listen, "127.0.0.1:1");
        std::fs::write(folder.join("jifen.toml"), "[http]\nlistne = \"x\"\n").expect("a file");
        assert!(Settings::load(Some(&folder)).expect_err("refused").to_string().contains("listne"));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
