import { flushCompileCache } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { startHost } from "./host.ts";

const supervisor = await startHost(JSON.parse(process.argv[2] ?? ""));
// A start does not wait for long for a driver that is still being set up: its manager opens degraded.
while (supervisor.managers().some(({ status }) => status.phase !== "ready")) await pause(50);
console.log("ready");
// For the next of its kind: one that is killed keeps nothing.
flushCompileCache();
