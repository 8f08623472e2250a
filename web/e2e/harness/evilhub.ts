// A hub turned malicious: it stands before the real server, hands out its pages
// as they are, and does to everything on /signal what an attack likes. What a hub
// may know it knows: topics, handles and frames, never a key.

import { createServer, type IncomingMessage, request as ask } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

/** Operations and sizes of signaling/PROTOCOL.md, 3. */
export const op = { sub: 0x01, pub: 0x03, subbed: 0x81, join: 0x82, leave: 0x83, data: 0x84, err: 0x85, ice: 0x87 } as const;
const frameAt = 37; // of PUB and DATA: operation 1, topic 32, handle 4
export const frameSize = 2048;
/** Kinds of frames, their second byte. wasm/PROTOCOL.md, d.3. */
export const kind = { m1: 3, m2: 4, t: 5 } as const;

/** A page's connection. */
export interface Client {
  /** Says something to the page, as the hub. */
  tell(data: Buffer): void;
  /** Says something to the real hub, as the page. */
  say(data: Buffer): void;
}

/** One message on its way. */
export interface Message {
  client: Client;
  toHub: boolean;
  op: number;
  data: Buffer;
  /** Of PUB and DATA: the frame and its kind. */
  frame: Buffer | null;
  kind: number;
  /** Lets it go on, or something in its place. */
  pass(data?: Buffer): void;
}

/** Decides about every message; what it doesn't pass is lost. */
export type Attack = (m: Message) => void;

export interface EvilHub {
  url: string;
  /** How many frames of the pages it saw while it attacked. */
  frames(): number;
  /** From now on everything passes. */
  behave(): void;
  /** The same, and as another hub: whoever was connected to this one has to come again. */
  replace(): void;
  close(): Promise<void>;
}

/** The same PUB or DATA around another frame. */
export function around(data: Buffer, frame: Buffer): Buffer {
  return Buffer.concat([data.subarray(0, frameAt), frame]);
}

/** Sends a frame of a page back to it, as if the one it was for had sent it. */
export function reflect(m: Message): void {
  if (m.toHub && m.frame !== null) m.client.tell(Buffer.concat([Buffer.from([op.data]), m.data.subarray(1)]));
}

/** A copy in which one bit of a byte is another. */
export function flipped(frame: Buffer, at: number): Buffer {
  const copy = Buffer.from(frame);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

export async function startEvilHub(target: string, attack: Attack): Promise<EvilHub> {
  const { host, hostname, port } = new URL(target);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const open = new Set<WebSocket>();
  let behaves = false;
  let frames = 0;

  const server = createServer((from, to) => {
    const passed = ask({ hostname, port, method: from.method, path: from.url, headers: { ...from.headers, host } }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(to);
    });
    passed.on("error", () => to.destroy());
    from.pipe(passed);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.handleUpgrade(request, socket, head, (page) => meet(page));
  });

  function meet(page: WebSocket): void {
    const hub = new WebSocket(`ws://${host}/signal`, "beeline.v1", { headers: { origin: target }, perMessageDeflate: false });
    const waiting: Buffer[] = [];
    const client: Client = {
      tell: (data) => page.readyState === WebSocket.OPEN && page.send(data),
      say: (data) => void (hub.readyState === WebSocket.OPEN ? hub.send(data) : waiting.push(data)),
    };
    const onWay = (toHub: boolean) => (data: Buffer) => {
      const frame = (data[0] === op.pub || data[0] === op.data) && data.length === frameAt + frameSize ? data.subarray(frameAt) : null;
      const pass = (other = data): void => (toHub ? client.say(other) : client.tell(other));
      if (behaves) return pass();
      if (toHub && frame !== null) frames++;
      return attack({ client, toHub, op: data[0] ?? 0, data, frame, kind: frame?.[1] ?? 0, pass });
    };
    hub.on("open", () => {
      for (const data of waiting.splice(0)) hub.send(data);
    });
    page.on("message", onWay(true));
    hub.on("message", onWay(false));
    for (const [one, other] of [[page, hub], [hub, page]] as const) {
      open.add(one);
      one.on("error", () => one.terminate());
      one.on("close", () => {
        open.delete(one);
        other.close();
      });
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the hub has no address");
  return {
    url: `http://127.0.0.1:${address.port}`,
    frames: () => frames,
    behave() {
      behaves = true;
    },
    replace() {
      behaves = true;
      for (const socket of open) socket.terminate();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.terminate();
        server.closeAllConnections();
      }),
  };
}
