//! Exchanges with the NTLM of the crate `sspi`, which speaks NTLMv2 with extended session security.

use kdclab_ntlm::{
    Authenticated, Client, ClientConfig, Credentials, FileTime, LmCompatibilityLevel, ResponseKind,
    SecurityContext, Server, ServerConfig, ServerError, ServerStep, StoredHashes, Target, verify,
};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;
use sspi::{
    AuthIdentity, BufferType, ClientRequestFlags, CredentialUse, DataRepresentation,
    EncryptionFlags, Ntlm, Secret, SecurityBuffer, SecurityBufferRef, SecurityStatus,
    ServerRequestFlags, Sspi, SspiImpl, Username,
};

use crate::parties::{DOMAIN, PASSWORD, USER, target_info};

type Handle = Option<sspi::AuthIdentityBuffers>;

/// An instant of the year 2026; that of the peer is the machine's.
const NOW: FileTime = FileTime(134_116_992_000_000_000);

fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(1)
}

fn peer(credential_use: CredentialUse, password: &str) -> (Ntlm, Handle) {
    let mut ntlm = Ntlm::new();
    let identity = AuthIdentity {
        username: Username::new(USER, Some(DOMAIN)).unwrap(),
        password: Secret::from(password.to_owned()),
    };
    let handle = ntlm
        .acquire_credentials_handle()
        .with_credential_use(credential_use)
        .with_auth_data(&identity)
        .execute(&mut ntlm)
        .unwrap()
        .credentials_handle;
    (ntlm, handle)
}

/// One step of the peer as a client.
fn initialize(ntlm: &mut Ntlm, handle: &mut Handle, input: &[u8]) -> (Vec<u8>, SecurityStatus) {
    let mut input = [SecurityBuffer::new(input.to_vec(), BufferType::Token)];
    let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
    let mut builder = ntlm
        .initialize_security_context()
        .with_credentials_handle(handle)
        .with_context_requirements(
            ClientRequestFlags::INTEGRITY | ClientRequestFlags::CONFIDENTIALITY,
        )
        .with_target_data_representation(DataRepresentation::Native)
        .with_target_name("host/server")
        .with_input(&mut input)
        .with_output(&mut output);
    let status = ntlm
        .initialize_security_context_impl(&mut builder)
        .unwrap()
        .resolve_to_result()
        .unwrap()
        .status;
    let [output] = output;
    (output.buffer, status)
}

/// One step of the peer as a server.
fn accept(ntlm: &mut Ntlm, handle: &mut Handle, input: &[u8]) -> Vec<u8> {
    let mut input = [SecurityBuffer::new(input.to_vec(), BufferType::Token)];
    let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
    let builder = ntlm
        .accept_security_context()
        .with_credentials_handle(handle)
        .with_context_requirements(ServerRequestFlags::empty())
        .with_target_data_representation(DataRepresentation::Native)
        .with_input(&mut input)
        .with_output(&mut output);
    ntlm.accept_security_context_impl(builder)
        .unwrap()
        .resolve_to_result()
        .unwrap();
    let [output] = output;
    output.buffer
}

/// Three messages each way, encrypted and signed, and one altered.
fn assert_session(ours: &mut SecurityContext, peer: &mut Ntlm) {
    for turn in 0..3 {
        let message = format!("message {turn} for the peer").into_bytes();
        let (mut sealed, mut signature) = ours.seal(&message).unwrap();
        let mut buffers = [
            SecurityBufferRef::token_buf(&mut signature),
            SecurityBufferRef::data_buf(&mut sealed),
        ];
        peer.decrypt_message(&mut buffers).unwrap();
        assert_eq!(buffers[1].data(), message);

        let mut message = format!("message {turn} of the peer").into_bytes();
        let mut signature = [0; 16];
        let plain = message.clone();
        let mut buffers = [
            SecurityBufferRef::token_buf(&mut signature),
            SecurityBufferRef::data_buf(&mut message),
        ];
        peer.encrypt_message(EncryptionFlags::empty(), &mut buffers)
            .unwrap();
        let mut altered = signature;
        altered[4] ^= 1;
        assert!(ours.unseal(&message, &altered).is_err());
        assert_eq!(ours.unseal(&message, &signature).unwrap(), plain);
    }
    let mut message = b"signed only".to_vec();
    let mut signature = ours.sign(&message).unwrap();
    let mut buffers = [
        SecurityBufferRef::token_buf(&mut signature),
        SecurityBufferRef::data_buf(&mut message),
    ];
    peer.verify_signature(&mut buffers, 3).unwrap();
    let mut signature = [0; 16];
    let mut buffers = [
        SecurityBufferRef::token_buf(&mut signature),
        SecurityBufferRef::data_buf(&mut message),
    ];
    peer.make_signature(0, &mut buffers, 3).unwrap();
    ours.verify(b"signed only", &signature).unwrap();
}

