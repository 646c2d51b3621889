//! The yardstick: a bare rouille server that answers the same bytes from memory. Its own process, like the server beside it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use super::server::pinned;

/// The first argument of a process that is a yardstick.
pub const ROLE: &str = "yardstick";

/// A running yardstick; killed when dropped.
pub struct Yardstick {
    child: Child,
    pub address: SocketAddr,
}

impl Yardstick {
    /// Starts one that answers every request with the bytes of a file.
    pub fn start(body: &[u8]) -> Yardstick {
        let file = std::env::temp_dir().join(format!("kenoma-yardstick-{}", std::process::id()));
        std::fs::write(&file, body).unwrap();
        let mut command: Command = pinned(&std::env::current_exe().unwrap());
        let mut child = command
            .arg(ROLE)
            .arg(&file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        std::fs::remove_file(&file).unwrap();
        Yardstick {
            child,
            address: line.trim().parse().unwrap(),
        }
    }
}

impl Drop for Yardstick {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Is the yardstick.
pub fn serve(arguments: &[String]) {
    let body = std::fs::read(&arguments[0]).unwrap();
    let server = rouille::Server::new("127.0.0.1:0", move |_| {
        rouille::Response::from_data("application/json; charset=utf-8", body.clone())
    });
    let server = server.unwrap().pool_size(16);
    without_delay();
    println!("{}", server.server_addr());
    server.run();
}

/// Sets `TCP_NODELAY` on the listening socket, which rouille hides: accepted sockets inherit it.
fn without_delay() {
    use std::os::fd::{AsFd, OwnedFd};
    for entry in std::fs::read_dir("/proc/self/fd").unwrap().flatten() {
        let Ok(number) = entry.file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let Ok(file) = std::fs::File::open(format!("/proc/self/fd/{number}")).map(OwnedFd::from)
        else {
            // Sockets cannot be opened by path, which is how they are told from files here.
            nodelay(number);
            continue;
        };
        drop(file.as_fd());
    }
}

fn nodelay(number: i32) {
    #![expect(
        unsafe_code,
        reason = "the descriptor was just listed as ours and stays open: the server owns it"
    )]
    use std::os::fd::BorrowedFd;
    // SAFETY: the listener lives as long as the server, which outlives this call.
    let socket = unsafe { BorrowedFd::borrow_raw(number) };
    let socket = socket2::SockRef::from(&socket);
    if socket.is_listener().unwrap_or(false) {
        socket.set_tcp_nodelay(true).unwrap();
    }
}
