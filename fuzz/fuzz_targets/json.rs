//! What must hold of a JSON text besides being one, told by counting.

use serde_json::Value;

/// Whether a text that serde reads as this value holds no member twice and nests at most 32 levels. Where a member comes twice serde keeps one, so that
/// there are more colons than members.
pub fn is_sound(text: &[u8], value: &Value) -> bool {
    let (mut quoted, mut escaped, mut depth, mut deepest, mut colons) = (false, false, 0, 0, 0);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b':' => colons += 1,
            b'{' | b'[' => {
                depth += 1;
                deepest = depth.max(deepest);
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    deepest <= 32 && colons == members(value)
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Value::Array(array) => array.iter().map(members).sum(),
        _ => 0,
    }
}
