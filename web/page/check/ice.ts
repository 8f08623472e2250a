// The hub's answer to the question for STUN and TURN servers, which the test page
// asks itself: elsewhere the core does. signaling/PROTOCOL.md 3.2.

/** Operation 07, ICE. */
export const askICE = new Uint8Array([0x07]);
const opAnswer = 0x87;
const answerSize = 513;

export interface Servers {
  urls: string[];
  username: string;
  credential: string;
}

/** Reads an answer; null for a message that is none. */
export function readServers(message: Uint8Array): Servers | null {
  if (message.length !== answerSize || message[0] !== opAnswer) return null;
  let at = 5; // after the ttl
  const text = (): string | null => {
    const n = message[at];
    if (n === undefined || at + 1 + n > message.length) return null;
    const bytes = message.subarray(at + 1, at + 1 + n);
    at += 1 + n;
    return new TextDecoder().decode(bytes);
  };
  const [username, credential] = [text(), text()];
  const count = message[at++];
  if (username === null || credential === null || count === undefined || count > 8) return null;
  const urls: string[] = [];
  for (let i = 0; i < count; i++) {
    const url = text();
    if (url === null) return null;
    // As the core does: one that a browser does not take would cost it all.
    if (/^(stun|turns?):(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?$/i.test(url)) urls.push(url);
  }
  return { urls, username, credential };
}

/** What a firewall has to let pass for one of them. */
export interface Opening {
  host: string;
  port: string;
  protocol: "UDP" | "TCP";
  use: "stun" | "turn" | "turns";
}

const usual = { stun: "3478", turn: "3478", turns: "5349" } as const;

/** Takes the URLs of servers apart. */
export function openings(urls: readonly string[]): Opening[] {
  return urls.flatMap((url): Opening[] => {
    const [, use, host, port, transport] = /^(stun|turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(\w+))?$/.exec(url) ?? [];
    if ((use !== "stun" && use !== "turn" && use !== "turns") || host === undefined) return [];
    return [{ host, port: port ?? usual[use], protocol: use === "turns" || transport === "tcp" ? "TCP" : "UDP", use }];
  });
}
