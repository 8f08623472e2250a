// Reads QR codes out of pictures, beside the page: a frame of a camera takes longer
// than the page may stand still. Loaded when somebody first scans, never before.

import decodeQR from "qr/decode.js";

/** How long it may look at one picture, ms. */
const timeLimit = 200;

self.onmessage = (e: MessageEvent<ImageData>): void => {
  let text: string | null = null;
  try {
    text = decodeQR(e.data, { timeLimit });
  } catch {
    // no code in it
  }
  self.postMessage(text);
};
