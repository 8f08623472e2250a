// Looks for a QR code in what the camera sees, or in a picture. The camera is asked
// for when it is started, in the click, and let go as soon as something was found.

import { trusted } from "./trusted.ts";

/** Longer side of what is looked at: a code fills a good part of what people show. */
const frameSide = 800;
const pictureSide = 1600;
/** Between looks at what the camera sees, ms. */
const every = 150;

/** Why there is nothing to look at. */
export type NoPicture = "denied" | "no-camera" | "no-reader";

export class Scanner {
  #worker: Worker | null = null;
  #stream: MediaStream | null = null;

  /** Shows the camera in `video` and says what it read, once. Must run in the click. */
  async start(video: HTMLVideoElement, found: (text: string) => void): Promise<NoPicture | null> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (error) {
      return error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "no-camera";
    }
    if (!video.isConnected) {
      for (const track of stream.getTracks()) track.stop(); // it was closed while the browser asked
      return null;
    }
    this.#stream = stream;
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    while (this.#stream === stream) {
      const text = video.videoWidth === 0 ? null : await this.#read(video, video.videoWidth, video.videoHeight, frameSide).catch(() => undefined);
      if (text === undefined) {
        this.stop();
        return "no-reader";
      }
      if (this.#stream !== stream) return null;
      if (text !== null) {
        this.stop();
        found(text);
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, every));
    }
    return null;
  }

  /** Null: no code in it, or no picture. */
  async picture(file: Blob): Promise<string | null> {
    const bitmap = await createImageBitmap(file).catch(() => null);
    if (bitmap === null) return null;
    try {
      return await this.#read(bitmap, bitmap.width, bitmap.height, pictureSide).catch(() => null);
    } finally {
      bitmap.close();
      this.stop();
    }
  }

  /** Lets the camera go. */
  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#worker?.terminate();
    this.#worker = null;
  }

  /** Rejects where what reads codes can't be loaded: it is fetched by who scans, and no earlier. */
  async #read(source: HTMLVideoElement | ImageBitmap, width: number, height: number, side: number): Promise<string | null> {
    const native = await detect(source);
    if (native !== null) return native;
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) return null;
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    this.#worker ??= new Worker(trusted(__ASSETS__.scan), { name: "scan" });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      worker.onmessage = (e: MessageEvent<string | null>) => resolve(e.data);
      worker.onerror = () => reject(new Error("no reader"));
      worker.postMessage(image);
    });
  }
}

/** By the system, where it can. */
async function detect(source: HTMLVideoElement | ImageBitmap): Promise<string | null> {
  if (typeof BarcodeDetector === "undefined") return null;
  try {
    const [code] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(source);
    return code?.rawValue ?? null;
  } catch {
    return null; // there by name only
  }
}
