// Which way a connection goes, from what getStats() says. Pure.

import type { Route } from "../shared/views.ts";

/** One end of the selected candidate pair. */
export interface End {
  type: string; // host, srflx, prflx, relay
  address: string; // empty where the browser hides it
}

/** The way between two ends: relayed if either is, LAN if neither left the local network. */
export function routeOf(local: End, remote: End): Route {
  if (local.type === "relay" || remote.type === "relay") return "relayed";
  if (local.type === "srflx" || remote.type === "srflx") return "direct";
  if (isHere(local.address) || isHere(remote.address)) return "lan"; // the other end is on this machine too, whatever address it goes by
  const net = network(local.address);
  return (isNear(local) && isNear(remote)) || (net !== null && net === network(remote.address)) ? "lan" : "direct";
}

function isHere(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** An end whose address means something only on its own network. One that the browser hides from us is a host's. */
function isNear(end: End): boolean {
  return isLocal(end.address) || (end.type === "host" && end.address === "");
}

/**
 * What two hosts beside each other have in common, where their addresses are public:
 * the first 24 bits, or 64 of IPv6. A host candidate alone says nothing: without a
 * NAT, as with IPv6, it is the one that the whole internet uses.
 */
function network(address: string): string | null {
  if (/^\d+(\.\d+){3}$/.test(address)) return address.slice(0, address.lastIndexOf("."));
  if (!address.includes(":")) return null;
  const [head = [], tail] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 4).map((group) => parseInt(group, 16)).join(":");
}

/** RFC 1918, loopback, link-local and unique local addresses, and mDNS names. */
function isLocal(address: string): boolean {
  return /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|fe[89ab]|f[cd])/i.test(address) || address.endsWith(".local");
}

/** What a statistics report says of the path in use. */
export interface PathNow {
  route: Route;
  /** Round trip, ms; null where the browser doesn't say. */
  roundTrip: number | null;
  /** The share of the browser's checks of the path that were not answered; null while there were too few to tell, or the browser doesn't say. */
  lost: number | null;
}

/** Checks below which a share of them says nothing: one comes every few seconds. */
const checksMin = 40;

/** Reads the selected pair out of a statistics report. */
export function pathFrom(report: RTCStatsReport): PathNow {
  const byId = new Map<string, Record<string, unknown>>();
  let pairId: unknown;
  let nominated: Record<string, unknown> | undefined;
  report.forEach((entry: Record<string, unknown>) => {
    if (typeof entry["id"] === "string") byId.set(entry["id"], entry);
    if (entry["type"] === "transport") pairId = entry["selectedCandidatePairId"];
    // Firefox names no pair in its transport; there the chosen one is marked.
    if (entry["type"] === "candidate-pair" && entry["state"] === "succeeded" && (entry["selected"] === true || entry["nominated"] === true)) nominated = entry;
  });
  const pair = (typeof pairId === "string" ? byId.get(pairId) : undefined) ?? nominated;
  if (pair === undefined) return { route: "unknown", roundTrip: null, lost: null };
  const local = endOf(byId.get(String(pair["localCandidateId"])));
  const remote = endOf(byId.get(String(pair["remoteCandidateId"])));
  const [seconds, sent, answered] = [pair["currentRoundTripTime"], pair["requestsSent"], pair["responsesReceived"]];
  return {
    route: local === null || remote === null ? "unknown" : routeOf(local, remote),
    roundTrip: typeof seconds === "number" ? seconds * 1000 : null,
    lost: typeof sent === "number" && typeof answered === "number" && sent >= checksMin ? Math.max(0, 1 - answered / sent) : null,
  };
}

function endOf(candidate: Record<string, unknown> | undefined): End | null {
  if (candidate === undefined) return null;
  const address = candidate["address"];
  return { type: String(candidate["candidateType"]), address: typeof address === "string" ? address : "" };
}
