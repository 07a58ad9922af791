// node --conditions=reeve-source examples/volumes/main.ts
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useVolumes } from "./caller.ts";
import { volumes } from "./contract.ts";
import { startHost } from "./supervisor.ts";

const directory = await mkdtemp(join(tmpdir(), "reeve-example-"));
const supervisor = await startHost(directory);
await useVolumes(supervisor.ref(volumes), console.log);
await supervisor.stop();
await rm(directory, { recursive: true });
