// A tap between browsers and the server: everything that passes can be read,
// WebSocket messages one by one, and changed. What the server could see, a test sees.

import { createServer, connect as dial, type Server as Listener, type Socket } from "node:net";

/** A message on /signal, by its direction. */
export interface Message {
  connection: number;
  toServer: boolean;
  opcode: number; // 1 text, 2 binary, 8 close, 9 ping, 10 pong
  payload: Buffer;
}

export interface Tap {
  url: string;
  /** Every byte in both directions, as on the wire; client frames are masked in it. */
  raw: Buffer[];
  messages: Message[];
  /** Lets nothing pass for a while, or until what it returns is called, and loses nothing. */
  hold(ms: number): () => void;
  close(): Promise<void>;
}

/**
 * Listens on a free port and carries everything to `target`. `change` may alter
 * a WebSocket message: what it returns goes on, null drops it.
 */
export async function startTap(target: string, change: (m: Message) => Buffer | Buffer[] | null = (m) => m.payload): Promise<Tap> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const tap: Tap = { url: "", raw: [], messages: [], hold: () => () => undefined, close: async () => undefined };
  let connections = 0;

  const listener: Listener = createServer((client) => {
    const connection = connections++;
    const server = dial(Number(port), hostname);
    for (const s of [client, server]) {
      sockets.add(s);
      s.on("error", () => undefined);
      s.on("close", () => {
        sockets.delete(s);
        client.destroy();
        server.destroy();
      });
    }
    let upgraded = false;
    const up = new Frames((opcode, payload) => pass({ connection, toServer: true, opcode, payload }, server));
    const down = new Frames((opcode, payload) => pass({ connection, toServer: false, opcode, payload }, client));

    client.on("data", (data: Buffer) => {
      tap.raw.push(data);
      if (upgraded) return up.push(data);
      server.write(data);
    });
    let head = Buffer.alloc(0);
    server.on("data", (data: Buffer) => {
      tap.raw.push(data);
      if (upgraded) return down.push(data);
      head = Buffer.concat([head, data]);
      const end = head.indexOf("\r\n\r\n");
      if (end >= 0 && head.subarray(0, 12).toString() === "HTTP/1.1 101") {
        upgraded = true;
        client.write(head.subarray(0, end + 4));
        return down.push(head.subarray(end + 4));
      }
      head = Buffer.alloc(0);
      client.write(data);
      return undefined;
    });
  });

  function pass(message: Message, to: Socket): void {
    tap.messages.push(message);
    const out = message.opcode === 2 ? change(message) : message.payload;
    if (out === null) return;
    for (const payload of Array.isArray(out) ? out : [out]) to.write(frame(message.opcode, payload, message.toServer));
  }

  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  if (typeof address !== "object" || address === null) throw new Error("the tap has no address");
  tap.url = `http://127.0.0.1:${address.port}`;
  tap.hold = (ms) => {
    const held = [...sockets];
    for (const s of held) s.pause();
    const goOn = (): void => {
      clearTimeout(timer);
      for (const s of held) s.resume();
    };
    const timer = setTimeout(goOn, ms);
    return goOn;
  };
  tap.close = () =>
    new Promise((resolve) => {
      listener.close(() => resolve());
      for (const s of sockets) s.destroy();
    });
  return tap;
}

/** Cuts a stream into whole frames and takes the mask off. RFC 6455, 5.2. Messages here are never fragmented. */
class Frames {
  readonly #out: (opcode: number, payload: Buffer) => void;
  #held: Buffer = Buffer.alloc(0);

  constructor(out: (opcode: number, payload: Buffer) => void) {
    this.#out = out;
  }

  push(data: Buffer): void {
    this.#held = Buffer.concat([this.#held, data]);
    for (;;) {
      const b = this.#held;
      if (b.length < 2) return;
      const [first = 0, second = 0] = b;
      let length = second & 0x7f;
      let at = 2;
      if (length === 126) {
        if (b.length < 4) return;
        length = b.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (b.length < 10) return;
        length = Number(b.readBigUInt64BE(2));
        at = 10;
      }
      const masked = (second & 0x80) !== 0;
      const start = at + (masked ? 4 : 0);
      if (b.length < start + length) return;
      const payload = Buffer.from(b.subarray(start, start + length));
      if (masked) for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (b[at + (i & 3)] ?? 0);
      this.#held = b.subarray(start + length);
      this.#out(first & 0x0f, payload);
    }
  }
}

/** A frame around a payload; towards the server with a mask of zeros, which leaves it as it is. */
function frame(opcode: number, payload: Buffer, masked: boolean): Buffer {
  const length = payload.length < 126 ? Buffer.from([payload.length]) : Buffer.from([126, payload.length >> 8, payload.length & 0xff]);
  if (masked) length[0] = (length[0] ?? 0) | 0x80;
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}
