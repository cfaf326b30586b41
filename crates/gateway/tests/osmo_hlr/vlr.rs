//! A pretend serving node (VLR or SGSN) on osmo-hlr's GSUP port: the witness of what the register
//! makes the network do. Knows location updates and subscriber data, and nothing else.
//!
//! A frame is two octets of length, the stream and the payload: 0xFE is the handshake (IPA CCM),
//! 0xEE with extension 0x05 is GSUP (Osmocom GSUP manual, "Message format").

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Long enough for a loaded machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

const UPDATE_REQUEST: u8 = 0x04;
const UPDATE_ERROR: u8 = 0x05;
const UPDATE_RESULT: u8 = 0x06;
const VECTORS_REQUEST: u8 = 0x08;
const VECTORS_RESULT: u8 = 0x0a;
const INSERT_REQUEST: u8 = 0x10;
const INSERT_RESULT: u8 = 0x12;
const DELETE_REQUEST: u8 = 0x14;
const DELETE_RESULT: u8 = 0x16;

const IMSI: u8 = 0x01;
const CAUSE: u8 = 0x02;
const MSISDN: u8 = 0x08;
const DOMAIN: u8 = 0x28;

/// Which half of the network it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Calls and texts.
    Calls,
    /// Data.
    Data,
}

/// What the node knows of a SIM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guest {
    /// Whether it is served.
    pub(crate) is_served: bool,
    /// The number the register gave.
    pub(crate) msisdn: Option<String>,
    /// Answered location updates: the cause of the last refusal, none if it was accepted.
    pub(crate) updates: u32,
    pub(crate) cause: Option<u8>,
    /// How often the register took its data away.
    pub(crate) deletions: u32,
    /// How often the register gave vectors for authenticating it.
    pub(crate) vectors: u32,
}

type Guests = BTreeMap<String, Guest>;

/// One serving node, connected to one register.
pub(crate) struct Vlr {
    domain: Domain,
    out: mpsc::UnboundedSender<Vec<u8>>,
    guests: watch::Receiver<Guests>,
    reader: JoinHandle<()>,
}

impl Drop for Vlr {
    fn drop(&mut self) {
        // Two nodes of one name confuse the register: the connection ends with its owner.
        self.reader.abort();
    }
}

impl Vlr {
    /// Connects, and waits until the register has greeted.
    pub(crate) async fn connect(host: IpAddr, domain: Domain) -> Self {
        let stream = TcpStream::connect((host, 4222)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (input, output) = stream.into_split();
        let (out, frames) = mpsc::unbounded_channel();
        let (told, guests) = watch::channel(Guests::new());
        let (greeted, greeting) = watch::channel(false);
        tokio::spawn(write(output, frames));
        let node = Node { domain, out: out.clone(), told, greeted };
        let reader = tokio::spawn(node.read(input));
        let mut greeting = greeting;
        in_time(greeting.wait_for(|is_greeted| *is_greeted)).await.unwrap();
        Self { domain, out, guests, reader }
    }

    /// A handset turns up here; the register's answer: nothing, or the cause of a refusal.
    pub(crate) async fn locate(&mut self, imsi: &str) -> Result<(), u8> {
        let updates = |guests: &Guests| guests.get(imsi).map_or(0, |guest| guest.updates);
        let before = updates(&self.guests.borrow());
        let domain = match self.domain {
            Domain::Data => 1,
            Domain::Calls => 2,
        };
        self.out.send(gsup(UPDATE_REQUEST, imsi, &[DOMAIN, 1, domain])).unwrap();
        let guests =
            in_time(self.guests.wait_for(|guests| updates(guests) > before)).await.unwrap();
        match guests[imsi].cause {
            None => Ok(()),
            Some(cause) => Err(cause),
        }
    }

    /// The register is asked for vectors to authenticate the SIM, which uses its keys.
    pub(crate) async fn authenticate(&mut self, imsi: &str) {
        let before = self.guest(imsi).vectors;
        self.out.send(gsup(VECTORS_REQUEST, imsi, &[DOMAIN, 1, 2])).unwrap();
        self.until(imsi, |guest| guest.vectors > before).await;
    }

    /// What is known of the SIM now.
    pub(crate) fn guest(&self, imsi: &str) -> Guest {
        self.guests.borrow().get(imsi).cloned().unwrap_or_default()
    }

    /// Waits until `is` holds for the SIM.
    pub(crate) async fn until(&mut self, imsi: &str, is: impl Fn(&Guest) -> bool) {
        let holds = |guests: &Guests| is(&guests.get(imsi).cloned().unwrap_or_default());
        in_time(self.guests.wait_for(holds)).await.unwrap();
    }
}

async fn in_time<T>(wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wait).await.expect("the register does not answer")
}

