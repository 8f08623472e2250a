// Notes everything that goes wrong or goes out in a page, so that a test can
// say "nothing did" at its end.

import type { HTTPRequest, Page } from "puppeteer-core";

/**
 * A browser asks for a tab's icon once the page has loaded, and Firefox says so: a
 * test that goes on to another page by then cuts that off.
 */
function dropped(r: HTTPRequest): boolean {
  return /\/(favicon\.svg|apple-touch-icon\.png)$/.test(r.url()) && (r.failure()?.errorText ?? "").includes("ABORT");
}

export class Watch {
  /** Errors and warnings on the console, thrown errors, policy violations. */
  readonly problems: string[] = [];
  /** Every address asked for, with the method. */
  readonly requests: { url: string; method: string; headers: Record<string, string> }[] = [];

  private constructor() {}

  static async over(page: Page): Promise<Watch> {
    const watch = new Watch();
    page.on("console", (m) => {
      if (m.type() === "error" || m.type() === "warn") watch.problems.push(`console.${m.type()}: ${m.text()}`);
    });
    page.on("pageerror", (e) => watch.problems.push(`thrown: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}`));
    page.on("request", (r) => watch.requests.push({ url: r.url(), method: r.method(), headers: r.headers() }));
    page.on("requestfailed", (r) => {
      if (!dropped(r)) watch.problems.push(`request failed: ${r.method()} ${r.url()} ${r.failure()?.errorText ?? ""}`);
    });
    page.on("response", (r) => {
      if (r.status() >= 400) watch.problems.push(`response ${r.status()}: ${r.url()}`);
    });
    // tsx gives functions their names back by a helper, also those a test hands to the page.
    await page.evaluateOnNewDocument("globalThis.__name = (f) => f;");
    // Violations of the policy are seen by the document, also where the console shows none.
    await page.evaluateOnNewDocument(() => {
      document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} blocked ${e.blockedURI} at ${e.sourceFile}:${e.lineNumber}`));
    });
    return watch;
  }

  /** Requests to anybody but this server. */
  strangers(origin: string): string[] {
    return this.requests.map((r) => r.url).filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:") && !url.startsWith("blob:"));
  }
}
