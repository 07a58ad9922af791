import { fileVolumes } from "./file-volumes.ts";
import { callWith } from "./session.fixture.ts";

// A process that holds a root until it is ended.
const [root = "", host = "", cluster] = process.argv.slice(2);
const owner = { host, address: host, manager: "volume", cluster };
try {
  await fileVolumes({ root, shared: cluster !== undefined }).setup({ ...callWith(), owner });
  process.stdout.write("held\n");
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
setInterval(() => {}, 60_000);
