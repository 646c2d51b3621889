//! Texts like those that people write: the usual words often, rare ones now and then. The same seed writes the same.

/// Different words that are written.
const WORDS: f64 = 60_000.0;

/// Of these the words are made.
const SYLLABLES: [&str; 40] = [
    "a", "the", "in", "to", "on", "ra", "mi", "lo", "ne", "su", "ta", "ver", "bel", "con", "der",
    "est", "fin", "gor", "hal", "is", "jun", "kel", "lam", "mon", "nor", "ol", "per", "quin",
    "ros", "sel", "tam", "un", "vin", "wes", "xa", "yor", "zen", "pro", "tri", "com",
];

/// Writes texts.
pub struct Writer(u64);

impl Writer {
    /// One that writes its own texts.
    pub fn new(seed: u64) -> Writer {
        Writer(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below that.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % most
    }

    /// A word: the second most usual half as often as the first, the third a third as often, and so on.
    pub fn word(&mut self) -> String {
        let part = self.below(1 << 30) as f64 / f64::from(1 << 30);
        let mut rank = WORDS.powf(part) as usize;
        let mut word = String::new();
        while rank > 0 {
            word.push_str(SYLLABLES[rank % SYLLABLES.len()]);
            rank /= SYLLABLES.len();
        }
        word
    }

    /// A text of about so many letters.
    pub fn text(&mut self, letters: usize) -> String {
        let mut text = String::with_capacity(letters + 16);
        while text.len() < letters {
            if !text.is_empty() {
                text.push_str(if self.below(9) == 0 { ", " } else { " " });
            }
            text.push_str(&self.word());
        }
        text + "."
    }
}
