import { startHost } from "./host.ts";

await startHost(JSON.parse(process.argv[2] ?? ""));
console.log("ready");
