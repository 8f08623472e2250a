// The page /check: what works from here, and what a firewall would have to allow.

import { useState } from "preact/hooks";
import type { App } from "../app.ts";
import { openings } from "../check/ice.ts";
import { type Found, type Results, verdict } from "../check/judge.ts";
import type { Check as Run } from "../check/run.ts";
import { whatIsMissing } from "../fit.ts";
import { words } from "../words/words.ts";
import { Status } from "./status.tsx";

const ways: readonly Exclude<keyof Results, "addresses">[] = ["hub", "udp", "turnUDP", "turnTCP", "turnTLS", "ipv6"];

export function Check({ app }: { app: App }) {
  const said = words.value.checkPage;
  const run = app.check;
  const results = run.results.value;
  const what = verdict(results);
  const phase = what === "untested" ? "ready" : what === "running" ? "connecting" : what === "server" || what === "local" ? "failed" : "complete";
  return (
    <>
      <p class="lead">{said.lead}</p>
      <Status phase={phase} text={said.verdict[what]} />
      <p class="actions">
        <button type="button" class="main" disabled={what === "running"} onClick={() => void run.run()}>
          {what === "untested" || what === "running" ? said.test : said.again}
        </button>
      </p>
      <p class="hint">{said.asks}</p>
      <section aria-labelledby="network">
        <h2 id="network">{said.network}</h2>
        <dl class="checks">
          {ways.map((way) => (
            <Row key={way} name={said.ways[way]} found={results[way]} means={said.means[way]}>
              {way === "udp" && results.addresses.length > 0 ? said.address(results.addresses.join(", ")) : null}
            </Row>
          ))}
        </dl>
      </section>
      <section aria-labelledby="browser">
        <h2 id="browser">{said.browser}</h2>
        <dl class="checks">
          {abilities().map(([name, found]) => (
            <Row key={name} name={said.abilities[name].name} found={found} means={said.abilities[name].without}>
              {null}
            </Row>
          ))}
        </dl>
      </section>
      <Firewall run={run} />
    </>
  );
}

function Row({ name, found, means, children }: { name: string; found: Found; means: string; children: string | null }) {
  return (
    <>
      <dt>{name}</dt>
      <dd data-found={found}>
        <strong>{words.value.checkPage.found[found]}</strong> {found === "no" || found === "none" ? means : children}
      </dd>
    </>
  );
}

/** What this browser can do; asks nobody. */
function abilities(): ["fit" | "storage" | "folder", Found][] {
  const yes = (is: boolean): Found => (is ? "yes" : "no");
  return [
    ["fit", yes(whatIsMissing() === null)],
    ["storage", yes(typeof navigator.storage?.getDirectory === "function")],
    ["folder", yes(window.showDirectoryPicker !== undefined)],
  ];
}

/** Text for whoever looks after a firewall. */
function Firewall({ run }: { run: Run }) {
  const said = words.value.checkPage;
  const [copied, setCopied] = useState<"no" | "yes" | "by-hand">("no");
  const { hostname, host, port, protocol } = location;
  const secure = protocol === "https:";
  const usual = [`stun:${hostname}:3478`, `turn:${hostname}:3478?transport=udp`, `turn:${hostname}:3478?transport=tcp`, ...(secure ? [`turns:${hostname}:${port || "443"}?transport=tcp`] : [])];
  const named = run.urls.value;
  const text = said.firewall.text(host, port || (secure ? "443" : "80"), secure, openings(named.length > 0 ? named : usual));
  return (
    <section aria-labelledby="firewall">
      <h2 id="firewall">{said.firewall.title}</h2>
      <p>{said.firewall.lead}</p>
      <textarea id="firewall-text" class="code" readOnly rows={14} aria-labelledby="firewall" spellcheck={false} value={text} onFocus={(e) => e.currentTarget.select()} />
      <p class="actions">
        <button
          type="button"
          onClick={() =>
            void navigator.clipboard.writeText(text).then(
              () => setCopied("yes"),
              () => {
                document.querySelector<HTMLTextAreaElement>("#firewall-text")?.select();
                setCopied("by-hand");
              },
            )
          }
        >
          {said.firewall.copy}
        </button>
      </p>
      <p class="hint" aria-live="polite">
        {copied === "yes" ? said.firewall.copied : copied === "by-hand" ? said.firewall.byHand : ""}
      </p>
    </section>
  );
}
