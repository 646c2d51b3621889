//! The captcha's secrets. The server keeps nothing about a puzzle that it gave out: the answer travels with it, sealed
//! under a key of ours and bound to the puzzle's token. Only solved tokens are remembered, so that each works once.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::sealed::{Key, open, seal};
use crate::clock::Timestamp;

/// Letters that are hard to take for one another; neither `i` and `l` nor `o` and `q`.
const LETTERS: &[u8; 22] = b"abcdefghjkmnprstuvwxyz";

/// Letters of an answer.
const LENGTH: usize = 5;

/// A puzzle to be given out.
pub struct Challenge {
    /// Names the puzzle.
    pub token: String,
    /// What the picture shows. Never leaves the server in the clear.
    pub answer: String,
    /// The answer and the moment, sealed.
    pub answer_data: String,
}

/// Why a solution does not count; the texts are what clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not ours, altered, or of another puzzle.
    #[error("Invalid answer data")]
    Forged,
    /// Given out too long ago.
    #[error("CAPTCHA expired")]
    Expired,
    /// Solved before.
    #[error("CAPTCHA already used")]
    Used,
    /// The wrong letters.
    #[error("Invalid CAPTCHA")]
    Wrong,
}

/// What a client sends back.
pub struct Solution<'a> {
    /// The letters, in any case.
    pub letters: &'a str,
    /// As it was given out.
    pub token: &'a str,
    /// As it was given out.
    pub answer_data: &'a str,
}

/// Makes a puzzle with an answer of five random letters.
pub fn challenge(key: &Key, now: Timestamp) -> Challenge {
    let token = BASE64_URL_SAFE_NO_PAD.encode(random::<10>());
    let answer = answer();
    let plain = [&now.0.to_be_bytes(), answer.as_bytes()].concat();
    let answer_data = seal(key, &token, plain);
    Challenge {
        token,
        answer,
        answer_data,
    }
}

fn answer() -> String {
    // The largest multiple of 22 in a byte: above it some letters would be likelier.
    let fair = |byte: &u8| usize::from(*byte) < 256 / LETTERS.len() * LETTERS.len();
    let letters = std::iter::repeat_with(random::<16>).flatten();
    letters
        .filter(fair)
        .take(LENGTH)
        .map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]))
        .collect()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides random bytes");
    bytes
}

/// Reads what [`challenge`] sealed for that token.
fn read(key: &Key, token: &str, answer_data: &str) -> Option<(Timestamp, String)> {
    let plain = open(key, token, answer_data)?;
    let (issued, answer) = plain.split_first_chunk()?;
    let answer = String::from_utf8(answer.to_vec()).ok()?;
    Some((Timestamp(i64::from_be_bytes(*issued)), answer))
}

/// Tokens of puzzles that were solved, for as long as they would be valid. The app owns one.
#[derive(Default)]
pub struct Solved(Mutex<HashMap<String, Instant>>);

impl Solved {
    /// Judges a solution and burns the token if it is right. A wrong one leaves it for another try.
    pub fn redeem(
        &self,
        key: &Key,
        solution: &Solution,
        valid: Duration,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (issued, answer) =
            read(key, solution.token, solution.answer_data).ok_or(Refusal::Forged)?;
        if issued.plus(valid) < now {
            return Err(Refusal::Expired);
        }
        // Looked up and burnt under one lock: of two equal requests one wins.
        let mut solved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        solved.retain(|_, at| at.elapsed() <= valid);
        if solved.contains_key(solution.token) {
            return Err(Refusal::Used);
        }
        if !answer.eq_ignore_ascii_case(solution.letters.trim()) {
            return Err(Refusal::Wrong);
        }
        solved.insert(solution.token.to_owned(), Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::sealed::new_key;

    const VALID: Duration = Duration::from_secs(300);
    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn redeem(solved: &Solved, key: &Key, given: &Challenge, letters: &str) -> Result<(), Refusal> {
        let solution = Solution {
            letters,
            token: &given.token,
            answer_data: &given.answer_data,
        };
        solved.redeem(key, &solution, VALID, NOW)
    }

    #[test]
    fn the_right_letters_count_once_whatever_their_case() {
        let (key, solved) = (new_key(), Solved::default());
        let given = challenge(&key, NOW);
        assert_eq!(given.answer.len(), LENGTH);
        let answer = format!(" {}", given.answer.to_uppercase());
        assert_eq!(redeem(&solved, &key, &given, "wrong!"), Err(Refusal::Wrong));
        assert_eq!(redeem(&solved, &key, &given, &answer), Ok(()));
        assert_eq!(redeem(&solved, &key, &given, &answer), Err(Refusal::Used));
    }

    #[test]
    fn sealed_answers_belong_to_one_token_and_one_key() {
        let (key, solved) = (new_key(), Solved::default());
        let (one, other) = (challenge(&key, NOW), challenge(&key, NOW));
        let mixed = Challenge {
            token: other.token.clone(),
            answer: one.answer.clone(),
            answer_data: one.answer_data.clone(),
        };
        let forged = Err(Refusal::Forged);
        assert_eq!(redeem(&solved, &key, &mixed, &one.answer), forged);
        assert_eq!(redeem(&solved, &new_key(), &one, &one.answer), forged);
        for data in ["", "AAAA", "not base64!", &one.answer_data[1..]] {
            let altered = Challenge {
                token: one.token.clone(),
                answer: String::new(),
                answer_data: data.to_owned(),
            };
            assert_eq!(redeem(&solved, &key, &altered, &one.answer), forged);
        }
    }

    #[test]
    fn a_puzzle_expires() {
        let (key, solved) = (new_key(), Solved::default());
        let given = challenge(&key, NOW.minus(VALID + Duration::from_millis(1)));
        assert_eq!(
            redeem(&solved, &key, &given, &given.answer),
            Err(Refusal::Expired)
        );
    }

    #[test]
    fn the_answer_is_not_in_what_is_given_out() {
        let key = new_key();
        let given = challenge(&key, NOW);
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(&given.answer_data)
            .expect("base64");
        assert!(
            !bytes
                .windows(LENGTH)
                .any(|part| part == given.answer.as_bytes())
        );
    }
}
