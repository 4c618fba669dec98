//! kdc
