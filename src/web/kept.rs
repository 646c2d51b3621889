//! Small documents that many ask for and ask for again: their bytes are kept until something is written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Result;

/// A command beside the server writes without our knowing; nothing is kept for longer than this.
const LIFETIME: Duration = Duration::from_secs(2);

/// So many documents are kept; those of people go when they are stale, to make room.
const MOST: usize = 100;

/// Rendered documents by name.
#[derive(Default)]
pub struct Kept {
    documents: Mutex<HashMap<String, Document>>,
}

#[derive(Clone)]
struct Document {
    bytes: Arc<[u8]>,
    generation: u64,
    rendered_at: Instant,
}

impl Document {
    fn is_fresh(&self) -> bool {
        self.rendered_at.elapsed() < LIFETIME
    }
}

impl Kept {
    /// The document's bytes: as kept if they are of this generation of the database, else rendered anew.
    pub fn bytes(
        &self,
        name: &str,
        generation: u64,
        render: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let found = self.documents().get(name).cloned();
        if let Some(document) = found
            && document.generation == generation
            && document.is_fresh()
        {
            return Ok(document.bytes.to_vec());
        }
        let bytes = render()?;
        let document = Document {
            bytes: bytes.as_slice().into(),
            generation,
            rendered_at: Instant::now(),
        };
        let mut documents = self.documents();
        if documents.len() >= MOST {
            documents.retain(|_, document| document.is_fresh());
        }
        if documents.len() < MOST {
            documents.insert(name.to_owned(), document);
        }
        Ok(bytes)
    }

    fn documents(&self) -> MutexGuard<'_, HashMap<String, Document>> {
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_rendered_again_only_after_a_write() {
        let kept = Kept::default();
        let render = |generation, text: &'static str| {
            kept.bytes("name", generation, || Ok(text.into()))
                .expect("rendering cannot fail here")
        };
        assert_eq!(render(1, "first"), b"first");
        assert_eq!(render(1, "second"), b"first");
        assert_eq!(render(2, "third"), b"third");
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let kept = Kept::default();
        for n in 0..MOST + 10 {
            let render = || Ok(n.to_string().into());
            assert_eq!(
                kept.bytes(&n.to_string(), 1, render).ok(),
                Some(n.to_string().into())
            );
        }
        assert_eq!(kept.documents().len(), MOST);
    }
}
