/** The part of wasm_exec.js through which timers and callbacks go on in Go. */
export interface Resumable {
  _resume(): void;
}

/** Thrown where an instance trapped, or is over. A worker that can replace it need not end for it. */
export class InstanceEnded extends Error {}

/**
 * Reports an instance that traps when it goes on by itself, and marks its error.
 * Go sets timers of its own (a collection does); nobody calls those, so the error
 * is the worker's, which the page takes for the end of everything, also where
 * the instance was replaced long ago. It must be thrown all the same: wasm_exec.js
 * calls a timer that did nothing again at once.
 */
export function watchResume(go: Resumable, exited: () => void): void {
  const resume = go._resume.bind(go);
  go._resume = () => {
    try {
      resume();
    } catch (error) {
      exited();
      throw new InstanceEnded(String(error));
    }
  };
}
