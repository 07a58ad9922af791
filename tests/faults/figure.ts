import { appendFileSync } from "node:fs";
import { expect } from "vitest";

export { long } from "../kit/long.ts";

export interface Figure {
  readonly fault: string;
  readonly invariant: string;
  readonly bound: string;
  readonly figure: string;
  readonly held: boolean;
}

type Bound = { readonly is: number } | { readonly atMost: number } | { readonly atLeast: number };

export interface Measured {
  readonly fault: string;
  readonly invariant: string;
  readonly bound: Bound;
  readonly figure: number;
  readonly unit?: "ms" | "%";
}

/** Holds a count to its bound, and notes it for the table. */
export function hold(measured: Measured): void {
  note(measured);
  expect(holds(measured), `${measured.invariant}: ${measured.figure}, bound ${boundText(measured)}`).toBe(true);
}

/** Notes a figure that a busy machine bends: only the table holds it to its bound. */
export function note(measured: Measured): void {
  const { REEVE_FAULT_FIGURES: path } = process.env;
  if (!path) return;
  const { fault, invariant, figure } = measured;
  const line: Figure = {
    fault,
    invariant,
    bound: boundText(measured),
    figure: text(figure, measured),
    held: holds(measured),
  };
  appendFileSync(path, `${JSON.stringify(line)}\n`);
}

function holds({ bound, figure }: Measured): boolean {
  if ("is" in bound) return figure === bound.is;
  return "atMost" in bound ? figure <= bound.atMost : figure >= bound.atLeast;
}

function boundText({ bound, ...measured }: Omit<Measured, "figure">): string {
  if ("is" in bound) return `= ${text(bound.is, measured)}`;
  return "atMost" in bound ? `≤ ${text(bound.atMost, measured)}` : `≥ ${text(bound.atLeast, measured)}`;
}

function text(value: number, { unit }: Pick<Measured, "unit">): string {
  const rounded = Number(value.toFixed(1));
  return unit ? `${rounded} ${unit}` : String(rounded);
}
