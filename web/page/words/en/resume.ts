// Words about transfers that an earlier page began and did not end.

import type { Format } from "../../format.ts";

export const resume = (f: Format) => ({
  title: "Unfinished transfers",
  untitled: "Files without a title",
  there: (safe: number, bytes: number, at: number) => `${f.size(safe)} of ${f.size(bytes)} are here, since ${f.moment(at)}.`,
  inFolder: "In the folder",
  inBrowser: "Kept in this browser.",
  /** Safari alone does that. */
  until: (at: number) => `This browser deletes it seven days after you last used this page: at the earliest ${f.moment(at)}.`,
  goOn: "Continue",
  /** Where it is not known whose it is. */
  locked: "This was shared by one of your contacts. Open your contacts with your passphrase to go on; if they are others now, it can only be deleted.",
  discard: "Delete what is unfinished",
  note: "Continue connects to the sender again and asks only for what is missing. If the files were to land in a folder, the browser may ask for it once more.",
  notDeleted: "It could not be deleted. Close other tabs that receive it, or allow the folder, and try again.",
});
