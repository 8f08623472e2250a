// The first thing that runs. A link's secret stands in the fragment: it is read
// into memory and taken out of the address bar before anything else can look
// (DESIGN 6). Nothing may be imported here, or that would run earlier.
const taken = location.hash.slice(1);
if (location.href.includes("#")) history.replaceState(null, "", location.pathname);

// A link pasted into a page that is open already is no navigation. It is taken out
// of the address bar all the same, and opened by loading the page anew, which asks
// the person first where that would lose something.
addEventListener("hashchange", () => {
  if (location.hash !== "") location.reload();
});

/** What stood after `#`, the only copy. */
export const fragment = taken;

/** The page that was opened; the server gives the same program for all of them. */
export const opened: "send" | "receive" | "contacts" | "trust" | "check" = ({ "/r": "receive", "/contacts": "contacts", "/c": "contacts", "/trust": "trust", "/check": "check" } as const)[location.pathname] ?? "send";
