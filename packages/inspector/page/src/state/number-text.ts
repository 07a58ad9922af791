import { ageText } from "./clock.ts";

const counts = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const figures = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** `1,234`, `2.5`, below one two figures, as `0.016`, and from ten thousand on `12.3K`. */
export function countText(count: number): string {
  if (Math.abs(count) < 1) return figures.format(count);
  return Math.abs(count) >= 10_000 ? compact.format(count) : counts.format(count);
}

/** Of a share: `0 %`, `<0.1 %`, `2.5 %`, `37 %`. */
export function percentText(share: number): string {
  if (share === 0) return "0 %";
  return share < 0.001 ? "<0.1 %" : `${counts.format(share < 0.1 ? share * 100 : Math.round(share * 100))} %`;
}

/** Two figures: `0.042 ms`, `3.1 ms`, `120 ms`, `1.2 s`; and from ten seconds on as an age. */
export function durationText(ms: number): string {
  if (ms < 100) return `${figures.format(ms)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${figures.format(ms / 1_000)} s` : ageText(ms);
}
