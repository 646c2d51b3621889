//! The yardstick: a bare rouille server that answers the same bytes from memory. Its own process, like the server beside it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use kenoma::web::door::Handler;
use kenoma::web::door::bare::Bare;

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
    let handler: Handler = Arc::new(move |_| {
        rouille::Response::from_data("application/json; charset=utf-8", body.clone())
    });
    let server = Bare::open(
        ([127, 0, 0, 1], 0).into(),
        16,
        handler,
        Arc::new(|_| None),
        || panic!("the socket failed"),
    )
    .unwrap();
    println!("{}", server.address());
    std::thread::park();
}
