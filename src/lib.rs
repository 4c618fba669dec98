//! kdclab
