// The page /trust: who can see what, in plain words. It says only what is built,
// and beside each claim stands what shows that it is true.

export interface Row {
  who: string;
  may: string;
  never: string;
}

export interface Check {
  title: string;
  text: string;
  /** For a terminal; the same in every language. */
  command?: string;
}

export const trust = {
  title: "Who can see what",
  lead: "Files go straight from one browser to the other and are encrypted before they leave. Here is who can learn something on the way, how to check that, and where it ends.",
  table: { caption: "Who can see what, and what nobody but the two of you can", who: "Who", may: "Can see", never: "Can't see or do" },
  rows: [
    {
      // signaling/PROTOCOL.md 7, web/e2e/traffic.test.ts, web/e2e/hub.test.ts
      who: "The server behind this page",
      may: "That two browsers met, their internet addresses, and when.",
      never: "File names, sizes, contents, the link or the keys. It can't change what is sent, or pretend to be one of you.",
    },
    {
      // backend/relay/relay.go; record encryption: wasm/PROTOCOL.md f.2
      who: "The networks in between, the server that tells a browser its own address (STUN), and a relay that passes on what no direct way carries (TURN)",
      may: "Internet addresses, and how much encrypted data moves when.",
      never: "The same as the server.",
    },
    {
      // TestSecondRecipientAsks, TestAttack17FinderPlaysSharer, TestAttack44NothingBeforeApproval, TestOneTimeLink; the end of a share: wasm/session/sharer.go
      who: "Whoever finds the link",
      may: "That the sender is online. They may ask for the files: the first to ask is let in, anybody after that waits until the sender lets them in. Where the sender asks for six digits, they see no name and no address before the sender has typed theirs.",
      never: "Pretend to be the sender, or read what somebody else receives. Once the link's time is over, sharing has stopped, or a link for one recipient was used, nothing at all.",
    },
    {
      // TestRogueReceiverIsCaught
      who: "The recipient",
      may: "Everything that is shared with them, and the sender's internet address. They can keep it and pass it on.",
      never: "Make the sender's browser hand over anything else.",
    },
    {
      // A GET names what it asks for: wasm/PROTOCOL.md f.3. TestNothingBeforeConnect, TestRogueSenderIsCaught, TestAttack31HostileNames; DESIGN 5 "Never overwrite"
      who: "The sender",
      may: "That somebody opened the link and pressed Connect, their internet address, which files they took, and what has arrived.",
      never: "Send what was not asked for, write outside the chosen folder, or replace a file there unless the recipient chose that.",
    },
    {
      // shared/facts/folders.md: measured; web/disk/folder.ts writes t<index>.<ext>
      who: "The maker of the recipient's browser",
      may: "Chrome and Edge with Safe Browsing switched on ask their maker about files of kinds they don't know: a fingerprint of the file (SHA-256), its size, and the address of this page.",
      never: "The file's name or the link.",
    },
    {
      // README "What it can't do"; web/page/fragment.ts
      who: "Whoever uses the same browser, and its extensions",
      may: "The browser's history keeps a link that was opened, although this page takes it out of the address bar at once. An extension that may read pages reads this one too. A private window leaves no history. Of a share that was not stopped the browser remembers the list and the link, sealed, while the link lives: whoever uses it can offer the same files again.",
      never: "What was received in a browser on another computer.",
    },
  ] satisfies Row[] as readonly Row[],
  limits: {
    title: "Where this ends",
    points: [
      // wasm/PROTOCOL.md 3 "What stays"
      "Whoever serves this page could serve other code, to everybody or to one person, and no page can notice that about itself. Your browser keeps a checked copy for when the server is away, but asks the server first, so that copy is no protection. If this matters, run the server yourself.",
      // wasm/PROTOCOL.md d.4
      "A direct connection shows each side the other's internet address. The recipient's is shown only after they press Connect. Where the server has a relay, each side can choose to be connected through it only: then the relay alone knows the addresses.",
      // wasm/PROTOCOL.md (b)
      "The link is the key. Send it in a way you trust, and stop sharing when everybody has what they need.",
      "What runs on the two computers can see what you see. Nothing here helps against malware.",
      // README "Security"
      "The encryption follows published standards, but nobody outside the project has reviewed it yet.",
    ] as readonly string[],
  },
  check: {
    title: "How to check",
    steps: [
      {
        // wasm/PROTOCOL.md f.4
        title: "A file",
        text: "The fingerprint of a file is plain BLAKE3. Run this on both computers, with a tool that is not ours: the lines must be the same.",
        command: "b3sum take.mov",
      },
      {
        // web/build.mjs, backend/server/assets.go
        title: "This page",
        text: "The server lists the SHA-256 of every file of the page under /assets.txt. Build the same version from its source and compare the lists; then compare what the server really sends with its list. The README has the commands.",
        command: "make build && curl -s https://send.example/assets.txt | diff - web/dist/assets.txt",
      },
      {
        // web/e2e/traffic.test.ts: frames of one size; web/shared/walls.test.ts: nothing from elsewhere
        title: "What goes out",
        text: "Open the developer tools of your browser and watch the network during a transfer: there is this server, one connection to it with short messages, and nobody else. The files don't pass there.",
      },
      {
        // backend/cli/serve.go
        title: "Without trusting anybody's server",
        text: "Run it yourself, on your own machine if you like. It is one program without a database.",
        command: "beeline serve",
      },
    ] satisfies Check[] as readonly Check[],
  },
  never: {
    title: "What is never done",
    points: [
      // TestHeaders (no Set-Cookie), web/shared/walls.test.ts "nothing is fetched from anybody else"
      "No cookies, no analytics, no advertising, and no fonts or scripts from anybody else.",
      // web/e2e/traffic.test.ts
      "No file, name or size is ever stored on the server, and none passes through it.",
      // TestNothingOfAClientIsLogged in backend/server and signaling; TestAttack52TwoProcesses
      "The server writes no log of addresses, of links, or of who met whom. What it knows is in its memory and forgotten when both sides leave.",
      // no account anywhere; web/page has no form
      "No account, no e-mail address, no name is asked for.",
      // attack 46
      "Nothing that was received is ever opened by this page.",
    ] as readonly string[],
  },
  kept: {
    title: "What this browser keeps",
    points: [
      // web/sw/shell.ts
      "A copy of this page, so that it opens without the server, and the language you chose.",
      // web/disk/partfolder.ts, web/disk/opfs.ts
      "While files arrive, the unfinished ones: in a folder “Beeline (unfinished)” inside the one you picked, or in the browser's own storage. Deleting them on this page, or this site's data in the browser's settings, removes them.",
      // web/disk/opfs.ts, keptFor
      "Where the browser saves downloads instead of asking for a folder (Firefox, Safari), also a copy of what arrived: until you delete it on this page, or open Beeline again an hour or more later to receive.",
      // web/core/vault.ts, web/core/memory.ts
      "From the moment you press Connect until everything is there: the link and what it takes to go on after a crash, encrypted with a key that the browser gives to nobody. Who uses this browser as you can still open it.",
      // web/core/people.ts
      "Your card and your contacts, once you made or added one: encrypted with such a key, and with your passphrase if you set one. They leave this browser only in a backup that you save.",
      "Never what you sent, and nothing of what you received once it is there.",
    ] as readonly string[],
  },
  back: "Send files",
};
