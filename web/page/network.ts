// Notices that this computer may have another network than a moment ago. What was
// connected may be gone then without a word; the core finds out (wasm/PROTOCOL.md
// f.1). A sign too many costs one question to the server.

/** Calls `changed` whenever the browser says something of the network. */
export function watchNetwork(changed: () => void): void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  const connection = navigator.connection;
  if (connection === undefined) return; // Chromium only
  // It also tells how fast it thinks the network is, all the time: that is no other network.
  let type = connection.type;
  connection.addEventListener("change", () => {
    if (connection.type === type) return;
    type = connection.type;
    changed();
  });
}
