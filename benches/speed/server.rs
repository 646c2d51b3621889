//! The server under test: the release binary in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program on core 0, away from the load generator, where the machine can do that.
pub fn pinned(program: &Path) -> Command {
    let can = Command::new("taskset")
        .args(["-c", "0", "true"])
        .status()
        .is_ok_and(|status| status.success());
    if !can {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program);
    command
}

/// The binary.
pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_kenoma"))
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to its start-up line.
    pub ready_after: Duration,
    /// The start-up line.
    pub line: serde_json::Value,
}

impl Server {
    /// A throw-away server with these users and settings.
    pub fn ephemeral(users: &[&str], sets: &[&str]) -> Server {
        let mut arguments: Vec<String> = vec!["serve".into(), "--ephemeral".into()];
        arguments.extend(
            users
                .iter()
                .flat_map(|user| ["--user".into(), (*user).to_owned()]),
        );
        arguments.extend(
            sets.iter()
                .flat_map(|set| ["--set".into(), (*set).to_owned()]),
        );
        Server::start(&arguments)
    }

    /// A server on a data directory.
    pub fn on(data: &Path, sets: &[&str]) -> Server {
        let mut arguments: Vec<String> =
            vec!["--data".into(), data.display().to_string(), "serve".into()];
        arguments.extend([
            "--listen".into(),
            "127.0.0.1:0".into(),
            "--set".into(),
            "rate_limit.enabled=false".into(),
        ]);
        arguments.extend(
            sets.iter()
                .flat_map(|set| ["--set".into(), (*set).to_owned()]),
        );
        Server::start(&arguments)
    }

    fn start(arguments: &[String]) -> Server {
        let started = Instant::now();
        let mut child = pinned(&binary())
            .args(arguments)
            // What others fail to do is no news here.
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first).unwrap();
        let ready_after = started.elapsed();
        let line: serde_json::Value = serde_json::from_str(&first).unwrap_or_default();
        let url = line["url"]
            .as_str()
            .map(str::to_owned)
            .or_else(|| first.split(" is at ").nth(1).map(str::to_owned));
        let url = url.unwrap_or_else(|| panic!("the server said {first:?}"));
        let address = url.trim().trim_start_matches("http://").parse().unwrap();
        Server {
            child,
            address,
            ready_after,
            line,
        }
    }

    /// The token of one of its users.
    pub fn token(&self, user: &str) -> String {
        self.line["users"][user]["token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An ephemeral server leaves nothing behind when it is asked to go.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        self.child.wait().unwrap();
    }
}
