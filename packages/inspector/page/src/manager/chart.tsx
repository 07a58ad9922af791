import { useSignal } from "@preact/signals";
import type { StateValue } from "@reeve/runtime/internal/inspection";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ChartDrawing, DrawnEdge, DrawnNode } from "../../../src/chart/drawing.ts";
import { stateText, type Tone } from "../state/manager-view.ts";
import { fleet, link } from "../state/page.ts";
import { activeStates } from "./active-states.ts";
import { edgePath } from "./edge-path.ts";
import { type Zoom, ZoomBox, ZoomButtons } from "./zoom.tsx";

interface Props {
  /** Key of the chart. */
  readonly definition: string;
  readonly value: StateValue;
  /** Where it was before; undefined where that is not known. */
  readonly before: StateValue | undefined;
  /** What led from there to here. */
  readonly event: string | undefined;
  readonly tone: Tone;
}

/** The statechart with the active state lit. The layout comes from the endpoint, once for each definition. */
export function Chart(props: Props): JSX.Element {
  const { definition: key, value } = props;
  // Its properties say nothing of a drawing that comes.
  fleet.revision.value;
  const drawing = fleet.charts.get(key);
  const problem = useSignal("");
  // On a narrow screen a chart as wide as that would be too small to read.
  const zoom = useSignal<Zoom>(innerWidth < 700 ? 1 : "width");
  const all = useSignal(false);
  const live = link.state.value.is === "live";
  const card = useRef<HTMLElement>(null);
  const state = stateText(value);
  useEffect(() => showActive(card.current!), [state, drawing === undefined, zoom.value]);
  useEffect(() => {
    if (drawing || !live) return;
    link.ask({ type: "chart", definition: key }).catch((error: Error) => {
      problem.value = error.message;
    });
  }, [key, live, drawing === undefined]);
  return (
    <section class="card chart" aria-labelledby="chart-title" ref={card}>
      <div class="card-head">
        <h2 id="chart-title">Statechart</h2>
        <div class="chart-tools">
          <button type="button" class="quiet-button" aria-pressed={all.value} onClick={() => (all.value = !all.value)}>
            All transitions
          </button>
          <ZoomButtons zoom={zoom} card={card} />
        </div>
      </div>
      {drawing ? (
        <ZoomBox zoom={zoom} drawing={drawing}>
          <Drawing drawing={drawing} all={all.value} {...props} />
        </ZoomBox>
      ) : (
        <p class="empty">{problem.value || "Laying the chart out…"}</p>
      )}
    </section>
  );
}

/** Brings the active state into sight within the chart; the page itself stays where it is. */
function showActive(card: HTMLElement): void {
  const box = card.querySelector(".chart-box");
  const active = [...card.querySelectorAll(".node.active > .node-box")].at(-1);
  if (!box || !active) return;
  const frame = box.getBoundingClientRect();
  const place = active.getBoundingClientRect();
  box.scrollBy({
    left: place.left + place.width / 2 - frame.left - frame.width / 2,
    top: place.top + place.height / 2 - frame.top - frame.height / 2,
    behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth",
  });
}

interface DrawingProps extends Props {
  readonly drawing: ChartDrawing;
  /** Transitions are told of that lead neither from nor to where it is. */
  readonly all: boolean;
}

function Drawing({ drawing, value, before, event, tone, all }: DrawingProps): JSX.Element {
  const active = activeStates(value);
  const state = stateText(value);
  const came = before === undefined ? new Set<string>() : activeStates(before);
  const { width, height, nodes, edges } = drawing;
  const ways = edges.filter(({ to, kind }) => kind !== "initial" && active.has(to) && !came.has(to));
  // A machine's own transitions lead there from any state.
  const led = ways.filter(({ events }) => event !== undefined && events.includes(event));
  const taken =
    led.find(({ from }) => came.has(from)) ??
    led.find(({ from }) => isAny(nodes, from)) ??
    ways.find(({ from }) => came.has(from));
  const isNear = (edge: DrawnEdge) =>
    all || edge === taken || edge.kind === "initial" || active.has(edge.from) || active.has(edge.to);
  return (
    <svg
      class={`chart-svg tone-${tone}`}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`The active state is ${state}`}
    >
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto-start-reverse"
        >
          <path class="arrow" d="M0.5,0.8 L7.2,4 L0.5,7.2 Z" />
        </marker>
        <marker
          id="arrow-taken"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto-start-reverse"
        >
          <path class="arrow taken" d="M0.5,0.8 L7.2,4 L0.5,7.2 Z" />
        </marker>
      </defs>
      {nodes.map((node) => (
        <Node key={node.id} node={node} active={active.has(node.id)} />
      ))}
      {edges.map((edge) => (
        <Edge key={edge.id} edge={edge} taken={edge === taken} near={isNear(edge)} />
      ))}
      {edges.filter(isNear).map((edge) => (
        <EdgeLabel key={edge.id} edge={edge} taken={edge === taken} />
      ))}
    </svg>
  );
}

function Node({ node, active }: { readonly node: DrawnNode; readonly active: boolean }): JSX.Element {
  const { id, kind, label, x, y, width, height, invokes, handles } = node;
  if (kind === "initial") return <circle class="initial" cx={x + width / 2} cy={y + height / 2} r={5} />;
  const lines = [...invokes.map((name) => `↻ ${name}`), ...(kind === "any" ? handles : [])];
  return (
    <g class={`node kind-${kind}${active ? " active" : ""}`} data-state={id} data-active={active}>
      <rect class="node-box" x={x} y={y} width={width} height={height} rx={kind === "any" ? 14 : 10} />
      {kind === "final" && <rect class="node-inner" x={x + 4} y={y + 4} width={width - 8} height={height - 8} rx={7} />}
      <text class="node-label" x={x + 16} y={y + 23}>
        {label}
      </text>
      {active && kind !== "compound" && <circle class="node-light" cx={x + width - 16} cy={y + 18.5} r={4.5} />}
      {lines.map((line, index) => (
        <text key={line} class="node-line" x={x + 16} y={y + 42 + index * 17}>
          {line}
        </text>
      ))}
    </g>
  );
}

function isAny(nodes: readonly DrawnNode[], id: string): boolean {
  return nodes.some((node) => node.id === id && node.kind === "any");
}

interface EdgeProps {
  readonly edge: DrawnEdge;
  readonly taken: boolean;
  /** It leads from or to where the machine is. */
  readonly near: boolean;
}

function Edge({ edge, taken, near }: EdgeProps): JSX.Element {
  return (
    <path
      class={`edge kind-${edge.kind}${taken ? " taken" : ""}${near ? "" : " far"}`}
      d={edgePath(edge.points)}
      marker-end={taken ? "url(#arrow-taken)" : "url(#arrow)"}
    />
  );
}

function EdgeLabel({ edge, taken }: { readonly edge: DrawnEdge; readonly taken: boolean }): JSX.Element | null {
  const { label, kind } = edge;
  if (!label) return null;
  const { x, y, width, height, lines } = label;
  return (
    <g class={`edge-label kind-${kind}${taken ? " taken" : ""}`}>
      <rect x={x} y={y} width={width} height={height} rx={6} />
      {lines.map((line, index) => (
        <text key={line} x={x + width / 2} y={y + 14 + index * 15} text-anchor="middle">
          {line}
        </text>
      ))}
    </g>
  );
}
