/// VERSION: what the sender's operating system is, for debugging only (MS-NLMP section 2.2.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// ProductMajorVersion.
    pub major: u8,
    /// ProductMinorVersion.
    pub minor: u8,
    /// ProductBuild.
    pub build: u16,
    /// NTLMRevisionCurrent.
    pub ntlm_revision: u8,
}

impl Version {
    /// NTLMSSP_REVISION_W2K3, the only revision there is.
    pub const NTLMSSP_REVISION_W2K3: u8 = 15;
    /// What stands where no version is negotiated.
    pub const UNKNOWN: Self = Self {
        major: 0,
        minor: 0,
        build: 0,
        ntlm_revision: 0,
    };
    /// Windows Server 2003 with a service pack.
    pub const WINDOWS_SERVER_2003: Self = Self {
        major: 5,
        minor: 2,
        build: 3790,
        ntlm_revision: Self::NTLMSSP_REVISION_W2K3,
    };

    pub(super) fn from_octets(octets: [u8; 8]) -> Self {
        let [major, minor, low, high, _, _, _, ntlm_revision] = octets;
        Self {
            major,
            minor,
            build: u16::from_le_bytes([low, high]),
            ntlm_revision,
        }
    }

    pub(super) fn octets(self) -> [u8; 8] {
        let [low, high] = self.build.to_le_bytes();
        [
            self.major,
            self.minor,
            low,
            high,
            0,
            0,
            0,
            self.ntlm_revision,
        ]
    }
}
