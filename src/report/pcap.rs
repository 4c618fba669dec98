//! The packets of a run as a pcapng file, one interface per phase.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::PacketBuilder;
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};

use crate::check::Report;
use crate::sim::{Fate, Packet, Payload};

const TIME_TO_LIVE: u8 = 64;
const WINDOW: u16 = u16::MAX;
/// Nanoseconds, which is what the writer counts in.
const NANOSECONDS: u8 = 9;

/// The pcapng file of every packet of `reports`, in virtual time. A packet's comment says in which phase
/// of which scenario it travelled, and what became of it.
///
/// # Errors
/// When a packet does not fit into an IP packet.
pub fn pcap(reports: &[Report]) -> io::Result<Vec<u8>> {
    let mut writer = PcapNgWriter::new(Vec::new()).map_err(io::Error::other)?;
    let phases = reports
        .iter()
        .flat_map(|report| report.phases.iter().map(move |phase| (report, phase)));
    for (interface, (report, phase)) in (0u32..).zip(phases) {
        let name = format!("{} {}", report.id, phase.phase);
        writer
            .write_pcapng_block(InterfaceDescriptionBlock {
                linktype: DataLink::RAW,
                snaplen: 0,
                options: vec![
                    InterfaceDescriptionOption::IfName(Cow::Borrowed(&name)),
                    InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
                ],
            })
            .map_err(io::Error::other)?;
        // Phases repeat their ports; sequence numbers of their own keep the streams apart.
        let mut streams = Streams::new(interface.wrapping_mul(1 << 20));
        for packet in &phase.packets {
            let data = streams.ip_packet(packet)?;
            let comment = match packet.fate {
                Fate::Delivered => name.clone(),
                fate => format!("{name}: {fate}"),
            };
            let since_1970 = u64::try_from(packet.sent.unix_microseconds()).unwrap_or(0);
            writer
                .write_pcapng_block(EnhancedPacketBlock {
                    interface_id: interface,
                    timestamp: Duration::from_micros(since_1970),
                    original_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
                    data: Cow::Owned(data),
                    options: vec![EnhancedPacketOption::Comment(Cow::Owned(comment))],
                })
                .map_err(io::Error::other)?;
        }
    }
    Ok(writer.into_inner())
}

/// The TCP sequence numbers of each direction.
struct Streams {
    first: u32,
    next: HashMap<(SocketAddr, SocketAddr), u32>,
}

impl Streams {
    fn new(first: u32) -> Self {
        Self {
            first,
            next: HashMap::new(),
        }
    }

    fn ip_packet(&mut self, packet: &Packet) -> io::Result<Vec<u8>> {
        let (IpAddr::V4(source), IpAddr::V4(destination)) =
            (packet.source.ip(), packet.destination.ip())
        else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let ip = PacketBuilder::ipv4(source.octets(), destination.octets(), TIME_TO_LIVE);
        let (source, destination) = (packet.source.port(), packet.destination.port());
        let bytes = packet.payload.bytes();
        let mut data = Vec::with_capacity(bytes.len() + 40);
        let written = match &packet.payload {
            Payload::Datagram(bytes) => ip.udp(source, destination).write(&mut data, bytes),
            Payload::Unreachable => ip
                .icmpv4(etherparse::Icmpv4Type::DestinationUnreachable(
                    etherparse::icmpv4::DestUnreachableHeader::Port,
                ))
                .write(&mut data, &[]),
            Payload::Reset | Payload::Segment(_) | Payload::Syn | Payload::SynAck => {
                let (sequence, acknowledgement) = self.advance(packet);
                let tcp = ip.tcp(source, destination, sequence, WINDOW);
                match packet.payload {
                    Payload::Syn => tcp.syn(),
                    Payload::SynAck => tcp.syn().ack(acknowledgement),
                    Payload::Reset => tcp.rst().ack(acknowledgement),
                    _ => tcp.psh().ack(acknowledgement),
                }
                .write(&mut data, bytes)
            }
        };
        written.map_err(io::Error::other)?;
        Ok(data)
    }

    /// The numbers of a TCP packet; what it carries moves those of its direction.
    fn advance(&mut self, packet: &Packet) -> (u32, u32) {
        let there = (packet.source, packet.destination);
        let back = (packet.destination, packet.source);
        let acknowledgement = self.next.get(&back).copied().unwrap_or(0);
        let sequence = *self.next.entry(there).or_insert(self.first);
        let length = match &packet.payload {
            Payload::Syn | Payload::SynAck => 1,
            payload => u32::try_from(payload.bytes().len()).unwrap_or(u32::MAX),
        };
        if packet.fate != Fate::Dropped {
            self.next.insert(there, sequence.wrapping_add(length));
        }
        (sequence, acknowledgement)
    }
}
