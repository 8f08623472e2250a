// The test itself: asks the server of this page, over the ways that a transfer
// may take, and nobody else. It begins when the person presses Test.

import { signal } from "@preact/signals";
import { addressesOf, type Found, type Gathered, ipv6Found, relayFound, type Results, type Seen, udpFound, untested } from "./judge.ts";
import { askICE, readServers, type Servers } from "./ice.ts";

/** For each way, ms: a relay over TLS takes a few round trips, and a browser some seconds to give one up. */
const within = 12_000;

export class Check {
  readonly results = signal<Results>(untested);
  /** Ways that the server named, once it was asked. */
  readonly urls = signal<readonly string[]>([]);

  async run(): Promise<void> {
    if (this.results.value.hub === "running") return;
    this.results.value = { ...untested, hub: "running" };
    const servers = await askHub();
    if (servers === null) return this.#found({ hub: "no" });
    this.urls.value = servers.urls;
    this.#found({ hub: "yes", udp: "running", turnUDP: "running", turnTCP: "running", turnTLS: "running", ipv6: "running" });
    const [stun, turnUDP, turnTCP, turnTLS] = await Promise.all([
      gather(servers.urls.filter((u) => u.startsWith("stun:")), servers, "all"),
      this.#relay("turnUDP", servers, (u) => u.startsWith("turn:") && !u.endsWith("=tcp")),
      this.#relay("turnTCP", servers, (u) => u.startsWith("turn:") && u.endsWith("=tcp")),
      this.#relay("turnTLS", servers, (u) => u.startsWith("turns:")),
    ]);
    this.#found({ udp: udpFound(stun, turnUDP), ipv6: ipv6Found(stun), addresses: addressesOf(stun), turnUDP, turnTCP, turnTLS });
  }

  async #relay(which: "turnUDP" | "turnTCP" | "turnTLS", servers: Servers, fits: (url: string) => boolean): Promise<Found> {
    const urls = servers.urls.filter(fits);
    const found = urls.length === 0 ? "none" : relayFound(await gather(urls, servers, "relay"));
    this.#found({ [which]: found });
    return found;
  }

  #found(some: Partial<Results>): void {
    this.results.value = { ...this.results.value, ...some };
  }
}

/** Asks the hub over a WebSocket for its servers; null where that does not work. */
function askHub(): Promise<Servers | null> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/signal`, "beeline.v1");
    socket.binaryType = "arraybuffer";
    const done = (servers: Servers | null) => {
      clearTimeout(timer);
      socket.close();
      resolve(servers);
    };
    const timer = setTimeout(() => done(null), within);
    socket.onopen = () => socket.send(askICE);
    socket.onerror = () => done(null);
    socket.onclose = () => done(null);
    socket.onmessage = (e: MessageEvent<unknown>) => {
      const servers = e.data instanceof ArrayBuffer ? readServers(new Uint8Array(e.data)) : null;
      if (servers !== null) done(servers);
    };
  });
}

/** What the browser finds with these servers alone. */
function gather(urls: readonly string[], servers: Servers, policy: RTCIceTransportPolicy): Promise<Gathered> {
  return new Promise((resolve) => {
    const seen: Seen[] = [];
    let failed = false;
    let rtc: RTCPeerConnection;
    try {
      const iceServers = urls.length === 0 ? [] : [{ urls: [...urls], username: servers.username, credential: servers.credential }];
      rtc = new RTCPeerConnection({ iceServers, iceTransportPolicy: policy });
    } catch {
      return resolve({ seen, failed: true }); // a URL that this browser does not take
    }
    const done = () => {
      clearTimeout(timer);
      rtc.close();
      resolve({ seen, failed });
    };
    const timer = setTimeout(done, within);
    rtc.onicecandidate = ({ candidate }) => {
      if (candidate === null) return done();
      if (candidate.candidate !== "") seen.push({ type: candidate.type ?? "", address: candidate.address ?? "" });
      if (policy === "relay" && candidate.type === "relay") done(); // that is all there was to find
    };
    rtc.onicecandidateerror = () => {
      failed = true;
    };
    rtc.createDataChannel("test");
    rtc.setLocalDescription().catch(done);
  });
}
