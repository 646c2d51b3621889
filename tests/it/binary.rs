//! The real program as a child process, spoken to over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::Answer;

/// Longer than anything that is tested here may take, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Nobody's user id, for tests of what file permissions do to others than root.
const STRANGER: u32 = 65_534;

/// A running `kenoma serve`. Dropping it kills it.
pub struct Program {
    child: Child,
    said: Option<JoinHandle<Vec<String>>>,
    pub address: SocketAddr,
    pub data: PathBuf,
    /// `users` of the start-up line; null without `--ephemeral`.
    pub users: Value,
}

/// `kenoma` without the settings that the environment of the tests may hold.
pub fn kenoma() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kenoma"));
    for (key, _) in
        std::env::vars().filter(|(key, _)| key.starts_with("KENOMA_") || key == "RUST_LOG")
    {
        command.env_remove(key);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command on a data directory to its end.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    kenoma()
        .arg("--data")
        .arg(data)
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs a command that must succeed; answers what it printed.
#[track_caller]
pub fn done(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// Checks that a command failed with exit status 1 and one line on stderr; answers that line.
#[track_caller]
pub fn failure(output: &Output) -> String {
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 1, "more than a line:\n{errors}");
    assert!(lines[0].starts_with("kenoma: "), "{errors}");
    lines[0].to_owned()
}

/// Runs a command as somebody whom permission bits bind, which they do not for root.
pub fn as_stranger(program: &Path, data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    if rustix::process::geteuid().is_root() {
        command.uid(STRANGER).gid(STRANGER);
    }
    command
        .env_remove("RUST_LOG")
        .arg("--data")
        .arg(data)
        .args(arguments)
        .output()
        .unwrap()
}

impl Program {
    /// `serve --ephemeral`, ready.
    pub fn ephemeral(arguments: &[&str]) -> Program {
        let mut command = kenoma();
        command.args(["serve", "--ephemeral"]).args(arguments);
        let (child, line, said) = start(command, |line| line.starts_with('{'));
        let line: Value = serde_json::from_str(&line).unwrap();
        Program {
            child,
            said: Some(said),
            address: address(line["url"].as_str().unwrap()),
            data: line["data_dir"].as_str().unwrap().into(),
            users: line["users"].clone(),
        }
    }

    /// `serve` on a data directory, ready.
    pub fn on(data: &Path, arguments: &[&str]) -> Program {
        Program::listening(data, "127.0.0.1:0", arguments)
    }

    /// As [`Program::on`], at an address of choice.
    pub fn listening(data: &Path, address_of_choice: &str, arguments: &[&str]) -> Program {
        let mut command = kenoma();
        command
            .arg("--data")
            .arg(data)
            .args(["serve", "--listen", address_of_choice])
            .args(arguments);
        let (child, line, said) = start(command, |line| line.contains(" is at http"));
        Program {
            child,
            said: Some(said),
            address: address(line.rsplit(' ').next().unwrap()),
            data: data.to_owned(),
            users: Value::Null,
        }
    }

    /// The token of a user of the start-up line.
    pub fn token(&self, name: &str) -> &str {
        self.users[name]["token"].as_str().unwrap()
    }

    /// A fresh connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes as they are, and reads until the server closes.
    pub fn tell(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The server may refuse before it has read everything.
        let _ = stream.write_all(request);
        read(stream).unwrap()
    }

    /// One request on a connection of its own; an error when the server dies meanwhile.
    pub fn attempt(
        &self,
        method: &str,
        target: &str,
        token: &str,
        kind: &str,
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        read(stream)
    }

    /// A form, sent with a token.
    pub fn post(&self, target: &str, token: &str, form: &[(&str, &str)]) -> Answer {
        let body = crate::support::encode(form);
        self.attempt(
            "POST",
            target,
            token,
            "application/x-www-form-urlencoded",
            body.as_bytes(),
        )
        .unwrap()
    }

    /// Reads with a token, or without when it is empty.
    pub fn get(&self, target: &str, token: &str) -> Answer {
        self.attempt(
            "GET",
            target,
            token,
            "application/x-www-form-urlencoded",
            b"",
        )
        .unwrap()
    }

    /// Resident memory in KiB, and threads.
    pub fn usage(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let number = |key: &str| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(key))
                .unwrap();
            line.trim().split(' ').next().unwrap().parse().unwrap()
        };
        (number("VmRSS:"), number("Threads:"))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end; answers how it ended and how long that took.
    pub fn ended(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end");
    }

    /// Ends it by SIGTERM; it must leave in order.
    #[track_caller]
    pub fn stop(mut self) {
        self.stop_in_order();
    }

    /// Ends it by SIGTERM; answers all that it printed on standard output.
    pub fn stop_and_quote(mut self) -> String {
        self.stop_in_order();
        let lines = self.said.take().unwrap().join().unwrap();
        lines.join("\n")
    }

    #[track_caller]
    fn stop_in_order(&mut self) {
        self.signal(Signal::TERM);
        let (status, took) = self.ended();
        assert_eq!(status.code(), Some(0));
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already; both then fail, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server and waits for the line that says that it is ready.
fn start(
    mut command: Command,
    is_ready: impl Fn(&str) -> bool,
) -> (Child, String, JoinHandle<Vec<String>>) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = Vec::new();
    while !said.last().is_some_and(|line: &String| is_ready(line)) {
        match lines.next() {
            Some(Ok(line)) => said.push(line),
            _ => panic!("the server did not start: {:?}", child.wait()),
        }
    }
    let ready = said.last().cloned().unwrap_or_default();
    // What follows is read too, so that the server never writes into a closed pipe.
    let rest = std::thread::spawn(move || {
        said.extend(lines.map_while(Result::ok));
        said
    });
    (child, ready, rest)
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}

/// Reads an answer up to the end of the connection.
fn read(mut stream: TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        // A reset after the answer is how a refused rest of a request looks.
        if bytes.is_empty() {
            return Err(error);
        }
    }
    parse(&bytes).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let body = bytes[end + 4..].to_vec();
    let announced = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    // Half an answer is none.
    if announced.is_some_and(|(_, length)| length.parse() != Ok(body.len())) {
        return None;
    }
    Some(Answer {
        status,
        headers,
        body,
    })
}
