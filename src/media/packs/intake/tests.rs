use super::*;
use proptest::prelude::*;
use std::io::Write;

/// A block of a tar: name, type, size; checksum filled in.
fn header(name: &[u8], kind: u8, size: usize) -> [u8; 512] {
    let mut block = [0; 512];
    block[..name.len()].copy_from_slice(name);
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    summed(block)
}

fn summed(mut block: [u8; 512]) -> [u8; 512] {
    block[148..156].copy_from_slice(b"        ");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn entry(name: &[u8], kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, content.len()).to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// The files of a tar with their contents, or the reason why not.
fn files(parts: &[Vec<u8>]) -> Result<Vec<String>, String> {
    let tar = [parts.concat(), vec![0; 1024]].concat();
    let mut found = Vec::new();
    let walked = tar::walk_plain(&mut tar.as_slice(), &mut |entry| {
        let content = read(&entry.path, entry.content, entry.size, MAX_IMPORTED)?;
        found.push(format!(
            "{}={}",
            entry.path,
            String::from_utf8_lossy(&content)
        ));
        Ok(())
    });
    walked.map(|()| found).map_err(|reason| reason.to_string())
}

#[test]
fn every_spelling_of_a_long_name_is_understood() {
    let long = format!("{}/{}.png", "d".repeat(90), "f".repeat(90));
    let mut split = header(&long.as_bytes()[91..], b'0', 1);
    split[345..435].copy_from_slice(&long.as_bytes()[..90]);
    let pax = format!("mtime=1.5\n{} path={long}\n", long.len() + 10);
    let pax = format!("13 {pax}");
    for parts in [
        vec![summed(split).to_vec(), padded(b"x")],
        vec![
            entry(b"././@LongLink", b'L', format!("{long}\0").as_bytes()),
            entry(b"cut.png", b'0', b"x"),
        ],
        vec![
            entry(b"PaxHeaders/x", b'x', pax.as_bytes()),
            entry(b"cut.png", b'0', b"x"),
        ],
    ] {
        assert_eq!(files(&parts), Ok(vec![format!("{long}=x")]));
    }
}

fn padded(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn what_only_describes_other_entries_counts_for_nothing() {
    let mut parts = vec![entry(
        b"pax_global_header",
        b'g',
        b"52 comment=0123456789012345678901234567890123456789\n",
    )];
    for number in 0..MAX_EMOJI {
        parts.push(entry(b"x", b'x', b"18 mtime=12345.67\n"));
        parts.push(entry(format!("{number}.png").as_bytes(), b'0', b"x"));
    }
    assert_eq!(files(&parts).unwrap().len(), MAX_EMOJI);
    assert_eq!(
        files(&[entry(b"dir/", b'5', b""), entry(b"dir/._x.png", b'0', b"y")]),
        Ok(vec![])
    );
}

#[test]
fn sec_f2_headers_that_lie_are_refused() {
    let damaged = Refused::Unreadable.to_string();
    let huge_header = header(b"x", b'x', 1 << 20).to_vec();
    let sparse = entry(b"x", b'x', b"22 GNU.sparse.size=10\n");
    let resized = entry(b"x", b'x', b"12 size=999\n");
    let endless = entry(b"x", b'x', b"99999999999999999999 path=x\n");
    let short = entry(b"x", b'x', b"3 path=x\n");
    let mut wrong_sum = entry(b"x.png", b'0', b"x");
    wrong_sum[0] = b'y';
    let mut binary_size = header(b"x.png", b'0', 1);
    binary_size[124] = 0x80;
    for part in [
        huge_header,
        sparse,
        resized,
        endless,
        short,
        wrong_sum,
        summed(binary_size).to_vec(),
    ] {
        assert_eq!(
            files(&[part, entry(b"x.png", b'0', b"x")]),
            Err(damaged.clone())
        );
    }
    assert!(
        files(&[
            entry(b"x", b'x', b"19 path=../evil.png\n"),
            entry(b"x.png", b'0', b"x")
        ])
        .is_err()
    );
}

/// A small picture, as far as anybody looks before unpacking.
fn sample_zip() -> Vec<u8> {
    let mut zip = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default();
    for name in ["a.png", "dir/b.png", "pack.json"] {
        zip.start_file(name, options).unwrap();
        zip.write_all(br#"{"files":{"a":"a.png"}}"#).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn listing_of(bytes: &[u8]) -> Result<Listing, Refused> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Source::of_file(file)?.listing()
}

#[test]
fn the_samples_of_these_tests_are_sound() {
    assert_eq!(listing_of(&sample_zip()).unwrap().pictures.len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sec_f2_no_change_of_a_zip_makes_the_reader_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
        let mut zip = sample_zip();
        for (at, byte) in changes {
            let at = at.index(zip.len());
            zip[at] = byte;
        }
        let _ = listing_of(&zip);
        zip.truncate(cut.index(zip.len()));
        let _ = listing_of(&zip);
    }

    #[test]
    fn sec_f2_no_change_of_a_tar_makes_the_reader_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), resum in any::<bool>()) {
        let mut tar = [entry(b"x", b'x', b"14 path=d/a.png\n"), entry(b"a.png", b'0', b"x")].concat();
        for (at, byte) in changes {
            let at = at.index(tar.len());
            tar[at] = byte;
        }
        if resum {
            for at in [0, 1024] {
                let block: [u8; 512] = tar[at..at + 512].try_into().unwrap();
                tar[at..at + 512].copy_from_slice(&summed(block));
            }
        }
        let _ = files(&[tar]);
    }

    #[test]
    fn sec_f1_every_name_that_is_taken_stays_below(raw in prop::collection::vec(prop_oneof![Just(b'.'), Just(b'/'), Just(b'\\'), any::<u8>()], 0..12)) {
        if let Ok(Named::File(path)) = named(&raw) {
            prop_assert!(path.components().all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains('\\')));
        }
    }
}
