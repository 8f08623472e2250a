// What a test found, from what the browser gathered. Pure.

/** Of one thing that was tried. "none": the server has none of it. */
export type Found = "waiting" | "running" | "yes" | "no" | "unknown" | "none";

export interface Results {
  hub: Found;
  /** UDP to the server and back. */
  udp: Found;
  turnUDP: Found;
  turnTCP: Found;
  turnTLS: Found;
  ipv6: Found;
  /** The own addresses as the server sees them. Shown to the person, sent to nobody. */
  addresses: readonly string[];
}

export const untested: Results = { hub: "waiting", udp: "waiting", turnUDP: "waiting", turnTCP: "waiting", turnTLS: "waiting", ipv6: "waiting", addresses: [] };

/** A candidate, as far as it matters here. */
export interface Seen {
  type: string;
  address: string;
}

export interface Gathered {
  seen: readonly Seen[];
  /** The browser said that a server did not answer. */
  failed: boolean;
}

/** Whether a relay gave an allocation. */
export function relayFound({ seen }: Gathered): Found {
  return seen.some((c) => c.type === "relay") ? "yes" : "no";
}

/**
 * Whether UDP goes to the server and back. A browser whose address is the same
 * to the server as to itself says nothing, and neither does one that heard
 * nothing and does not complain: then the relay's answer by UDP counts.
 */
export function udpFound(stun: Gathered, relayed: Found): Found {
  if (relayed === "yes" || addressesOf(stun).length > 0) return "yes";
  return stun.failed || relayed === "no" ? "no" : "unknown";
}

export function addressesOf({ seen }: Gathered): string[] {
  return [...new Set(seen.filter((c) => c.type === "srflx" && c.address !== "").map((c) => c.address))];
}

/** Whether an address of IPv6 is there that leads further than the own network. Browsers may hide their own. */
export function ipv6Found({ seen }: Gathered): Found {
  return seen.some((c) => c.address.includes(":") && !/^(fe[89ab]|f[cd]|::1$)/i.test(c.address)) ? "yes" : "unknown";
}

/** What it comes to. */
export type Verdict = "untested" | "running" | "all" | "direct" | "unsure" | "relay" | "local" | "server";

export function verdict(r: Results): Verdict {
  if (r.hub === "waiting") return "untested";
  const all = [r.hub, r.udp, r.turnUDP, r.turnTCP, r.turnTLS, r.ipv6];
  if (r.hub !== "no" && all.some((f) => f === "running" || f === "waiting")) return "running";
  if (r.hub === "no") return "server";
  const relay = [r.turnUDP, r.turnTCP, r.turnTLS].includes("yes");
  if (r.udp === "no") return relay ? "relay" : "local";
  if (relay) return "all";
  return r.udp === "yes" ? "direct" : "unsure";
}
