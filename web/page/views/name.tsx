import { visible } from "../format.ts";

/** A name somebody else chose: kept apart from the direction of our own words, and nothing in it hidden. */
export function Name({ of }: { of: string }) {
  return <bdi class="name">{visible(of)}</bdi>;
}
