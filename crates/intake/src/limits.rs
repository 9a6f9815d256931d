//! How much a file may bring.

/// What a file may not exceed (上限), so that no upload can fill the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of the file.
    pub bytes: u64,
    /// The bytes of everything in an XLSX once it is unpacked.
    pub unpacked_bytes: u64,
    /// The rows below the header.
    pub rows: u32,
    /// The problems that are kept; the others are only counted.
    pub problems: usize,
}

impl Default for Limits {
    /// A county of a million households with room to spare.
    fn default() -> Self {
        Self { bytes: 256 << 20, unpacked_bytes: 1 << 30, rows: 5_000_000, problems: 1000 }
    }
}
