//! What a process does to the files beneath one folder, in order: recorded by strace.
//!
//! Owns the reading of strace's lines. A preloaded library would miss a part: our own code and SQLite go
//! through libc, but rustix makes its system calls itself. strace sees them all. A step counts where its call
//! returned, and a sync covers what had returned before it was called; so what overlaps a sync is not believed
//! to be covered by it. Never guesses: a call that changes a file and is not understood ends the test.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Every call by which something durable can change; those of them that we do not understand end the test.
const CALLS: &str = "open,openat,openat2,creat,close,dup,dup2,dup3,fcntl,write,pwrite64,writev,pwritev,pwritev2,\
    truncate,ftruncate,fallocate,copy_file_range,sendfile,splice,rename,renameat,renameat2,link,linkat,symlink,\
    symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,mknod,mknodat,fsync,fdatasync,sync,syncfs,mmap,io_uring_setup";

/// A file, whatever names it has.
pub type FileId = usize;

/// What was done.
#[derive(Clone, Debug)]
pub enum Step {
    /// A new, empty file under this name.
    Create {
        name: PathBuf,
        file: FileId,
    },
    MakeFolder {
        name: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
        file: FileId,
    },
    /// A folder with all that lies beneath it.
    RenameFolder {
        from: PathBuf,
        to: PathBuf,
    },
    Unlink {
        name: PathBuf,
    },
    RemoveFolder {
        name: PathBuf,
    },
    Write {
        file: FileId,
        offset: usize,
        octets: Vec<u8>,
    },
    SetLength {
        file: FileId,
        length: usize,
    },
    /// The steps before number `begun` are covered: the octets of these files, the names in these folders.
    Sync {
        begun: usize,
        files: Vec<FileId>,
        folders: Vec<PathBuf>,
    },
}

/// A folder as it stood, and the steps from then on. Names are relative to the folder.
#[derive(Debug, Default)]
pub struct Recording {
    pub folders: Vec<PathBuf>,
    pub names: BTreeMap<PathBuf, FileId>,
    /// Octets and modification time of each file that was there at the start, by its id.
    pub files: Vec<(Vec<u8>, SystemTime)>,
    pub steps: Vec<Step>,
}

impl Recording {
    /// Records a command that works on the folder, which nobody else changes meanwhile. `log` is where strace
    /// writes to; syncs of a whole file system are taken for a sync of what lies beneath `device` alone.
    pub fn of(command: &Command, root: &Path, log: &Path, device: &str) -> Self {
        let root = root.canonicalize().unwrap();
        let mut recording = Self::default();
        recording.look(&root, Path::new(""));
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-y", "-xx", "-s", "134217728", "-e", "signal=none"]);
        strace.arg("-e").arg(format!("trace={CALLS}")).arg("-o").arg(log);
        strace.arg(command.get_program()).args(command.get_args());
        strace.current_dir(command.get_current_dir().unwrap());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => strace.env(name, value),
                None => strace.env_remove(name),
            };
        }
        let output = strace.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut reader = Reader { root, device, live: Live::of(&recording), descriptors: HashMap::new(), recording };
        let text = fs::read_to_string(log).unwrap();
        let mut unfinished: HashMap<&str, (String, usize)> = HashMap::new();
        for line in text.lines() {
            let (process, rest) = line.split_once(' ').unwrap();
            let rest = rest.trim_start();
            if rest.starts_with("+++") || rest.starts_with("---") {
                continue;
            }
            if let Some(begin) = rest.strip_suffix(" <unfinished ...>") {
                unfinished.insert(process, (begin.to_owned(), reader.recording.steps.len()));
            } else if rest.starts_with("<... ") {
                let (begin, begun) = unfinished.remove(process).expect("a call that was begun");
                let (_, end) = rest.split_once("resumed>").unwrap();
                reader.take(&format!("{begin}{end}"), begun);
            } else {
                let begun = reader.recording.steps.len();
                reader.take(rest, begun);
            }
        }
        reader.recording
    }

    fn look(&mut self, root: &Path, folder: &Path) {
        self.folders.push(folder.to_owned());
        let mut entries: Vec<_> = fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap).collect();
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            let name = folder.join(entry.file_name());
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => self.look(root, &name),
                kind if kind.is_file() => {
                    let modified = entry.metadata().unwrap().modified().unwrap();
                    self.names.insert(name, self.files.len());
                    self.files.push((fs::read(entry.path()).unwrap(), modified));
                }
                // the socket of a daemon that is gone
                _ => {}
            }
        }
    }
}

