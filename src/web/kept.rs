//! Small documents that look the same to everybody: their bytes are kept until something is written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Result;

/// A command beside the server writes without our knowing; nothing is kept for longer than this.
const LIFETIME: Duration = Duration::from_secs(2);

/// Rendered documents by name.
#[derive(Default)]
pub struct Kept {
    documents: Mutex<HashMap<&'static str, Document>>,
}

#[derive(Clone)]
struct Document {
    bytes: Arc<[u8]>,
    generation: u64,
    rendered_at: Instant,
}

impl Kept {
    /// The document's bytes: as kept if they are of this generation of the database, else rendered anew.
    pub fn bytes(
        &self,
        name: &'static str,
        generation: u64,
        render: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let found = self.documents().get(name).cloned();
        if let Some(document) = found
            && document.generation == generation
            && document.rendered_at.elapsed() < LIFETIME
        {
            return Ok(document.bytes.to_vec());
        }
        let bytes = render()?;
        let document = Document {
            bytes: bytes.as_slice().into(),
            generation,
            rendered_at: Instant::now(),
        };
        self.documents().insert(name, document);
        Ok(bytes)
    }

    fn documents(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Document>> {
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
}
