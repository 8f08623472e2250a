// Whether this browser can do it at all, and if not, what is missing. Asked
// before anything starts, so that nobody is disappointed half way.

import type { Missing } from "./state.ts";

/** What is missing, or null. Channels that can't be handed to a worker show only when one is made. */
export function whatIsMissing(): Missing | null {
  if (!window.isSecureContext) return "secure";
  if (typeof WebAssembly === "undefined" || WebAssembly.compileStreaming === undefined) return "wasm";
  if (typeof Worker === "undefined") return "workers";
  if (typeof RTCPeerConnection === "undefined" || !("createDataChannel" in RTCPeerConnection.prototype)) return "webrtc";
  return null;
}

/** Whether this is a device whose pages stop when they are not seen. */
export function isPhone(): boolean {
  const { maxTouchPoints, userAgent, userAgentData } = navigator;
  if (userAgentData?.mobile === true || /Android|iPhone|Mobile/.test(userAgent)) return true;
  return userAgent.includes("Macintosh") && maxTouchPoints > 1; // an iPad says it is a Mac
}
