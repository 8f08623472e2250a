// English.

import type { Format } from "../../format.ts";
import { check } from "./check.ts";
import { code } from "./code.ts";
import { common } from "./common.ts";
import { contacts } from "./contacts.ts";
import { device } from "./device.ts";
import { failures } from "./failures.ts";
import { inbox, members } from "./inbox.ts";
import { notices } from "./notices.ts";
import { progress } from "./progress.ts";
import { proof } from "./proof.ts";
import { receive } from "./receive.ts";
import { again } from "./again.ts";
import { policy } from "./policy.ts";
import { resume } from "./resume.ts";
import { send } from "./send.ts";
import { tree } from "./tree.ts";
import { trust } from "./trust.ts";
import { version } from "./version.ts";

export const en = (f: Format) => ({
  format: f,
  ...common(f),
  checkPage: check,
  code: code(f),
  contacts: contacts(f),
  device: device(f),
  failures,
  inbox: inbox(f),
  members: members(f),
  notices,
  progress: progress(f),
  proof,
  receive: receive(f),
  again: again(f),
  policy: policy(f),
  resume: resume(f),
  send: send(f),
  tree: tree(f),
  trustPage: trust,
  version,
});
