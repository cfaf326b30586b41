//! Where a command finds its data: `--config FILE` or `--data DIR`.

use crate::cli::Failure;
use crate::config::{Config, StorePlace, load};
use clap::Args;
use std::path::PathBuf;

/// Where the data lies.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Place {
    /// The configuration file [default: baohao.toml here, if there is one].
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// A data folder with everything in it, instead of the [store] part of the configuration.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
}

impl Place {
    /// The configuration, with the data folder put in.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut config = load(self.config.as_deref())?;
        if let Some(folder) = &self.data {
            // What runs the models is no data.
            let onnxruntime = config.store.onnxruntime.take();
            config.store = StorePlace { onnxruntime, ..StorePlace::in_folder(folder) };
        }
        Ok(config)
    }

    /// The same, for commands that must not make an empty database by a mistyped path.
    pub(crate) fn existing(&self) -> Result<Config, Failure> {
        let config = self.config()?;
        let database = &config.store.database;
        let is_path = !database.contains("://");
        if is_path && !std::path::Path::new(database).exists() {
            let text = format!("no database at {database} (name its folder with --data DIR)");
            return Err(text.into());
        }
        Ok(config)
    }
}
