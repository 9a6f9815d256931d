//! From bytes to text: UTF-8 with or without its mark, else GB18030, and nothing replaced or guessed.

use encoding_rs::{DecoderResult, GB18030};

use crate::file_problem::FileFault;

/// The byte order mark that spreadsheets put before UTF-8.
const MARK: char = '\u{feff}';

/// So many Chinese characters in UTF-8 do not come about by chance in another encoding.
const SURELY_UTF8: usize = 8;

/// How many bytes are decoded at a time, so that the text's room grows with the text.
const CHUNK: usize = 1 << 16;

/// The text of a file, without its mark.
///
/// # Errors
///
/// UTF-16, binary content, and a byte that belongs to neither UTF-8 nor GB18030, with its line.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, FileFault> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(FileFault::Utf16);
    }
    if bytes.contains(&0) {
        return Err(FileFault::Binary);
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(without_mark(text)),
        Err(error) => error,
    };
    let valid = error.utf8_error().valid_up_to();
    let bytes = error.into_bytes();
    if is_damaged_utf8(&bytes, valid) {
        return Err(FileFault::Encoding { line: line_at(&bytes, valid) });
    }
    decode_gb18030(&bytes).map_err(|wrong| FileFault::Encoding { line: line_at(&bytes, wrong.max(valid)) })
}

/// The line of a byte; the first is 1.
pub(crate) fn line_at(bytes: &[u8], at: usize) -> u32 {
    let ends = bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    u32::try_from(ends).unwrap_or(u32::MAX).saturating_add(1)
}

fn without_mark(mut text: String) -> String {
    if text.starts_with(MARK) {
        text.remove(0);
    }
    text
}

/// Whether the bytes were meant as UTF-8 although only the first `valid` of them are.
///
/// GB18030 would make other characters of most of it without a complaint.
fn is_damaged_utf8(bytes: &[u8], valid: usize) -> bool {
    let start = bytes.get(..valid).and_then(|start| std::str::from_utf8(start).ok()).unwrap_or_default();
    let chinese = start.chars().filter(|letter| ('\u{4e00}'..='\u{9fff}').contains(letter));
    start.starts_with(MARK) || chinese.take(SURELY_UTF8).count() == SURELY_UTF8
}

/// The text, or where the first wrong byte stands.
fn decode_gb18030(bytes: &[u8]) -> Result<String, usize> {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len());
    let mut read = 0;
    for chunk in bytes.chunks(CHUNK) {
        let is_last = read + chunk.len() == bytes.len();
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(chunk.len()).unwrap_or(4 * CHUNK));
        let (result, consumed) = decoder.decode_to_string_without_replacement(chunk, &mut text, is_last);
        read += consumed;
        match result {
            DecoderResult::InputEmpty => {}
            DecoderResult::OutputFull => return Err(read),
            DecoderResult::Malformed(length, after) => {
                return Err(read.saturating_sub(usize::from(length) + usize::from(after)));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gb18030(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn utf8_loses_its_mark_and_nothing_else() {
        assert_eq!(decode("户号,户主\n".into()), Ok("户号,户主\n".into()));
        assert_eq!(decode("\u{feff}户号,户主\n".into()), Ok("户号,户主\n".into()));
    }

    #[test]
    fn gb18030_is_read_with_its_rare_characters() {
        let text = "户号,户主\n0001,李\u{3400}\u{20000}镕€\n".repeat(5000);
        assert_eq!(decode(gb18030(&text)), Ok(text));
    }

    #[test]
    fn a_byte_of_neither_encoding_is_named_by_its_line() {
        let mut bytes = gb18030("户号,户主\n0001,李四\n0002,王");
        bytes.extend(*b"\xff,\n0003,x\n");
        assert_eq!(decode(bytes), Err(FileFault::Encoding { line: 3 }));
    }

    #[test]
    fn a_cut_character_at_the_end_is_named_by_its_line() {
        let mut bytes = gb18030("户号\n李");
        bytes.pop();
        assert_eq!(decode(bytes), Err(FileFault::Encoding { line: 2 }));
    }

    #[test]
    fn damaged_utf8_is_not_taken_for_gb18030() {
        let mut bytes = "小组代码,户号,户主,电话\n".repeat(2).into_bytes();
        bytes.extend([0xe6, 0x9d, b'\n']);
        assert_eq!(decode(bytes), Err(FileFault::Encoding { line: 3 }));
        assert_eq!(decode(b"\xef\xbb\xbfcode\n\xb4\xfa".into()), Err(FileFault::Encoding { line: 2 }));
    }

    #[test]
    fn utf16_and_binary_content_are_told_apart() {
        assert_eq!(decode(b"\xff\xfea\0".into()), Err(FileFault::Utf16));
        assert_eq!(decode(b"\xfe\xff\0a".into()), Err(FileFault::Utf16));
        assert_eq!(decode(b"%PDF-1.7\0".into()), Err(FileFault::Binary));
    }
}
