// Where links lead: to the server of this page, or, where a person serves the page to
// their own computer (`beeline web`), to the public one through which they meet others.
// Only a page from this very computer asks; until it knows, there are no links.

import { signal } from "@preact/signals";

/** The origin that links have; null while nobody knows. */
export const home = signal<string | null>(isLoopback(location.hostname) ? null : location.origin);

const againMs = 5_000;
/** Longer than any origin. */
const lengthMax = 300;

/** Asks, and goes on asking: who opens the page without a server gets one later. Resolves after the first answer, or none. */
export async function askHome(fetchIt: typeof fetch = fetch): Promise<void> {
  if (home.value !== null) return;
  try {
    const answer = await fetchIt("/server.txt", { cache: "no-store" });
    home.value = originOf(answer.ok ? await answer.text() : "", location.origin);
  } catch {
    setTimeout(() => void askHome(fetchIt), againMs);
  }
}

/** What the answer says, or the page's own origin where it says nothing that is one. */
export function originOf(text: string, own: string): string {
  const line = text.trim();
  if (line.length > lengthMax || !URL.canParse(line)) return own;
  const { origin, protocol } = new URL(line);
  return (protocol === "https:" || protocol === "http:") && origin === line ? origin : own;
}

/** A link to a page of Beeline; null while nobody knows where that is. */
export function linkTo(page: "r" | "c", fragment: string): string | null {
  return home.value === null ? null : `${home.value}/${page}#${fragment}`;
}

/** The name to be said of the server. */
export function homeHost(): string {
  return home.value === null ? location.host : new URL(home.value).host;
}

/** Whether a peer may be on this computer, too: only where everybody's server is. */
export function homeIsHere(): boolean {
  return isLoopback(home.value === null ? location.hostname : new URL(home.value).hostname);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
