// What browsers have and TypeScript's DOM library does not list yet.

interface FileSystemHandlePermissionDescriptor {
  mode?: "read" | "readwrite";
}

interface FileSystemHandle {
  /** Chromium only. */
  queryPermission?(descriptor?: FileSystemHandlePermissionDescriptor): Promise<PermissionState>;
  /** Chromium only; needs a click or a drop just before. */
  requestPermission?(descriptor?: FileSystemHandlePermissionDescriptor): Promise<PermissionState>;
}

interface DataTransferItem {
  /** Chromium only. Must be called in the task of the drop. */
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

interface Window {
  /** Chromium only; needs a click just before. */
  showDirectoryPicker?(options?: { id?: string; mode?: "read" | "readwrite" }): Promise<FileSystemDirectoryHandle>;
}

interface HTMLInputElement {
  /** Chooses a folder instead of files. */
  webkitdirectory: boolean;
}

interface TrustedScriptURL {
  toString(): string;
}
interface TrustedTypePolicy {
  createScriptURL(url: string): TrustedScriptURL;
}
interface TrustedTypePolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): TrustedTypePolicy;
}
declare const trustedTypes: TrustedTypePolicyFactory | undefined;

/** Addresses of what the build made beside the page (build.mjs). */
declare const __ASSETS__: { readonly wasm: string; readonly core: string; readonly lane: string; readonly disk: string; readonly scan: string };

interface Navigator {
  /** Chromium only; the kind of network only on some systems. */
  readonly connection?: EventTarget & { readonly type?: string };
  readonly userAgentData?: { readonly mobile: boolean };
}

/** Chromium, on some systems. */
declare const BarcodeDetector: (new (options: { formats: string[] }) => { detect(source: CanvasImageSource): Promise<{ rawValue: string }[]> }) | undefined;
