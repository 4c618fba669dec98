use crate::crypto::Salt;
use crate::{NameType, PrincipalName};

fn salt(salt: Salt, components: &[&str], realm: &str) -> String {
    let name = PrincipalName::new(NameType::PRINCIPAL, components.iter().copied());
    String::from_utf8(salt.bytes(&name.at(realm))).unwrap()
}

#[test]
fn rfc4120_4_realm_then_components_without_separators() {
    assert_eq!(
        salt(Salt::Normal, &["raeburn"], "ATHENA.MIT.EDU"),
        "ATHENA.MIT.EDUraeburn"
    );
    assert_eq!(
        salt(Salt::Normal, &["HTTP", "web1.lab.example"], "Lab.EXAMPLE"),
        "Lab.EXAMPLEHTTPweb1.lab.example"
    );
    assert_eq!(salt(Salt::Normal, &[], "LAB.EXAMPLE"), "LAB.EXAMPLE");
}

#[test]
fn ms_kile_3_1_1_2_user_keeps_the_case_of_the_account() {
    let account = Salt::ActiveDirectoryUser {
        account: "Alice".into(),
    };
    assert_eq!(
        salt(account, &["alice"], "corp.example"),
        "CORP.EXAMPLEAlice"
    );
}

#[test]
fn ms_kile_3_1_1_2_computer_is_host_in_lower_case() {
    for account in ["SERVER1$", "SERVER1", "server1$"] {
        let salted = Salt::ActiveDirectoryComputer {
            account: account.into(),
        };
        assert_eq!(
            salt(salted, &["SERVER1$"], "Corp.Example"),
            "CORP.EXAMPLEhostserver1.corp.example"
        );
    }
}

#[test]
fn ms_kile_3_1_1_2_computer_loses_one_dollar_sign() {
    let account = Salt::ActiveDirectoryComputer {
        account: "A$B$$".into(),
    };
    assert_eq!(
        salt(account, &["x"], "CORP.EXAMPLE"),
        "CORP.EXAMPLEhosta$b$.corp.example"
    );
}

#[test]
fn a_literal_salt_ignores_the_principal() {
    let literal = Salt::Literal(b"OLD.REALMalice".to_vec());
    assert_eq!(salt(literal, &["bob"], "LAB.EXAMPLE"), "OLD.REALMalice");
}