/// The peer logs on at our server, whose domain controller knows `password`.
fn peer_logs_on(password: &str) -> (Ntlm, Result<SecurityContext, ServerError>) {
    let (mut ntlm, mut handle) = peer(CredentialUse::Outbound, PASSWORD);
    let (negotiate, status) = initialize(&mut ntlm, &mut handle, &[]);
    assert_eq!(status, SecurityStatus::ContinueNeeded);
    let mut config = ServerConfig::new(Target::Domain(DOMAIN.to_owned()), target_info());
    config.tells_time = true;
    let (server, challenge) = Server::start(&config, NOW, &mut rng(), &negotiate).unwrap();
    let (authenticate, _) = initialize(&mut ntlm, &mut handle, &challenge);
    let ServerStep::Logon(pending) = server.authenticate(&authenticate).unwrap() else {
        panic!("not anonymous");
    };
    let account = StoredHashes::from_password(password, false);
    let level = LmCompatibilityLevel::Level5;
    let accepted = match verify(pending.request(), Some(&account), level) {
        Ok(validation) => {
            assert_eq!(validation.kind, ResponseKind::NtlmV2);
            pending.finish(Ok(&validation.keys))
        }
        Err(refusal) => pending.finish(Err(refusal.status())),
    };
    (ntlm, accepted.map(|accepted| accepted.context))
}

#[test]
fn sspi_logs_on_at_our_server_and_both_sides_sign_and_seal() {
    let (mut ntlm, context) = peer_logs_on(PASSWORD);
    assert_session(&mut context.unwrap(), &mut ntlm);
}

#[test]
fn sspi_with_a_wrong_password_is_refused_by_our_domain_controller() {
    let (_, context) = peer_logs_on("Passw0rd");
    let status = kdclab_ntlm::NtStatus::WRONG_PASSWORD;
    assert_eq!(context.unwrap_err(), ServerError::Refused(status));
}

/// Our client logs on at the peer, which knows PASSWORD.
fn we_log_on(password: &str) -> (SecurityContext, Ntlm, sspi::Result<SecurityStatus>) {
    let (mut ntlm, mut handle) = peer(CredentialUse::Inbound, PASSWORD);
    let config = ClientConfig::new(LmCompatibilityLevel::Level3, "COMPUTER");
    let credentials = Credentials::from_password(USER, DOMAIN, password);
    let (client, negotiate) = Client::start(config, credentials).unwrap();
    let challenge = accept(&mut ntlm, &mut handle, &negotiate);
    let Authenticated {
        message, context, ..
    } = client.challenge(NOW, &mut rng(), &challenge).unwrap();
    accept(&mut ntlm, &mut handle, &message);
    let completed = ntlm.complete_auth_token(&mut []);
    (context.unwrap(), ntlm, completed)
}

#[test]
fn we_log_on_at_sspi_and_both_sides_sign_and_seal() {
    let (mut context, mut ntlm, completed) = we_log_on(PASSWORD);
    completed.unwrap();
    assert_session(&mut context, &mut ntlm);
}

#[test]
fn we_with_a_wrong_password_are_refused_by_sspi() {
    let (_, _, completed) = we_log_on("Passw0rd");
    assert_eq!(
        completed.unwrap_err().error_type,
        sspi::ErrorKind::LogonDenied
    );
}
