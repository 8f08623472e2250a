// Words of the page /check, and the text for whoever looks after a firewall.

import type { Opening } from "../../check/ice.ts";
import type { Found, Results, Verdict } from "../../check/judge.ts";

type Way = Exclude<keyof Results, "addresses">;

export const check = {
  title: "Test this connection",
  lead: "What works between this browser, this network and this server: for you when a transfer does not connect, and for whoever looks after your network.",
  test: "Test",
  again: "Test again",
  asks: "The test asks this server and nobody else, over the ways that a transfer may take. No file and no link has to do with it, and nothing of it is kept.",
  network: "Network",
  browser: "This browser",
  verdict: {
    untested: "Press Test. Until then nothing but this page was loaded.",
    running: "Testing. It takes up to 15 seconds.",
    all: "All that a transfer needs works from here. If one does not connect, test on the other side too.",
    direct: "Direct connections work from here, and this server has no relay. Where the other side's network is strict there is no other way.",
    unsure: "Whether a direct way leads out of this network can't be told from here, and this server has no relay. If a transfer does not connect, try another network, for example a phone's hotspot.",
    relay: "No direct way leads out of this network, but the server's relay is reached. Transfers work, through it.",
    local: "From here transfers work only within this network. Try another one, for example a phone's hotspot, or send the text below to whoever looks after this one.",
    server: "The server of this page can't be reached by WebSocket, without which nobody is found. A firewall or a proxy may forbid it: send the text below to whoever looks after it.",
  } satisfies Record<Verdict, string> as Record<Verdict, string>,
  found: {
    waiting: "Not tested yet.",
    running: "Testing…",
    yes: "Works.",
    no: "Does not work.",
    unknown: "Can't be told from here.",
    none: "Not there.",
  } satisfies Record<Found, string> as Record<Found, string>,
  ways: {
    hub: "Server, by WebSocket",
    udp: "UDP to the server and back (STUN)",
    turnUDP: "Relay by UDP (TURN)",
    turnTCP: "Relay by TCP (TURN)",
    turnTLS: "Relay by TLS (TURN)",
    ipv6: "IPv6 address",
  } satisfies Record<Way, string> as Record<Way, string>,
  /** What it means where it does not work, or is not there. */
  means: {
    hub: "Without it two browsers don't find each other.",
    udp: "Then only the relay leads out of this network.",
    turnUDP: "The fastest way of the relay's is missing.",
    turnTCP: "Networks without UDP need it, or TLS.",
    turnTLS: "Networks that let nothing out but the web need it.",
    ipv6: "",
  } satisfies Record<Way, string> as Record<Way, string>,
  address: (addresses: string) => `The server sees you at ${addresses}. This is shown to you only.`,
  abilities: {
    fit: { name: "Connections, encryption and background work", without: "This browser can't transfer. Update it, or use a current Chrome, Edge, Firefox or Safari." },
    storage: { name: "Keeping what arrives on disk", without: "Only small transfers can be received here. Leave private browsing, or update the browser." },
    folder: { name: "Writing straight into a folder", without: "What arrives is saved as a download. Chrome and Edge on a computer can write into a folder." },
  },
  firewall: {
    title: "What a firewall has to allow",
    lead: "Send this to whoever looks after your network. After the test it has the ways that this server names.",
    copy: "Copy text",
    copied: "Copied.",
    byHand: "The browser did not allow copying. The text is selected: copy it with the keyboard.",
    text: (host: string, port: string, secure: boolean, openings: readonly Opening[]): string =>
      [
        "Please allow for the computers that transfer files with Beeline:",
        "",
        `- ${host}, TCP ${port}: ${secure ? "HTTPS" : "HTTP"}, and a WebSocket at ${secure ? "wss" : "ws"}://${host}/signal. Proxies often have a switch of its own for WebSocket; an idle time-out has to be above 30 seconds.`,
        ...openings.map((o) => `- ${o.host}, ${o.protocol} ${o.port}: ${o.use === "stun" ? "STUN, by which a browser learns its own address" : o.use === "turn" ? "TURN, the relay" : "TURN over TLS, the relay where nothing else is let out"}.`),
        "- Outgoing UDP to any address, with its answers: direct connections between two browsers (WebRTC). Without it everything goes through the relay.",
        "",
        "For connections one of the relay's lines is enough; UDP is the fastest. No port has to be opened towards a computer, nothing has to be installed, and no other host is contacted. A proxy that inspects TLS must not change pages or scripts.",
      ].join("\n"),
  },
};
