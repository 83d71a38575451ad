//! A file is replaced through a handle of its directory, by a file that has its mode, owner, access list and attributes.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags};
use rustix::io::Errno;

use super::directory;
use crate::source::reason;

/// The start and end of the names of new files, the number of the process between.
const PREFIX: &str = ".corslint-";
const SUFFIX: &str = ".tmp";
/// How often another name is tried where one is taken.
const MAX_NAMES: u32 = 64;

/// Only to go on to what lies in it: this needs no permission to list the directory.
#[cfg(any(target_os = "linux", target_os = "android"))]
const ENTER: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const ENTER: OFlags = OFlags::RDONLY;

/// New files that have not taken their name: the directory of each, and its name there.
static NAMELESS: Mutex<Vec<Nameless>> = Mutex::new(Vec::new());
type Nameless = (Arc<OwnedFd>, OsString);

fn nameless() -> MutexGuard<'static, Vec<Nameless>> {
    NAMELESS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn why(error: Errno) -> String {
    reason(&error.into())
}

/// A file that is to be replaced: its directory, and its name there.
#[derive(Debug)]
pub(super) struct Place {
    directory: Arc<OwnedFd>,
    name: OsString,
}

impl Place {
    /// Finds the directory of `path`, in which no link is followed.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let name = path.file_name().map(OsStr::to_owned).ok_or("it is no file")?;
        Ok(Place { directory: Arc::new(enter(&directory(path))?), name })
    }

    /// The file that has the name now; `None` where there is none.
    fn old(&self, flags: OFlags) -> Result<Option<File>, String> {
        match rustix::fs::openat(
            &self.directory,
            &*self.name,
            flags | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP) => Err("a link has taken its place".to_owned()),
            Err(error) => Err(why(error)),
        }
    }

    /// Returns whether the file holds these bytes.
    pub(super) fn holds(&self, before: Option<&[u8]>) -> Result<(), String> {
        let Some(before) = before else { return Ok(()) };
        let mut file = self.old(OFlags::RDONLY)?.ok_or("no such file or directory")?;
        let mut bytes = Vec::with_capacity(before.len() + 1);
        file.read_to_end(&mut bytes).map_err(|error| reason(&error))?;
        if bytes == before { Ok(()) } else { Err("it changed since it was read".to_owned()) }
    }

    /// A file of another name in the same directory, on the disk, and all of the old file's but its bytes.
    pub(super) fn beside(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Temporary, String> {
        // To take a file's name only its directory has to be writable; the protection is meant for the file's bytes.
        let old = match self.old(OFlags::RDONLY)? {
            Some(file) => {
                let metadata = file.metadata().map_err(|error| reason(&error))?;
                if metadata.permissions().readonly() {
                    return Err("it is read-only".to_owned());
                }
                if metadata.nlink() > 1 {
                    return Err("it has another name, a hard link, which would keep the old text".to_owned());
                }
                self.old(OFlags::WRONLY)?;
                Some(file)
            }
            None => None,
        };
        let mut temporary = Temporary::new(&self.directory, if old.is_some() { 0o600 } else { 0o666 })?;
        if let Some(old) = old {
            keep_all(&old, &temporary.file)?;
        }
        temporary.write_contents(write).map_err(|error| reason(&error))?;
        Ok(temporary)
    }

    /// Gives the new file the name.
    pub(super) fn replace_by(&self, temporary: Temporary) -> Result<(), String> {
        rustix::fs::renameat(&self.directory, &*temporary.name, &self.directory, &*self.name).map_err(why)?;
        temporary.forget();
        // The new name is on the disk once its directory is; where that cannot be asked for, the system does it in its own time.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        _ = rustix::fs::openat(&self.directory, ".", flags, Mode::empty()).and_then(rustix::fs::fsync);
        Ok(())
    }
}

/// A handle of a directory, by a path without links. A link that has taken the place of a part of it meanwhile is not followed.
fn enter(path: &Path) -> Result<OwnedFd, String> {
    let flags = ENTER | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let absolute = std::path::absolute(path).map_err(|error| reason(&error))?;
    let mut here = rustix::fs::open("/", flags, Mode::empty()).map_err(why)?;
    for part in absolute.components() {
        let Component::Normal(name) = part else { continue };
        let is_link = |error: &Errno| {
            let stat = matches!(*error, Errno::LOOP | Errno::NOTDIR)
                .then(|| rustix::fs::statat(&here, name, AtFlags::SYMLINK_NOFOLLOW));
            stat.is_some_and(|stat| stat.is_ok_and(|it| FileType::from_raw_mode(it.st_mode) == FileType::Symlink))
        };
        here = rustix::fs::openat(&here, name, flags, Mode::empty()).map_err(|error| match is_link(&error) {
            true => "a link has taken the place of its directory".to_owned(),
            false => why(error),
        })?;
    }
    Ok(here)
}

/// A new file that has not taken its name. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Temporary {
    directory: Arc<OwnedFd>,
    name: OsString,
    file: File,
}

