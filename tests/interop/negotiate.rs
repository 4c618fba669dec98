//! Contexts of Kerberos and of NTLM, with SPNEGO and without, between one end of ours and one of MIT's, Java's or
//! gss-ntlmssp's; and messages both ways.

mod foreign;
mod kerberos;
mod kerberos_refused;
mod ntlmssp;
mod ours;
mod pair;
mod realm;
