//! A process that shuts itself in: what it will never need is taken from it before it reads a stranger's octet.
//!
//! Owns which files it may still read and write (Landlock), which calls it may never make again (seccomp, by their
//! names here), and that it gains no privilege by what it runs. All of it holds for the process and for whatever it
//! starts, and nobody can undo it. Systemd closes the same from outside (`systemd/pencere.service`); this holds where a
//! window is run by hand, too, and knows its folders better.
//!
//! What a kernel cannot do is left out, and told ([`Shut`]): whoever shuts says it aloud. A socket that is to be
//! listened on is opened before. Never decides what a process needs: who shuts it in says that.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, make_bitflags,
};
use rustix::fs::{CWD, Mode, OFlags, openat};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What may still be reached. Folders stand for all that is in them, now and later; what is not there when it is shut
/// is not reached later either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sandbox {
    reads: BTreeSet<PathBuf>,
    writes: BTreeSet<PathBuf>,
    connects: bool,
}

/// How well it is shut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shut {
    /// Whether the kernel keeps it from all other files (Landlock).
    pub files: Reach,
    /// Whether the kernel keeps it from the calls (seccomp).
    pub calls: bool,
    /// What is not done of it and why, in words; empty where all of it is.
    pub lacks: Vec<String>,
}

/// How much of what was asked for the kernel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// All of it.
    Wholly,
    /// Reading and writing, and not all that belongs to it.
    InPart,
    /// Nothing.
    Not,
}

impl Shut {
    /// Whether files and calls are kept from it; an older kernel may do that and lack a part.
    pub fn holds(&self) -> bool {
        self.files != Reach::Not && self.calls
    }
}

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.files, self.calls) {
            (Reach::Wholly, true) => "shut in: other files, other programs and listening are kept from it",
            (Reach::InPart, true) => "shut in, as far as this kernel goes",
            (Reach::Not, true) => "not kept from other files",
            (_, false) => "not kept from other programs and from listening",
        })?;
        match self.lacks.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.lacks.join("; ")),
        }
    }
}

/// What any program here reads of its system: libraries and certificates, itself (and no other process: Landlock leaves
/// the environment of each open to whoever may read its file), processors, chance.
const SYSTEM: &[&str] = &[
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/proc/self",
    "/proc/sys",
    "/proc/locks",
    "/proc/stat",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/dev/urandom",
    "/dev/random",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
];
/// What a program reads to find other machines by their names. The file of name servers is replaced by another when a
/// lease is renewed, which a rule for a file does not outlive: so it is its folders. What of /etc is secret, other
/// users own.
const NAMES: &[&str] = &["/etc", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf"];

/// What is never called again, wherever the kernel knows the call: a listening socket, another program, a look into or
/// at another process, another view of the machine, and ways around this filter.
const NEVER: &[i64] = &[
    libc::SYS_listen,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
];

/// The same calls have second numbers on x86-64, for programs of another pointer size (x32); where these differ by more
/// than their mark, they stand here: execve, ptrace, kexec_load, process_vm_readv, process_vm_writev, execveat.
#[cfg(target_arch = "x86_64")]
const X32: &[i64] = &[520, 521, 528, 539, 540, 545];
/// The mark of such a number.
#[cfg(target_arch = "x86_64")]
const X32_MARK: i64 = 0x4000_0000;

/// The version of Landlock that does all of this: Linux 6.12. (6.10 does all but signals, 6.7 all but signals and
/// devices, 6.2 all of files.)
const WHOLE: ABI = ABI::V6;

/// Of this process, whether files are kept from it: for words on what was denied.
static IS_SHUT: AtomicBool = AtomicBool::new(false);

/// What to do where a file is denied because the process shut itself in; empty where that is not why.
pub fn advice(error: &io::Error) -> &'static str {
    match error.kind() == io::ErrorKind::PermissionDenied && IS_SHUT.load(Ordering::Relaxed) {
        true => {
            "; this process shut itself in when it started, with the folders that were named then: see that \
             `pencere config check` finds no mistake, then start it again (`systemctl restart pencere`)"
        }
        false => "",
    }
}