impl Temporary {
    fn new(directory: &Arc<OwnedFd>, mode: u32) -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for _ in 0..MAX_NAMES {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name: OsString = format!("{PREFIX}{}-{number}{SUFFIX}", std::process::id()).into();
            // It is known before it is there, so that a signal finds it.
            nameless().push((directory.clone(), name.clone()));
            let temporary =
                |file: OwnedFd| Temporary { directory: directory.clone(), name: name.clone(), file: file.into() };
            match rustix::fs::openat(&**directory, &*name, flags, Mode::from_raw_mode(mode)) {
                Ok(file) => return Ok(temporary(file)),
                Err(error) => {
                    forget(&name);
                    if error != Errno::EXIST {
                        return Err(why(error));
                    }
                }
            }
        }
        Err("its directory is full of what earlier runs left".to_owned())
    }

    /// Writes the bytes, all of which are on the disk then.
    fn write_contents(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(64 * 1024, &mut self.file);
        write(&mut out)?;
        out.flush()?;
        drop(out);
        self.file.sync_all()
    }

    /// It has its name.
    fn forget(self) {
        forget(&self.name);
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if forget(&self.name) {
            _ = rustix::fs::unlinkat(&self.directory, &*self.name, AtFlags::empty());
        }
    }
}

/// Takes a name from those that a signal removes; says whether it was there.
fn forget(name: &OsStr) -> bool {
    let mut nameless = nameless();
    let before = nameless.len();
    nameless.retain(|(_, other)| other != name);
    nameless.len() < before
}

/// As long as what it gives is kept, no new file can be made.
pub(super) fn abandon() -> impl Sized {
    let mut nameless = nameless();
    for (directory, name) in nameless.drain(..) {
        _ = rustix::fs::unlinkat(&directory, &*name, AtFlags::empty());
    }
    nameless
}

pub(super) fn clean_up(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_left = name.to_str().and_then(process).is_some_and(|process| !is_running(process));
        let is_own =
            || entry.metadata().is_ok_and(|it| it.is_file() && it.uid() == rustix::process::geteuid().as_raw());
        if is_left && is_own() {
            _ = fs::remove_file(entry.path());
        }
    }
}

/// The number of the process in the name of a new file.
fn process(name: &str) -> Option<i32> {
    let (process, number) = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.split_once('-')?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    process.parse().ok()
}

fn is_running(process: i32) -> bool {
    let Some(process) = rustix::process::Pid::from_raw(process) else { return false };
    rustix::process::test_kill_process(process) != Err(Errno::SRCH)
}

/// Gives the new file the owner, the attributes, access list among them, and the mode of the old one.
fn keep_all(old: &File, new: &File) -> Result<(), String> {
    let wanted = rustix::fs::fstat(old).map_err(why)?;
    keep_owner(&wanted, new)?;
    keep_attributes(old.as_fd(), new.as_fd())?;
    rustix::fs::fchmod(new, Mode::from_raw_mode(wanted.st_mode & 0o7777)).map_err(why)
}

/// Only root may give files away, so without it the new file is the caller's. Its group has to stay all the same: the mode is about it.
fn keep_owner(wanted: &Stat, new: &File) -> Result<(), String> {
    let (owner, group) = (Uid::from_raw(wanted.st_uid), Gid::from_raw(wanted.st_gid));
    let has = rustix::fs::fstat(new).map_err(why)?;
    if (has.st_uid, has.st_gid) == (wanted.st_uid, wanted.st_gid) {
        return Ok(());
    }
    rustix::fs::fchown(new, Some(owner), Some(group))
        .or_else(|_| rustix::fs::fchown(new, None, Some(group)))
        .map_err(|_| "its group cannot be kept".to_owned())
}

fn keep_attributes(old: impl AsFd, new: impl AsFd) -> Result<(), String> {
    let (has, wanted) = (attributes(&new)?, attributes(&old)?);
    for name in has.iter().filter(|name| !wanted.contains(name)) {
        _ = rustix::fs::fremovexattr(&new, name.as_c_str());
    }
    for name in &wanted {
        let value = attribute(&old, name)?;
        // A system may label new files by itself, and not let anybody else do so.
        if attribute(&new, name).ok().as_ref() != Some(&value) {
            rustix::fs::fsetxattr(&new, name.as_c_str(), &value, XattrFlags::empty())
                .map_err(|_| "its extended attributes cannot be kept".to_owned())?;
        }
    }
    Ok(())
}

/// The names of a file's attributes; none where the file system has none.
fn attributes(file: impl AsFd) -> Result<Vec<CString>, String> {
    let list = match rustix::fs::flistxattr_query(&file) {
        Ok(length) => {
            let mut list = vec![0_u8; length];
            let length = if length == 0 { 0 } else { rustix::fs::flistxattr(&file, &mut list).map_err(why)? };
            list.truncate(length);
            list
        }
        Err(Errno::NOTSUP | Errno::NOSYS) => Vec::new(),
        Err(error) => return Err(why(error)),
    };
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.filter_map(|name| CString::new(name).ok()).collect())
}

fn attribute(file: impl AsFd, name: &CString) -> Result<Vec<u8>, String> {
    let length = rustix::fs::fgetxattr_query(&file, name.as_c_str()).map_err(why)?;
    let mut value = vec![0_u8; length];
    let length =
        if length == 0 { 0 } else { rustix::fs::fgetxattr(&file, name.as_c_str(), &mut value).map_err(why)? };
    value.truncate(length);
    Ok(value)
}
