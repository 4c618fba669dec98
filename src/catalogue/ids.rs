//! What the failures are called.

/// The ids of the failure catalogue, in its order. Each is the number of a source document and the name of
/// a failure in it.
pub const IDS: [&str; 47] = [
    "S000-1", "S000-2", "S000-3", "S000-4", "S000-5", //
    "S001-0", "S001-1", "S001-2", "S001-3", "S001-4", "S001-5", "S001-6", "S001-7", //
    "S002-1", "S002-2", "S002-3", "S002-4", "S002-5", "S002-6", "S002-7", "S002-8", "S002-9",
    "S002-10", "S002-11", "S002-12", "S002-13", //
    "S003-1", "S003-2", "S003-3", "S003-4", "S003-5", "S003-6", //
    "S004-P", "S004-D1", "S004-D2", "S004-D3", "S004-D4", "S004-D5", "S004-H1", "S004-H2",
    "S004-H3", "S004-H4", "S004-H5", "S004-H6", "S004-H9", "S004-H11", "S004-H12",
];
