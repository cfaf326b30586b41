// A message centre for tests, made with the npm package `smpp`; nothing of it is ours but this.
//
// Options come as JSON in CENTRE_OPTIONS, commands as JSON lines on stdin, and everything that
// happens goes as JSON lines to stdout:
//   ids      "decimal" | "hex" | "zeros" | "hex-decimal" (answer in hex, receipt in decimal)
//   early    the receipt goes before the answer to the submission
//   tlv      the receipt names the message by a parameter only, else by its text only
//   throttle every n-th submission is refused once with ESME_RTHROTTLED
//   cut      numbers of submissions that are taken, but the connection ends before the answer
//   drop     numbers of submissions at which the connection ends before they are taken
//   fail     receipts say UNDELIV
//   quiet    of single messages nothing is said: for measurements
'use strict';
const path = require('path');
const smpp = require(path.join(process.env.SMSC_MODULES, 'smpp'));
const readline = require('readline');

const options = JSON.parse(process.env.CENTRE_OPTIONS || '{}');
const say = (what) => {
  if (options.quiet && !what.listening && !what.bound) return;
  process.stdout.write(JSON.stringify(what) + '\n');
};
const sessions = new Set();
const throttled = new Set();
let submissions = 0;
let ids = options.first || 10;
const unacknowledged = new Map();

const spelled = (id, isReceipt) => {
  switch (options.ids) {
    case 'hex': return id.toString(16).toUpperCase();
    case 'zeros': return isReceipt ? String(id).padStart(10, '0') : String(id);
    case 'hex-decimal': return isReceipt ? String(id) : id.toString(16);
    default: return String(id);
  }
};

const tell = (session, to, from, id) => {
  const state = options.fail ? 'UNDELIV' : 'DELIVRD';
  const shown = spelled(id, true);
  const pdu = { esm_class: 4, source_addr: to, source_addr_ton: 1, destination_addr: from };
  if (options.tlv) {
    pdu.receipted_message_id = shown;
    pdu.message_state = options.fail ? 5 : 2;
    pdu.short_message = Buffer.from('receipt');
  } else {
    pdu.short_message = Buffer.from(
      `id:${shown} sub:001 dlvrd:001 submit date:2603111000 done date:2603111001 stat:${state} err:000 text:`);
  }
  unacknowledged.set(id, [to, from]);
  session.deliver_sm(pdu, (answer) => {
    if (answer.command_status === 0 && unacknowledged.delete(id)) say({ receipted: id });
  });
};

const server = smpp.createServer({}, (session) => {
  session.on('error', (error) => say({ error: error.code || String(error) }));
  session.on('close', () => sessions.delete(session));
  session.on('bind_transceiver', (pdu) => {
    if (pdu.system_id !== 'baohao' || pdu.password !== 'secret') {
      session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      return session.close();
    }
    session.send(pdu.response({ system_id: 'centre' }));
    sessions.add(session);
    say({ bound: true });
    for (const [id, [to, from]] of [...unacknowledged]) tell(session, to, from, id);
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('submit_sm', (pdu) => {
    if (session.isCut) return;
    submissions += 1;
    const to = pdu.destination_addr;
    if (options.throttle && submissions % options.throttle === 0 && !throttled.has(to)) {
      throttled.add(to);
      say({ throttled: to });
      return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    }
    if ((options.drop || []).includes(submissions)) {
      session.isCut = true;
      say({ dropped: to });
      return session.socket.destroy();
    }
    const id = ids++;
    const body = pdu.message_payload || pdu.short_message;
    say({ submit: id, to, from: pdu.source_addr, text: body.message, coding: pdu.data_coding,
      udh: body.udh ? body.udh.map((one) => Buffer.from(one).toString('hex')) : null,
      sar: pdu.sar_total_segments
        ? [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum] : null,
      validity: typeof pdu.validity_period });
    if ((options.cut || []).includes(submissions)) {
      session.isCut = true;
      unacknowledged.set(id, [to, pdu.source_addr]);
      say({ cut: to });
      return session.socket.destroy();
    }
    const answer = () => session.send(pdu.response({ message_id: spelled(id, false) }));
    if (!options.early) answer();
    if (options.receipts !== false) tell(session, to, pdu.source_addr, id);
    if (options.early) setTimeout(answer, 20);
  });
});
server.listen(Number(process.env.CENTRE_PORT || 0), '127.0.0.1',
  () => say({ listening: server.address().port }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  const [session] = sessions;
  if (command.text) {
    const pdu = { source_addr: command.from, source_addr_ton: 1, destination_addr: '10000',
      data_coding: command.coding || 0 };
    if (command.udh) {
      pdu.esm_class = 0x40;
      pdu.short_message = { udh: Buffer.from(command.udh, 'hex'), message: command.text };
    } else {
      pdu.short_message = command.text;
    }
    session.deliver_sm(pdu, (answer) => say({ taken: command.text, status: answer.command_status }));
  }
  if (command.sync) say({ synced: true });
  if (command.raw) session.socket.write(Buffer.from(command.raw, 'hex'));
  if (command.receipt) {
    const { to, from, id } = command.receipt;
    tell(session, to, from, id);
  }
}).on('close', () => process.exit(0));
