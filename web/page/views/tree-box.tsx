// The list itself: only the rows in sight are in the document. It is one stop of
// the Tab key; the row that keys act on is named, not focused, so that the focus
// stays whatever rows come and go (aria-activedescendant).

import { useSignal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import type { Phase } from "../../shared/views.ts";
import { moveFor, TypeAhead } from "../tree/keys.ts";
import type { Id } from "../tree/layout.ts";
import type { Listing } from "../tree/listing.ts";
import type { Rows } from "../tree/rows.ts";
import { anchored, type Box, drawn, inSight, offsetAt, scrollFor, spaceHeight } from "../tree/scroll.ts";
import { framesAsked } from "../tree/states.ts";
import { words } from "../words/words.ts";
import { type Mode, Row } from "./tree-row.tsx";

/** How often states are asked for, ms. */
const askEvery = 1000;

/** What a drawing has to know of the one before. */
interface Seen {
  rows: Rows;
  text: string; // looked for
  offset: number; // pixels of rows above the edge
  scrollTop: number; // as the browser took it
  height: number;
  rowHeight: number;
  activeAt: number;
  pointer: number | null; // pixels below the upper edge
}

interface TreeBoxProps {
  listing: Listing;
  mode: Mode;
  /** Of the transfer: states are asked for anew when it changes. */
  phase: Phase;
  /** Gets the row that keys act on, whenever that changes. */
  onActive(id: Id): void;
}

export function TreeBox({ listing, mode, phase, onActive }: TreeBoxProps) {
  const rows = listing.rows.value;
  const text = listing.found.value?.text ?? "";
  const active = useSignal<Id>(0);
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const box = useRef<HTMLDivElement>(null);
  const space = useRef<HTMLDivElement>(null);
  const shown = useRef<HTMLDivElement>(null);
  const probe = useRef<HTMLDivElement>(null);
  const typeAhead = useRef(new TypeAhead());
  const name = useId();
  // Until it is measured, something of the right kind.
  const seen = useRef<Seen>({ rows, text, offset: 0, scrollTop: 0, height: 400, rowHeight: 36, activeAt: 0, pointer: null }).current;

  const activeAt = placeOf(rows, active.value, seen.activeAt);
  const geometry = (): Box => ({ rows: rows.length, rowHeight: seen.rowHeight, height: seen.height });
  if (rows !== seen.rows) {
    seen.offset = text === seen.text ? steady(seen, rows, box.current) : text === "" ? inSight(geometry(), seen.offset, activeAt) : 0;
    seen.rows = rows;
    seen.text = text;
  }
  seen.activeAt = activeAt;
  const scrollTop = scrollFor(geometry(), seen.offset);
  seen.offset = offsetAt(geometry(), scrollTop); // never beyond the end
  const [from, to] = drawn(geometry(), seen.offset);

  useLayoutEffect(() => {
    if (box.current === null || space.current === null || shown.current === null) return;
    space.current.style.setProperty("--height", `${spaceHeight(geometry())}px`);
    if (Math.abs(box.current.scrollTop - scrollTop) > 1) box.current.scrollTop = scrollTop;
    seen.scrollTop = box.current.scrollTop;
    shown.current.style.setProperty("--shift", `${scrollTop + from * seen.rowHeight - seen.offset}px`);
  });

  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      const height = box.current?.clientHeight ?? 0;
      const rowHeight = probe.current?.getBoundingClientRect().height ?? 0;
      if (height === 0 || rowHeight === 0 || (height === seen.height && rowHeight === seen.rowHeight)) return;
      seen.offset *= rowHeight / seen.rowHeight; // the same row stays at the edge
      seen.height = height;
      seen.rowHeight = rowHeight;
      draw(undefined);
    });
    if (box.current !== null) observer.observe(box.current);
    if (probe.current !== null) observer.observe(probe.current);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const resume = (): void => listing.resume();
    document.addEventListener("visibilitychange", resume);
    return () => document.removeEventListener("visibilitychange", resume);
  }, [listing]);

  useStates(listing, mode, phase, () => drawn({ rows: seen.rows.length, rowHeight: seen.rowHeight, height: seen.height }, seen.offset));

  const go = (at: number): void => {
    active.value = rows.id(at);
    onActive(active.value);
    seen.offset = inSight(geometry(), seen.offset, at);
    draw(undefined);
  };
  const tick = (id: Id): void => {
    if (mode === "choose") listing.choose(id, listing.tick(id) !== "yes");
    else listing.toggle(id);
  };

  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.ctrlKey || e.metaKey || e.altKey || rows.length === 0) return;
    const id = rows.id(activeAt);
    const page = Math.max(1, Math.floor(seen.height / seen.rowHeight) - 1);
    const move = moveFor(e.key, { rows, at: activeAt, page, opens: listing.opens(id), open: listing.isOpen(id) });
    if (move === null) {
      if ([...e.key].length !== 1) return;
      const to = typeAhead.current.type(e.key, e.timeStamp, rows, activeAt, (i) => listing.layouts.nameOf(i));
      if (to >= 0) go(to);
    } else if (move.do === "go") go(move.to);
    else if (move.do === "siblings") listing.openSiblings(activeAt);
    else {
      go(activeAt);
      if (move.do === "tick") tick(id);
      else listing.toggle(id);
    }
    e.preventDefault();
  };

  const onClick = (e: MouseEvent): void => {
    const target = e.target instanceof Element ? e.target : null;
    const id = Number(target?.closest<HTMLElement>("[data-row]")?.dataset["row"] ?? 0);
    if (id === 0) return;
    active.value = id;
    onActive(id);
    if (target?.closest(".tick") != null) tick(id);
    else listing.toggle(id);
  };

  const onScroll = (): void => {
    const now = box.current?.scrollTop ?? 0;
    if (Math.abs(now - seen.scrollTop) < 0.5) return; // our own
    seen.scrollTop = now;
    seen.offset = offsetAt(geometry(), now);
    draw(undefined);
  };

  const row = (at: number) => (
    <Row
      key={rows.id(at)}
      listing={listing}
      mode={mode}
      id={rows.id(at)}
      domId={`${name}${rows.id(at)}`}
      level={rows.level(at)}
      place={rows.place(at)}
      siblings={rows.siblings(at)}
      active={at === activeAt}
    />
  );
  const inside = Array.from({ length: to - from }, (_, n) => row(from + n));
  return (
    <>
      <div
        ref={box}
        class="tree-box"
        role="tree"
        tabIndex={0}
        aria-label={words.value.tree.label}
        aria-multiselectable={mode === "choose" ? true : undefined}
        aria-activedescendant={rows.length > 0 ? `${name}${rows.id(activeAt)}` : undefined}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onScroll={onScroll}
        onPointerMove={(e) => {
          seen.pointer = e.clientY - e.currentTarget.getBoundingClientRect().top;
        }}
        onPointerLeave={() => {
          seen.pointer = null;
        }}
      >
        <div ref={space} class="tree-space" role="presentation">
          <div ref={shown} class="tree-rows" role="presentation">
            {inside}
          </div>
          {rows.length > 0 && (activeAt < from || activeAt >= to) && (
            // What has been named must be there, also when it was scrolled away.
            <div class="tree-away" role="presentation">
              {row(activeAt)}
            </div>
          )}
        </div>
        <div ref={probe} class="tree-probe" role="presentation" />
      </div>
      {to - from < rows.length && <p class="tree-printed">{words.value.tree.printed(to - from, rows.length)}</p>}
    </>
  );
}

