// Starts the threads and joins them with ports. The module is compiled once,
// here, and posted to each. Nothing in this file depends on a link: it runs at
// page load, before anybody pressed anything.

import type { DiskToPage, PageToDisk } from "../shared/disk.ts";
import type { FromCore, LaneToPage, PageToLane, ToCore } from "../shared/messages.ts";
import type { FromPeople, ToKdf, ToPeople } from "../shared/people.ts";
import { isPhone } from "./fit.ts";
import { askHome, homeIsHere } from "./home.ts";
import { trusted } from "./trusted.ts";

/** Lane workers there are at most, for the lanes of all sessions. DESIGN 3. */
const laneWorkersMax = 4;

/** A transfer that a phone keeps in memory for want of a better place has at most these bytes. DESIGN 5. */
const phoneBlobMax = 64 << 20;

interface Hooks {
  fromCore(message: FromCore): void;
  fromDisk(message: DiskToPage): void;
  fromPeople(message: Exclude<FromPeople, { type: "people.kdf" }>): void;
  spent(message: Extract<LaneToPage, { type: "spent" }>): void;
  /** A thread can't start or stopped for good. The text is for a developer. */
  dead(what: string): void;
}

export interface Workers {
  toCore(message: ToCore | ToPeople, transfer?: Transferable[]): void;
  toLane(lane: number, message: PageToLane, transfer: Transferable[]): void;
  toDisk(message: PageToDisk, transfer: Transferable[]): void;
}

