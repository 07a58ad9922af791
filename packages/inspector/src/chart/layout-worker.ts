import { parentPort, workerData } from "node:worker_threads";
import ElkModule from "elkjs/lib/elk.bundled.js";

// Runs in a thread of its own: a layout takes hundreds of milliseconds.
const Elk = ElkModule as unknown as typeof ElkModule.default;
parentPort?.postMessage(await new Elk().layout(workerData));