/// Why a file, or a new one in its place, cannot be written where the process shut itself in; none where it can, or
/// something else is why. Leaves nothing behind.
pub fn denies_writing(file: &Path) -> Option<io::Error> {
    let opened = match file.exists() {
        true => std::fs::OpenOptions::new().write(true).open(file).map(drop),
        false => {
            let (folder, flags) = (file.parent()?, OFlags::TMPFILE | OFlags::WRONLY);
            openat(CWD, folder, flags, Mode::RUSR | Mode::WUSR).map(drop).map_err(io::Error::from)
        }
    };
    opened.err().filter(|error| !advice(error).is_empty())
}

/// The same error, with that advice in its words.
pub fn told(error: io::Error) -> io::Error {
    match advice(&error) {
        "" => error,
        advice => io::Error::new(error.kind(), format!("{error}{advice}")),
    }
}

impl Sandbox {
    /// Reads its system and nothing else; writes nothing; connects to nobody but local sockets.
    pub fn new() -> Self {
        let reads = SYSTEM.iter().map(PathBuf::from).collect();
        Self { reads, writes: BTreeSet::from(["/dev/null".into()]), connects: false }
    }

    /// Reads this file, or all in this folder. A file is often replaced by another of its name: name its folder then.
    #[must_use]
    pub fn reads(mut self, path: &Path) -> Self {
        self.reads.insert(path.to_owned());
        self
    }

    /// Reads and writes it, or all in this folder.
    #[must_use]
    pub fn writes(mut self, path: &Path) -> Self {
        self.writes.insert(path.to_owned());
        self
    }

    /// Connects to machines, which it finds by their names.
    #[must_use]
    pub fn connects(mut self) -> Self {
        self.reads.extend(NAMES.iter().map(PathBuf::from));
        Self { connects: true, ..self }
    }

    /// Shuts this thread in, and all that it starts from now on: so it comes before any other thread. Not to be undone.
    pub fn shut(self) -> Shut {
        let mut lacks = Vec::new();
        if let Err(error) = rustix::thread::set_no_new_privs(true) {
            lacks.push(format!("a program that it started might gain privileges: {error}"));
        }
        let files = match self.shut_files() {
            Ok((files, lack)) => {
                lacks.extend(lack);
                files
            }
            Err(error) => {
                lacks.push(format!("Landlock: {error}"));
                Reach::Not
            }
        };
        let calls = match self.shut_calls() {
            Ok(()) => true,
            Err(why) => {
                lacks.push(format!("seccomp: {why}"));
                false
            }
        };
        IS_SHUT.store(files != Reach::Not, Ordering::Relaxed);
        Shut { files, calls, lacks }
    }

    /// Also why it is not all.
    fn shut_files(&self) -> Result<(Reach, Option<String>), RulesetError> {
        let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
        // a window makes no program, device, pipe or door
        let odd = make_bitflags!(AccessFs::{Execute | MakeChar | MakeBlock | MakeFifo | MakeSock | IoctlDev});
        let all = AccessFs::from_all(WHOLE);
        // A kernel whose Landlock cannot tell a move between two folders (Linux before 5.19) denies each: there it is
        // left out, or nothing could be taken in.
        let ruleset = Ruleset::default().set_compatibility(CompatLevel::SoftRequirement);
        let ruleset = ruleset.handle_access(AccessFs::Refer)?.set_compatibility(CompatLevel::BestEffort);
        let mut ruleset = ruleset.handle_access(all)?.handle_access(AccessNet::BindTcp)?;
        if !self.connects {
            ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?;
        }
        // no signals to processes outside
        let mut created = ruleset.scope(Scope::Signal)?.create()?;
        for (paths, access) in [(&self.reads, read), (&self.writes, all & !odd)] {
            for path in paths {
                created = allow(created, path, access)?;
            }
        }
        let RestrictionStatus { ruleset, landlock, .. } = created.restrict_self()?;
        let version = match landlock {
            LandlockStatus::NotEnabled => "Landlock is not switched on (lsm= of the kernel's command line)".to_owned(),
            LandlockStatus::NotImplemented => "this kernel has no Landlock (Linux 5.19 or later has)".to_owned(),
            LandlockStatus::Available { effective_abi, .. } => {
                format!(
                    "Landlock of this kernel is {effective_abi:?}, and all of this is done by {WHOLE:?} (Linux 6.12)"
                )
            }
        };
        Ok(match ruleset {
            RulesetStatus::FullyEnforced => (Reach::Wholly, None),
            RulesetStatus::PartiallyEnforced => (Reach::InPart, Some(version)),
            RulesetStatus::NotEnforced => (Reach::Not, Some(version)),
        })
    }

