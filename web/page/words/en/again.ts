// Words about shares of an earlier page, whose link is offered again.

import type { Format } from "../../format.ts";

export const again = (f: Format) => ({
  title: "Open links of this browser",
  what: (files: number, bytes: number, expires: number) => `${f.count(files, { one: "file", other: "files" })}, ${f.size(bytes)}. The link ends ${f.moment(expires)}.`,
  offer: "Offer again",
  used: (at: number | null) => (at === null ? "Nobody has used it yet." : `Last used ${f.moment(at)}.`),
  elsewhere: "It is open in another tab.",
  close: "Close this link",
  closeAll: "Close all of these links",
  rest: "Offer the rest",
  comparing: "Comparing with what was shared.",
  choose: "Choose or drop the same files or folder above. They are compared with what was shared by name, size and samples of their bytes.",
  nothing: "None of the files that were shared are in there. Choose or drop the same files or folder above.",
  differs: (n: number) => `${n === 1 ? "One file is" : `${f.count(n, { one: "file", other: "files" })} are`} missing or not the same as when the link was made, and will not be sent. To change that, choose or drop the same files or folder once more. ${n === 1 ? "It is:" : "For example:"}`,
  note: "A closed link is dead for good, and whoever is receiving by it stops. Offered again, the link stays the same. Whoever had received a part goes on with what is missing. While no page offers it, nobody can reach it.",
});
