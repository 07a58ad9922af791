import { Worker } from "node:worker_threads";
import type { ElkNode } from "elkjs/lib/elk-api.js";
import { chartModel } from "./chart-model.ts";
import type { ChartDrawing } from "./drawing.ts";
import { drawingOf, layoutGraph } from "./layout.ts";

/** Kept until as many newer ones have come. */
const mostDrawings = 64;

/** Lays each definition out once, in a thread of its own. */
export class ChartCache {
  readonly #drawings = new Map<string, Promise<ChartDrawing>>();

  /** @throws Error when the definition cannot be laid out; it is tried again when asked again */
  drawing(key: string, definition: object): Promise<ChartDrawing> {
    const before = this.#drawings.get(key);
    if (before) return before;
    const drawing = draw(definition);
    this.#drawings.set(key, drawing);
    drawing.catch(() => this.#drawings.delete(key));
    for (const oldest of this.#drawings.keys()) {
      if (this.#drawings.size <= mostDrawings) break;
      this.#drawings.delete(oldest);
    }
    return drawing;
  }
}

async function draw(definition: object): Promise<ChartDrawing> {
  const model = chartModel(definition);
  return drawingOf(await layOut(layoutGraph(model)), model);
}

function layOut(graph: ElkNode): Promise<ElkNode> {
  const file = import.meta.url.endsWith(".ts") ? "./layout-worker.ts" : "./layout-worker.js";
  const worker = new Worker(new URL(file, import.meta.url), { workerData: graph });
  return new Promise<ElkNode>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("The layout ended without an answer")));
  }).finally(() => worker.terminate());
}
