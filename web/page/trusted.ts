// The only addresses that may become code; anything else is refused by the
// browser itself. One policy, because the page's CSP allows one.

/** The service worker. Its name never changes: the browser looks under it for a new version. */
export const serviceWorkerUrl = "/sw.js";

const allowed: readonly string[] = [__ASSETS__.core, __ASSETS__.lane, __ASSETS__.disk, __ASSETS__.scan, serviceWorkerUrl];

const policy =
  typeof trustedTypes === "undefined"
    ? null
    : trustedTypes.createPolicy("app-worker", {
        createScriptURL(url) {
          if (allowed.includes(url)) return url;
          throw new TypeError("not a worker of this build");
        },
      });

/**
 * The address in the form that constructors of workers take where the browser
 * enforces it; the DOM types know only strings and URLs.
 */
export function trusted(url: string): string {
  return policy === null ? url : (policy.createScriptURL(url) as unknown as string);
}
