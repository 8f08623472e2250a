// What the tests use of ws, which puppeteer-core brings.

declare module "ws" {
  import type { IncomingMessage } from "node:http";
  import type { Duplex } from "node:stream";

  export class WebSocket {
    static readonly OPEN: number;
    readonly readyState: number;
    constructor(url: string, protocol: string, options: { headers: Record<string, string>; perMessageDeflate: boolean });
    on(event: "message", heard: (data: Buffer, binary: boolean) => void): this;
    on(event: "open" | "close", heard: () => void): this;
    on(event: "error", heard: (error: Error) => void): this;
    send(data: Buffer | string): void;
    close(): void;
    terminate(): void;
  }

  export class WebSocketServer {
    constructor(options: { noServer: true; perMessageDeflate: boolean });
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, done: (client: WebSocket) => void): void;
  }
}
