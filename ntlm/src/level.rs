use std::fmt;

/// LmCompatibilityLevel, "Network security: LAN Manager authentication level": one setting that says what a
/// client sends and what a domain controller accepts (MS-NLMP section 3.1.1.1 and its product notes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LmCompatibilityLevel {
    /// 0: Send LM & NTLM responses.
    Level0,
    /// 1: Send LM & NTLM - use NTLMv2 session security if negotiated.
    Level1,
    /// 2: Send NTLM response only.
    Level2,
    /// 3: Send NTLMv2 response only.
    Level3,
    /// 4: Send NTLMv2 response only. Refuse LM.
    Level4,
    /// 5: Send NTLMv2 response only. Refuse LM & NTLM.
    Level5,
}

impl LmCompatibilityLevel {
    /// Every level, in order.
    pub const ALL: [Self; 6] = [
        Self::Level0,
        Self::Level1,
        Self::Level2,
        Self::Level3,
        Self::Level4,
        Self::Level5,
    ];

    /// The level of a number in the registry.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The number in the registry.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// What the policy is called in the Group Policy editor.
    pub fn policy_text(self) -> &'static str {
        match self {
            Self::Level0 => "Send LM & NTLM responses",
            Self::Level1 => "Send LM & NTLM - use NTLMv2 session security if negotiated",
            Self::Level2 => "Send NTLM response only",
            Self::Level3 => "Send NTLMv2 response only",
            Self::Level4 => "Send NTLMv2 response only. Refuse LM",
            Self::Level5 => "Send NTLMv2 response only. Refuse LM & NTLM",
        }
    }

    /// What a client of this level sends.
    pub fn sends(self) -> SentResponses {
        match self {
            Self::Level0 | Self::Level1 => SentResponses::LmAndNtlm,
            Self::Level2 => SentResponses::Ntlm,
            Self::Level3 | Self::Level4 | Self::Level5 => SentResponses::NtlmV2,
        }
    }

    /// Whether a client of this level asks for extended session security.
    pub fn asks_extended_session_security(self) -> bool {
        self != Self::Level0
    }

    /// Whether a domain controller of this level accepts a response.
    pub fn accepts(self, kind: ResponseKind) -> bool {
        match kind {
            ResponseKind::Lm => self < Self::Level4,
            ResponseKind::Ntlm | ResponseKind::Ntlm2Session => self < Self::Level5,
            ResponseKind::LmV2 | ResponseKind::NtlmV2 => true,
        }
    }
}

impl fmt::Display for LmCompatibilityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number(), self.policy_text())
    }
}

/// Which responses a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentResponses {
    /// The LM and the NTLMv1 response, or NTLM2 session if extended session security is negotiated.
    LmAndNtlm,
    /// The NTLMv1 response in both places (NoLMResponseNTLMv1), or NTLM2 session.
    Ntlm,
    /// The NTLMv2 and the LMv2 response.
    NtlmV2,
}

/// What a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResponseKind {
    /// LM (MS-NLMP section 3.3.1).
    Lm,
    /// LMv2 (MS-NLMP section 3.3.2).
    LmV2,
    /// NTLMv1 without extended session security (MS-NLMP section 3.3.1).
    Ntlm,
    /// NTLMv1 with extended session security (MS-NLMP section 3.3.1).
    Ntlm2Session,
    /// NTLMv2 (MS-NLMP section 3.3.2).
    NtlmV2,
}

impl fmt::Display for ResponseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lm => "LM",
            Self::LmV2 => "LMv2",
            Self::Ntlm => "NTLM",
            Self::Ntlm2Session => "NTLM2 session",
            Self::NtlmV2 => "NTLMv2",
        })
    }
}
