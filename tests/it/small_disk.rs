//! A file system of a few mebibytes that a test can fill.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::statvfs;
use tempfile::TempDir;

/// A memory disk of our own, or a part of a small one that the machine has (a container's `/dev/shm`).
pub struct SmallDisk {
    folder: TempDir,
    mounted: bool,
}

impl SmallDisk {
    /// Mounts one where we may, else borrows `/dev/shm` where that is small; panics where there is neither, because a
    /// test that is left out in silence is worth nothing.
    pub fn of_mebibytes(size: u32) -> SmallDisk {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}m"), "kenoma-test"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            return SmallDisk {
                folder,
                mounted: true,
            };
        }
        let shared = statvfs("/dev/shm").unwrap();
        let total = shared.f_blocks * shared.f_frsize;
        assert!(
            total > 0 && total <= 256 << 20,
            "a full disk can only be tested as root (to mount a small one), or where /dev/shm is small"
        );
        SmallDisk {
            folder: tempfile::tempdir_in("/dev/shm").unwrap(),
            mounted: false,
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that leaves only so many bytes free.
    pub fn fill_up_to(&self, left: u64) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let block = vec![0; 64 * 1024];
        while self.free() > left + block.len() as u64 {
            ballast.write_all(&block).unwrap();
        }
    }

    /// Takes that file away again.
    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    fn free(&self) -> u64 {
        let disk = statvfs(self.folder.path()).unwrap();
        disk.f_bavail * disk.f_frsize
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily: a server that a failed test left behind may still have files open.
            let _ = Command::new("umount")
                .arg("-l")
                .arg(self.folder.path())
                .status();
        }
    }
}
