use crate::gss::ContextFlags;

/// How many numbers below the greatest received are remembered.
const WINDOW: u64 = 64;

/// Where a message stands among those received (RFC 2743 section 1.2.3). The message itself is genuine whatever
/// this says; the application decides.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOrder {
    /// The message was received before (GSS_S_DUPLICATE_TOKEN).
    Duplicate,
    /// Messages before this one have not been received (GSS_S_GAP_TOKEN).
    Gap,
    /// The message is the next one, or the context detects neither replay nor disorder.
    InOrder,
    /// The message is too old to tell whether it was received before (GSS_S_OLD_TOKEN).
    Old,
    /// A later message was received before this one (GSS_S_UNSEQ_TOKEN).
    Unsequenced,
}

/// The sequence numbers of the messages received, as MIT remembers them.
#[derive(Clone, Debug)]
pub(super) struct ReceivedSequence {
    first: u64,
    /// The bits a sequence number has.
    mask: u64,
    /// The number expected next, counted from `first`.
    next: u64,
    /// Bit N is set when the number N + 1 below `next` has been received.
    received: u64,
    replay: bool,
    sequence: bool,
}

impl ReceivedSequence {
    /// `mask` has a bit for each bit of a sequence number.
    pub(super) fn new(first: u64, mask: u64, flags: ContextFlags) -> Self {
        Self {
            first,
            mask,
            next: 0,
            received: 0,
            replay: flags.contains(ContextFlags::REPLAY),
            sequence: flags.contains(ContextFlags::SEQUENCE),
        }
    }

    /// Takes note of a genuine message.
    pub(super) fn receive(&mut self, number: u64) -> TokenOrder {
        if !self.replay && !self.sequence {
            return TokenOrder::InOrder;
        }
        let number = number.wrapping_sub(self.first) & self.mask;
        let ahead = number.wrapping_sub(self.next) & self.mask;
        // Half of the numbers are ahead and half behind, since 32 bits come round.
        if ahead <= self.mask / 2 {
            let shift = ahead + 1;
            self.received = if shift < WINDOW {
                self.received << shift | 1
            } else {
                1
            };
            self.next = number.wrapping_add(1) & self.mask;
            return if ahead > 0 && self.sequence {
                TokenOrder::Gap
            } else {
                TokenOrder::InOrder
            };
        }
        let behind = self.next.wrapping_sub(number) & self.mask;
        if behind > WINDOW {
            return if self.sequence {
                TokenOrder::Unsequenced
            } else {
                TokenOrder::Old
            };
        }
        let bit = 1 << (behind - 1);
        if self.replay && self.received & bit != 0 {
            return TokenOrder::Duplicate;
        }
        self.received |= bit;
        if self.sequence {
            TokenOrder::Unsequenced
        } else {
            TokenOrder::InOrder
        }
    }
}
