//! A realm of MIT's KDC with a client and a service, for contexts of Kerberos.

use std::path::PathBuf;

use kdclab_client::{
    Acceptor, ApParameters, AsParameters, ClientConfig, Credential, CredentialStore, Dialect,
    TgsParameters, gss, spnego,
};
use kdclab_proto::{Enctype, Keytab, ObjectIdentifier, Principal, Realm};

use super::ours::{Front, OurEnd, Ours};
use crate::driver::Client;
use crate::gss::Gss;
use crate::mit_realm::MitRealm;

pub(crate) const LAB: &str = "LAB.EXAMPLE";
pub(crate) const SERVICE: &str = "HTTP/web1.lab.example";
pub(crate) const TARGET: &str = "HTTP@web1.lab.example";
pub(crate) const AES256: Enctype = Enctype::AES256_CTS_HMAC_SHA1_96;
pub(crate) const RC4: Enctype = Enctype::RC4_HMAC;
pub(crate) const KRB5: ObjectIdentifier = ObjectIdentifier::KERBEROS;
pub(crate) const SPNEGO: &str = "spnego";
pub(crate) const RAW: &str = "kerberos";
const PRINCIPALS: &[&str] = &[
    "addprinc -pw secret alice",
    "addprinc -randkey HTTP/web1.lab.example",
];

/// Alice with a ticket whose keys are of one type, and the service.
pub(crate) struct Lab {
    pub(crate) realm: MitRealm,
    pub(crate) ticket: Credential,
    pub(crate) keytab: Keytab,
    ccache: PathBuf,
    conf: PathBuf,
}

impl Lab {
    pub(crate) fn start(enctype: Enctype) -> Self {
        let realm = MitRealm::start(&[(LAB, PRINCIPALS)], "");
        let mut client = Client::new(LAB, realm.address(), &[LAB]);
        let alice = Principal::parse("alice", Some(&LAB.into())).unwrap();
        let login = client.log_in(AsParameters::password(alice, "secret"));
        let tgt = login.unwrap().credential;
        let service = Principal::parse(SERVICE, Some(&LAB.into())).unwrap();
        let parameters = TgsParameters {
            enctypes: Some(vec![enctype]),
            ..TgsParameters::service(service.name.at(Realm::default()))
        };
        client.config.weak_crypto.allow_rc4 = true;
        let ticket = client.ticket(&tgt, parameters).unwrap();
        assert_eq!(ticket.session_key.enctype(), enctype);
        let mut store = CredentialStore::new(tgt.client.clone());
        store.store(tgt);
        store.store(ticket.clone());
        let ccache = realm.path("tickets");
        std::fs::write(&ccache, &*store.to_ccache().to_bytes().unwrap()).unwrap();
        let conf = realm.path("contexts.conf");
        let text = std::fs::read_to_string(realm.path("krb5.conf")).unwrap();
        let permitted = format!(
            "[libdefaults]\n permitted_enctypes = {}\n",
            if enctype == RC4 {
                "rc4-hmac"
            } else {
                "aes256-cts"
            }
        );
        std::fs::write(&conf, text.replace("[libdefaults]\n", &permitted)).unwrap();
        Self {
            keytab: realm.keytab(LAB, &[SERVICE]),
            realm,
            ticket,
            ccache,
            conf,
        }
    }

    /// Changes the key of the service. The new keytab cannot open the ticket.
    pub(crate) fn renewed_keytab(&self) -> Keytab {
        self.realm.kadmin(LAB, &format!("cpw -randkey {SERVICE}"));
        self.realm.keytab(LAB, &[SERVICE])
    }

    /// An initiator of ours, which offers `mech_types` or does without negotiation.
    pub(crate) fn our_initiator(&self, mech_types: Option<Vec<ObjectIdentifier>>) -> OurEnd {
        let front = mech_types.map_or(Front::Raw, |mech_types| {
            Front::Initiator(spnego::Initiator::new(mech_types))
        });
        let initiator = gss::Initiator::new(self.ticket.clone(), &ApParameters::gss());
        OurEnd::new(front, Ours::KerberosInitiator(Box::new(initiator)))
    }

    /// An acceptor of ours with a keytab.
    pub(crate) fn our_acceptor(&self, keytab: &Keytab) -> OurEnd {
        self.our_acceptor_like(Dialect::Mit, keytab)
    }

    /// An acceptor of ours with a keytab, which refuses as `dialect` does.
    pub(crate) fn our_acceptor_like(&self, dialect: Dialect, keytab: &Keytab) -> OurEnd {
        let mut config = match dialect {
            Dialect::Java | Dialect::Java6 => ClientConfig::java(LAB),
            Dialect::Mit => ClientConfig::mit(LAB),
            Dialect::Windows => ClientConfig::windows(LAB),
        };
        config.weak_crypto.allow_rc4 = true;
        let front = Front::Acceptor(spnego::Acceptor::new(dialect));
        let service = Acceptor::new(config, keytab.clone());
        let acceptor = gss::Acceptor::new(service, None);
        OurEnd::new(front, Ours::KerberosAcceptor(Box::new(acceptor)))
    }

    /// Makes `theirs` Alice.
    pub(crate) fn set_initiator(&self, theirs: &mut Gss, mechanism: &str) {
        theirs
            .set_initiator(&self.conf, mechanism, Some(&self.ccache), TARGET)
            .unwrap();
    }

    /// Makes `theirs` the service, with a keytab.
    pub(crate) fn set_acceptor(&self, theirs: &mut Gss, mechanism: &str, keytab: &Keytab) {
        let path = self.realm.path("acceptor.keytab");
        std::fs::write(&path, keytab.to_bytes().unwrap()).unwrap();
        let conf = self.realm.path("krb5.conf");
        theirs
            .set_acceptor(&conf, mechanism, Some(&path), SERVICE)
            .unwrap();
    }
}