/// The folder as the process sees it at a step.
#[derive(Debug)]
struct Live {
    names: BTreeMap<PathBuf, FileId>,
    folders: Vec<PathBuf>,
    lengths: Vec<usize>,
}

impl Live {
    fn of(recording: &Recording) -> Self {
        Self {
            names: recording.names.clone(),
            folders: recording.folders.clone(),
            lengths: recording.files.iter().map(|(octets, _)| octets.len()).collect(),
        }
    }
}

/// What stands behind an open descriptor.
#[derive(Clone, Copy, Debug)]
struct Open {
    file: FileId,
    /// Where the next plain write goes; none: to the end.
    at: Option<usize>,
    /// Reading may have moved the place.
    is_doubtful: bool,
}

struct Reader<'a> {
    root: PathBuf,
    device: &'a str,
    live: Live,
    descriptors: HashMap<u32, Open>,
    recording: Recording,
}

impl Reader<'_> {
    /// One call, whole.
    fn take(&mut self, call: &str, begun: usize) {
        let (head, result) = call.rsplit_once(" = ").unwrap_or_else(|| panic!("no call: {call:.300}"));
        let head = head.trim_end();
        let (name, arguments) = head.split_once('(').unwrap();
        let arguments = split(arguments.strip_suffix(')').unwrap_or_else(|| panic!("cut: {head:.300}")));
        let failed = result.starts_with('-') || result.starts_with('?');
        if failed {
            return;
        }
        match name {
            "open" | "creat" => panic!("{name} was never seen: {head:.300}"),
            "openat" | "openat2" => self.open(&arguments, result),
            "close" => drop(self.descriptors.remove(&number(arguments[0]))),
            "dup" | "dup2" | "dup3" => self.duplicate(number(arguments[0]), number(result)),
            "fcntl" if arguments[1].starts_with("F_DUPFD") => self.duplicate(number(arguments[0]), number(result)),
            "fcntl" => {}
            "write" => self.write(&arguments, None, result),
            "pwrite64" => self.write(&arguments, Some(arguments[3].parse().unwrap()), result),
            "ftruncate" => {
                if let Some(file) = self.file(arguments[0]) {
                    self.push(Step::SetLength { file, length: arguments[1].parse().unwrap() });
                }
            }
            "mkdir" => self.made(self.path(None, arguments[0])),
            "mkdirat" => self.made(self.path(Some(arguments[0]), arguments[1])),
            "rename" => self.renamed(self.path(None, arguments[0]), self.path(None, arguments[1])),
            "renameat" | "renameat2" => {
                let (from, to) = arguments.split_at(2);
                self.renamed(self.path(Some(from[0]), from[1]), self.path(Some(to[0]), to[1]));
            }
            "unlink" => self.unlinked(self.path(None, arguments[0]), false),
            "rmdir" => self.unlinked(self.path(None, arguments[0]), true),
            "unlinkat" => {
                let name = self.path(Some(arguments[0]), arguments[1]);
                self.unlinked(name, arguments[2].contains("AT_REMOVEDIR"));
            }
            "fsync" | "fdatasync" => self.synced(arguments[0], begun),
            "syncfs" => {
                let below = Path::new(self.device);
                let files = self.live.names.iter().filter(|(name, _)| name.starts_with(below));
                let files = files.map(|(_, file)| *file).collect();
                let folders = self.live.folders.iter().filter(|name| name.starts_with(below)).cloned().collect();
                self.push(Step::Sync { begun, files, folders });
            }
            "mmap" => {
                let is_written = arguments[2].contains("PROT_WRITE") && arguments[3].contains("MAP_SHARED");
                let mapped = arguments.get(4).and_then(|place| self.file(place));
                assert!(!is_written || mapped.is_none(), "a mapped file changes unseen: {head:.300}");
            }
            _ => panic!("not understood: {head:.300}"),
        }
    }

    fn push(&mut self, step: Step) {
        match &step {
            Step::Create { name, file } => {
                self.live.names.insert(name.clone(), *file);
                self.live.lengths.push(0);
            }
            Step::MakeFolder { name } => self.live.folders.push(name.clone()),
            Step::Rename { from, to, file } => {
                self.live.names.remove(from);
                self.live.names.insert(to.clone(), *file);
            }
            Step::RenameFolder { from, to } => {
                let (live, moved) = (&mut self.live, |name: &PathBuf| moved(name, from, to));
                live.folders = live.folders.iter().map(moved).collect();
                live.names = live.names.iter().map(|(name, file)| (moved(name), *file)).collect();
            }
            Step::Unlink { name } => drop(self.live.names.remove(name)),
            Step::RemoveFolder { name } => self.live.folders.retain(|folder| folder != name),
            Step::Write { file, offset, octets } => {
                let length = &mut self.live.lengths[*file];
                *length = (*length).max(offset + octets.len());
            }
            Step::SetLength { file, length } => self.live.lengths[*file] = *length,
            Step::Sync { .. } => {}
        }
        self.recording.steps.push(step);
    }

    fn open(&mut self, arguments: &[&str], result: &str) {
        let Some(name) = self.path(Some(arguments[0]), arguments[1]) else { return };
        let flags = arguments[2];
        if self.live.folders.contains(&name) {
            return;
        }
        let file = match self.live.names.get(&name) {
            Some(&file) => file,
            None => {
                assert!(flags.contains("O_CREAT"), "a file that we do not know: {}", name.display());
                let file = self.live.lengths.len();
                self.push(Step::Create { name, file });
                file
            }
        };
        if flags.contains("O_TRUNC") && self.live.lengths[file] > 0 {
            self.push(Step::SetLength { file, length: 0 });
        }
        let at = if flags.contains("O_APPEND") { None } else { Some(0) };
        let is_doubtful = flags.contains("O_RDWR") && self.live.lengths[file] > 0;
        self.descriptors.insert(number(result), Open { file, at, is_doubtful });
    }

    fn duplicate(&mut self, from: u32, to: u32) {
        if let Some(&open) = self.descriptors.get(&from) {
            // the two share their place, of which we would know one
            self.descriptors.insert(to, Open { is_doubtful: open.at.is_some(), ..open });
        }
    }

    fn write(&mut self, arguments: &[&str], offset: Option<usize>, result: &str) {
        let Some(file) = self.file(arguments[0]) else { return };
        let written: usize = result.parse().unwrap();
        let mut octets = text(arguments[1]);
        octets.truncate(written);
        assert_eq!(octets.len(), written, "strace cut what was written");
        let offset = match offset {
            Some(offset) => offset,
            None => {
                let open = self.descriptors.get_mut(&number(arguments[0])).expect("an open descriptor");
                assert!(open.at.is_none() || !open.is_doubtful, "where does this write go? {:?}", arguments[0]);
                match &mut open.at {
                    Some(at) => {
                        *at += written;
                        *at - written
                    }
                    None => self.live.lengths[file],
                }
            }
        };
        self.push(Step::Write { file, offset, octets });
    }

    fn made(&mut self, name: Option<PathBuf>) {
        if let Some(name) = name {
            self.push(Step::MakeFolder { name });
        }
    }

    fn renamed(&mut self, from: Option<PathBuf>, to: Option<PathBuf>) {
        match (from, to) {
            (Some(from), Some(to)) if self.live.folders.contains(&from) => {
                self.push(Step::RenameFolder { from, to });
            }
            (Some(from), Some(to)) => {
                let file = *self.live.names.get(&from).unwrap_or_else(|| panic!("renamed: {}", from.display()));
                self.push(Step::Rename { from, to, file });
            }
            (None, None) => {}
            half => panic!("renamed across the edge: {half:?}"),
        }
    }

    fn unlinked(&mut self, name: Option<PathBuf>, folder: bool) {
        if let Some(name) = name {
            self.push(if folder { Step::RemoveFolder { name } } else { Step::Unlink { name } });
        }
    }

    fn synced(&mut self, descriptor: &str, begun: usize) {
        let Some(name) = self.name(descriptor) else { return };
        if self.live.folders.contains(&name) {
            self.push(Step::Sync { begun, files: Vec::new(), folders: vec![name] });
        } else if let Some(file) = self.file(descriptor) {
            self.push(Step::Sync { begun, files: vec![file], folders: Vec::new() });
        }
    }

    /// The file of ours behind a descriptor; a database's shared memory is no file that lasts.
    fn file(&self, descriptor: &str) -> Option<FileId> {
        let name = self.name(descriptor)?;
        if name.to_str().is_some_and(|name| name.ends_with("-shm")) || descriptor.ends_with("(deleted)") {
            return None;
        }
        match self.live.names.get(&name) {
            Some(&file) => Some(file),
            // renamed while the call was under way
            None => Some(self.descriptors.get(&number(descriptor)).expect("a file that we know").file),
        }
    }

    fn name(&self, descriptor: &str) -> Option<PathBuf> {
        let (_, path) = descriptor.split_once('<')?;
        let path = path.strip_suffix("(deleted)").unwrap_or(path);
        self.beneath(Path::new(std::ffi::OsStr::from_bytes(&hexadecimal(path.strip_suffix('>')?))))
    }

    fn path(&self, folder: Option<&str>, name: &str) -> Option<PathBuf> {
        let name = PathBuf::from(std::ffi::OsStr::from_bytes(&text(name)));
        let folder = folder.and_then(|folder| folder.split_once('<')).and_then(|(_, path)| path.strip_suffix('>'));
        let folder = folder.map(|path| PathBuf::from(std::ffi::OsStr::from_bytes(&hexadecimal(path))));
        match folder {
            Some(folder) => self.beneath(&folder.join(name)),
            None => {
                assert!(name.is_absolute(), "beneath what? {}", name.display());
                self.beneath(&name)
            }
        }
    }

    fn beneath(&self, path: &Path) -> Option<PathBuf> {
        let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        let name = plain.strip_prefix(&self.root).ok()?.to_owned();
        // never looked at by anybody after a start
        (!name.to_str().is_some_and(|name| name.ends_with("-shm"))).then_some(name)
    }
}

