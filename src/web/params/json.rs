//! JSON bodies, read straight into the tree under limits on depth, size and number of values.
//! serde_json's own recursion limit stays on beneath them. Of duplicate keys the last wins.

use super::{BadParams, Params, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// How deep objects and arrays may nest, the outermost included.
const MAX_DEPTH: usize = 64;
/// How many values one body may hold, containers included.
const MAX_NODES: usize = 20_000;
/// How long one string may be, in bytes.
const MAX_STRING: usize = 256 * 1024;

/// Reads a JSON object; white space alone is no parameters.
pub(super) fn read(text: &[u8]) -> Result<Params, BadParams> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Ok(Params::default());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let mut left = MAX_NODES;
    let node = Node {
        depth: 0,
        left: &mut left,
    };
    let value = node
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match value {
        Ok(Value::Map(params)) => Ok(params),
        Ok(_) => Err(BadParams::malformed(
            "malformed JSON: the body must be an object",
        )),
        Err(error) => Err(BadParams::malformed(format!("malformed JSON: {error}"))),
    }
}

/// One value at a depth, with the number of values still allowed.
struct Node<'a> {
    depth: usize,
    left: &'a mut usize,
}

impl Node<'_> {
    fn child(&mut self) -> Node<'_> {
        Node {
            depth: self.depth + 1,
            left: self.left,
        }
    }

    fn enter<E: Error>(&self) -> Result<(), E> {
        if self.depth < MAX_DEPTH {
            Ok(())
        } else {
            Err(E::custom("nested too deeply"))
        }
    }
}

fn checked<E: Error>(text: String) -> Result<String, E> {
    if text.len() <= MAX_STRING {
        Ok(text)
    } else {
        Err(E::custom("a string is too long"))
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| D::Error::custom("too many values"))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        checked(text.to_owned()).map(Value::Text)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        checked(text).map(Value::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut list = Vec::new();
        while let Some(value) = members.next_element_seed(self.child())? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut map = BTreeMap::new();
        while let Some(key) = members.next_key::<String>()? {
            map.insert(checked(key)?, members.next_value_seed(self.child())?);
        }
        Ok(Value::Map(Params(map)))
    }
}