/** Starts core, lanes and disk. Messages sent before they are up wait for them. */
export function startWorkers(hooks: Hooks): Workers {
  const watch = (worker: Worker): void => {
    worker.onerror = (e) => hooks.dead(`worker: ${e.message}`);
    worker.onmessageerror = () => hooks.dead("worker: a message could not be read");
  };
  const watchLane = (worker: Worker): void => {
    watch(worker);
    worker.onmessage = (e: MessageEvent<LaneToPage>) => {
      if (e.data.type === "dead") hooks.dead(`lane: ${e.data.message}`);
      else hooks.spent(e.data);
    };
  };

  const spawned = scripts().then(() => {
    const core = spawn(__ASSETS__.core, "core");
    const disk = spawn(__ASSETS__.disk, "disk");
    // The first starts with the page, the others when a connection is given to them.
    const lanes = new LaneWorkers(Math.max(1, Math.min(navigator.hardwareConcurrency - 1, laneWorkersMax)), watchLane);
    watch(core);
    watch(disk);
    core.onmessage = (e: MessageEvent<FromCore | FromPeople>) => {
      if (e.data.type === "dead") hooks.dead(`core: ${e.data.message}`);
      else if (e.data.type === "people.kdf") makeKey(e.data);
      else if (e.data.type === "people.view" || e.data.type === "people.answer") hooks.fromPeople(e.data);
      else hooks.fromCore(e.data);
    };
    disk.onmessage = (e: MessageEvent<DiskToPage>) => {
      if (e.data.type === "dead") hooks.dead(`disk: ${e.data.message}`);
      else hooks.fromDisk(e.data);
    };
    return { core, disk, lanes };
  });

  // The first message of every worker carries the module, so what is said to
  // the core before it is compiled waits here. Lanes and disk hear nothing
  // before the core does.
  let running: Awaited<typeof spawned> | null = null;
  const waiting: { message: ToCore | ToPeople; transfer: Transferable[] }[] = [];

  Promise.all([spawned, compile(), askHome()]).then(
    ([all, module]) => {
      const { core, disk, lanes } = all;
      const { core: lanePorts, disk: hands } = lanes.compiled(module);
      const { port1: diskPort, port2 } = new MessageChannel();
      disk.postMessage({ type: "init", module, core: port2, hands, limits: isPhone() ? { blobMax: phoneBlobMax } : {} } satisfies PageToDisk, [port2, ...hands]);
      const init: ToCore = {
        type: "init",
        module,
        signalUrl: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/signal`,
        lanes: lanePorts,
        disk: diskPort,
        allowLoopback: homeIsHere(),
        phone: isPhone(),
      };
      core.postMessage(init, [...lanePorts, diskPort]);
      running = all;
      for (const { message, transfer } of waiting.splice(0)) core.postMessage(message, transfer);
    },
    (error: unknown) => hooks.dead(`start: ${String(error)}`),
  );

  return {
    toCore: (message, transfer = []) => {
      if (running === null) waiting.push({ message, transfer });
      else running.core.postMessage(message, transfer);
    },
    toDisk: (message, transfer) => running?.disk.postMessage(message, transfer),
    toLane: (lane, message, transfer) => running?.lanes.post(lane, message, transfer),
  };
}

/** The lane workers. One that nothing was given to does not exist: each costs a Go instance. */
class LaneWorkers {
  readonly #watch: (worker: Worker) => void;
  readonly #workers: (Worker | null)[];
  readonly #ports: ({ core: MessagePort; disk: MessagePort } | null)[];
  #module: WebAssembly.Module | null = null;

  constructor(most: number, watch: (worker: Worker) => void) {
    this.#watch = watch;
    this.#workers = Array.from({ length: most }, () => null);
    this.#ports = Array.from({ length: most }, () => null);
    this.#start(0);
  }

  /** Returns the core's and the disk's ends of the ports to all of them; what is said to one that has not started waits in its port. */
  compiled(module: WebAssembly.Module): { core: MessagePort[]; disk: MessagePort[] } {
    this.#module = module;
    const ends = this.#workers.map((_, i) => {
      const [core, disk] = [new MessageChannel(), new MessageChannel()];
      this.#ports[i] = { core: core.port2, disk: disk.port2 };
      return { core: core.port1, disk: disk.port1 };
    });
    this.#workers.forEach((worker, i) => {
      if (worker !== null) this.#init(worker, i);
    });
    return { core: ends.map(({ core }) => core), disk: ends.map(({ disk }) => disk) };
  }

  post(lane: number, message: PageToLane, transfer: Transferable[]): void {
    const worker = this.#workers[lane];
    if (worker === undefined) throw new RangeError(`there is no lane worker ${lane}`);
    (worker ?? this.#start(lane)).postMessage(message, transfer);
  }

  #start(lane: number): Worker {
    const worker = spawn(__ASSETS__.lane, `lane ${lane}`);
    this.#workers[lane] = worker;
    this.#watch(worker);
    this.#init(worker, lane);
    return worker;
  }

  #init(worker: Worker, lane: number): void {
    const [ports, module] = [this.#ports[lane], this.#module];
    if (ports === null || ports === undefined || module === null) return; // it comes with the module
    worker.postMessage({ type: "init", module, ...ports } satisfies PageToLane, [ports.core, ports.disk]);
    this.#ports[lane] = null;
  }
}

/** Starts the worker that makes one key of a passphrase and ends by itself; what it says goes through a port that only the core reads. */
function makeKey({ module, port }: Extract<FromPeople, { type: "people.kdf" }>): void {
  spawn(__ASSETS__.core, "key").postMessage({ type: "kdf", module, port } satisfies ToKdf, [port]);
}

function spawn(url: string, name: string): Worker {
  return new Worker(trusted(url), { name });
}

/** From what could not be fetched to the next try, ms: a computer that changes its network in this moment drops what it loads. */
const fetchAgainMs = [500, 2000];

/** Does what fetches, again where the network is why it failed. */
async function patiently<T>(fetches: () => Promise<T>): Promise<T> {
  for (const ms of fetchAgainMs) {
    try {
      return await fetches();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it came, and is wrong
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
  return fetches();
}

/**
 * Resolves when the browser has the scripts of all workers that start with the page.
 * One that can't be fetched says so as one that is wrong does, and takes what was
 * posted to it along: so they are fetched first, and started from what is kept.
 */
async function scripts(): Promise<void> {
  const fetched = (url: string) =>
    patiently(async () => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url}: status ${response.status}`);
      await response.arrayBuffer();
    });
  await Promise.all([__ASSETS__.core, __ASSETS__.disk, __ASSETS__.lane].map(fetched));
}

function compile(): Promise<WebAssembly.Module> {
  return patiently(() => WebAssembly.compileStreaming(fetch(__ASSETS__.wasm)));
}
