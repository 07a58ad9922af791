import type { JSX } from "preact";

/** A small curve of what happened lately. */
export function Sparkline({ values }: { readonly values: readonly number[] }): JSX.Element | null {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const step = 100 / (values.length - 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(27 - (value / most) * 24).toFixed(1)}`);
  return (
    <svg class="sparkline" viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true">
      <path class="sparkline-area" d={`M0,28 L${points.join(" L")} L100,28 Z`} />
      <path class="sparkline-line" d={`M${points.join(" L")}`} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
