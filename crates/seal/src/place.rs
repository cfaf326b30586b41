/// Where a sealed value lives; part of what is authenticated, so that it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's key, as bytes.
    pub row: &'a [u8],
}

impl Place<'_> {
    /// The associated data: each part after its length, so that no two places give the same bytes.
    ///
    /// ```
    /// let left = seal::Place { table: "ab", column: "c", row: b"" }.aad();
    /// let right = seal::Place { table: "a", column: "bc", row: b"" }.aad();
    /// assert_ne!(left, right);
    /// ```
    pub fn aad(&self) -> Vec<u8> {
        let parts = [self.table.as_bytes(), self.column.as_bytes(), self.row];
        let mut out = Vec::with_capacity(24 + parts.iter().map(|p| p.len()).sum::<usize>());
        for part in parts {
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part);
        }
        out
    }
}