/** Where the row is now; the first one where it is gone. */
function placeOf(rows: Rows, id: Id, before: number): number {
  if (id === 0) return 0;
  return rows.id(before) === id ? before : Math.max(0, rows.find(id));
}

/** The offset at which nothing jumps: under the pointer, else at the row in use, else at the upper edge. */
function steady(seen: Seen, after: Rows, box: HTMLElement | null): number {
  const { rows, rowHeight, offset, height, pointer, activeAt } = seen;
  const focused = box !== null && document.activeElement === box;
  if (offset === 0 && pointer === null && !focused) return 0; // whoever sees the beginning sees what comes before it
  const activeSeen = activeAt * rowHeight >= offset && (activeAt + 1) * rowHeight <= offset + height;
  const held = pointer !== null ? Math.floor((offset + pointer) / rowHeight) : focused && activeSeen ? activeAt : Math.floor(offset / rowHeight);
  return Math.max(0, anchored(rows, after, rowHeight, offset, Math.min(held, rows.length - 1)));
}

/** Asks for the states of what is in sight, as long as somebody looks. */
function useStates(listing: Listing, mode: Mode, phase: Phase, sight: () => [from: number, to: number]): void {
  useEffect(() => {
    if (mode !== "watch") return;
    const ask = (): void => {
      if (document.visibilityState !== "visible") return;
      const rows = listing.rows.value;
      const [from, to] = sight();
      const wanted: number[] = [];
      for (let at = from; at < to; at++) {
        const id = rows.id(at);
        if (id > 0 && !listing.entries.isDir(id)) wanted.push(id);
        const members = id < 0 ? listing.layouts.sequence(id).members : [];
        if (members.length <= framesAsked) for (const member of members) wanted.push(member);
      }
      listing.states.want(wanted);
    };
    ask();
    const timer = setInterval(ask, askEvery);
    return () => clearInterval(timer);
  }, [listing, mode, phase]);
}
