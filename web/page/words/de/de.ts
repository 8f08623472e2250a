// German.

import type { Format } from "../../format.ts";
import { en } from "../en/en.ts";
import type { Words } from "../words.ts";

export const de = (f: Format): Words => en(f);
