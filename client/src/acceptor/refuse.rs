use kdclab_proto::messages::{ApOptions, ApReq, KerbErrorData, KrbError};
use kdclab_proto::{ErrorCode, Timestamp};

use crate::acceptor::{Acceptor, Framing};
use crate::gss::{ContextToken, Mechanism, TokenId};
use crate::{AcceptError, Dialect, Refused};

impl Acceptor {
    pub(super) fn refuse(
        &self,
        error: AcceptError,
        now: Timestamp,
        request: &ApReq,
        mechanism: Mechanism,
    ) -> Refused {
        let dialect = self.config.dialect;
        // MIT's GSS library answers only who waits for an answer.
        let expected = dialect != Dialect::Mit
            || self.framing == Framing::Raw
            || request.ap_options.contains(ApOptions::MUTUAL_REQUIRED);
        let reply = error
            .code(dialect)
            .filter(|_| expected)
            .map(|code| self.krb_error(code, now, request).encode())
            .map(|message| self.frame(TokenId::KrbError, mechanism, message));
        Refused { error, reply }
    }

    fn krb_error(&self, code: ErrorCode, now: Timestamp, request: &ApReq) -> KrbError {
        let server = self
            .identity
            .clone()
            .unwrap_or_else(|| request.ticket.server());
        // MS-KILE section 3.4.5: with it the initiator learns the acceptor's clock and tries again.
        let skew_recovery = KerbErrorData {
            data_type: KerbErrorData::SKEW_RECOVERY,
            data_value: None,
        };
        let is_windows_skew =
            self.config.dialect == Dialect::Windows && code == ErrorCode::KRB_AP_ERR_SKEW;
        KrbError {
            pvno: 5,
            msg_type: 30,
            ctime: None,
            cusec: None,
            stime: now.time(),
            susec: now.microseconds() as i32,
            error_code: code,
            crealm: None,
            cname: None,
            realm: server.realm,
            sname: server.name,
            e_text: None,
            e_data: is_windows_skew.then(|| skew_recovery.encode()),
        }
    }

    pub(super) fn frame(&self, id: TokenId, mechanism: Mechanism, message: Vec<u8>) -> Vec<u8> {
        match self.framing {
            Framing::Raw => message,
            Framing::Gss => ContextToken {
                mechanism,
                id,
                message: &message,
            }
            .encode(),
        }
    }
}