async fn write(mut output: OwnedWriteHalf, mut frames: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if output.write_all(&frame).await.is_err() {
            return;
        }
    }
}

struct Node {
    domain: Domain,
    out: mpsc::UnboundedSender<Vec<u8>>,
    told: watch::Sender<Guests>,
    greeted: watch::Sender<bool>,
}

impl Node {
    async fn read(self, mut input: OwnedReadHalf) {
        loop {
            let mut head = [0; 3];
            if input.read_exact(&mut head).await.is_err() {
                return;
            }
            let mut payload = vec![0; usize::from(u16::from_be_bytes([head[0], head[1]]))];
            if input.read_exact(&mut payload).await.is_err() {
                return;
            }
            match (head[2], payload.as_slice()) {
                (0xFE, [kind, ..]) => self.handshake(*kind),
                (0xEE, [0x05, kind, elements @ ..]) => self.heard(*kind, elements),
                _ => {}
            }
        }
    }

    /// IPA CCM: ping, who are you, and the acknowledgement.
    fn handshake(&self, kind: u8) {
        let name = match self.domain {
            Domain::Calls => "VLR-TEST",
            Domain::Data => "SGSN-TEST",
        };
        let answer = match kind {
            0x00 => vec![0x01],
            0x04 => {
                let mut answer = vec![0x05];
                for (tag, value) in [(0x08, "0/0/0"), (0x00, name), (0x01, name)] {
                    let length = u16::try_from(value.len() + 2).unwrap();
                    answer.extend(length.to_be_bytes());
                    answer.push(tag);
                    answer.extend(value.as_bytes());
                    answer.push(0);
                }
                answer
            }
            0x06 => vec![0x06],
            _ => return,
        };
        let _ = self.out.send(frame(0xFE, &answer));
        if kind == 0x04 {
            // osmo-hlr acknowledges nothing: whoever has said a name is known.
            self.greeted.send_replace(true);
        }
    }

    fn heard(&self, kind: u8, elements: &[u8]) {
        let elements = elements_of(elements);
        let Some(imsi) = elements.get(&IMSI).map(unpacked) else { return };
        match kind {
            INSERT_REQUEST => drop(self.out.send(gsup(INSERT_RESULT, &imsi, &[]))),
            DELETE_REQUEST => drop(self.out.send(gsup(DELETE_RESULT, &imsi, &[]))),
            _ => {}
        }
        self.told.send_modify(|guests| {
            let guest = guests.entry(imsi).or_default();
            match kind {
                INSERT_REQUEST => {
                    // The first octet is the length of the number.
                    let number = elements.get(&MSISDN).and_then(|value| value.get(1..));
                    guest.msisdn = number.map(unpacked);
                }
                UPDATE_RESULT => {
                    guest.updates += 1;
                    (guest.is_served, guest.cause) = (true, None);
                }
                UPDATE_ERROR => {
                    guest.updates += 1;
                    let cause = elements.get(&CAUSE).and_then(|value| value.first());
                    (guest.is_served, guest.cause) = (false, cause.copied());
                }
                VECTORS_RESULT => guest.vectors += 1,
                DELETE_REQUEST => {
                    guest.deletions += 1;
                    guest.is_served = false;
                }
                _ => {}
            }
        });
    }
}

fn frame(stream: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = u16::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
    frame.push(stream);
    frame.extend(payload);
    frame
}

fn gsup(kind: u8, imsi: &str, more: &[u8]) -> Vec<u8> {
    let digits = packed(imsi);
    let mut payload = vec![0x05, kind, IMSI, u8::try_from(digits.len()).unwrap()];
    payload.extend(digits);
    payload.extend(more);
    frame(0xEE, &payload)
}

fn elements_of(mut rest: &[u8]) -> BTreeMap<u8, Vec<u8>> {
    let mut elements = BTreeMap::new();
    while let [tag, length, more @ ..] = rest {
        let length = usize::from(*length).min(more.len());
        elements.insert(*tag, more[..length].to_vec());
        rest = &more[length..];
    }
    elements
}

/// Two digits in an octet, the first in the lower half; an odd one is filled with F.
fn packed(digits: &str) -> Vec<u8> {
    let digit = |byte: u8| byte - b'0';
    let pair = |pair: &[u8]| digit(pair[0]) | pair.get(1).map_or(0xF0, |high| digit(*high) << 4);
    digits.as_bytes().chunks(2).map(pair).collect()
}

fn unpacked(octets: impl AsRef<[u8]>) -> String {
    let halves = octets.as_ref().iter().flat_map(|octet| [octet & 15, octet >> 4]);
    halves.filter(|half| *half < 10).map(|half| char::from(b'0' + half)).collect()
}
