// A storage host: one disk of its own and, in the cluster, a directory that its members share.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileVolumes } from "@reeve/file-volumes";
import { volumeManager } from "@reeve/managers/volume";
import { boardManager } from "./board.ts";
import { heldUp } from "./held-up.ts";
import { cluster, members } from "./rules.ts";
import { settings } from "./settings.ts";
import { startHost } from "./start-host.ts";

const given = settings();
const { host, directory } = given;
const isMember = members.some((member) => member === host);

await startHost(given, {
  cluster: isMember ? cluster : undefined,
  spawn(supervisor) {
    supervisor.spawn(boardManager, { cluster: false });
    supervisor.spawn(volumeManager, {
      backend: "ssd",
      // The disk is in this machine: nobody else can take over what is on it.
      cluster: false,
      driver: heldUp(fileVolumes({ root: folder(host) }), directory, `${host}@ssd`),
      config: { labels: { media: "ssd", host } },
    });
    if (!isMember) return;
    supervisor.spawn(volumeManager, {
      backend: "nas",
      driver: heldUp(fileVolumes({ root: folder("nas"), shared: true }), directory, `${host}@nas`),
      config: { labels: { media: "nas" } },
    });
  },
});

function folder(name: string): string {
  const path = join(directory, name);
  mkdirSync(path, { recursive: true });
  return path;
}
