import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Rack } from "./rack.ts";
import { cluster, storageHosts } from "./rules.ts";

interface Audit {
  readonly counts: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** Compares what callers were told with the rows and the images, when nothing runs any more. */
export async function audit(rack: Rack): Promise<Audit> {
  const rows = await rack.database.query("select id, name, status, host from volume_volumes", [], rack.databaseUrl);
  const jobs = await rack.database.query("select id from reeve_work", [], rack.databaseUrl);
  const folders = [...storageHosts.map((host) => [`${host}@ssd`, host] as const), [`${cluster}@nas`, "nas"] as const];
  const images = folders.flatMap(([backend, folder]) =>
    readdirSync(join(rack.directory, folder))
      .filter((name) => /\.(volume|snapshot|partial)$/.test(name))
      .map((name) => ({ backend, name })),
  );
  const held = new Map(rows.filter(({ host }) => host !== null).map((row) => [String(row.id), row]));
  const lost = rack.account.acknowledged.filter(
    ({ id }) => !rack.deleted.has(id) && held.get(id)?.status !== "available",
  );
  const stuck = rows.filter(({ status }) => status !== "available" && status !== "error");
  const orphans = images.filter(({ backend, name }) => {
    const row = held.get(name.replace(/\.volume$/, ""));
    return row?.host !== backend;
  });
  const bare = [...held.values()].filter(
    ({ id, host, status }) =>
      status === "available" && !images.some(({ backend, name }) => backend === host && name === `${id}.volume`),
  );
  const names = rows.filter(({ status }) => status === "available").map(({ name }) => String(name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return {
    counts: {
      "creations asked for": rack.account.asked.length,
      acknowledged: rack.account.acknowledged.length,
      "volumes available": names.length,
      images: images.length,
    },
    faults: [
      ...lost.map(({ name }) => `${name} was acknowledged and is lost`),
      ...stuck.map(({ name, status }) => `${name} is still ${status}`),
      ...orphans.map(({ backend, name }) => `image ${name} at ${backend} is nobody's`),
      ...bare.map(({ name }) => `${name} has no image`),
      ...twice.map((name) => `${name} was made twice`),
      ...jobs.map(({ id }) => `work ${id} was left behind`),
    ],
  };
}
