import type { JSX } from "preact";
import { ageText } from "../state/clock.ts";
import { type CallTimes, type OperationTimes, stepMs, stepsKept } from "../state/latencies.ts";
import { durationText } from "../state/number-text.ts";

export interface Scale {
  /** From this power of ten to that, in milliseconds. */
  readonly least: number;
  readonly most: number;
  /** The last so many steps. */
  readonly steps: number;
}

const [width, height] = [300, 84];

/** A page that was just opened has little to show: it is not drawn at the edge of ten empty minutes. */
const spans = [12, 30, stepsKept];

/** One scale for all, so that charts can be compared. */
export function scaleOf(all: readonly OperationTimes[]): Scale {
  const told = all.flatMap(({ steps }) => steps.flatMap((step) => step ?? []));
  const oldest = Math.min(stepsKept, ...all.map(({ steps }) => steps.findIndex((step) => step !== undefined)));
  return {
    least: Math.floor(Math.log10(Math.min(1, ...told.map(({ p50 }) => p50)))),
    most: Math.ceil(Math.log10(Math.max(10, ...told.map(({ p99 }) => p99)))),
    steps: spans.find((span) => stepsKept - oldest <= span) ?? stepsKept,
  };
}

/**
 * How long the calls of an operation took over time: the line is p50, the edge of what is shaded above it p99. One path each, and one
 * for the steps with failures: sixty charts are drawn at once.
 */
export function TimesChart({ times, scale }: { readonly times: OperationTimes; readonly scale: Scale }): JSX.Element {
  const { operation, p50, p99 } = times;
  const { least, most } = scale;
  const steps = times.steps.slice(-scale.steps);
  const stepWidth = width / scale.steps;
  const span = ageText(scale.steps * stepMs);
  const y = (ms: number): number => height - ((Math.log10(ms) - least) / (most - least)) * height;
  const x = (index: number): number => (index + 0.5) * stepWidth;
  const decades = Array.from({ length: most - least + 1 }, (_, index) => least + index);
  const ranges: string[] = [];
  const lines: string[] = [];
  for (const stretch of stretches(steps)) {
    const [first, last] = [stretch[0]!, stretch.at(-1)!];
    // A step alone would be a line without length.
    const edges = [first.index * stepWidth, (last.index + 1) * stepWidth] as const;
    const along = (of: "p50" | "p99"): string[] => [
      `${edges[0]},${y(first.times[of])}`,
      ...stretch.map(({ index, times }) => `${x(index)},${y(times[of])}`),
      `${edges[1]},${y(last.times[of])}`,
    ];
    ranges.push(`M${along("p50").join(" L")} L${along("p99").reverse().join(" L")} Z`);
    lines.push(`M${along("p50").join(" L")}`);
  }
  const failed = steps.flatMap((step, index) =>
    step !== undefined && step.failed > 0
      ? `M${index * stepWidth},${height - 5} h${stepWidth} v5 h${-stepWidth} Z`
      : [],
  );
  const told = `${operation}, the last ${span}: p50 ${durationText(p50)}, p99 ${durationText(p99)}`;
  return (
    <figure class="times">
      <div class="times-scale" aria-hidden="true">
        {decades.map((decade) => (
          <span key={decade} style={{ bottom: `${((decade - least) / (most - least)) * 100}%` }}>
            {durationText(10 ** decade)}
          </span>
        ))}
      </div>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={told}>
        {decades.map((decade) => (
          <line key={decade} class="times-grid" x1="0" x2={width} y1={y(10 ** decade)} y2={y(10 ** decade)} />
        ))}
        <path class="times-range" d={ranges.join(" ")} />
        <path class="times-line" d={lines.join(" ")} vector-effect="non-scaling-stroke" />
        <path class="times-failed" d={failed.join(" ")} />
      </svg>
      <figcaption class="muted" aria-hidden="true">
        <span>{span} ago</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

interface Point {
  readonly index: number;
  readonly times: CallTimes;
}

/** Steps that follow each other; where no call ended, there is nothing to be drawn. */
function stretches(steps: OperationTimes["steps"]): readonly (readonly Point[])[] {
  const all: Point[][] = [];
  for (const [index, times] of steps.entries()) {
    if (!times) continue;
    if (index > 0 && steps[index - 1]) all.at(-1)!.push({ index, times });
    else all.push([{ index, times }]);
  }
  return all;
}
