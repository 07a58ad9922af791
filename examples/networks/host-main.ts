import { flushCompileCache } from "node:module";
import { startHost } from "./host.ts";

await startHost(JSON.parse(process.argv[2] ?? ""));
console.log("ready");
// For the next of its kind: one that is killed keeps nothing.
flushCompileCache();