/// A name after a folder was renamed.
pub fn moved(name: &Path, from: &Path, to: &Path) -> PathBuf {
    match name.strip_prefix(from) {
        Ok(rest) if rest.as_os_str().is_empty() => to.to_owned(),
        Ok(rest) => to.join(rest),
        Err(_) => name.to_owned(),
    }
}

/// The arguments of a call.
fn split(arguments: &str) -> Vec<&str> {
    let (mut all, mut depth, mut begin, mut quoted) = (Vec::new(), 0, 0, false);
    let octets = arguments.as_bytes();
    for (at, octet) in octets.iter().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => {
                all.push(arguments[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    all.push(arguments[begin..].trim());
    all
}

fn number(descriptor: &str) -> u32 {
    let digits = descriptor.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap_or_else(|_| panic!("no descriptor: {descriptor:.100}"))
}

/// A text between quotes; one that strace cut ends with dots and is not believed.
fn text(quoted: &str) -> Vec<u8> {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    hexadecimal(inner.unwrap_or_else(|| panic!("no text: {quoted:.100}")))
}

/// `\x41\x42`.
fn hexadecimal(text: &str) -> Vec<u8> {
    let digit = |digit: u8| (digit as char).to_digit(16).unwrap() as u8;
    let octets = text.as_bytes().chunks(4).map(|one| match one {
        [b'\\', b'x', high, low] => digit(*high) << 4 | digit(*low),
        other => panic!("no octet: {:?}", String::from_utf8_lossy(other)),
    });
    octets.collect()
}
