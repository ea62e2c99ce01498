//! Base64url without padding, by hand: the fuzzer should see through it.

pub fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let encode = |chunk: &[u8]| {
        let bits = chunk.iter().enumerate().fold(0_usize, |bits, (index, byte)| bits | usize::from(*byte) << (16 - 8 * index));
        (0..=chunk.len()).map(|index| char::from(ALPHABET[bits >> (18 - 6 * index) & 63])).collect::<String>()
    };
    bytes.chunks(3).map(encode).collect()
}
