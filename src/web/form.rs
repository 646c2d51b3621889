//! Query strings and urlencoded bodies, and the key syntax they share with multipart bodies:
//! `a`, `a[]`, `a[b]`, `a[0][b]`, `a[][b]`, `a[b][]` and deeper; `a[][]` is `a[]`.
//!
//! A later value of the same key, or of another shape under it, replaces the earlier one.

use super::params::{BadParams, Params, Value};
use percent_encoding::percent_decode;
use std::collections::BTreeMap;

/// How many `key=value` pairs one query or body may hold.
pub const MAX_PAIRS: usize = 1_000;
/// How many brackets a key may have.
const MAX_DEPTH: usize = 8;

/// Adds the pairs of a query or an urlencoded body to `params`.
pub(super) fn read(text: &[u8], params: &mut Params) -> Result<(), BadParams> {
    for (count, (key, value)) in pairs(text).enumerate() {
        if count == MAX_PAIRS {
            return Err(BadParams::malformed("too many parameters"));
        }
        insert(params, &key, Value::Text(value))?;
    }
    Ok(())
}

/// The decoded pairs, in order. `+` is a space, a pair without `=` has an empty value, an invalid
/// percent sequence stays as it is and invalid UTF-8 becomes replacement characters.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    text.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || decode(halves.next().unwrap_or_default());
            (half(), half())
        })
}

fn decode(text: &[u8]) -> String {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}

/// Puts a value where a key in form spelling says.
pub(super) fn insert(params: &mut Params, key: &str, value: Value) -> Result<(), BadParams> {
    let (name, steps) = path(key);
    if steps.len() > MAX_DEPTH {
        return Err(BadParams::malformed(
            "a parameter name is nested too deeply",
        ));
    }
    put(
        params.0.entry(name.to_owned()).or_insert(Value::Null),
        &steps,
        value,
    );
    Ok(())
}

/// What one pair of brackets asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'a> {
    /// `[]`: the next element of a list.
    Push,
    /// `[name]` or `[0]`: a member of a map.
    Key(&'a str),
}

/// Splits `a[b][]` into `a` and its steps. A key whose brackets do not match is a plain name.
fn path(key: &str) -> (&str, Vec<Step<'_>>) {
    let plain = (key, Vec::new());
    let Some((name, mut rest)) = key.split_once('[').filter(|(name, _)| !name.is_empty()) else {
        return plain;
    };
    let mut steps = Vec::new();
    loop {
        let Some((inner, after)) = rest.split_once(']') else {
            return plain;
        };
        // No parameter is a list of lists, and Mastodon.py writes `id[][]` where it means `id[]`.
        match (inner, steps.last()) {
            ("", Some(Step::Push)) => {}
            ("", _) => steps.push(Step::Push),
            _ => steps.push(Step::Key(inner)),
        }
        match after.strip_prefix('[') {
            Some(next) => rest = next,
            None if after.is_empty() => return (name, steps),
            None => return plain,
        }
    }
}

fn put(slot: &mut Value, steps: &[Step<'_>], value: Value) {
    match steps {
        [] => *slot = value,
        [Step::Key(key), rest @ ..] => {
            let member = map_in(slot).entry((*key).to_owned()).or_insert(Value::Null);
            put(member, rest, value);
        }
        [Step::Push, rest @ ..] => {
            let list = list_in(slot);
            match list.last_mut().filter(|last| continues(last, rest)) {
                Some(last) => put(last, rest, value),
                None => {
                    let mut element = Value::Null;
                    put(&mut element, rest, value);
                    list.push(element);
                }
            }
        }
    }
}

/// Whether a key after `[]` still belongs to the last element: it does until it repeats.
/// A list inside the element (`a[][b][]`) may repeat without starting a new one.
fn continues(last: &Value, rest: &[Step<'_>]) -> bool {
    match (last, rest) {
        (Value::Map(_), [Step::Key(_), ..]) => !reaches(last, rest),
        _ => false,
    }
}

/// Whether a value already stands where named steps lead; `[]` leads to a place of its own.
fn reaches(value: &Value, steps: &[Step<'_>]) -> bool {
    match (value, steps) {
        (_, []) => true,
        (Value::Map(map), [Step::Key(key), rest @ ..]) => {
            map.0.get(*key).is_some_and(|next| reaches(next, rest))
        }
        _ => false,
    }
}

fn map_in(slot: &mut Value) -> &mut BTreeMap<String, Value> {
    if !matches!(slot, Value::Map(_)) {
        *slot = Value::Map(Params::default());
    }
    match slot {
        Value::Map(map) => &mut map.0,
        _ => unreachable!("just made a map"),
    }
}

fn list_in(slot: &mut Value) -> &mut Vec<Value> {
    if !matches!(slot, Value::List(_)) {
        *slot = Value::List(Vec::new());
    }
    match slot {
        Value::List(list) => list,
        _ => unreachable!("just made a list"),
    }
}
