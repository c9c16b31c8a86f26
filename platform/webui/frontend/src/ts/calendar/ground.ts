/* Where the columns are, measured once when a drag begins: to read the layout while it is being changed costs a frame. */

import { $ } from "../lib/dom";
import { columns, type Place, ROWS } from "./grid";

const EDGE_PX = 44;
const STEP_PX = 9;

interface Point {
  x: number;
  y: number;
}

interface Box extends Point {
  width: number;
  height: number;
}

interface Strip {
  column: HTMLElement;
  x: number;
  width: number;
}

export interface Ground {
  /** The row, not rounded, at a height on the screen. */
  rowAt: (y: number) => number;
  columnAt: (x: number) => HTMLElement | undefined;
  /** Where a place is within the grid's body. */
  boxOf: (place: Place) => Box;
  scrollAtEdges: (pointer: Point) => void;
  leave: () => void;
}

/** Measure the grid as it is now, and keep up with how it is scrolled until `leave`. */
export function survey(scroller: HTMLElement): Ground {
  const view = scroller.getBoundingClientRect();
  const body = $(".cal-body", scroller)!.getBoundingClientRect();
  const strips = columns().map((column): Strip => {
    const box = column.getBoundingClientRect();
    return { column, x: box.left - body.left, width: box.width };
  });
  const from = { x: scroller.scrollLeft, y: scroller.scrollTop };
  let scrolled = { x: 0, y: 0 };
  const keepUp = () => (scrolled = { x: scroller.scrollLeft - from.x, y: scroller.scrollTop - from.y });
  scroller.addEventListener("scroll", keepUp, { passive: true });
  const row = body.height / ROWS;
  return {
    rowAt: (y) => (y + scrolled.y - body.top) / row,
    columnAt: (x) => {
      const within = x + scrolled.x - body.left;
      return strips.find((strip) => within >= strip.x && within < strip.x + strip.width)?.column;
    },
    boxOf: ({ column, first, last }) => {
      const { x, width } = strips.find((strip) => strip.column === column)!;
      return { x, y: first * row, width, height: (last - first) * row };
    },
    scrollAtEdges: (pointer) => {
      const left = pushed(pointer.x, view.left, view.right, 1);
      const top = pushed(pointer.y, view.top, view.bottom, 2); // the head of the days is at the upper edge
      if (left || top) scroller.scrollBy(left, top);
    },
    leave: () => scroller.removeEventListener("scroll", keepUp),
  };
}

function pushed(at: number, start: number, end: number, heads: number): number {
  if (at < start + heads * EDGE_PX) return -STEP_PX;
  return at > end - EDGE_PX ? STEP_PX : 0;
}