    /// Every other call goes on as before; these say EPERM.
    fn shut_calls(&self) -> Result<(), String> {
        let arch: TargetArch =
            std::env::consts::ARCH.try_into().map_err(|_| "nothing is known of this processor".to_owned())?;
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = NEVER.iter().map(|&call| (call, Vec::new())).collect();
        #[cfg(target_arch = "x86_64")]
        rules.extend(NEVER.iter().chain(X32).map(|call| (call | X32_MARK, Vec::new())));
        let words = |error: BackendError| error.to_string();
        rules.insert(libc::SYS_socket, vec![self.other_families().map_err(words)?]);
        #[cfg(target_arch = "x86_64")]
        rules.insert(libc::SYS_socket | X32_MARK, vec![self.other_families().map_err(words)?]);
        let says_no = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, says_no, arch).map_err(words)?;
        let program: BpfProgram = filter.try_into().map_err(words)?;
        // of every thread there is
        seccompiler::apply_filter_all_threads(&program).map_err(|error| error.to_string())
    }

    /// A socket of any family but these: for local ones, and to connect those of the internet and what asks the kernel
    /// which addresses it has.
    fn other_families(&self) -> Result<SeccompRule, BackendError> {
        let far: &[i32] = match self.connects {
            true => &[libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK],
            false => &[],
        };
        let is_none_of = |family: &i32| {
            let family = u64::from(family.unsigned_abs());
            SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family)
        };
        SeccompRule::new([libc::AF_UNIX].iter().chain(far).map(is_none_of).collect::<Result<_, _>>()?)
    }
}

