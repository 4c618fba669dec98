//! The scenarios that the program carries with it, and those read from files.

mod ids;

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use include_dir::{Dir, File, include_dir};

use crate::script::{self, Fault, MAX_LENGTH, Script, Source};

pub use ids::IDS;

/// What a new scenario looks like.
const SKELETON: &str = include_str!("catalogue/skeleton.toml");

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A scenario with the file it comes from.
#[derive(Clone)]
pub struct Scenario {
    /// The file's stem.
    pub id: String,
    /// The folder the file is in, which is named after the source document.
    pub source: String,
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub script: Script,
    text: String,
    embedded: bool,
}

impl Scenario {
    /// Reads the scenario in `text`, the contents of the file at `path`.
    ///
    /// # Errors
    /// [`CatalogueError::Faulty`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, CatalogueError> {
        let script = script::parse(path, text).map_err(CatalogueError::Faulty)?;
        let part = |part: Option<&OsStr>| {
            part.map(|part| part.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        Ok(Self {
            id: part(path.file_stem()),
            source: part(path.parent().and_then(Path::file_name)),
            path: path.to_owned(),
            script,
            text: text.to_owned(),
            embedded: false,
        })
    }

    /// What a reader would miss in the file, though it runs.
    pub fn lints(&self) -> Vec<Fault> {
        script::lint(&self.script, &Source::new(&self.path, &self.text))
    }

    /// Whether the program carries it, so that its id is enough to find it.
    pub fn is_embedded(&self) -> bool {
        self.embedded
    }

    pub(crate) fn place_at(&self, offset: usize) -> String {
        let (line, column) = Source::new(&self.path, &self.text).position(offset);
        format!("{}:{line}:{column}", self.path.display())
    }

    pub(crate) fn whole_file(&self) -> String {
        self.path.display().to_string()
    }
}

/// Every embedded scenario, in the order of folder and file name.
///
/// # Errors
/// [`CatalogueError::Faulty`], which the tests rule out for a released program.
pub fn embedded() -> Result<Vec<Scenario>, CatalogueError> {
    let mut files: Vec<_> = embedded_files().collect();
    files.sort_by_key(|file| file.path());
    files.into_iter().map(parse_embedded).collect()
}

fn embedded_files() -> impl Iterator<Item = &'static File<'static>> {
    EMBEDDED.dirs().flat_map(Dir::files).filter(|file| {
        file.path()
            .extension()
            .is_some_and(|extension| extension == "toml")
    })
}

/// The ids of the embedded scenarios.
fn embedded_ids() -> impl Iterator<Item = &'static str> {
    embedded_files().filter_map(|file| file.path().file_stem()?.to_str())
}

fn parse_embedded(file: &File<'_>) -> Result<Scenario, CatalogueError> {
    let text = file.contents_utf8().unwrap_or_default();
    let scenario = Scenario::parse(&Path::new("scenarios").join(file.path()), text)?;
    Ok(Scenario {
        embedded: true,
        ..scenario
    })
}

/// The scenario that `name` stands for: a path of a file, or the id of an embedded scenario. Others are not
/// read.
///
/// # Errors
/// [`CatalogueError`].
pub fn find(name: &str) -> Result<Scenario, CatalogueError> {
    let path = Path::new(name);
    if path
        .extension()
        .is_some_and(|extension| extension == "toml")
        || path.components().count() > 1
    {
        return read(path);
    }
    let has_name = |file: &&File<'_>| file.path().file_stem() == Some(OsStr::new(name));
    match embedded_files().find(has_name) {
        Some(file) => parse_embedded(file),
        None => {
            let mut ids: Vec<&str> = embedded_ids().collect();
            ids.sort_unstable();
            Err(CatalogueError::Unknown {
                name: name.to_owned(),
                help: script::choices(name, ids),
            })
        }
    }
}

/// Reads the scenario file at `path`.
///
/// # Errors
/// [`CatalogueError::Unreadable`] or, if it is longer than [`MAX_LENGTH`], not UTF-8 or no scenario,
/// [`CatalogueError::Faulty`].
pub fn read(path: &Path) -> Result<Scenario, CatalogueError> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| {
            // One byte more than is allowed, so that a longer file is seen to be one.
            let limit = MAX_LENGTH as u64 + 1;
            file.take(limit).read_to_end(&mut bytes)
        })
        .map_err(|error| CatalogueError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
    let text = Source::read(path, bytes, "save it in that encoding, as TOML demands")
        .map_err(CatalogueError::Faulty)?;
    Scenario::parse(path, &text)
}

/// Writes a commented scenario to start from, `ID.toml` in `directory`, and returns its path.
///
/// # Errors
/// [`CatalogueError::InvalidId`], [`CatalogueError::TakenId`] or, if the file is there already or cannot be
/// written, [`CatalogueError::Unwritable`].
pub fn create(directory: &Path, id: &str) -> Result<PathBuf, CatalogueError> {
    if !is_id(id) {
        return Err(CatalogueError::InvalidId { id: id.to_owned() });
    }
    if embedded_ids().any(|taken| taken == id) {
        return Err(CatalogueError::TakenId { id: id.to_owned() });
    }
    let path = directory.join(format!("{id}.toml"));
    std::fs::File::create_new(&path)
        .and_then(|mut file| file.write_all(SKELETON.as_bytes()))
        .map_err(|error| CatalogueError::Unwritable {
            path: path.clone(),
            error,
        })?;
    Ok(path)
}

/// Whether `text` is an id: words of small letters and digits, with `-` between them, not longer than a
/// file's name may be.
pub fn is_id(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 200
        && text
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(is_letter))
}

/// A scenario that cannot be had.
#[derive(Debug)]
pub enum CatalogueError {
    /// The file is no scenario.
    Faulty(Box<Fault>),
    /// A scenario cannot be called so.
    InvalidId {
        /// What was to be its id.
        id: String,
    },
    /// An embedded scenario is called so.
    TakenId {
        /// The id.
        id: String,
    },
    /// No embedded scenario has this id.
    Unknown {
        /// The id.
        name: String,
        /// The ids there are, or the closest one.
        help: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file cannot be written.
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulty(fault) => fault.fmt(f),
            Self::InvalidId { id } => write!(
                f,
                "error: `{}` is no id of a scenario\n  = help: use small letters and digits, with `-` between words, `moved-web-server`",
                id.escape_debug()
            ),
            Self::TakenId { id } => write!(
                f,
                "error: the catalogue has a scenario `{id}`\n  = help: choose another id"
            ),
            Self::Unknown { name, help } => write!(
                f,
                "error: unknown scenario `{name}`\n  = help: {help}\n  = help: a file of your own is given by its path, ending in .toml"
            ),
            Self::Unreadable { path, error } => {
                write!(f, "error: cannot read {}: {error}", path.display())?;
                if error.kind() == io::ErrorKind::IsADirectory {
                    f.write_str("\n  = help: name the .toml files in it")?;
                }
                Ok(())
            }
            Self::Unwritable { path, error } => {
                write!(f, "error: cannot write {}: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for CatalogueError {}