/// What is not there cannot be reached either.
fn allow<R: RulesetCreatedAttr>(created: R, path: &Path, access: BitFlags<AccessFs>) -> Result<R, RulesetError> {
    let Ok(opened) = PathFd::new(path) else { return Ok(created) };
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(WHOLE) };
    created.add_rule(PathBeneath::new(opened, access))
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::{UnixDatagram, UnixListener};
    use std::process::Command;

    const FOLDER: &str = "PENCERE_TEST_SHUT_IN";

    /// Runs one of the halves below in a process of its own, which is shut in and stays so.
    fn in_a_process(half: &str, folder: &Path) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("host::sandbox::tests::{half}"), "--ignored", "--test-threads=1", "--nocapture"])
            .env(FOLDER, folder)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
    }

    fn denied<T>(result: std::io::Result<T>) -> bool {
        result.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    }

    #[test]
    fn what_is_shut_out_is_denied_by_the_kernel() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["in", "state", "config", "other"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("file"), name).unwrap();
        }
        std::os::unix::fs::symlink("../other/file", folder.path().join("in/link")).unwrap();
        in_a_process("one_half_is_shut_in", folder.path());
        assert!(!folder.path().join("other/new").exists() && folder.path().join("state/new").exists());
    }

    #[test]
    #[ignore = "the half that is shut in; another test runs it"]
    fn one_half_is_shut_in() {
        let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
        let at = |name: &str| folder.join(name);
        let before = UnixListener::bind(at("state/socket")).unwrap();
        let machine = TcpListener::bind("127.0.0.1:0").unwrap();
        let sandbox = Sandbox::new().reads(&at("config")).writes(&at("in")).writes(&at("state"));
        assert_eq!(advice(&ErrorKind::PermissionDenied.into()), "");
        let shut = sandbox.shut();
        assert!(shut.calls, "{shut}");
        // what it is for goes on
        assert_eq!(fs::read_to_string(at("config/file")).unwrap(), "config");
        fs::write(at("state/new"), "new").unwrap();
        fs::rename(at("in/file"), at("state/file")).unwrap();
        fs::remove_file(at("state/file")).unwrap();
        std::thread::spawn(|| ()).join().unwrap();
        let caller = std::os::unix::net::UnixStream::connect(at("state/socket")).unwrap();
        drop((before.accept().unwrap(), caller));
        UnixDatagram::unbound().unwrap();
        // what opens a door is denied, in any thread
        assert!(denied(TcpListener::bind("127.0.0.1:0")) && denied(UdpSocket::bind("127.0.0.1:0")));
        assert!(denied(UnixListener::bind(at("state/another"))));
        assert!(denied(TcpStream::connect(machine.local_addr().unwrap())));
        assert!(denied(Command::new("/bin/true").status()));
        assert!(std::thread::spawn(|| denied(Command::new("/bin/true").status())).join().unwrap());
        if shut.files == Reach::Not {
            return; // a kernel without Landlock: nothing more is promised
        }
        for (what, result) in [
            ("a file elsewhere", fs::read(at("other/file")).map(drop)),
            ("a link out of in", fs::read(at("in/link")).map(drop)),
            ("a folder elsewhere", fs::read_dir(at("other")).map(drop)),
            ("a new file elsewhere", fs::write(at("other/new"), "")),
            ("what is only read", fs::write(at("config/file"), "mine")),
            ("what goes from there", fs::remove_file(at("config/file"))),
            ("what goes elsewhere", fs::rename(at("state/new"), at("other/new"))),
            ("the system's secrets", fs::read("/etc/shadow").map(drop)),
        ] {
            let is_denied = result.as_ref().is_err_and(|error| {
                [ErrorKind::PermissionDenied, ErrorKind::CrossesDevices, ErrorKind::NotFound].contains(&error.kind())
            });
            assert!(is_denied, "{what}: {result:?}");
        }
        assert!(advice(&ErrorKind::PermissionDenied.into()).contains("systemctl restart pencere"));
        assert_eq!(advice(&ErrorKind::NotFound.into()), "");
        for file in ["config/file", "config/none", "other/file", "other/none"] {
            assert!(denies_writing(&at(file)).is_some(), "{file}");
        }
        assert!(denies_writing(&at("state/new")).is_none() && denies_writing(&at("state/none")).is_none());
        let error = told(fs::read(at("other/file")).unwrap_err());
        assert!(error.kind() == ErrorKind::PermissionDenied && error.to_string().contains("`pencere config check`"));
    }

    #[test]
    fn whoever_connects_reaches_machines_and_opens_no_door() {
        let folder = tempfile::tempdir().unwrap();
        in_a_process("one_half_connects", folder.path());
    }

    #[test]
    #[ignore = "the half that is shut in; another test runs it"]
    fn one_half_connects() {
        let machine = TcpListener::bind("127.0.0.1:0").unwrap();
        let another = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None);
        let shut = Sandbox::new().connects().shut();
        assert!(shut.calls, "{shut}");
        let found = std::net::ToSocketAddrs::to_socket_addrs("localhost:1").unwrap().count();
        assert!(found > 0);
        drop(TcpStream::connect(machine.local_addr().unwrap()).unwrap());
        assert!(rustix::net::listen(another.unwrap(), 1).is_err(), "also where the socket was made before");
        assert!(denied(TcpListener::bind("127.0.0.1:0")));
        assert!(denied(Command::new("/bin/true").status()));
    }
}
